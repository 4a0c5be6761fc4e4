# shellcheck shell=bash disable=SC2001
# SPDX-License-Identifier: GPL-2.0-or-later
# What the scenarios are written with, and what every scenario must hold: it
# begins and ends with every PCI device of the machine at its own driver.

# The devices of `topology` (variables used by the scenarios).
# shellcheck disable=SC2034
{
NIC=0000:01:00.0		# e1000e, alone
NVME=0000:02:00.0		# nvme, alone
PAIR0=0000:03:00.0 PAIR1=0000:03:00.1	# e1000e, one group
QUAD0=0000:04:00.0		# nvme, one group with the next three
QUAD1=0000:04:00.1		# snd_hda_intel
QUAD2=0000:04:00.2		# xhci_hcd
QUAD3=0000:04:00.3		# ahci
BRIDGE=0000:05:00.0		# one group with the next two
OLDSOUND=0000:06:01.0		# snd_hda_intel
DRIVERLESS=0000:06:02.0
SRIOV=0000:07:00.0		# nvme with virtual functions
VGA=0000:08:00.0		# cirrus, alone: in flavour systemd (topology-display)
VFIO=vfio-pci/vfio-pci		# as in expect_state
}
# Of topology-s390x, where each function is alone
ARCH=$(uname -m)
if [ "$ARCH" = s390x ]; then
	NIC=0001:00:00.0 NVME=0002:00:00.0 NVME2=0003:00:00.0 NIC2=ffff:00:00.0	# disks by SCSI here
	unset PAIR0 PAIR1 QUAD0 QUAD1 QUAD2 QUAD3 BRIDGE OLDSOUND DRIVERLESS SRIOV VGA
fi
DEVICES=/sys/bus/pci/devices
DRIVERS_PROBE=/sys/bus/pci/drivers_probe
RUN=/run/lab
CLAIMS=/run/vfio-hook
HOOK=/etc/libvirt/hooks/qemu
DEFINED_IN=/etc/libvirt/qemu
FLAVOUR=$(<$RUN/flavour)
VARIANT=$(<$RUN/variant)
BOOT=$(sed -n 's/.*lab\.boot=\([a-z]*\).*/\1/p' /proc/cmdline)
WAY=$(<$RUN/way)	# how a domain gets a device where nothing else is said: by its group, or by iommufd
DAEMON=$(<$RUN/daemon)	# which has QEMU's driver: libvirtd, or virtqemud beside other modular daemons

tests=0 failures=0
OUT='' RC=0

# --- results ---------------------------------------------------------------

say() { printf '\n# [%s] %s\n' "$(cut -d' ' -f1 /proc/uptime)" "$*"; }

# check TEXT COMMAND...: one test; what COMMAND prints explains a failure
check() {
	local text=$1 output
	shift
	tests=$((tests + 1))
	if output=$("$@" 2>&1); then
		echo "ok $tests - $text ($SECONDS s)"
	else
		echo "not ok $tests - $text"
		[ -z "$output" ] || sed 's/^/  # /' <<<"$output"
		failures=$((failures + 1))
	fi
}

# try COMMAND...: run and show; the exit status in RC, the output in OUT
try() {
	local began=${EPOCHREALTIME/./}
	OUT=$("$@" 2>&1 </dev/null) && RC=0 || RC=$?
	echo "\$ $*"
	[ -z "$OUT" ] || sed 's/^/  | /' <<<"$OUT"
	echo "  => $RC, $(((${EPOCHREALTIME/./} - began) / 1000)) ms"
}

# says PATTERN...: each extended regular expression matches in OUT
says() {
	local pattern
	for pattern; do
		grep -qE -- "$pattern" <<<"$OUT" || { echo "no match: $pattern"; return 1; }
	done
}

# report TEXT: a figure, which check-vm.sh shows under a scenario that passes
report() { echo "report: $*"; }

is() { [ "$1" = "$2" ] || { echo "is '$1', not '$2'"; return 1; }; }
not() { ! "$@"; }

# nap SECONDS: sleep, which is no process of its own: under emulation that costs more than it waits
exec {NAP}<> <(:)
nap() { read -rt "$1" -u "$NAP" || :; }

# within SECONDS COMMAND...: until it succeeds
within() {
	local end=$((SECONDS + $1)) output
	shift
	until output=$("$@" 2>&1); do
		[ $SECONDS -lt $end ] || { echo "$output"; return 1; }
		nap 0.2
	done
}

