# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The words of the truth table: what puts the host into a state, and what writes
# a domain. A state says with `later` how it is taken down, and with `harm` how
# to see that the host has lost something by a start (`lasting`: and does not get
# it back at the end).

# The devices of truth/topology
# shellcheck disable=SC2034
{
DISPLAY0=0000:08:00.0 DISPLAY1=0000:08:00.1	# bochs-drm and its sound, one group
KEYS0=0000:09:00.0 KEYS1=0000:09:00.1	# xhci_hcd with a keyboard, e1000e; one group
USBDISK=0000:0a:00.0		# xhci_hcd with a disk, alone
SLOT16=0000:00:10.0		# e1000e, alone
IGB=0000:0b:00.0		# igb, a PF of network functions
SERIAL=0000:00:11.0		# serial, a line, alone
SHARED=0000:00:12.0		# virtio-pci, a folder of the host, alone
SATA=0000:00:1f.2 LPC=0000:00:1f.0 SMBUS=0000:00:1f.3	# the chipset, one group
}
CONFIG=/etc/libvirt/vfio-hook.conf

laters=() harms=() losses=() lasting_harms=() lasting_losses=()
later() { laters=("$*" "${laters[@]}"); }
# harm TEXT COMMAND...: COMMAND succeeds when the harm is done
harm() { losses+=("$1"); harms+=("${*:2}"); }
lasting() { lasting_losses+=("$1"); lasting_harms+=("${*:2}"); }

# --- devices ---------------------------------------------------------------

# on ADDRESS DRIVER|-: as an administrator puts it
on() {
	local address=$1 driver=$2
	if [ "$driver" != - ]; then
		modprobe "$driver"
		echo "$driver" >"$DEVICES/$address/driver_override"
	fi
	[ ! -e "$DEVICES/$address/driver" ] || echo "$address" >"$DEVICES/$address/driver/unbind"
	later at_home "$address"
	if [ "$driver" != - ]; then
		echo "$address" >$DRIVERS_PROBE
		is "$(basename "$(readlink "$DEVICES/$address/driver")")" "$driver"
	fi
}
at_home() {
	echo >"$DEVICES/$1/driver_override"
	[ ! -e "$DEVICES/$1/driver" ] || echo "$1" >"$DEVICES/$1/driver/unbind"
	echo "$1" >$DRIVERS_PROBE
}

