# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What happens in each boot of a machine with twins: two SATA controllers, one with the root
# disk, two NVMe disks, two network cards, two graphics cards, one with the console. `boot`
# holds the number of the boot, `pristine.img` is the image that the machine came with.
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
CONSOLE=0000:00:01.0 GPU=0000:07:00.0		# bochs-drm
IMAGE=/boot/initrd.img-$(uname -r)
OTHER=6.1.0-0-other				# another kernel
CONFIGURED=etc/modprobe.d/vfio-hook.conf

exits() { is "$RC" "$1"; }
ours() { grep -rl 'vfio-hook boot generate' /etc /usr/lib/dracut /boot/*.new 2>/dev/null; }
driver_is() {	# ADDRESS DRIVER
	is "$(basename "$(readlink "$DEVICES/$1/driver")")" "$2"
}
# In the log of this boot the boot script is before the driver's first word of any of its devices.
before_driver() {	# ADDRESS DRIVER
	local our their
	our=$(grep -n "vfio-hook: $1: bound" dmesg | cut -d: -f1)
	their=$(grep -nE " $2( nvme[0-9])?[: ].*[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}" dmesg | head -n 1 | cut -d: -f1)
	echo "vfio-hook: line ${our:-none}, $2: line ${their:-none}"
	[ -n "$our" ] && [ -n "$their" ] && [ "$our" -lt "$their" ]
}
never_seen() {	# ADDRESS DRIVER
	not grep -E "$2.*$1" dmesg
}
# give ADDRESS DRIVER: by hand, and by its override; '' for its own driver
give() {
	echo "$1" >$DEVICES/"$1"/driver/unbind
	echo "$2" >$DEVICES/"$1"/driver_override
	echo "$1" >$DRIVERS_PROBE
}

case $BOOT in
1)	# as the host was
	state >state
	try vfio-hook boot verify
	check "nothing is configured, and that is right" exits 0
	check "verify says so" says '^configured: nothing$' 'holds no boot script$' '^0 problems$'
	try vfio-hook boot generate --by id $SATA
	check "by id is refused" exits 1
	check "and the twins are listed" says "$ROOTDISK has the id" '0000:00:1f.2 has the id'
	try vfio-hook boot generate $ROOTDISK
	check "the controller of the root disk is refused" exits 1
	check "for the root disk" says 'is mounted at / \[device-in-use\]'
	disk=/dev/$(basename $DEVICES/$NVME1/nvme/nvme*/nvme*n1)
	mke2fs -q "$disk" && mount "$disk" /boot
	try vfio-hook boot generate $NVME1
	check "the disk of /boot is refused" exits 1
	check "for /boot" says 'is mounted at /boot \[device-in-use\]'
	umount /boot
	mkswap -q "$disk" && swapon "$disk"
	try vfio-hook boot generate $NVME1
	check "the swap disk is refused" exits 1
	check "for the swap" says 'swap.* \[device-in-use\]'
	swapoff "$disk"
	wipefs -qa "$disk"
	try vfio-hook boot generate $CONSOLE
	check "the display of the console is refused" exits 1
	check "for the console" says '\[boot-display\]' 'allow-in-use = display'
	mount -o remount,ro /
	try vfio-hook boot generate $SATA $NVME2 $NIC2 $GPU
	check "on a read-only root: nothing done" exits 3
	check "and how to do it is said" says "cannot write '/$CONFIGURED'" 'mount -o remount,rw /'
	mount -o remount,rw /
	check "nothing was written" is "$(ours)" ''
	try vfio-hook boot generate $SATA $NVME2 $NIC2 $GPU
	check "by address it is done" exits 0
	try vfio-hook boot verify
	check "not in effect before a boot" exits 1
	check "verify says so" says 'holds the boot script and vfio-pci$' \
		"^$SATA: is not on vfio-pci: it has not been booted" '^4 problems$'
	check "nothing has moved" diff state <(state)
	;;