# --- the state of the machine ----------------------------------------------

# Driver and override of every PCI device: "0000:01:00.0 e1000e/(null)"
state() (
	for device in "$DEVICES"/*; do
		driver=-
		cd -P "$device/driver" 2>/dev/null && driver=${PWD##*/}
		read -r override <"$device/driver_override"
		echo "${device##*/} $driver/$override"
	done
)

# What the host has from its devices: disks by serial, which has blanks behind it until udev has
# looked at the disk, interfaces by address
belongings() {
	local file address serial
	{
		lsblk -dno SERIAL | while read -r serial; do echo "$serial"; done
		for file in /sys/class/net/*/address; do
			read -r address <"$file" && echo "$address"
		done
	} | sort
}

# mark: from here on, the state now is what the devices have to return to;
# unmark: that of the boot is again
mark() { state >$RUN/state; belongings >$RUN/belongings; }
unmark() { cp $RUN/boot/* $RUN/; }

# expect_state [ADDRESS=DRIVER/OVERRIDE]...: as marked, but for these
expect_state() {
	local lines expected change i now
	mapfile -t lines <$RUN/state
	for change; do
		for i in "${!lines[@]}"; do
			[[ ${lines[i]} != "${change%%=*} "* ]] || lines[i]="${change%%=*} ${change#*=}"
		done
	done
	printf -v expected '%s\n' "${lines[@]}"
	now=$(state)
	[ "$expected" = "$now"$'\n' ] || diff <(echo -n "$expected") <(echo "$now")
}

expect_belongings() {
	local now
	now=$(belongings)
	[ "$now" = "$(<$RUN/belongings)" ] || diff $RUN/belongings <(echo "$now")
}

claims() {
	local file
	for file in $CLAIMS/*.claim; do
		[ ! -e "$file" ] || echo "$file"
	done
}
no_claims() { is "$(claims)" ''; }
claimed() { [ -e "$CLAIMS/$(uuid_of "$1").claim" ]; }

# is_home [CHANGE]...: every device is as marked and no claim is left. Disks and
# interfaces follow when their driver has finished.
is_home() {
	check "every device is home" expect_state "$@"
	check "disks and interfaces are back" within 10 expect_belongings
	check "no claim is left" no_claims
}

# hangs_on ADDRESS...: names of the disks and interfaces of these devices
hangs_on() {
	local address paths
	paths=$(readlink -f /sys/class/block/* /sys/class/net/*)
	for address; do
		grep "/$address/" <<<"$paths" | sed 's|.*/||'
	done
}

# not_visible NAME...: the host's own tools show no such disk or interface
not_visible() {
	local name shown number rest
	shown=$(lsblk -no KNAME; ip -o link | while IFS=':@ ' read -r number name rest; do
		echo "$name"
	done)
	for name; do
		[[ $'\n'$shown$'\n' != *$'\n'"$name"$'\n'* ]] || { echo "$name"; return 1; }
	done
}

disk_of() { hangs_on "$1" | head -n 1; }

group_of() (cd -P "$DEVICES/$1/iommu_group" && echo "${PWD##*/}")

# --- domains ---------------------------------------------------------------

# Elements for `define`
address() {
	local domain bus slot function
	IFS=:. read -r domain bus slot function <<<"$1"
	echo "<address ${2:-} domain='0x$domain' bus='0x$bus' slot='0x$slot' function='0x$function'/>"
}
hostdev() {	# ADDRESS [yes|no]
	local driver=''
	[ "$WAY" = group ] || driver="<driver name='vfio' iommufd='yes'/>"
	echo "<hostdev mode='subsystem' type='pci' managed='${2:-yes}'>$driver<source>$(address "$1")</source></hostdev>"
}
by_group() { WAY=group hostdev "$@"; }
by_iommufd() { WAY=iommufd hostdev "$@"; }
nvme_disk() {	# ADDRESS
	echo "<disk type='nvme' device='disk'><driver name='qemu' type='raw'/>
		<source type='pci' managed='yes' namespace='1'>$(address "$1")</source>
		<target dev='vda' bus='virtio'/></disk>"
}
# nvme_disks_work: QEMU alone, without libvirt and without any hook, gets an answer of a controller.
# 11.1 under Linux 7.2 does not: the emulated IOMMU refuses the first write, and QEMU waits for ever.
nvme_disks_work() {
	local rc=0
	move $NVME vfio-pci
	timeout 60 qemu-img info "nvme://$NVME/1" || rc=$?
	move $NVME -
	check "the disk is back" within 20 expect_belongings
	return $rc
}
image_disk() {	# FILE
	echo "<disk type='file' device='disk'><driver name='qemu' type='raw'/>
		<source file='$1'/><target dev='vdb' bus='virtio'/></disk>"
}
# libvirt adds these where none is written
BALLOON="<memballoon model='none'/>"
USB="<controller type='usb' model='none'/>"
MEMORY=64
WHOLE=''	# elements of the domain itself

# What a guest of this machine's architecture is (OS, BOARD), and whether libvirt adds a balloon. On a PC its
# firmware runs, and waits; elsewhere KERNEL does, a few instructions (raw_kernel).
KERNEL=$RUN/idle
case $ARCH in
x86_64)
	KERNEL='' BOARD='<features><acpi/></features>' ADDS_BALLOON=yes
	OS="<type arch='x86_64' machine='q35'>hvm</type>" ;;
