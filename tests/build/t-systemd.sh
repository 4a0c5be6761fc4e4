#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The systemd units: what they say is understood, and the check runs when it should.
# shellcheck disable=SC2016,SC2154 # conditions are texts for eval
set -u
# shellcheck source=tests/lib.sh
. "${abs_top_srcdir:?}/tests/lib.sh"
if_changed=$top/systemd/if-changed.sh
stamp=$work/checked
export VFIO_HOOK_DMI=$work/dmi PATH=$work/bin:$PATH
mkdir "$work/dmi" "$work/bin" "$work/units"

# kernel RELEASE, firmware VERSION: what the machine boots with now
kernel() { printf '#!/bin/sh\necho %s\n' "$1" >"$work/bin/uname" && chmod +x "$work/bin/uname"; }
firmware() { echo "$1" >"$work/dmi/bios_version"; }
# boots NAME STATUS yes|no: with a check that ends with STATUS; does it run?
boots() {
	rm -f "$work/ran"
	exits "$1" "$2" sh "$if_changed" "$stamp" sh -c ': >"$0"; exit '"${4-$2}" "$work/ran"
	verdict "$1: the check runs: $3" eval '[ "$([ -e "$work/ran" ] && echo yes || echo no)" = '"$3 ]"
}

kernel 6.1.0-56-amd64
firmware F14
boots 'the first time' 0 yes
boots 'the same again' 0 no 1
kernel 6.12.57-amd64
boots 'another kernel, and a domain would not start' 1 yes
boots 'it is said once' 0 no 1
firmware F15
boots 'another firmware, and libvirt does not answer' 2 yes
boots 'then the next boot tries again' 0 yes
boots 'and is done' 0 no 1
rm -r "$work/dmi"
boots 'a board without DMI' 0 yes
boots 'a board without DMI, again' 0 no 1
verdict 'the stamp is one line' test "$(wc -l <"$stamp")" = 1
exits 'a folder that is not there' 2 sh "$if_changed" "$work/nosuch/checked" true

if command -v systemd-analyze >/dev/null; then
	cp "$top/systemd/vfio-hook-check.timer" "$work/units"
	sed -e 's|@bindir@/vfio-hook|/bin/true|; s|@pkglibexecdir@/if-changed|/bin/true|' \
		"$top/systemd/vfio-hook-check.service.in" >"$work/units/vfio-hook-check.service"
	run systemd-analyze verify --man=no "$work/units/vfio-hook-check.timer" "$work/units/vfio-hook-check.service"
	grep -v '^/\(usr/\)\?lib/systemd' "$work/err" >"$work/ours"
	verdict 'systemd understands the units' eval '! grep vfio-hook-check "$work/ours"'
	sed -i 's/^Type=oneshot/Type=oneshoe/' "$work/units/vfio-hook-check.service"
	run systemd-analyze verify --man=no "$work/units/vfio-hook-check.service"
	tells 'and this would be seen' oneshoe
else
	skip 'systemd understands the units' 'no systemd-analyze'
fi
verdict 'nothing is enabled by its installation' eval \
	'! grep -rE "systemctl +(enable|start)" "$top/Makefile.am" "$top/systemd"'
finish
