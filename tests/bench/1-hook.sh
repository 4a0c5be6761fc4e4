# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# A call of the hook for a domain without passthrough. Beside it the least that a program can do,
# the least that one can do which is linked with libxml2 and parses, a bash script that ends at once, the dispatcher of the passthrough tutorials with nothing to
# dispatch, and a Python hook that parses the XML.
cat >"$work/empty" <<'END'
#!/bin/bash
exit 0
END
cat >"$work/dispatcher" <<'END'
#!/bin/bash
GUEST_NAME="$1"
HOOK_NAME="$2"
STATE_NAME="$3"
BASEDIR="$(dirname $0)"
HOOKPATH="$BASEDIR/qemu.d/$GUEST_NAME/$HOOK_NAME/$STATE_NAME"
set -e
if [ -f "$HOOKPATH" ]; then
	eval \""$HOOKPATH"\" "$@"
elif [ -d "$HOOKPATH" ]; then
	while read file; do
		eval \""$file"\" "$@"
	done <<< "$(find -L "$HOOKPATH" -maxdepth 1 -type f -executable -print;)"
fi
END
cat >"$work/python" <<'END'
import sys
import xml.etree.ElementTree
for device in xml.etree.ElementTree.parse(sys.stdin).iter("hostdev"):
    print(device.attrib)
END
chmod +x "$work/empty" "$work/dispatcher"
plain=$work/plain.xml	# as libvirt writes it
sed '/<domain/,$!d' "$top/tests/fixtures/domains/no-passthrough.xml" >"$plain"

hook=$b/vfio-hook-qemu floor=(floor "$b/tests/bench/floor")
cases=("${floor[@]}")
calls=("reconnect begin" "stopped end" "migrate begin" "prepare begin" "start begin" "started begin" "release end")
for call in "${calls[@]}"; do
	# shellcheck disable=SC2206	# two words are meant
	cases+=(::: "$call" "$hook" vm $call -)
done
cases+=(::: "linked with libxml2, parses" "$b/tests/bench/parse")
cases+=(::: "bash, nothing else" "$work/empty" vm prepare begin - ::: "bash dispatcher" "$work/dispatcher" vm prepare begin -)
[ ! -x /usr/bin/python3 ] || cases+=(::: "Python, parses" /usr/bin/python3 "$work/python" vm prepare begin -)
together $((runs * 5)) "$plain" "${cases[@]}"

goal=2	# Debian's libxml2 up to 12 brings ICU and libstdc++ with it
! ldd "$hook" | grep -q libicu || goal=3.5
# table [KIND]: all rows, of the time or of another KIND of figure
table() {
	local kind=${1:-} call
	title "1. hook call$kind; beside an empty program"
	row "floor$kind"
	for call in "${calls[@]}"; do
		row "$call$kind" "floor$kind" "$goal"
	done
	row "linked with libxml2, parses$kind" "floor$kind"
	row "bash, nothing else$kind" "floor$kind"
	row "bash dispatcher$kind" "floor$kind"
	row "Python, parses$kind" "floor$kind"
	title "   beside the bash dispatcher"
	for call in "${calls[@]}"; do
		row "$call$kind" "bash dispatcher$kind" 0.5
	done
}
[ "$(id -u)" = 0 ] || echo "(not root: the hook ends at once; run this as root)"
table
table ", cpu"
