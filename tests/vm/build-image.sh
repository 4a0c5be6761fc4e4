#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds what a test machine boots (kernel, initramfs, root file system) from
# Debian packages, once per suite and recipe, in the cache outside the source
# tree; prints the folder. The recipe is this file, bootstrap.sh, apt-sources.sh and image/.
#   build-image.sh [SUITE]     one of suites.sh, bookworm by default; needs root
# Exit status 3: SUITE cannot be installed.
set -euo pipefail

suite=${1:-bookworm}
here=$(cd "$(dirname "$0")" && pwd)
cache=${VFIO_HOOK_VM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/vfio-hook/vm}
recipe=$(cat "$here/build-image.sh" "$here/bootstrap.sh" "$here/apt-sources.sh" "$here"/image/* | sha256sum | cut -c1-12)
image=$cache/$suite-$recipe

packages=(
	# libvirt with the QEMU driver, started by us or by systemd
	libvirt-daemon-system libvirt-clients libvirt-daemon-driver-qemu
	qemu-system-x86 qemu-utils systemd-sysv dbus polkitd apparmor
	# what the programs under test are linked with
	libxml2 libinih1 libjson-c5 libpci3
	# what the scenarios look with
	kmod udev iproute2 procps strace e2fsprogs util-linux pciutils busybox-static
	# disks of the network, PPPoE, Open vSwitch, with the commands that end their use
	nvme-cli open-iscsi ppp pppoe openvswitch-switch
	# a desktop: the smallest compositor that keeps a session of logind
	cage
)

log() { echo "build-image: $*" >&2; }

# Nothing starts by itself but the runner, which starts libvirtd when the hook
# stands: libvirtd looks for hooks only at its own start.
configure_root() {
	local root=$1
	echo lab >"$root/etc/hostname"
	: >"$root/etc/fstab"
	sed -i 's/^root:[^:]*:/root::/' "$root/etc/shadow"	# not every suite has passwd(1) in it
	install -m 755 "$here/image/init" "$here/image/run" "$root/usr/local/sbin/"
	install -m 644 "$here/image/lab.service" "$root/etc/systemd/system/"
	chroot "$root" systemctl -q enable lab.service 2>/dev/null
	chroot "$root" sh -c 'systemctl -q disable libvirtd.service "libvirtd*.socket" "virt*d*.socket" 2>/dev/null
		cd /usr/lib/systemd/system 2>/dev/null || cd /lib/systemd/system
		systemctl -q mask *.timer getty@tty1.service serial-getty@ttyS0.service \
			e2scrub_reap.service libvirt-guests.service \
			iscsid.socket open-iscsi.service openvswitch-switch.service nvm*.service 2>/dev/null' || true
	# No profile but those that confine libvirt: systemd would have a hundred of programs that
	# are not here compiled at each boot, by an emulated processor.
	find "$root/etc/apparmor.d" -maxdepth 1 -type f ! -name '*libvirt*' -delete
	# Nor is each boot the first one, after which units are preset and databases built again.
	rm -f "$root/etc/machine-id"
	chroot "$root" systemd-machine-id-setup >/dev/null 2>&1
	touch "$root/etc/.updated" "$root/var/.updated"
}

# A busybox initramfs that loads what reaches the root file system.
build_initramfs() {
	local root=$1 version module
	version=$(ls "$root/lib/modules")
	mkdir -p initramfs/{bin,proc,sys,dev,new,modules}
	cp "$root/bin/busybox" initramfs/bin/
	install -m 755 "$here/image/initramfs-init" initramfs/init
	for module in virtio_pci virtio_blk ext4 9p 9pnet_virtio; do
		chroot "$root" modprobe -S "$version" --show-depends "$module"
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' |
		while read -r module; do
			cp "$root$module" initramfs/modules/
			basename "$module" >>initramfs/modules/order
		done
	(cd initramfs && find . | ./bin/busybox cpio -o -H newc 2>/dev/null) | gzip -1 >initrd.img
	rm -r initramfs
}

mkdir -p "$cache"
exec 9>"$cache/$suite.lock"
flock 9
if [ ! -d "$image" ]; then
	[ "$(id -u)" = 0 ] || { log "building the image needs root"; exit 1; }
	log "building $suite in $image"
	rm -rf "$cache/building-$suite".*	# of a build that was killed
	work=$(mktemp -d "$cache/building-$suite.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	cd "$work"
	SECONDS=0
	"$here/bootstrap.sh" "$suite" root "${packages[@]}"
	mv root/boot/vmlinuz-* vmlinuz
	rm root/boot/*
	chroot root ldconfig -p | awk 'NF > 2 { print $1 }' >libraries.txt # for programs.sh
	configure_root root
	build_initramfs root
	truncate -s 3G root.img
	mke2fs -q -t ext4 -O ^has_journal,^metadata_csum -E root_owner=0:0 -d root root.img
	rm -rf root
	rm -rf "$cache/$suite"-*
	chmod 755 "$work"
	mv "$work" "$image"
	log "built in $SECONDS s"
fi
echo "$image"
