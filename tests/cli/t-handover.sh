#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# vfio-hook handover: what it prints for whom uses a device, and that what it prints is all that a
# start needs. desktop.host has a desktop, a data disk, and a network card of libvirt's.
# shellcheck disable=SC2016,SC2034,SC2154,SC2317 # conditions are texts for eval
set -u
# shellcheck source=tests/lib.sh
. "${abs_top_srcdir:?}/tests/lib.sh"
hook=${VFIO_HOOK:-${abs_top_builddir:?}/vfio-hook}
card=0000:01:00.0 disk=0000:02:00.0

# other NAME PATH CONTENT...: a machine like desktop.host with other files, in $root
other() {
	root=$work/$1
	cp -r "$(tree desktop)" "$root"
	shift
	while [ $# -gt 0 ]; do
		mkdir -p "$(dirname "$root/$1")"
		case $1 in
		*/fd/*) ln -s "$2" "$root/$1" ;;
		*) printf '%b\n' "$2" >"$root/$1" ;;
		esac
		shift 2
	done
}
there() { "$hook" --sysroot "$root" "$@"; }
# unlisted ADDRESS: what is printed of a device that has no section yet
unlisted() {
	local conf=$root/etc/libvirt/vfio-hook.conf rc
	mv "$conf" "$work/conf"
	there handover "$1"
	rc=$?
	mv "$work/conf" "$conf"
	return "$rc"
}
# pasted ADDRESS: that becomes the whole configuration
pasted() {
	run unlisted "$1"
	cp "$work/out" "$root/etc/libvirt/vfio-hook.conf"
}

# --- a desktop -------------------------------------------------------------------------------
# fresh ARGS...: before anything is configured
cp -r "$(tree desktop)" "$work/fresh" && rm "$work/fresh/etc/libvirt/vfio-hook.conf"
fresh() { "$hook" --sysroot "$work/fresh" "$@"; }
exits 'a card' 0 fresh handover $card
prints 'a card: its section' '^\[device 0000:01:00\.0\]$'
prints 'a card: the display manager, by its alias, and the service that has it open' \
	'^stop-units = display-manager\.service nvidia-persistenced\.service$'
prints 'a card: the console' '^release-console = yes$'
prints 'a card: modules, those that use others first' '^unload-modules = nvidia_drm nvidia_modeset nvidia$'
prints 'a card: each use is a comment' '^# process 812 \(Xorg\) and others have /dev/dri/card0 open$'
verdict 'a card: nothing on stderr' test -z "$err"
exits 'a name in place of an address' 0 fresh handover nvme1n1
prints 'a name in place of an address: whose it is' '^\[device 0000:02:00\.0\]$'

# --- a disk ----------------------------------------------------------------------------------
exits 'a disk' 0 fresh handover $disk
prints 'a disk: its mount, and its swap by the name that has a file' \
	'^stop-units = srv\.mount dev-disk-by\\x2duuid-0f3c\.swap$'
verdict 'a disk: nothing else' eval '! grep -qE "release-console|unload-modules" "$work/out"'

# What mounts it again whenever somebody looks is listed too.
other automounted units/srv.mount "$(grep . "$(tree desktop)/units/srv.mount")\nTriggeredBy=srv.automount" \
	units/srv.automount 'Id=srv.automount\nNames=srv.automount\nLoadState=loaded\nActiveState=active\nFragmentPath=/run/x'
exits 'a disk that is mounted on demand: check warns' 0 there check "$fixtures/handover-disk.xml"
prints 'a disk that is mounted on demand: of what' \
	'warning: srv\.mount stops, but srv\.automount is active and may start it again while the guest runs \[unit-unfit\]$'
pasted $disk
prints 'a disk that is mounted on demand: its automount' '^stop-units = srv\.mount srv\.automount '
exits 'a disk that is mounted on demand, as it was printed' 0 there check "$fixtures/handover-disk.xml"
verdict 'a disk that is mounted on demand: no warning then' eval '! grep -q unit-unfit "$work/out"'

# --- what is printed is what check wants -------------------------------------------------------
other bare etc/libvirt/vfio-hook.conf '[defaults]'
exits 'a card without configuration' 1 there check "$fixtures/handover-desktop.xml"
prints 'a card without configuration: in use' '\[device-in-use\]$'
verdict 'a card without configuration: handover is offered, once' \
	test "$(grep -c "^ *or hand it over while the guest runs: vfio-hook handover $card$" "$work/out")" = 1
run there check "$fixtures/handover-disk.xml"
prints 'a disk without configuration: it is offered behind what ends it now' '^  fix: umount /srv$'
verdict 'a disk without configuration: once' test "$(grep -c "vfio-hook handover $disk$" "$work/out")" = 1
sed "s:<devices>:&<disk type='file'><source file='/srv/vm.img'/><target dev='vda'/></disk>:" \
	"$fixtures/handover-disk.xml" >"$work/own.xml"
run there check "$work/own.xml"
verdict 'a disk that the domain itself has: it is not' eval '! grep -q "vfio-hook handover" "$work/out"'
pasted $card
exits 'a card as it was printed' 0 there check "$fixtures/handover-desktop.xml"
pasted $disk
exits 'a disk as it was printed' 0 there check "$fixtures/handover-disk.xml"

# --- what has its section already --------------------------------------------------------------
pasted $card
exits 'what has its section' 0 there handover 01:00.0 $disk
tells 'what has its section: said' "^vfio-hook: $card has its section already, and a key that is given twice makes the file invalid"
prints 'what has its section: what it would have to have' '^# stop-units = display-manager\.service'
prints 'what has its section: the others are printed' '^\[device 0000:02:00\.0\]$'
verdict 'what has its section: it is printed as a comment' eval '! grep -qx "\[device $card\]" "$work/out"'
cat "$work/out" >>"$root/etc/libvirt/vfio-hook.conf"
exits 'what has its section, appended again: the file is valid' 0 there config
exits 'what has its section, appended again: check' 0 there check "$fixtures/handover-desktop.xml"
exits 'one twice' 0 fresh handover $card nvme1n1 01:00.0
verdict 'one twice: once' test "$(grep -c '^\[device ' "$work/out")" = 2
echo '[device' >"$root/etc/libvirt/vfio-hook.conf"
refuses 'whether it has its section is not known' "line 1: '.device' has no '.'" there handover $card

# --- several, and none -----------------------------------------------------------------------
exits 'two' 0 fresh handover $card $disk
verdict 'two: a section each' test "$(grep -c '^\[device ' "$work/out")" = 2
exits 'an idle device' 0 fresh handover 03:00.0
prints 'an idle device: said' '^# nothing to hand over: the host does not use it in a way that refuses a start$'
verdict 'an idle device: no key' eval '! grep -q = "$work/out"'
exits 'no such device' 1 fresh handover 09:00.0
tells 'no such device: said' "no device at 0000:09:00\.0; 'vfio-hook list' shows all"
exits 'no such device, and a card' 1 fresh handover 09:00.0 $card
prints 'no such device, and a card: that one is printed' "^\[device $card\]$"
exits 'no address' 2 fresh handover 'desk top'
tells 'no address: said' "'desk top' is neither a PCI address nor"
refuses 'no argument' 'too few arguments' "$hook" handover

# --- what cannot be handed over ----------------------------------------------------------------
zeros='0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 9 0 0'
other shell proc/920/stat "920 (blender) S 1 920 920 $zeros" \
	proc/920/cgroup 0::/user.slice/user-1001.slice/session-9.scope \
	proc/920/fd/5 /dev/dri/card0 \
	run/systemd/sessions/9 'UID=1001\nLEADER=919\nCLASS=user'
exits 'a process that came by ssh' 1 unlisted $card
prints 'a process that came by ssh: it is named' \
	'^# cannot be handed over: process 920 \(blender\).* has /dev/dri/card0 open$'
verdict 'a process that came by ssh: no key is set' eval '! grep -qE "^[^#[]" "$work/out"'
prints 'a process that came by ssh: the others are there to read' '^# stop-units = display-manager\.service'
prints 'a process that came by ssh: the console too' '^# release-console = yes$'
rm "$root/etc/libvirt/vfio-hook.conf"
exits 'a process that came by ssh: check' 1 there check "$fixtures/handover-desktop.xml"
verdict 'a process that came by ssh: check does not offer it' eval '! grep -q "vfio-hook handover" "$work/out"'
: >"$root/etc/libvirt/vfio-hook.conf"
verdict 'a process that came by ssh: and what is pasted is valid' eval \
	'pasted $card; there config >"$work/out" 2>"$work/err"'

other root proc/self/mountinfo '26 1 259:2 / / rw - ext4 /dev/nvme1n1p1 rw'
exits 'the root file system' 1 unlisted $disk
prints 'the root file system: said' '^# cannot be handed over: nvme1n1p1 is mounted at /$'

# Its mount can stop, the volume stays active: that is said before anything stops.
other volume proc/self/mountinfo '26 1 8:1 / / rw - ext4 /dev/sda1 rw\n27 26 253:0 / /srv rw - ext4 /dev/mapper/vg-data rw' \
	sys/class/block/dm-0/dm/name vg-data sys/class/block/dm-0/dm/uuid LVM-0123456789 \
	sys/class/block/dm-0/dev 253:0 sys/class/block/nvme1n1p1/holders/dm-0/x x
exits 'a volume of LVM' 1 unlisted $disk
prints 'a volume of LVM: its mount could stop' '^# stop-units = srv\.mount'
prints 'a volume of LVM: it would stay' '^# cannot be handed over: nvme1n1p1 is held by vg-data$'
exits 'a volume of LVM: check refuses, though its mount is listed' 1 there check "$fixtures/handover-disk.xml"
prints 'a volume of LVM: check says why' 'nvme1n1p1 is held by vg-data.* \[device-in-use\]$'
prints 'a volume of LVM: and what ends it' '^ *fix: lvchange -an vg/data$'

# One of LUKS has a unit, if it is in /etc/crypttab.
crypt='systemd-cryptsetup@my\x2ddata.service' mapped='dev-mapper-my\x2ddata.device'
other luks proc/self/mountinfo '26 1 8:1 / / rw - ext4 /dev/sda1 rw\n27 26 253:0 / /srv rw - ext4 /dev/mapper/my-data rw' \
	sys/class/block/dm-0/dm/name my-data sys/class/block/dm-0/dm/uuid CRYPT-LUKS2-0123456789-my-data \
	sys/class/block/dm-0/dev 253:0 sys/class/block/nvme1n1p1/holders/dm-0/x x
# quoted NAME: as systemctl lists it; unit NAME LINE...: as it shows one
quoted() { echo "\"${1//\\/\\\\}\""; }
unit() { printf '%s\n' "Id=$1" "Names=$(quoted "$1")" "${@:2}" >"$root/units/$1"; }
unit "$crypt" LoadState=not-found ActiveState=inactive
exits 'a LUKS volume opened by hand' 1 unlisted $disk
prints 'a LUKS volume opened by hand: no unit closes it' '^# cannot be handed over: nvme1n1p1 is held by my-data$'
unit "$crypt" LoadState=loaded ActiveState=active FragmentPath=/run/x "RequiredBy=$(quoted "$mapped")"
unit "$mapped" LoadState=loaded ActiveState=active BoundBy=srv.mount
pasted $disk
prints 'a LUKS volume of /etc/crypttab: its unit behind its mount' \
	'^stop-units = srv\.mount .*systemd-cryptsetup@my\\x2ddata\.service$'
exits 'a LUKS volume of /etc/crypttab, as it was printed' 0 there check "$fixtures/handover-disk.xml"
unit "$crypt" LoadState=not-found ActiveState=inactive
exits 'a LUKS volume opened by hand, with its unit listed' 1 there check "$fixtures/handover-disk.xml"
prints 'a LUKS volume opened by hand, with its unit listed: in use' 'held by my-data \[device-in-use\]$'

# --- what did not come back --------------------------------------------------------------------
uuid=4dea22b3-1d52-d8f3-2516-782e98ab3fa0
other late "run/vfio-hook/$uuid.claim" "vfio-hook-claim 2\nowner $uuid\nname vm\nsince 1763707695.000000000\ndaemon 812 1893\nran yes\n\
loan $card unit display-manager.service failed\nloan $card unit smbd.service failed\n\
loan $card unit silent.service failed\nloan $card module nvidia_drm failed\nend" \
	units/smbd.service 'Id=smbd.service\nNames=smbd.service\nLoadState=loaded\nActiveState=failed'
exits 'status of what did not come back' 0 there status
prints 'status: a unit that runs by now' \
	"^  $card  display-manager.service +came back late; vfio-hook reattach $card ends this entry\$"
for what in smbd.service silent.service 'module nvidia_drm'; do
	prints "status: one that does not, $what" "^  $card  $what +did not come back: vfio-hook reattach $card\$"
done
exits 'JSON of it' 0 there --format json status
prints 'JSON of it: whether each unit is active' '"display-manager.service","failed":true,"active":true\}.*"smbd.service","failed":true,"active":false\}.*"silent.service","failed":true,"active":null\}.*"nvidia_drm","failed":true\}'

# --- no systemd --------------------------------------------------------------------------------
other silent units/display-manager.service ''
exits 'a display manager that systemd does not know' 0 unlisted $card
prints 'a display manager that systemd does not know: its own unit' '^stop-units = gdm\.service '

finish