aarch64)
	ADDS_BALLOON=''
	BOARD="<features><gic version='3'/></features>
	<cpu mode='custom' check='none'><model fallback='forbid'>cortex-a57</model></cpu>"
	OS="<type arch='aarch64' machine='virt'>hvm</type>" ;;
s390x)
	BOARD='' ADDS_BALLOON=yes
	OS="<type arch='s390x' machine='s390-ccw-virtio'>hvm</type>" ;;
esac
# raw_kernel FILE idle|off: a kernel that waits for ever, or switches the guest off at once
raw_kernel() {
	case $ARCH-$2 in
	aarch64-idle)	# wfi; b .-4
		printf '\x7f\x20\x03\xd5\xff\xff\xff\x17' ;;
	aarch64-off)	# mov w0, #0x84000000; orr w0, w0, #8; hvc #0; b .
		printf '\x00\x80\xb0\x52\x00\x00\x1d\x32\x02\x00\x00\xd4\x00\x00\x00\x14' ;;
	s390x-idle)	# a PSW that starts at 16: lpswe 32; there one that waits, enabled for everything
		printf '\x00\x08\x00\x00\x80\x00\x00\x10'; head -c 8 /dev/zero
		printf '\xb2\xb2\x00\x20'; head -c 12 /dev/zero
		printf '\x03\x02\x00\x01\x80\x00\x00\x00'; head -c 8 /dev/zero ;;
	s390x-off)	# lhi %r3,0; sigp %r1,%r3,5 (stop); j .
		printf '\x00\x08\x00\x00\x80\x00\x00\x10'; head -c 8 /dev/zero
		printf '\xa7\x38\x00\x00\xae\x13\x00\x05\xa7\xf4\x00\x00' ;;
	esac >"$1"
	truncate -s 4096 "$1"
}

# define NAME ELEMENT...: a domain with these devices
define() {
	local name=$1
	shift
	cat >"$RUN/$name.xml" <<-XML
	<domain type='qemu'><name>$name</name>
	<metadata><lab:note xmlns:lab='urn:lab'>kept</lab:note></metadata>
	<memory unit='MiB'>$MEMORY</memory><vcpu>1</vcpu>
	<os>$OS${KERNEL:+<kernel>$KERNEL</kernel>}</os>$BOARD
	<devices><emulator>/usr/bin/qemu-system-$ARCH</emulator>
	$* $BALLOON $USB
	</devices>$WHOLE</domain>
	XML
	[ ! -e "$DEFINED_IN/$name.xml" ] || virsh -q undefine "$name" || true
	virsh -q define "$RUN/$name.xml" || check "define $name" false
}

# uuid_of NAME: where libvirt keeps it, or as it tells of one that is not defined
uuid_of() {
	local line
	[ -e "$DEFINED_IN/$1.xml" ] || { virsh domuuid "$1" | head -n 1; return; }
	while read -r line; do
		case $line in '<uuid>'*) line=${line#<uuid>}; echo "${line%</uuid>}"; return ;; esac
	done <"$DEFINED_IN/$1.xml"
}

domain_is() { is "$(virsh domstate "$1" | head -n 1)" "$2"; }
qemu_of() { echo "$(<"/run/libvirt/qemu/$1.pid")"; }