2)	# in effect
	try vfio-hook boot verify
	check "verify: in effect" exits 0
	check "verify says so" says "^$SATA: is on vfio-pci; at boot no other driver had it before$" \
		"^$NVME2: is on vfio-pci; at" "^$NIC2: is on vfio-pci; at" \
		"^$GPU: is on vfio-pci; at" '^0 problems$'
	for device in $SATA $NVME2 $NIC2 $GPU; do
		check "$device is on vfio-pci" driver_is $device vfio-pci
	done
	check "its twin with the root disk is on ahci" driver_is $ROOTDISK ahci
	check "the other NVMe is on nvme" driver_is $NVME1 nvme
	check "the other network card is on e1000e" driver_is $NIC1 e1000e
	check "the other graphics card is on bochs-drm" driver_is $CONSOLE bochs-drm
	check "the SATA controller: before ahci" before_driver $SATA ahci
	check "the NVMe: before nvme" before_driver $NVME2 nvme
	check "the network card: before e1000e" before_driver $NIC2 e1000e
	check "ahci has never seen it" never_seen $SATA ahci
	check "nvme has never seen it" never_seen $NVME2 nvme
	check "e1000e has never seen it" never_seen $NIC2 e1000e
	check "bochs-drm has never seen it" never_seen $GPU bochs-drm
	try vfio-hook show $SATA
	check "show: driver and modules" says '^  driver  *vfio-pci$' '^  kernel modules  *ahci$'
	try vfio-hook check
	check "check has nothing to say of it" not says boot-binding
	# each wrong in its own way, and all right again
	mkdir "/lib/modules/$OTHER" "/lib/modules/$OTHER-2"
	cp pristine.img "/boot/initrd.img-$OTHER"
	head -c 100000 /dev/urandom >"/boot/initrd.img-$OTHER-2"
	give $NVME2 ''
	echo >$DEVICES/$NIC2/driver_override
	try vfio-hook boot verify
	check "verify: what is wrong" exits 1
	check "verify says so" says \
		"^image: /boot/initrd.img-$OTHER does not hold the boot script$" \
		"^image: /boot/initrd.img-$OTHER-2 cannot be read by " \
		"^image: ${IMAGE//+/.} holds the boot script and vfio-pci .of the running kernel.$" \
		"^$NVME2: is not on vfio-pci now; at boot: bound$" \
		"^$NIC2: is on vfio-pci, but its driver_override is gone" '^4 problems$'
	rm -r /boot/initrd.img-$OTHER* /lib/modules/$OTHER*
	give $NVME2 vfio-pci
	give $NIC2 vfio-pci
	when=$(stat -c %y /$CONFIGURED)
	touch /$CONFIGURED
	try vfio-hook boot verify
	check "verify: configured anew since the image was made" exits 1
	check "verify says so" says 'is older than the configuration$' '^1 problem$'
	touch -d "$when" /$CONFIGURED
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
3)	# another network card stands where the second one was, and the NVMe is gone
	try vfio-hook boot verify
	check "verify: something is wrong" exits 1
	check "verify: another device" says "^$NIC2: is not the device that was meant .8086:10d3." \
		"^$NVME2: is not there$" '^2 problems$'
	check "what is not known has its own driver" driver_is $NIC2 e1000
	check "the boot script says so" grep "vfio-hook: $NIC2: changed" dmesg
	check "the boot script says what is gone" grep "vfio-hook: $NVME2: absent" dmesg
	check "the other is on vfio-pci" driver_is $SATA vfio-pci
	try vfio-hook check
	check "check says it too" says "$NIC2 is set up for vfio-pci at boot, but the device there is 8086:100e .*boot-binding"
	try vfio-hook boot remove
	check "remove" exits 0
	check "no file is left" is "$(ours)" ''
	try vfio-hook boot verify
	check "verify: what was taken stays until a boot" exits 1
	check "verify says so" says "^$SATA: was taken at this boot" 'holds no boot script$'
	;;
4)	# as before all, but for the other card; that is one of a kind
	check "every device is as before" diff <(sed "s|^$NIC2 .*|$NIC2 e1000/(null)|" state) <(state)
	check "the second controller: ahci" driver_is $SATA ahci
	try vfio-hook boot verify
	check "nothing is configured" exits 0
	check "no boot script ran" not grep 'vfio-hook: 0000' dmesg
	try vfio-hook boot generate --by id $NIC2
	check "by id it is done" exits 0
	check "modprobe is told" grep -qx 'options vfio-pci ids=8086:100e' /$CONFIGURED
	;;
5)	# in effect, by id
	try vfio-hook boot verify
	check "verify: in effect" exits 0
	check "verify says so" says '^configured: 1 device, by id, ' "^$NIC2: is on vfio-pci$" '^0 problems$'
	check "the card is on vfio-pci" driver_is $NIC2 vfio-pci
	check "e1000 was loaded" [ -e /sys/module/e1000 ]
	check "e1000 has never seen it" never_seen $NIC2 e1000
	check "the others are as before" diff <(sed "s|^$NIC2 .*|$NIC2 vfio-pci/(null)|" state) <(state)
	try vfio-hook check
	check "check has nothing to say of it" not says 'boot-binding|twin-by-id'
	;;
esac
echo "1..$tests"
[ "$failures" = 0 ] && touch "passed.$BOOT"
