#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""rows.py [FILE...] - each row and each name that is left out of a table of what the host uses
(lib/host/storage, lib/host/uses, lib/host/processes/holder.c) must be missed by a test. The rows are found in the sources, so
that a new one is in by itself. Works on a copy, where
only what changed is built again."""
import os
import re
import subprocess
import sys
import tempfile

# Those that know the tables best come first.
TESTS = ["tests/unit/t-rows", "tests/unit/t-nodes", "tests/unit/t-block-uses", "tests/unit/t-ties",
         "tests/unit/t-parts", "tests/unit/t-facts", "tests/unit/t-process", "tests/unit/t-shell", "tests/rules/t-rules",
         "tests/cli/t-expectations.sh"]
TABLE = re.compile(r'static const [^;{=]*?(?:\{[^{}]*\} )?(\w+)\[\] = \{|ONLY\((?!\.)')
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|/\*.*?\*/|\'[^\']*\'|[{}(),]', re.S)


def elements(text, begin):
    """Where each element of the list that begins there lies, up to its end or its comma's."""
    depth, start = 0, begin
    for token in TOKEN.finditer(text, begin):
        mark = token.group()
        if mark in "{(":
            depth += 1
        elif mark in "})" and depth:
            depth -= 1
        elif mark in ",})" and not depth:
            if text[start:token.start()].strip() not in ("", "NULL"):
                yield start, token.end() if mark == "," else token.start()
            start = token.end()
            if mark != ",":
                return


def mutations(text):
    """The name of a table, what is left out of it, and the text without that."""
    for table in TABLE.finditer(text):
        found = list(elements(text, table.end()))
        for begin, end in found if len(found) > 1 else []:
            what = " ".join(text[begin:end].split()).rstrip(",")
            before = text[:begin] if text[end - 1] == "," else text[:begin].rstrip().rstrip(",")
            yield table.group(1) or "only", what, before + text[end:]


def run(command, **more):
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False, **more)


def is_caught(copy):
    """By which test; None: by none; "" where it does not build, which is no answer. Each test is
    built when those before it noticed nothing."""
    env = dict(os.environ, abs_top_srcdir=copy, abs_top_builddir=copy, srcdir=copy)
    for test in TESTS:
        needed = ["vfio-hook", "tests/fake/expand"] if test.endswith(".sh") else [test]
        built = run(["make", "-s", "-j%d" % os.cpu_count()] + needed, cwd=copy)
        if built.returncode:
            print(built.stdout)
            return ""
        command = ["bash"] if test.endswith(".sh") else []
        done = run(command + [os.path.join(copy, test)], cwd=copy, env=env)
        if done.returncode or re.search(r"^not ok", done.stdout, re.M):
            return test
    return None


def main():
    top = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    files = sys.argv[1:]
    if not files:
        files = sorted(os.path.join("lib/host", folder, f) for folder in ("storage", "uses")
                       for f in os.listdir(os.path.join(top, "lib/host", folder))
                       if f.endswith(".c")) + ["lib/host/processes/holder.c"]
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="vfio-hook-rows.") as copy:
        run(["bash", "-c", "git ls-files -z --cached --others --exclude-standard | "
             "tar --null -T - -cf - | tar -C '%s' -xf -" % copy], cwd=top)
        if run(["bash", "-c", "./autogen.sh"], cwd=copy).returncode:
            sys.exit("rows.py: the copy cannot be configured")
        by = is_caught(copy)
        if by is not None:
            sys.exit("rows.py: as it is the copy %s" % ("fails in " + by if by else "does not build"))
        for file in files:
            path = os.path.join(copy, file)
            with open(path, encoding="utf-8") as f:
                text = f.read()
            for table, what, mutated in mutations(text):
                with open(path, "w", encoding="utf-8") as f:
                    f.write(mutated)
                by = is_caught(copy)
                name = "%s: %s without %s" % (file, table, what)
                print("ok - %s: caught by %s" % (name, by) if by else "not ok - %s: %s" % (
                    name, "no test noticed" if by is None else "does not build"), flush=True)
                passed += bool(by)
                failed += not by
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
    print("%d passed, %d failed" % (passed, failed))
    sys.exit(failed > 0)


main()