# start NAME [virsh option]: succeeds, and the user is told nothing but that
start() {
	try virsh start "$@"
	check "$1 starts" is "$RC $(xargs <<<"$OUT")" "0 Domain $1 started"
	return $RC
}

# refused NAME RULE...: `virsh start` fails with these findings and no others,
# each with a fix, and nothing has changed.
refused() {
	local name=$1 rule
	shift
	try virsh start "$name"
	check "$name is refused" [ $RC != 0 ]
	check "the user is told why" says "vfio-hook: '$name' not started: $# problem" '^ *fix: .'
	for rule; do
		check "the rule is named: $rule" says "^error: .* \[$rule\]\$"
	done
	check "no other rule" is "$(grep -cE '^error: .* \[[a-z-]+\]$' <<<"$OUT")" $#
	check "$name is shut off" domain_is "$name" "shut off"
}

# fix_lines: those of the refusal in OUT, as they are printed and in that order, each once
fix_lines() { sed -n 's/^  fix: //p; s/^       \([^ ].*\)/\1/p' <<<"$OUT" | awk '!seen[$0]++'; }
# from_afar LINES GATEWAY INTERFACE: those of who works over the network, with the other way that he
# gives the host; from_console LINES: those of who sits before it
from_afar() {
	sed "/^or, from its console: /d; s/^give .* first: //; s/GATEWAY/$2/; s/INTERFACE/$3/" <<<"$1" | awk '!seen[$0]++'
}
from_console() { sed '/^give .* first: /d; s/^or, from its console: //' <<<"$1"; }
# type_lines LINES: each goes to a shell
type_lines() {
	local line
	while read -r line; do
		try timeout 60 bash -c "$line"
		check "typed as it is printed: $line" is $RC 0
	done <<<"$1"
}

# allow_in_use ADDRESS KIND...: the configuration says so, until no_allowance
allow_in_use() { printf '%s\n' "[device $1]" "allow-in-use = ${*:2}" >/etc/libvirt/vfio-hook.conf; }
no_allowance() { rm /etc/libvirt/vfio-hook.conf; }

