# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What happens in each of the four boots of a machine with twins: two SATA controllers, one
# with the root disk, two NVMe disks, two network cards. `boot` holds the number.
mkdir -p /run/lab
echo boot >/run/lab/flavour
echo full >/run/lab/variant
# shellcheck source=tests/vm/lib.sh
. ./lib.sh
export PATH=$PWD/bin:$PATH
BOOT=$(<boot)
ROOTDISK=0000:01:00.0 SATA=0000:02:00.0		# ahci
NVME1=0000:03:00.0 NVME2=0000:04:00.0
NIC1=0000:05:00.0 NIC2=0000:06:00.0		# e1000e
IMAGE=/boot/initrd.img-$(uname -r)
CONFIGURED=/etc/modprobe.d/vfio-hook.conf

exits() { is "$RC" "$1"; }
driver_is() {	# ADDRESS DRIVER
	is "$(basename "$(readlink "$DEVICES/$1/driver")")" "$2"
}
# In the log of this boot the boot script is before the driver's first word of any of its devices.
before_driver() {	# ADDRESS DRIVER
	local ours theirs
	ours=$(grep -n "vfio-hook: $1: bound" dmesg | cut -d: -f1)
	theirs=$(grep -nE " $2( nvme[0-9])?[: ].*[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}" dmesg | head -n 1 | cut -d: -f1)
	echo "vfio-hook: line ${ours:-none}, $2: line ${theirs:-none}"
	[ -n "$ours" ] && [ -n "$theirs" ] && [ "$ours" -lt "$theirs" ]
}
never_seen() {	# ADDRESS DRIVER
	! grep -E "$2.*$1" dmesg
}

case $BOOT in
1)	# as the host was
	state >state
	try vfio-hook boot verify
	check "nothing is configured, and that is right" exits 0
	check "verify says so" says '^configured: nothing$' 'holds nothing of ours$' '^0 problems$'
	try vfio-hook boot generate --by id $SATA
	check "by id is refused" exits 1
	check "and the twins are listed" says "$ROOTDISK has the id" '0000:00:1f.2 has the id'
	try vfio-hook boot generate $ROOTDISK
	check "the controller of the root disk is refused" exits 1
	check "for the root disk" says 'is mounted at / \[device-in-use\]'
	check "nothing was written" [ ! -e $CONFIGURED ]
	try vfio-hook boot generate $SATA $NVME2 $NIC2
	check "by address it is done" exits 0
	try vfio-hook boot verify
	check "not in effect before a boot" exits 1
	check "verify says so" says 'holds the boot script and vfio-pci$' \
		"^$SATA: is not on vfio-pci: it has not been booted" '^3 problems$'
	check "nothing has moved" diff state <(state)
	;;
2)	# in effect
	try vfio-hook boot verify
	check "verify: in effect" exits 0
	check "verify says so" says "^$SATA: is on vfio-pci, and no other driver has seen it since boot$" \
		"^$NVME2: is on vfio-pci, and no" "^$NIC2: is on vfio-pci, and no" '^0 problems$'
	for device in $SATA $NVME2 $NIC2; do
		check "$device is on vfio-pci" driver_is $device vfio-pci
	done
	check "its twin with the root disk is on ahci" driver_is $ROOTDISK ahci
	check "the other NVMe is on nvme" driver_is $NVME1 nvme
	check "the other network card is on e1000e" driver_is $NIC1 e1000e
	check "the SATA controller: before ahci" before_driver $SATA ahci
	check "the NVMe: before nvme" before_driver $NVME2 nvme
	check "the network card: before e1000e" before_driver $NIC2 e1000e
	check "ahci has never seen it" never_seen $SATA ahci
	check "nvme has never seen it" never_seen $NVME2 nvme
	check "e1000e has never seen it" never_seen $NIC2 e1000e
	try vfio-hook show $SATA
	check "show: driver and modules" says '^  driver  *vfio-pci$' '^  kernel modules  *ahci$'
	try vfio-hook check
	check "check has nothing to say of it" not says boot-binding
	# killed in the middle of a rebuild: image, files and verdict are as before
	sum=$(sha256sum "$IMAGE")
	vfio-hook boot generate $SATA >killed 2>&1 &
	victim=$!
	within 60 pgrep -f 'mkinitramfs|dracut.*--force' >/dev/null
	sleep 1
	pkill -KILL -f 'mkinitramfs|dracut.*--force'
	wait $victim
	RC=$? OUT=$(<killed)
	check "a rebuild that is killed: undone" exits 3
	check "a rebuild that is killed: the image is the old one" is "$(sha256sum "$IMAGE")" "$sum"
	check "a rebuild that is killed: no other is left" is "$(find /boot -name '*vfio-hook*' -o -name '*.new')" ''
	try vfio-hook boot verify
	check "a rebuild that is killed: still in effect" exits 0
	;;
3)	# another network card stands where the second one was
	try vfio-hook boot verify
	check "verify: something is wrong" exits 1
	check "verify: another device" says "^$NIC2: is not the device that was meant .8086:10d3." '^1 problem$'
	check "what is not known is left alone" not driver_is $NIC2 vfio-pci
	check "the boot script says so" grep "vfio-hook: $NIC2: changed" dmesg
	check "the others are on vfio-pci" driver_is $SATA vfio-pci
	try vfio-hook check
	check "check says it too" says "$NIC2 is to be on vfio-pci from boot, but 8086:100e .*boot-binding"
	try vfio-hook boot remove
	check "remove" exits 0
	check "no file is left" is "$(grep -rl 'vfio-hook boot generate' /etc /usr/lib/dracut 2>/dev/null)" ''
	try vfio-hook boot verify
	check "verify: what was taken stays until a boot" exits 1
	check "verify says so" says "^$SATA: was taken at this boot" 'holds nothing of ours$'
	;;
4)	# as before all
	check "every device is as before" diff state <(state)
	try vfio-hook boot verify
	check "nothing is configured" exits 0
	check "no boot script ran" not grep 'vfio-hook: 0000' dmesg
	;;
esac
echo "1..$tests"
[ "$failures" = 0 ] && touch "passed.$BOOT"
