# SPDX-License-Identifier: GPL-2.0-or-later
"""Types into a shell in a pseudo-terminal: SHELL FOLDER. Succeeds when `vfio-hook stat` and the key
for completion have become `vfio-hook status`."""
import fcntl
import os
import pty
import re
import select
import struct
import sys
import termios
import time

shell, work = sys.argv[1:]
argv, setup = {
    "bash": (["bash", "--noprofile", "--norc", "-i"], f"source {work}/bash"),
    "zsh": (["zsh", "-f", "-i"],
            f"fpath=({work}/fpath $fpath); autoload -Uz compinit; compinit -u -d {work}/zcompdump"),
    "fish": (["fish", "--no-config", "-i"], f"source {work}/fish"),
}[shell]

pid, fd = pty.fork()
if pid == 0:
    os.environ["TERM"] = "xterm" if shell == "fish" else "dumb"
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 250, 0, 0))
    os.execvp(argv[0], argv)

said = ""
steering = r"\x1b(\[[0-9;?>=]*[A-Za-z]|[]P][^\x07\x1b]*(\x07|\x1b\\)|[()=>][A-Z0-9]?|[=>])"
question = r"\x1b\[0?c"  # fish 4 asks what terminal this is, and waits


def wait_for(pattern, seconds=120):
    """Reads until it is there, in what is left without what steers the terminal."""
    global said
    end = time.time() + seconds
    while time.time() < end:
        text = re.sub(steering, "", said)
        if re.search(pattern, text, re.DOTALL):
            return True
        if select.select([fd], [], [], 1)[0]:
            asked = len(re.findall(question, said))
            try:
                said += os.read(fd, 65536).decode(errors="replace")
            except OSError:
                return False
            if len(re.findall(question, said)) > asked:
                os.write(fd, b"\x1b[?62c")
    return False


os.write(fd, f"{setup}; echo rea''dy\r".encode())
found = wait_for(r"[\r\n]ready")
if found:
    said = ""
    os.write(fd, b"vfio-hook stat\t")
    found = wait_for(r"vfio-hook stat.*us")
if not found:
    sys.stderr.write(repr(said))
os.close(fd)
sys.exit(not found)