# The PCI ids in the guest behind its root ports that devices of the host have
# too, from its `info pci`: "bus N" is 0 for the guest's own chipset.
guest_ids() {
	local vendors=' ' devices=' ' file id words bus=0
	for file in "$DEVICES"/*:0[1-9]:*/vendor; do
		read -r id <"$file" && vendors+="${id#0x} "
		read -r id <"${file%/vendor}/device" && devices+="${id#0x} "
	done
	while read -ra words; do
		case "${words[*]}" in
		'Bus '*) bus=${words[1]%%,*} ;;
		*bridge*) ;;
		*'PCI device'*)
			id=${words[-1]}
			[ "$bus" = 0 ] || [[ $vendors != *" ${id%:*} "* || $devices != *" ${id#*:} "* ]] ||
				echo "$id" ;;
		esac
	done <<<"$1" | sort
}
ids_of() {
	local address vendor device
	for address; do
		read -r vendor <"$DEVICES/$address/vendor"
		read -r device <"$DEVICES/$address/device"
		echo "${vendor#0x}:${device#0x}"
	done | sort
}
# given NAME ADDRESS...: the guest has these and no others (its firmware has
# numbered the buses: before that, nothing is listed behind a port)
given() {
	local pci
	if [ -n "$KERNEL" ]; then	# no firmware numbers buses: QEMU's own tree
		pci=$(virsh qemu-monitor-command --hmp "$1" 'info qtree')
		diff <(shift; [ $# = 0 ] || printf '%s\n' "$@" | sort) <(sed -n 's/^ *host = "\(.*\)".*/\1/p' <<<"$pci" | sort)
		return
	fi
	pci=$(virsh qemu-monitor-command --hmp "$1" 'info pci')
	pci=${pci//$'\r'/}
	[[ $pci == *'secondary bus 1'* ]] || { echo "the guest has not come that far"; return 1; }
	diff <(shift; [ $# = 0 ] || ids_of "$@") <(guest_ids "$pci")
}

# node_of ADDRESS: what has to be opened for it, by this WAY
node_of() (
	[ "$WAY" = iommufd ] || { echo "/dev/vfio/$(group_of "$1")"; return; }
	cd "$DEVICES/$1/vfio-dev" && printf '/dev/vfio/devices/%s\n' vfio*
)
# holds NAME ADDRESS...: its QEMU has these open, and what they go by
holds() {
	local address node open nodes=()
	open=$'\n'$(readlink "/proc/$(qemu_of "$1")"/fd/*)$'\n'
	shift
	[ "$WAY" = group ] || nodes=(/dev/iommu)
	for address; do
		nodes+=("$(node_of "$address")")
	done
	for node in "${nodes[@]}"; do
		[[ $open == *$'\n'"$node"$'\n'* ]] || { echo "no $node"; return 1; }
	done
}

# runs NAME "NAMED..." "PEERS..." [CHANGE...]: start NAME; the guest has NAMED
# and no peer, the host has neither, and no other device has changed.
runs() {
	local name=$1 named=$2 peers=$3 device changes=() names
	shift 3
	# shellcheck disable=SC2086
	names=$(hangs_on $named $peers | xargs)
	start "$name" || return
	for device in $named $peers; do
		changes+=("$device=$VFIO")
	done
	check "$name has moved these devices and no others" expect_state "${changes[@]}" "$@"
	# shellcheck disable=SC2086
	{
	check "the guest has what was named and no peer" within 60 given "$name" $named
	check "QEMU holds the group" holds "$name" $named
	check "the host shows none of: $names" not_visible $names
	}
	check "the claim is there" claimed "$name"
}

# stop NAME [CHANGE...]: destroy it; everything is home but for CHANGE
stop() {
	local name=$1
	shift
	try virsh destroy "$name"
	check "$name is destroyed" is $RC 0
	is_home "$@"
}

# plug NAME ADDRESS, unplug NAME ADDRESS: while it runs. No guest code has a part in that: the
# monitor writes for it to the ports by which ACPI ejects a device (QEMU, docs/specs/acpi_pci_hotplug).
PORTS="<controller type='pci' index='0' model='pcie-root'/>
	<controller type='pci' index='1' model='pcie-root-port'/>
	<controller type='pci' index='2' model='pcie-root-port'/>"
plug() {
	hostdev "$2" >$RUN/element.xml
	try virsh attach-device "$1" $RUN/element.xml --live
	check "$2 is plugged into $1" is $RC 0
	check "and is there" has_hostdev "$1" "$2"
}
ask_for() {	# NAME ADDRESS: to let it go
	hostdev "$2" >$RUN/element.xml
	try virsh detach-device "$1" $RUN/element.xml --live
	check "$1 is asked for $2" is $RC 0
}
unplug() {
	local bus monitor="qemu-monitor-command --hmp $1" ask='' eject='' asked
	ask_for "$@"
	for bus in {0..9}; do
		ask+="$monitor 'o /w 0xcd0 $bus'; $monitor 'i /w 0xcc4'; "
	done
	bus=0
	while read -r asked; do
		[ "$asked" = 0x00000000 ] ||
			eject+="$monitor 'o /w 0xcd0 $bus'; $monitor 'o /w 0xcc8 $asked'; "
		bus=$((bus + 1))
	done < <(virsh -q "$ask" | sed -n 's/.* = \(0x[0-9a-f]*\).*/\1/p')
	try virsh -q "$eject"
	check "$2 is unplugged from $1" within 30 not has_hostdev "$1" "$2"
}
has_hostdev() {	# NAME ADDRESS: as libvirt says; with a type, it is one in the guest
	local domain bus slot function
	IFS=:. read -r domain bus slot function <<<"$2"
	virsh dumpxml "$1" |
		grep "<address domain='0x$domain' bus='0x$bus' slot='0x$slot' function='0x$function'"
}
# where ADDRESS DRIVER/OVERRIDE: it is there
where() { is "$(state | sed -n "s/^$1 //p")" "$2"; }
# move ADDRESS DRIVER|-: as an administrator does, while something else has to do with it; - is
# who probes for it
move() {
	local driver=$DEVICES/$1/driver
	if [ "$2" = - ]; then
		echo >"$DEVICES/$1/driver_override"
	else
		modprobe "$2"
		echo "$2" >"$DEVICES/$1/driver_override"
	fi
	[ ! -e "$driver" ] || echo "$1" >"$driver/unbind"
	echo "$1" >$DRIVERS_PROBE
}

# --- libvirtd and the hook -------------------------------------------------

# virtqemud asks the other two for devices and networks
daemons() { [ "$DAEMON" != virtqemud ] || echo virtnodedevd virtnetworkd; echo "$DAEMON"; }

start_libvirtd() {
	local daemon
	if [ "$FLAVOUR" = systemd ] && [ "$DAEMON" = libvirtd ]; then
		systemctl start libvirtd
	else
		pidof virtlogd >/dev/null || virtlogd -d
		for daemon in $(daemons); do
			"$daemon" -d
		done
	fi
	within 60 virsh -q version
}

libvirtd_pid() { pidof "$DAEMON"; }

# use_daemon libvirtd|virtqemud: that one has QEMU's driver from now on. Debian's
# libvirt library looks for libvirtd if nothing says otherwise.
use_daemon() {
	local daemon pid config=/etc/libvirt/libvirt.conf
	for daemon in $(daemons); do
		pid=$(pidof "$daemon") || continue
		kill "$pid"
		within 60 not kill -0 "$pid" || return
	done
	DAEMON=$1
	echo "$DAEMON" >$RUN/daemon
	sed -i '/^uri_default = \|^remote_mode = /d' $config
	[ "$DAEMON" = libvirtd ] ||
		printf '%s\n' 'uri_default = "qemu:///system"' 'remote_mode = "direct"' >>$config
	start_libvirtd
}

restart_libvirtd() {	# OPTION... of libvirtd, in flavour tiny
	if [ "$FLAVOUR" = systemd ]; then
		systemctl restart libvirtd
	else
		local pid
		pid=$(libvirtd_pid)
		kill "$pid"
		within 60 not kill -0 "$pid"	# its own time, which is no matter of ours
		"$DAEMON" -d "$@"
	fi
	within 60 virsh -q version
}

# wrap_hook LINE...: a hook that does these first
wrap_hook() {
	mkdir -p "${HOOK%/*}"
	rm -f $HOOK
	printf '%s\n' '#!/bin/bash' "$@" 'exec /usr/sbin/vfio-hook-qemu "$@"' >$HOOK
	chmod 755 $HOOK
}
# shellcheck disable=SC2016	# lines for wrap_hook
NO_RELEASE='[ "$2" = release ] && exit 0'

# The hook as VARIANT has it
install_hook() {
	case $VARIANT in
	none)       rm -f $HOOK ;;
	no-release) wrap_hook "$NO_RELEASE" ;;
	*)          mkdir -p "${HOOK%/*}" && ln -sf /usr/sbin/vfio-hook-qemu $HOOK ;;
	esac
}

# AppArmor enforces on the daemon, and so on the hook it runs
confined() { is "$(cat "/proc/$(libvirtd_pid)/attr/current")" "$DAEMON (enforce)"; }

# --- the second machine of a pair -------------------------------------------

# peer LINE: the peer does this line of shell, with this library, and says what came of it
peer() {
	local work=/mnt/lab/peer number
	number=$(find $work -name '*.end' | wc -l)
	number=$((number + 1))
	echo "$*" >$work/new
	mv $work/new $work/$number
	within 120 test -e $work/$number.end || return
	cat $work/$number.out
	return "$(<$work/$number.end)"
}

mount_huge_pages() { mkdir -p /dev/hugepages && mount -t hugetlbfs hugetlbfs /dev/hugepages; }

# on_the_wire NUMBER: this machine is 192.0.2.NUMBER there, and its libvirtd answers everybody
on_the_wire() {
	local address interface
	address=$(grep -l "52:54:00:00:ff:0$1" /sys/class/net/*/address)
	interface=$(basename "${address%/address}")
	ip address add "192.0.2.$1/24" dev "$interface" && ip link set "$interface" up || return
	printf '%s\n' 'listen_tls = 0' 'listen_tcp = 1' 'auth_tcp = "none"' \
		"listen_addr = \"192.0.2.$1\"" >>/etc/libvirt/libvirtd.conf
	restart_libvirtd --listen
}

# The cable between the cards NIC of both; CABLE is the name of this one's interface.
# on_the_cable NUMBER [INTERFACE]: this machine is 198.51.100.NUMBER there, by its card or INTERFACE
CABLE=$(hangs_on $NIC | head -n 1)
on_the_cable() {
	ip link set "$CABLE" up && within 20 grep -q 1 "/sys/class/net/$CABLE/carrier" &&
		ip address add "198.51.100.$1/24" dev "${2:-$CABLE}"
}
off_the_cable() { ip address flush dev "$CABLE" && ip link set "$CABLE" down; }

# nvme_target, iscsi_target: this machine gives everybody a disk of 64 MiB, by all of its interfaces
NQN=nqn.2014-08.test.lab:disk IQN=iqn.2003-01.test.lab:disk
NVMET=/sys/kernel/config/nvmet LIO=/sys/kernel/config/target
configfs() {
	modprobe -a configfs "$@" || return
	mountpoint -q /sys/kernel/config || mount -t configfs configfs /sys/kernel/config
}
nvme_target() {
	local subsystem=$NVMET/subsystems/$NQN port=$NVMET/ports/1
	configfs nvmet-tcp && truncate -s 64M $RUN/nvme-disk || return
	mkdir $subsystem && mkdir $subsystem/namespaces/1 $port || return
	echo 1 >$subsystem/attr_allow_any_host
	echo 1 >$subsystem/namespaces/1/buffered_io
	echo $RUN/nvme-disk >$subsystem/namespaces/1/device_path
	echo 1 >$subsystem/namespaces/1/enable || return
	echo tcp >$port/addr_trtype
	echo ipv4 >$port/addr_adrfam
	echo 0.0.0.0 >$port/addr_traddr
	echo 4420 >$port/addr_trsvcid
	ln -s $subsystem $port/subsystems/
}
no_nvme_target() {
	rm $NVMET/ports/1/subsystems/$NQN && rmdir $NVMET/ports/1 \
		$NVMET/subsystems/$NQN/namespaces/1 $NVMET/subsystems/$NQN
}
iscsi_target() {
	local disk=$LIO/core/fileio_0/disk portal=$LIO/iscsi/$IQN/tpgt_1
	configfs iscsi_target_mod target_core_file && truncate -s 64M $RUN/iscsi-disk || return
	mkdir -p $disk $LIO/iscsi && mkdir -p $portal/lun/lun_0 $portal/np/0.0.0.0:3260 || return
	echo "fd_dev_name=$RUN/iscsi-disk,fd_dev_size=$((64 << 20))" >$disk/control
	echo 1 >$disk/enable || return
	ln -s $disk $portal/lun/lun_0/disk
	echo 0 >$portal/attrib/authentication
	echo 1 >$portal/attrib/generate_node_acls
	echo 0 >$portal/attrib/demo_mode_write_protect
	echo 1 >$portal/enable
}
no_iscsi_target() {
	local disk=$LIO/core/fileio_0/disk portal=$LIO/iscsi/$IQN/tpgt_1
	echo 0 >$portal/enable
	rm $portal/lun/lun_0/disk && rmdir $portal/lun/lun_0 $portal/np/* $portal ${portal%/*} $disk
}

# nvme_connect ADDRESS, iscsi_login ADDRESS: NVME_DISK, ISCSI_DISK are the disks then
nvme_connect() {
	modprobe nvme-tcp && nvme connect -t tcp -a "$1" -s 4420 -n $NQN || return
	within 20 nvme_disk_of_network && NVME_DISK=/dev/$(nvme_disk_of_network)
}
nvme_disk_of_network() {
	local file
	file=$(grep -lx tcp /sys/class/nvme/*/transport) || return
	file=${file%/transport}
	lsblk -dno NAME | grep -x "${file##*/}n[0-9]*"
}
iscsi_login() {
	pidof iscsid >/dev/null || { modprobe iscsi_tcp && iscsid; } || return
	iscsiadm -m node -T $IQN -p "$1" -o new && iscsiadm -m node -T $IQN -p "$1" --login || return
	within 20 iscsi_disk_of_network && ISCSI_DISK=/dev/$(iscsi_disk_of_network)
}
iscsi_disk_of_network() {
	basename -a /sys/class/iscsi_session/session*/device/target*/*/block/sd* | grep -x 'sd[a-z]*'
}

# --- begin and end of everything -------------------------------------------

PROBED=/mnt/lab/probed PROBED_BY_LIBVIRT=/var/cache/libvirt/qemu/capabilities
keep_probed() {	# the first machine to get here does, whole
	local new
	new=$(mktemp -d /mnt/lab/probing.XXXXXX)
	cp -r $PROBED_BY_LIBVIRT/. "$new" && mv -T "$new" "$PROBED" 2>/dev/null || rm -r "$new"
}

# The kernel modules of a machine with iommufd, as if its kernel had been built so: before any of
# VFIO is loaded, and with the nodes that there are then before they are.
install_modules() {
	local from=/mnt/lab/modules/iommufd to
	to=/lib/modules/$(uname -r)
	[ "$BOOT" != iommufdonly ] || from=/mnt/lab/modules/groupless
	! grep ^vfio /proc/modules || return
	rm -r "$to/kernel/drivers/vfio" && cp -r $from/. "$to" || return
	rm -rf /dev/vfio
	kmod static-nodes --format=tmpfiles --output=/run/tmpfiles.d/static-nodes.conf
	systemd-tmpfiles --create --prefix=/dev --boot
}

# Once per boot; the state then is the one every scenario starts from.
setup() {
	install -m 755 $RUN/bin/vfio-hook-qemu /usr/sbin/ && install -m 755 $RUN/bin/vfio-hook /usr/bin/
	install_hook
	echo 'log_outputs="3:file:/var/log/libvirtd.log"' >>/etc/libvirt/libvirtd.conf
	# Confining each guest would take ten seconds a start, and is not about the hook.
	printf '%s\n' 'security_driver = "none"' >>/etc/libvirt/qemu.conf
	if [ "$FLAVOUR" = tiny ]; then
		busybox syslogd -O /run/syslog
		printf '%s\n' 'user = "root"' 'group = "root"' 'seccomp_sandbox = 0' >>/etc/libvirt/qemu.conf
	fi
	# A router that answers late would give an interface a default route in the middle of a row.
	for file in /proc/sys/net/ipv6/conf/*/accept_ra; do
		echo 0 >"$file"
	done
	case $BOOT-$WAY in iommufd* | *-iommufd)
		[ ! -d /mnt/lab/modules ] || install_modules || return
		PROBED+=-$BOOT ;;
	esac
	[ "$WAY" = group ] || modprobe iommufd || return # before libvirt asks whether the kernel has it
	# What libvirt finds by starting QEMU four times, and QEMU is the same in every boot of this run.
	[ ! -d "$PROBED" ] || cp -r "$PROBED"/. $PROBED_BY_LIBVIRT
	# A node without a driver, of kmod: libvirt would believe in KVM, and ask QEMU again at each define.
	[ -z "$KERNEL" ] || [ -e /sys/class/misc/kvm ] || rm -f /dev/kvm
	if [ -e $RUN/bin/virtqemud ]; then
		install -m 755 $RUN/bin/virt*d /usr/sbin/
		printf '%s\n' 'log_outputs="3:file:/var/log/virtqemud.log"' >>/etc/libvirt/virtqemud.conf
	fi
	use_daemon "$DAEMON" || return
	[ -d "$PROBED" ] || keep_probed
	udevadm settle
	[ -z "$KERNEL" ] || raw_kernel "$KERNEL" idle
	mark
	mkdir $RUN/boot
	mv $RUN/state $RUN/belongings $RUN/boot/
}

# What the hook wrote to the system log
hook_log() {
	if [ "$FLAVOUR" = systemd ]; then
		journalctl -q -o cat -t vfio-hook
	else
		cat /run/syslog
	fi
}

begin() {
	if [[ $BOOT = iommufd* && ! -d /mnt/lab/modules ]]; then
		echo "skip: no iommufd: libvirt knows it from 12.1 on, and its kernel modules need the kernel's source"
		exit 77
	fi
	[ "$FLAVOUR" = tiny ] || check "AppArmor enforces on libvirtd" confined
	unmark
	is_home
}

# Also tells a scenario that ended from one that a shell error cut short.
finish() {
	local id name rest domains running=''
	say "the end"
	domains=$(virsh -q list --all)
	while read -r id name rest; do
		[ "${id:--}" = - ] || running+=" $name"
	done <<<"$domains"
	check "no domain runs" is "$running" ''
	while read -r id name rest; do
		[ -z "$name" ] || virsh -q undefine "$name" >/dev/null || check "undefine $name" false
	done <<<"$domains"
	unmark
	is_home
	echo "1..$tests"
	[ $failures = 0 ]
}

# For the log of a scenario that failed
evidence() {
	tail -n +1 $CLAIMS/* /var/log/libvirt/qemu/*.log $RUN/*.console
	for what in state hook_log "tail -n 50 /var/log/$DAEMON.log" 'dmesg' 'ps axf' 'lsblk' 'ip -o link'; do
		echo "### $what"
		$what 2>&1 | tail -n 150
	done
}
