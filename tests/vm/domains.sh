# shellcheck shell=bash disable=SC2034,SC2154	# what others read, and lib.sh has
# SPDX-License-Identifier: GPL-2.0-or-later
# Domains of the scenarios: how they are written and defined, started, refused and ended, and what
# is plugged into them. lib.sh reads it, from the folder in which it stands itself.

# --- how they are written --------------------------------------------------

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

# --- started, refused, ended -----------------------------------------------

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

# --- devices that move -----------------------------------------------------

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
