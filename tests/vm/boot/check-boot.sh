#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# `vfio-hook boot`, proven by booting: a machine whose disk is kept from one boot to the
# next, booted by the image that the one before it made. TAP, a point per boot; the first that
# fails ends the machine.
#   check-boot.sh SUITE [initramfs-tools|dracut]...
# Environment: VM_MEMORY (MiB), VM_CPUS, VM_LIMIT (seconds for a boot), VM_LOG_DIR
set -euo pipefail

suite=${1:?which suite?}
shift
tools=("$@")
[ $# -gt 0 ] || tools=(initramfs-tools dracut)
here=$(cd "$(dirname "$0")" && pwd)
build=$PWD
[ -e "$build/vfio-hook" ] || build=$(cd "$here/../../.." && pwd)
cache=${VFIO_HOOK_VM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/vfio-hook/vm}
logs=${VM_LOG_DIR:-$cache/logs}/boot-$suite
[ -x "${VM_CLI_BINARY:-$build/vfio-hook}" ] || { echo "Bail out! no $build/vfio-hook: run make first"; exit 1; }
work=$(mktemp -d "${TMPDIR:-/tmp}/vfio-hook-boot.XXXXXX")
machine=
trap '[ -z "$machine" ] || kill $machine 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
rm -rf "$logs"
mkdir -p "$logs"
count=0 failed=0
no_suite() {	# STATUS: as check-vm.sh
	[ "$1" != 3 ] || { echo "Bail out! $suite cannot be installed from its packages: nothing has been booted"; exit 3; }
	echo "Bail out! no image, or no programs"
	exit 1
}

# boot IMAGE SHARE NUMBER: one boot. From the third on the second network card is another one;
# in the third the second NVMe is gone.
boot() {
	local image=$1 share=$2 number=$3 nic=e1000e
	local nvme=(-device "nvme,bus=rp4,serial=NVME2,drive=disk4")
	[ "$number" -lt 3 ] || nic=e1000
	[ "$number" != 3 ] || nvme=()
	timeout -k 5 "${VM_LIMIT:-1800}" qemu-system-x86_64 \
		-name boot -nodefaults -no-user-config -display none -no-reboot \
		-machine q35,kernel-irqchip=split -accel tcg,thread=multi,tb-size=1024 \
		-cpu qemu64,+ssse3,+sse4.1,+sse4.2,+popcnt,+cx16 \
		-smp "${VM_CPUS:-2}" -m "${VM_MEMORY:-1024}" \
		-device intel-iommu,intremap=on,caching-mode=on \
		-kernel "$image/vmlinuz" -initrd "$share/initrd.img" \
		-append "console=ttyS0 loglevel=4 log_buf_len=1M panic=-1 net.ifnames=0 mitigations=off \
no_timer_check intel_iommu=on drm_kms_helper.fbdev_emulation=0 root=LABEL=lab rw init=/usr/local/sbin/init" \
		-serial "file:$logs/console-$tool-$number" \
		-fsdev local,id=lab,path="$share",security_model=none \
		-device virtio-9p-pci,fsdev=lab,mount_tag=lab,bus=pcie.0,addr=0x3 \
		-device pcie-root-port,id=rp1,bus=pcie.0,chassis=1,addr=0x4.0,multifunction=on \
		-device ich9-ahci,id=sata1,bus=rp1 \
		-drive if=none,id=root,file="$work/root.img",format=raw,cache=unsafe \
		-device ide-hd,drive=root,bus=sata1.0 \
		-device pcie-root-port,id=rp2,bus=pcie.0,chassis=2,addr=0x4.1 \
		-device ich9-ahci,id=sata2,bus=rp2 \
		-drive if=none,id=data,file="$work/data.img",format=raw \
		-device ide-hd,drive=data,bus=sata2.0 \
		-device pcie-root-port,id=rp3,bus=pcie.0,chassis=3,addr=0x4.2 \
		-drive if=none,id=disk3,file="$work/nvme1.img",format=raw \
		-device nvme,bus=rp3,serial=NVME1,drive=disk3 \
		-device pcie-root-port,id=rp4,bus=pcie.0,chassis=4,addr=0x4.3 \
		-drive if=none,id=disk4,file="$work/nvme2.img",format=raw \
		"${nvme[@]}" \
		-device pcie-root-port,id=rp5,bus=pcie.0,chassis=5,addr=0x4.4 \
		-device e1000e,bus=rp5,mac=52:54:00:00:05:00 \
		-device pcie-root-port,id=rp6,bus=pcie.0,chassis=6,addr=0x4.5 \
		-device $nic,bus=rp6,mac=52:54:00:00:06:00 \
		-device VGA,bus=pcie.0,addr=0x1 \
		-device pcie-root-port,id=rp7,bus=pcie.0,chassis=7,addr=0x4.6 \
		-device secondary-vga,bus=rp7 \
		</dev/null >"$logs/qemu-$tool-$number" 2>&1 &
	machine=$!
	wait $machine || true
	machine=
}

names=('' "refused by id, done by address" "in effect, before any driver"
	"one device swapped, one gone, and remove" "as before, then by id" "in effect, by id")
for tool in "${tools[@]}"; do
	image=$("$here/build-image.sh" "$suite" "$tool") || no_suite $?
	programs=$("$here/../programs.sh" "$build" "$suite" "$image" vfio-hook) || no_suite $?
	share=$work/$tool
	mkdir -p "$share/bin"
	cp "$here/steps.sh" "$here/../lib.sh" "$here/../domains.sh" "$image/initrd.img" "$share"
	cp "$image/initrd.img" "$share/pristine.img"
	cp "${VM_CLI_BINARY:-$programs/vfio-hook}" "$share/bin/vfio-hook"
	cp --sparse=always "$image/root.img" "$work/root.img"
	truncate -s 64M "$work"/{data,nvme1,nvme2}.img
	for number in 1 2 3 4 5; do
		count=$((count + 1))
		SECONDS=0
		echo $number >"$share/boot"
		rm -f "$share/log"
		boot "$image" "$share" $number
		cp "$share/log" "$logs/log-$tool-$number" 2>/dev/null || true
		cp "$share/dmesg" "$logs/dmesg-$tool-$number" 2>/dev/null || true
		if [ -e "$share/passed.$number" ]; then
			echo "ok $count - $tool, boot $number: ${names[number]} ($suite, $SECONDS s)"
			continue
		fi
		failed=$((failed + 1))
		echo "not ok $count - $tool, boot $number: ${names[number]} ($suite, $SECONDS s)"
		grep -A 8 '^not ok' "$share/log" 2>/dev/null | sed 's/^/  # /' || echo "  # it did not end: see the console"
		break
	done
done
echo "1..$count"
[ $failed = 0 ] || echo "# logs: $logs"
echo "$((count - failed)) passed, $failed failed"
[ $failed = 0 ]