# functions ADDRESS: it has virtual functions; $VF is the first. Their driver is
# not asked: that of an NVMe takes a minute to give up on one.
functions() {
	echo 0 >"$DEVICES/$1/sriov_drivers_autoprobe"
	echo 1 >"$DEVICES/$1/sriov_numvfs"
	VF=$(basename "$(readlink "$DEVICES/$1/virtfn0")")
	later no_functions "$1"
}
# igb takes its functions away when it is unbound, and has none when it is back.
# libvirt 9.0 gives such an interface the MAC address back that it had; later ones that which the
# administrator had set, or none: then its driver makes up another.
same_mac() {	# ADDRESS: its interface has the MAC address afterwards that it has now, if there is one
	local was
	was=$(cat "$DEVICES/$1"/net/*/address)
	lasting "its interface has another MAC address" not within 20 has_mac "$1" "$was"
}
has_mac() { [ ! -e "$DEVICES/$1/net" ] || is "$(cat "$DEVICES/$1"/net/*/address)" "$2"; }
lost_functions() { lasting "its virtual function does not come back" test ! -e "$DEVICES/$VF"; }
no_functions() { echo 0 >"$DEVICES/$1/sriov_numvfs"; echo 1 >"$DEVICES/$1/sriov_drivers_autoprobe"; }

by_hand() {	# ADDRESS: vfio-hook detach
	vfio-hook detach "$1"
	later vfio-hook reattach "$1"
}

# --- disks -----------------------------------------------------------------

# In the middle, which nobody has read before: what is cached can still be read.
dead() { ! timeout 10 dd if="$1" of=/dev/null bs=4k skip=5000 count=1 iflag=direct; }
dead_mount() { ! timeout 10 dd if=/dev/zero of="$1/written" bs=4k count=1 oflag=direct; }
disk() { echo "/dev/$(disk_of "$1")"; }
file_system() {	# ADDRESS [PARTITION]: its disk has one; $DISK
	DISK=$(disk "$1")
	if [ -n "${2:-}" ]; then
		# one Linux partition in an MBR: 100000 sectors from 2048 on
		printf '\0\0\0\0\x83\0\0\0\0\x08\0\0\xa0\x86\x01\0' |
			dd of="$DISK" bs=1 seek=446 conv=notrunc status=none
		printf '\x55\xaa' | dd of="$DISK" bs=1 seek=510 conv=notrunc status=none
		blockdev --rereadpt "$DISK"
		DISK=$DISK$2
		within 5 test -b "$DISK"
	fi
	mkfs.ext4 -q -F "$DISK"
	later "wipefs -qa $(disk "$1") && blockdev --rereadpt $(disk "$1")"
}
mounted() {	# ADDRESS [PARTITION]
	file_system "$@"
	mkdir -p $RUN/mnt
	mount "$DISK" $RUN/mnt
	later umount -l $RUN/mnt
	harm "the mount is dead" dead_mount $RUN/mnt
}
mounted_elsewhere() {	# ADDRESS: in a mount namespace of its own
	local pid
	file_system "$1"
	mkdir -p $RUN/mnt
	unshare -m --propagation private sh -c "mount $DISK $RUN/mnt && exec sleep 1000" &
	pid=$!
	later end $pid
	within 10 grep -q "$RUN/mnt" /proc/$pid/mountinfo
	harm "the mount is dead" dead_mount "/proc/$pid/root$RUN/mnt"
}
swap_on() {
	DISK=$(disk "$1")
	mkswap -q "$DISK"
	swapon "$DISK"
	later "wipefs -qa $DISK"
	later swapoff "$DISK"
	harm "the swap is dead" dead "$DISK"
}
device_mapper() {	# ADDRESS [UUID]
	DISK=$(disk "$1")
	dmsetup create truth ${2:+--uuid "$2"} --table "0 100000 linear $DISK 0"
	later dmsetup remove --retry truth
	harm "the dm device is dead" dead /dev/mapper/truth
}
md() {	# ADDRESS: a mirror of one disk, by the kernel's own means
	local md=/sys/block/md_truth/md
	DISK=$(disk "$1")
	modprobe raid1
	echo md_truth >/sys/module/md_mod/parameters/new_array
	later "echo clear >$md/array_state"
	echo external:truth >$md/metadata_version
	echo raid1 >$md/level
	echo 1 >$md/raid_disks
	cat "/sys/class/block/${DISK#/dev/}/dev" >$md/new_dev
	echo 0 >"$md/dev-${DISK#/dev/}/slot"
	echo 50000 >$md/component_size
	echo active >$md/array_state
	harm "the md device is dead" dead /dev/md_truth
}
# Without its disk a loop device reads zeros (drivers/block/loop.c:lo_read_simple()).
loop() {
	local name before
	DISK=$(disk "$1")
	dd if=/dev/urandom of="$DISK" bs=4k seek=5000 count=1 oflag=direct status=none
	before=$(content "$DISK")
	name=$(losetup -f --show "$DISK")
	later losetup -d "$name"
	harm "the loop device has lost its content" changed "$name" "'$before'"
}
content() { timeout 10 dd if="$1" bs=4k skip=5000 count=1 iflag=direct status=none | cksum; }
changed() { [ "$(content "$1")" != "$2" ]; }
opened() {	# ADDRESS: exclusively, as ZFS and btrfs do
	local pid
	DISK=$(disk "$1")
	perl -e 'use Fcntl; sysopen(my $f, shift, O_RDWR | O_EXCL) or die $!; sleep 1000' "$DISK" &
	pid=$!
	later end $pid
	within 10 sh -c "readlink /proc/$pid/fd/* | grep >/dev/null -x $DISK"
	harm "the disk of the process is dead" dead "$DISK"
}
end() { kill "${2:--TERM}" "$1" && { wait "$1" || :; }; }	# PID [-SIGNAL]

# node CLASS|BUS ADDRESS: the first that the device has of these
node() {
	local dir
	for dir in $(readlink -f "/sys/class/$1"/* "/sys/bus/$1"/devices/* | grep "/$2/"); do
		sed -n 's|^DEVNAME=|/dev/|p' "$dir/uevent"
	done | head -n 1 | grep .
}
opened_node() {	# CLASS|BUS ADDRESS
	local node pid
	node=$(node "$1" "$2")
	sleep 1000 9<>"$node" &
	pid=$!
	later end $pid
	within 10 is "$(readlink -f /proc/$pid/fd/9)" "$node"
	# one of a line stays, and is the line's no more
	harm "the process has lost its $node" "! node $1 $2 | grep >/dev/null -x $node"
}
in_container() {	# ADDRESS: its disk is open there, by a node of the container's own /dev
	local pid
	DISK=$(disk "$1")
	rm -f $RUN/inside
	# shellcheck disable=SC2016	# for the shell in the container
	unshare --mount --pid --fork --kill-child --mount-proc sh -euc '
		mount -t tmpfs tmpfs /dev
		mknod /dev/data b $(tr : " " <"/sys/class/block/$1/dev")
		exec 9<>/dev/data
		: >"$2"
		exec sleep 1000' sh "${DISK#/dev/}" $RUN/inside &
	pid=$!
	later end $pid -KILL # the parent heeds nothing else
	within 10 test -e $RUN/inside
	harm "the disk of the container is dead" dead "$DISK"
}
bcache() {	# ADDRESS: a file system on it, no cache yet
	local zero=/dev/zero
	DISK=$(disk "$1")
	modprobe bcache
	{	# struct cache_sb_disk of a backing device: checksum, place, version, magic, UUID, sectors
		printf '\x09\x75\x38\x99\xe3\xa8\xb5\xcb\x08\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0'
		printf '\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81truth-of-bcache1'
		head -c 136 $zero
		printf '\x01'
		head -c 3903 $zero
	} | dd of="$DISK" bs=4096 seek=1 iflag=fullblock conv=notrunc status=none
	later "dd if=$zero of=$DISK bs=4096 count=16 status=none"
	echo "$DISK" >/sys/fs/bcache/register
	later "echo 1 >/sys/block/bcache0/bcache/stop; within 10 test ! -e /sys/block/bcache0"
	mkfs.ext4 -q -F /dev/bcache0
	mkdir -p $RUN/mnt
	mount /dev/bcache0 $RUN/mnt
	later umount -l $RUN/mnt
	harm "the mount is dead" dead_mount $RUN/mnt
}
exported() {	# ADDRESS: by the kernel's SCSI target, LIO
	local target=/sys/kernel/config/target/core/iblock_0
	DISK=$(disk "$1")
	modprobe target_core_iblock
	mountpoint -q /sys/kernel/config || mount -t configfs configfs /sys/kernel/config
	mkdir -p $target/truth
	later "rmdir $target/truth $target"
	echo "udev_path=$DISK" >$target/truth/control
	echo "$DISK" >$target/truth/udev_path
	echo 1 >$target/truth/enable
	harm "the exported disk is dead" dead "$DISK"
}
exported_by_nvme() {	# ADDRESS: by the kernel's NVMe target, which opens it for everybody
	local target=/sys/kernel/config/nvmet/subsystems/truth
	DISK=$(disk "$1")
	modprobe nvmet
	mountpoint -q /sys/kernel/config || mount -t configfs configfs /sys/kernel/config
	mkdir $target
	mkdir $target/namespaces/1
	later "rmdir $target/namespaces/1 $target"
	echo "$DISK" >$target/namespaces/1/device_path
	echo 1 >$target/namespaces/1/enable
	later "echo 0 >$target/namespaces/1/enable"
	harm "the exported disk is dead" dead "$DISK"
}
# The kernel waits until nobody has it mounted (net/9p/trans_virtio.c:p9_virtio_remove()).
shared_folder() {
	modprobe 9p
	mkdir -p $RUN/mnt
	mount -t 9p -o trans=virtio,version=9p2000.L shared $RUN/mnt
	later umount -l $RUN/mnt
	START_LIMIT=30
	harm "libvirt waits for the mount, without an end" waits p9_virtio_remove
}
waits() { grep -q "$1" /proc/"$(libvirtd_pid)"/task/*/stack; }	# FUNCTION: libvirtd is in it
usb_disk() { within 30 sh -c "lsblk -dno SERIAL | grep >/dev/null USB1"; }

# --- network ---------------------------------------------------------------

nic() { hangs_on "$1" | head -n 1; }
up() {	# ADDRESS [IP ADDRESS]...
	NIC_NAME=$(nic "$1")
	ip link set "$NIC_NAME" up
	later "ip addr flush dev $NIC_NAME; ip link set $NIC_NAME down"
	shift
	for address; do
		ip addr add "$address" dev "$NIC_NAME"
	done
}
no_route() { ! ip "$1" route show default | grep >/dev/null .; }
route() {
	up "$1" 192.0.2.1/24
	ip route add default via 192.0.2.254
	later 'ip route del default || :' # gone with the interface
	harm "the default route is gone" no_route -4
}
route6() {
	up "$1"
	ip -6 addr add 2001:db8::1/64 dev "$NIC_NAME" nodad
	ip -6 route add default via 2001:db8::2 dev "$NIC_NAME"
	later 'ip -6 route del default || :'
	harm "the default route is gone" no_route -6
}
route_of_table() {	# ADDRESS: by a rule, of another table than the main one
	up "$1" 192.0.2.1/24
	ip rule add from 192.0.2.1 table 100
	later ip rule del from 192.0.2.1 table 100
	ip route add default via 192.0.2.254 table 100
	harm "the default route of the table is gone" '! ip route show table 100 | grep >/dev/null default'
}
second_hop() {	# ADDRESS OTHER: the default route's first hop is over OTHER
	up "$2" 198.51.100.1/24
	up "$1" 192.0.2.1/24
	ip route add default nexthop via 198.51.100.254 nexthop via 192.0.2.254
	later 'ip route del default || :'
	harm "the second hop is gone" '! ip route show default | grep >/dev/null 192.0.2.254'
}
in_namespace() {	# ADDRESS: its interface is that of a container
	NIC_NAME=$(nic "$1")
	ip netns add truth
	later ip netns del truth
	ip link set "$NIC_NAME" netns truth
	harm "the interface of the container is gone" "! ip -n truth link show dev $NIC_NAME"
}
port_of() {	# bridge|bond ADDRESS
	NIC_NAME=$(nic "$2")
	ip link add truth0 type "$1"
	later ip link del truth0
	ip link set "$NIC_NAME" down
	ip link set "$NIC_NAME" master truth0
	ip link set truth0 up
	ip link set "$NIC_NAME" up
	later ip link set "$NIC_NAME" nomaster down
	harm "the port of the $1 is gone" no_lower
}
no_lower() { ! ls -d /sys/class/net/truth0/lower_*; }
under() {	# ADDRESS TYPE...: an interface of this type on top, up
	NIC_NAME=$(nic "$1")
	shift
	ip link set "$NIC_NAME" up
	later ip link set "$NIC_NAME" down
	ip link add link "$NIC_NAME" name truth1 type "$@"
	later ip link del truth1
	ip link set truth1 up
	harm "the interface on top is gone" test ! -e /sys/class/net/truth1
}
pool_of() {	# MANAGED ELEMENT: a network that hands out functions
	printf '%s\n' "<network><name>pool</name><forward mode='hostdev' managed='$1'>" \
		"$2</forward></network>" >$RUN/pool.xml
	virsh -q net-define $RUN/pool.xml
	later virsh -q net-undefine pool
	virsh -q net-start pool
	later virsh -q net-destroy pool
}
pool() { pool_of "${2:-yes}" "$(address "$1" "type='pci'")"; }	# ADDRESS [MANAGED]
pool_behind() { pool_of yes "<pf dev='$(nic "$1")'/>"; }	# ADDRESS of the physical function

# --- displays, lines, sound, input -----------------------------------------

consoles() { grep -l 'frame buffer' /sys/class/vtconsole/*/name | sed 's|/name$|/bind|'; }
no_console() {	# the text console lets go of the display
	local console
	for console in $(consoles); do
		echo 0 >"$console"
		later "echo 1 >$console"
	done
}
console() {
	grep -q 1 "$(consoles)"
	harm "the text console is gone" '! grep -q 1 $(consoles) /dev/null'
}
opened_display() {	# ADDRESS
	local card pid
	card=$(cd "$DEVICES/$1/drm" && ls -d card*)
	sleep 1000 9<>"/dev/dri/$card" &
	pid=$!
	later end $pid
	harm "the display of the process is gone" test ! -e "/sys/class/drm/$card"
}
serial_console() {	# of the kernel
	grep -q "^$(basename "$(node tty $SERIAL)") " /proc/consoles
	harm "the kernel's console is gone" '! grep -q ^ttyS /proc/consoles'
}
keyboard() { harm "the keyboard is gone" '! grep -q "QEMU USB Keyboard" /proc/bus/input/devices'; }

# --- the host --------------------------------------------------------------

config() {	# LINE...
	printf '%s\n' "$@" >>$CONFIG
	later rm -f $CONFIG
}
device_config() { config "[device $1]" "$2"; }

unload() { modprobe -r vfio_pci; }
no_iommufd() { unload; modprobe -r vfio_iommu_type1 || :; modprobe -r vfio || :; modprobe -r iommufd; is "$(ls /dev/iommu 2>/dev/null)" ""; }
# what libvirt looks for where VFIO has no groups
# Of such a device libvirt has the node open, and VFIO waits for whoever has when it is unbound
# (vfio_main.c:vfio_unregister_group_dev()).
waits_for_itself() { lasting "libvirt waits for itself, without an end" waits vfio_unregister_group_dev; }
node_of_container() { mkdir -p /dev/vfio && : >/dev/vfio/vfio && later rm -f /dev/vfio/vfio; }
no_module() {	# as a kernel that was built without it
	local dir file
	unload
	dir=/lib/modules/$(uname -r)
	file=$(find "$dir" -name 'vfio-pci.ko*')
	mv "$file" $RUN/vfio-pci
	cp "$dir/modules.dep" $RUN/modules.dep
	sed -i '\|/vfio-pci\.ko|d' "$dir/modules.dep"
	later "mv $RUN/vfio-pci $file; mv $RUN/modules.dep $dir/modules.dep"
}
modprobe_says() {	# LINE of modprobe.d
	unload
	BEFORE_ALONE=unload	# the hook may have loaded it
	echo "$*" >/etc/modprobe.d/truth.conf
	later rm /etc/modprobe.d/truth.conf
}
no_modules() {	# loaded|unloaded: the kernel was replaced, and not yet rebooted
	local dir
	modprobe vfio-pci
	dir=/lib/modules/$(uname -r)
	[ "$1" = loaded ] || unload
	mv "$dir" "$dir.old"
	later mv "$dir.old" "$dir"
}
unsafe_interrupts() {	# [MODULE]
	local file=/sys/module/${1:-vfio_iommu_type1}/parameters/allow_unsafe_interrupts
	modprobe "${1:-vfio_iommu_type1}"
	echo Y >$file
	later "echo N >$file"
}
huge_pages() {	# COUNT, of 2 MiB
	echo "$1" >/proc/sys/vm/nr_hugepages
	later "echo 0 >/proc/sys/vm/nr_hugepages"
	grep -q "HugePages_Free: *$1\$" /proc/meminfo
	if ! mountpoint -q /dev/hugepages; then
		mkdir -p /dev/hugepages
		mount -t hugetlbfs hugetlbfs /dev/hugepages
		restart_libvirtd
	fi
}
swap_file() {	# MIB
	dd if=/dev/zero of=/swap bs=1M count="$1" status=none
	chmod 600 /swap
	mkswap -q /swap
	swapon /swap
	later 'swapoff /swap; rm /swap'
}
memory_watched() {
	local before
	before=$(oom_kills)
	harm "the host ran out of memory" oom_since "$before"
}
oom_kills() { awk '/^oom_kill / { print $2 }' /proc/vmstat; }
oom_since() { [ "$(oom_kills)" -gt "$1" ]; }
in_mib() { echo $(($(awk "/^$1:/ { print \$2 }" /proc/meminfo) / 1024)); }

rom_file() {	# ADDRESS: a ROM that says it is for this device, and does nothing
	local file=/usr/share/truth.rom ids vendor device
	vendor=$(<"$DEVICES/$1/vendor") device=$(<"$DEVICES/$1/device")
	ids="\\x${vendor:4:2}\\x${vendor:2:2}\\x${device:4:2}\\x${device:2:2}"
	# PCI Firmware Specification 5.1: signature, length, offset 0x18 to the PCI structure
	printf '\x55\xaa\x01\xcb%020d\x1c\x00\x00\x00PCIR%b' 0 "$ids" >$file
	truncate -s 512 $file
	later rm $file
}
# The daemon as a unit with ProtectKernelModules starts it: it cannot load a module.
no_module_loading() {
	unload
	BEFORE_ALONE=unload
	HARDENED=(setpriv --bounding-set=-sys_module)
	restart_hardened
	later restart_libvirtd
}
# It is not told what a mount of its own hides: /sys is read-only, as in a container.
sysfs_read_only() {
	HARDENED=(unshare --mount --propagation private sh -c
		'mount -o remount,bind,ro /sys && exec "$@"' sh)
	restart_hardened
	later restart_libvirtd
}
restart_hardened() {
	local pid
	pid=$(libvirtd_pid)
	kill "$pid"
	within 60 not kill -0 "$pid"
	"${HARDENED[@]}" libvirtd -d
	within 60 virsh -q version
}
network() {	# NAME [started]: guests on a bridge of its own
	ip link add "br-$1" type bridge
	later ip link del "br-$1"
	printf '%s\n' "<network><name>$1</name><forward mode='bridge'/><bridge name='br-$1'/></network>" \
		>$RUN/network.xml
	virsh -q net-define $RUN/network.xml
	later virsh -q net-undefine "$1"
	[ -n "${2:-}" ] || return 0
	modprobe tun
	virsh -q net-start "$1"
	later virsh -q net-destroy "$1"
}

# --- other domains ---------------------------------------------------------

other_runs() {	# ELEMENT...: with the hook
	hook_on
	define other "$@"
	virsh -q start other --paused
	later 'virsh -q destroy other; virsh -q undefine other'
}
guest_has_disk() {	# ADDRESS: the other domain runs on its disk
	DISK=$(disk "$1")
	other_runs "$(disk_of_host "$1")"
	harm "the guest's disk is dead" dead "$DISK"
}
held() {	# ADDRESS: its group is detached and held by a process
	local pid
	vfio-hook detach "$1"
	sleep 1000 9<>"/dev/vfio/$(group_of "$1")" &
	pid=$!
	later vfio-hook reattach "$1"
	later end $pid
}
RECORDS=/var/lib/vfio-hook
ran_before() {	# [SED COMMAND]: the domain has run; this is done to the record of its devices
	hook_on
	domain_up
	later rm -f $RECORDS/$ROW_UUID.devices
	virsh -q start truth --paused
	virsh -q destroy truth
	[ $# = 0 ] || sed -i "$1" $RECORDS/$ROW_UUID.devices
}
accepted() { vfio-hook accept truth; }
runs_now() {	# until check has been asked
	hook_on
	domain_up
	virsh -q start truth --paused
	BEFORE_START="virsh -q destroy truth"
}

# --- what the domain column is written with --------------------------------
# Elements are printed; the rest is set.

memory() { MEMORY=$1; }				# MIB
current() { CURRENT=$1; }			# MIB
hard_limit() { LIMIT="<memtune><hard_limit unit='MiB'>$1</hard_limit></memtune>"; }
board() { BOARD=$1; }				# q35 or pc
controller() { echo "<controller type='pci' index='$1' model='$2'/>"; }	# INDEX MODEL
bound() { LIMIT="$*"; }				# ELEMENT: processors and nodes of the host
huge() {	# [KIB]: guest memory on huge pages, of the size given
	BACKING="<memoryBacking><hugepages>${1:+<page size='$1' unit='KiB'/>}</hugepages></memoryBacking>"
}
balloon() { BALLOON="$*"; }			# the element, or nothing: libvirt adds it
policy() {	# ATTRIBUTE|ELEMENT, in the metadata
	case $1 in
	'<'*) POLICY="<vfio:policy xmlns:vfio='urn:vfio-hook:1'>$1</vfio:policy>" ;;
	*)    POLICY="<vfio:policy xmlns:vfio='urn:vfio-hook:1' $1/>" ;;
	esac
}
shared() {	# [ELEMENT]: guest memory that others may map, in a file unless ELEMENT says otherwise
	BACKING="<memoryBacking>${1:-}<access mode='shared'/></memoryBacking>"
}
qemu_args() {	# ARGUMENT...: past libvirt
	BEHIND="<qemu:commandline xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>"
	BEHIND+="$(printf "<qemu:arg value='%s'/>" "$@")</qemu:commandline>"
}
with() {	# ELEMENT ADDRESS: a hostdev with this in it
	hostdev "$2" | sed "s~</hostdev>~$1</hostdev>~"
}
behind_bridge() {	# ADDRESS...: on one bus of PCI
	local slot=0 address
	echo "<controller type='pci' index='1' model='pcie-root-port'/>
		<controller type='pci' index='2' model='pcie-to-pci-bridge'/>"
	for address; do
		with "<address type='pci' bus='0x02' slot='0x0$((++slot))' function='0x0'/>" "$address"
	done
}
whole_by_iommufd() { BEHIND="<iommufd enabled='yes'/>"; }	# every device, unless it says otherwise
guest_slot() {	# SLOT FUNCTION ADDRESS: there in the guest
	with "<address type='pci' domain='0x0000' bus='0x00' slot='$1' function='$2'/>" "$3"
}
interface_with() { interface "$2" | sed "s~</interface>~$1</interface>~"; }	# ELEMENT ADDRESS
from_pool_with() { from_pool | sed "s~</interface>~$1</interface>~"; }	# ELEMENT
no_namespace() { nvme_disk "$1" | sed "s/ namespace='1'//"; }
writes_filtered() { hostdev "$1" | sed "s/<source>/<source writeFiltering='$2'>/"; }	# ADDRESS yes|no
viommu() { echo "<iommu model='$1'>${2:-}</iommu>"; }	# MODEL [DRIVER]
from_network() { echo "<interface type='network'><source network='$1'/></interface>"; }
outside() { BEHIND="$(hostdev "$1")"; }	# ADDRESS: where libvirt does not look
without_managed() { hostdev "$1" no | sed "s/ managed='no'//"; }
unassigned() { hostdev "$1" | sed "s|</hostdev>|<address type='unassigned'/></hostdev>|"; }
unassigned_by_iommufd() { by_iommufd "$1" | sed "s|</hostdev>|<address type='unassigned'/></hostdev>|"; }
interface() { echo "<interface type='hostdev' managed='yes'><source>$(address "$1" "type='pci'")</source></interface>"; }
from_pool() { echo "<interface type='network'><source network='pool'/></interface>"; }
disk_of_host() {	# ADDRESS: its disk, by name
	echo "<disk type='block' device='disk'><driver name='qemu' type='raw'/>
		<source dev='$(disk "$1")'/><target dev='vda' bus='virtio'/></disk>"
}
macvtap() { echo "<interface type='direct'><source dev='$(nic "$1")' mode='bridge'/></interface>"; }	# ADDRESS
usb_ids() {	# VENDOR PRODUCT [POLICY] [ADDRESS OF THE SOURCE]
	USB="<controller type='usb' model='qemu-xhci'/>"
	echo "<hostdev mode='subsystem' type='usb'><source${3:+ startupPolicy='$3'}>
		<vendor id='0x$1'/><product id='0x$2'/>${4:-}</source></hostdev>"
}
no_usb_device() { usb_ids 1d6b 7777 "$@"; }	# [POLICY]: one that nobody has
root_hub() { usb_ids 1d6b 0002 "$@"; }	# [POLICY]: each controller has one
usb_device() {	# ADDRESS [NUMBER]: the first one behind this controller, by its ids, and that number
	local file dir
	file=$(echo "$DEVICES/$1"/usb*/*-*/idVendor)
	dir=${file%/*}
	usb_ids "$(<"$file")" "$(<"$dir/idProduct")" '' \
		"${2:+<address bus='$(<"$dir/busnum")' device='$2'/>}"
}
# as hostdev, with this written as the slot
slot_written() { hostdev "$2" | sed "s/slot='[^']*'/slot='$1'/"; }
all_devices() { for address; do hostdev "$address"; done; }
