#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# One boot of a test machine: a q35 board with an emulated Intel IOMMU and the
# devices of `topology`, under software emulation. The machine runs guest.sh
# from the shared folder and powers off. Nothing it writes elsewhere is kept.
#   run-vm.sh IMAGE SHARE BOOT CONSOLE
# IMAGE is a folder made by build-image.sh, CONSOLE the log of the serial line.
# BOOT is a flavour, tiny or systemd (with the devices of topology-display too), or one of the machines of the truth table,
# which have more devices and are otherwise tiny: truth, noiommu (switched off on
# the kernel command line), nointremap (an IOMMU that cannot remap interrupts),
# iommufd, iommufdonly and iommufdraw (their kernel modules: iommufd.sh; the second has VFIO without
# groups, the last one an IOMMU that cannot remap interrupts), amd (an AMD IOMMU), serial (the kernel's console is the line of a card), igb (a network card with virtual functions: newer-qemu.sh).
# Or it is two: a tiny machine, and a second one, peer, with the devices of
# topology-peer and less memory, on a wire of their own; a cable leads from the card
# nic1 of the one to that of the other.
# Environment: VM_MEMORY (MiB), VM_CPUS, VM_LIMIT (seconds), VM_QEMU
set -euo pipefail

image=$1 share=$2 boot=$3 console=$4
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d "${TMPDIR:-/tmp}/vfio-hook-vm.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
memory=${VM_MEMORY:-1024}

# no_timer_check: on a busy machine the emulated timer is late, and the kernel would panic
# A card's line is the first free one of the board's for Linux 6.1, and one more for later ones.
case $boot:${image##*/} in
serial:bookworm-*) line=ttyS1 ;;
serial:*)          line=ttyS4 ;;
*)                 line=ttyS0 ;;
esac
append="console=$line quiet loglevel=3 panic=-1 net.ifnames=0 mitigations=off lab.boot=$boot"
append+=" no_timer_check"
qemu=("${VM_QEMU:-qemu-system-x86_64}")
cpu=qemu64,+ssse3,+sse4.1,+sse4.2,+popcnt,+cx16
iommu=intel-iommu,intremap=on,caching-mode=on
option=intel_iommu=on
topologies=("$here/topology" "$here/truth/topology")
case $boot in
tiny | iommufd | iommufdonly) topologies=("$here/topology") ;;
iommufdraw) topologies=("$here/topology") iommu=intel-iommu,intremap=off,caching-mode=on ;;
systemd)    topologies=("$here/topology" "$here/topology-display") ;;
truth | serial) ;;
noiommu)    option=intel_iommu=off ;;
nointremap) iommu=intel-iommu,intremap=off,caching-mode=on ;;
amd)        iommu=amd-iommu,intremap=on cpu=EPYC option='' ;;
igb)        topologies+=("$here/truth/topology-igb")
	mapfile -t qemu < <("$here/newer-qemu.sh") ;;
two)        topologies=("$here/topology") memory=$((memory * 3 / 2)) own=$scratch/two other=$scratch/peer number=1 ;;
peer)       topologies=("$here/topology-peer") memory=$((memory * 5 / 8)) own=$LINK/peer other=$LINK/two number=2 ;;
*)          echo "run-vm: no boot '$boot'" >&2; exit 2 ;;
esac
append+=" $option"
case $boot in
systemd) append+=" apparmor=1 security=apparmor" ;;
*)       append+=" lab.init=/usr/local/sbin/init apparmor=0" ;;
esac

# @disk@NAME in the topology is a small empty disk of this boot, @folder@NAME an empty folder.
devices=()
while read -ra words; do
	for word in "${words[@]}"; do
		case $word in
		'#'*) break ;;
		*@disk@*)
			disk=${word#*@disk@}
			disk=$scratch/${disk%%,*}
			truncate -s 64M "$disk"
			word=${word/@disk@/$scratch/} ;;
		*@folder@*)
			folder=${word#*@folder@}
			mkdir -p "$scratch/${folder%%,*}"
			word=${word/@folder@/$scratch/} ;;
		*,id=nic1,*) word+=${own:+,netdev=cable} ;;
		esac
		devices+=("$word")
	done
done < <(cat "${topologies[@]}")

# Between two machines: no network of this machine's has a part in it.
if [ -n "${own:-}" ]; then
	for net in wire cable; do
		devices+=(-netdev "dgram,id=$net,local.type=unix,local.path=$own-$net,remote.type=unix,remote.path=$other-$net")
	done
	devices+=(-device "virtio-net-pci,netdev=wire,bus=pcie.0,addr=0x6,mac=52:54:00:00:ff:0$number")
fi
peer=
if [ "$boot" = two ]; then
	rm -rf "$share/peer" && mkdir "$share/peer"
	LINK=$scratch "$0" "$image" "$share" peer "$console-peer" &
	peer=$!
fi

# TERM ends the machine too
trap 'kill $machine $peer' TERM INT
timeout -k 5 "${VM_LIMIT:-2400}" "${qemu[@]}" \
	-name lab -nodefaults -no-user-config -display none -no-reboot \
	-machine q35,kernel-irqchip=split -accel tcg,thread=multi,tb-size=1024 \
	-cpu "$cpu" \
	-smp "${VM_CPUS:-1}" -m "$memory" \
	-device "$iommu" \
	-kernel "$image/vmlinuz" -initrd "$image/initrd.img" -append "$append" \
	-serial "file:$console" \
	-drive if=none,id=root,file="$image/root.img",format=raw,snapshot=on,cache=unsafe \
	-device virtio-blk-pci,drive=root,bus=pcie.0,addr=0x2 \
	-fsdev local,id=lab,path="$share",security_model=none \
	-device virtio-9p-pci,fsdev=lab,mount_tag=lab,bus=pcie.0,addr=0x3 \
	"${devices[@]}" </dev/null >"$console.qemu" 2>&1 &
machine=$!
wait $machine || status=$?
if [ -n "$peer" ]; then
	kill $peer
	wait $peer || true
fi
exit "${status:-0}"
