# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# A call of the hook for a domain without passthrough. Beside it the least that a program can do,
# a bash script that ends at once, the dispatcher of the passthrough tutorials with nothing to
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
sed "s:</devices>:<hostdev mode='subsystem' type='usb'><source><vendor id='1'/><product id='1'/></source></hostdev>&:" \
	"$plain" >"$work/usb.xml"

hook=$b/vfio-hook-qemu floor=(floor "$b/tests/bench/floor")
cases=("${floor[@]}")
calls=("reconnect begin" "stopped end" "migrate begin" "prepare begin" "start begin" "started begin" "release end")
for call in "${calls[@]}"; do
	# shellcheck disable=SC2206	# two words are meant
	cases+=(::: "$call" "$hook" vm $call -)
done
cases+=(::: "bash, nothing else" "$work/empty" vm prepare begin - ::: "bash dispatcher" "$work/dispatcher" vm prepare begin -)
[ ! -x /usr/bin/python3 ] || cases+=(::: "Python, parses" /usr/bin/python3 "$work/python" vm prepare begin -)
together $((runs * 5)) "$plain" "${cases[@]}"
together $((runs * 5)) "$work/usb.xml" "floor, USB" "$b/tests/bench/floor" ::: \
	"prepare begin, a USB hostdev: parsed" "$hook" vm prepare begin -

title "1. hook call, no passthrough; beside an empty program"
[ "$(id -u)" = 0 ] || echo "(not root: the hook ends at once; run this as root)"
row floor
for call in "${calls[@]}"; do
	case $call in
	reconnect* | stopped* | migrate*) row "$call" floor 1.5 ;;
	prepare*) row "$call" floor 3 ;;
	*) row "$call" floor ;;
	esac
done
row "prepare begin, a USB hostdev: parsed" "floor, USB"
row "bash, nothing else" floor
row "bash dispatcher" floor
row "Python, parses" floor
title "   beside the bash dispatcher"
for call in "${calls[@]}"; do
	row "$call" "bash dispatcher" 0.5
done
