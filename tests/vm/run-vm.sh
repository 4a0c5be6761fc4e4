#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# One boot of a test machine: a q35 board with an emulated Intel IOMMU and the
# devices of `topology`, or one of another architecture, under software emulation. The
# machine runs guest.sh from the shared folder and powers off. Nothing it writes elsewhere is kept.
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
# With an IMAGE of arch-image.sh it is an arm64 board with an SMMUv3, an ITS and ACPI (tiny), without the
# ITS, without the SMMU, or with a device tree instead of ACPI (noits, nosmmu, devicetree); or an IBM Z with
# the functions of topology-s390x (tiny), or with none (nofunction).
# Environment: VM_MEMORY (MiB), VM_CPUS, VM_LIMIT (seconds), VM_QEMU
set -euo pipefail

image=$1 share=$2 boot=$3 console=$4
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d "${TMPDIR:-/tmp}/vfio-hook-vm.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
memory=${VM_MEMORY:-1024}

arch=amd64
[ ! -e "$image/arch" ] || arch=$(<"$image/arch")
topologies=("$here/topology") firmware=() serial=(-serial "file:$console") bus=pci
case $arch in
amd64)
	qemu=("${VM_QEMU:-qemu-system-x86_64}")
	board=q35,kernel-irqchip=split cpu=qemu64,+ssse3,+sse4.1,+sse4.2,+popcnt,+cx16
	iommu=intel-iommu,intremap=on,caching-mode=on option=intel_iommu=on ;;
arm64)
	qemu=("${VM_QEMU:-qemu-system-aarch64}")
	board=virt,iommu=smmuv3,gic-version=3 cpu=cortex-a72 iommu='' option=''
	firmware=(-bios /usr/share/qemu-efi-aarch64/QEMU_EFI.fd) ;;
s390x)
	qemu=("${VM_QEMU:-qemu-system-s390x}")
	board=s390-ccw-virtio cpu=max iommu='' option='' bus=ccw
	topologies=("$here/topology-s390x")
	serial=(-chardev "file,id=console,path=$console" -device "sclpconsole,chardev=console") ;;
esac

# A card's line is the first free one of the board's for Linux 6.1, and one more for later ones.
case $arch-$boot:${image##*/} in
arm64-*)                 line=ttyAMA0 ;;
s390x-*)                 line=ttysclp0 ;;
amd64-serial:bookworm-*) line=ttyS1 ;;
amd64-serial:*)          line=ttyS4 ;;
*)                       line=ttyS0 ;;
esac
append="console=$line quiet loglevel=3 panic=-1 net.ifnames=0 mitigations=off lab.boot=$boot"
# no_timer_check: on a busy machine the emulated timer is late, and the kernel would panic
append+=" no_timer_check"
case $arch-$boot in
*-tiny | amd64-iommufd | amd64-iommufdonly) ;;
amd64-iommufdraw) iommu=intel-iommu,intremap=off,caching-mode=on ;;
arm64-noits)      board=virt,iommu=smmuv3,gic-version=2 ;;
arm64-nosmmu)     board=virt,gic-version=3 ;;
arm64-devicetree) firmware=() ;;
s390x-nofunction) topologies=() ;;
amd64-systemd)    topologies+=("$here/topology-display") ;;
amd64-two)        memory=$((memory * 3 / 2)) own=$scratch/two other=$scratch/peer number=1 ;;
amd64-peer)       topologies=("$here/topology-peer") memory=$((memory * 5 / 8)) own=$LINK/peer other=$LINK/two number=2 ;;
amd64-*)          topologies+=("$here/truth/topology") ;;&
amd64-truth | amd64-serial) ;;
amd64-noiommu)    option=intel_iommu=off ;;
amd64-nointremap) iommu=intel-iommu,intremap=off,caching-mode=on ;;
amd64-amd)        iommu=amd-iommu,intremap=on cpu=EPYC option='' ;;
amd64-igb)        topologies+=("$here/truth/topology-igb")
	mapfile -t qemu < <("$here/newer-qemu.sh") ;;
*)                echo "run-vm: no boot '$boot' of $arch" >&2; exit 2 ;;
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
done < <(cat /dev/null "${topologies[@]}")

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

root_slot=,bus=pcie.0,addr=0x2 share_slot=,bus=pcie.0,addr=0x3
[ $bus = pci ] || root_slot='' share_slot=''
# TERM ends the machine too
trap 'kill $machine $peer' TERM INT
timeout -k 5 "${VM_LIMIT:-2400}" "${qemu[@]}" \
	-name lab -nodefaults -no-user-config -display none -no-reboot \
	-machine "$board" -accel tcg,thread=multi,tb-size=1024 "${firmware[@]}" \
	-cpu "$cpu" \
	-smp "${VM_CPUS:-1}" -m "$memory" \
	${iommu:+-device "$iommu"} \
	-kernel "$image/vmlinuz" -initrd "$image/initrd.img" -append "$append" \
	"${serial[@]}" \
	-drive if=none,id=root,file="$image/root.img",format=raw,snapshot=on,cache=unsafe \
	-device "virtio-blk-$bus,drive=root$root_slot" \
	-fsdev local,id=lab,path="$share",security_model=none \
	-device "virtio-9p-$bus,fsdev=lab,mount_tag=lab$share_slot" \
	"${devices[@]}" </dev/null >"$console.qemu" 2>&1 &
machine=$!
wait $machine || status=$?
if [ -n "$peer" ]; then
	kill $peer
	wait $peer || true
fi
exit "${status:-0}"
