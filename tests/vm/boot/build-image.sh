#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds a machine that boots by an initramfs of its own: a small Debian whose root
# disk is a disk image, with initramfs-tools or dracut; prints the folder. Cached as
# ../build-image.sh does it.
#   build-image.sh SUITE initramfs-tools|dracut     exit status 3: SUITE cannot be installed
set -euo pipefail

suite=$1 tool=$2
here=$(cd "$(dirname "$0")" && pwd)
cache=${VFIO_HOOK_VM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/vfio-hook/vm}
recipe=$(cat "$here/build-image.sh" "$here/init" "$here/../bootstrap.sh" "$here/../apt-sources.sh" | sha256sum | cut -c1-12)
image=$cache/boot-$suite-$tool-$recipe
packages=(systemd-sysv kmod udev pciutils busybox zstd e2fsprogs util-linux procps "$tool"
	libxml2 libinih1 libjson-c5 libpci3)
drivers='ahci sd_mod nvme e1000e e1000 ext4'
omit='biosdevname bluetooth btrfs caps crypt crypt-gpg dbus-broker dbus-daemon dmraid i18n
	kernel-modules-extra lvm lvmmerge lvmthinpool-monitor masterkey mdraid memstrack mksh modsign
	multipath network nvmf overlay-root pcsc plymouth qemu resume rngd systemd-coredump
	systemd-networkd systemd-portabled systemd-resolved systemd-timesyncd terminfo tpm2-tss virtiofs'

mkdir -p "$cache"
exec 9>"$cache/boot-$suite-$tool.lock"
flock 9
if [ ! -d "$image" ]; then
	[ "$(id -u)" = 0 ] || { echo "building the image needs root" >&2; exit 1; }
	echo "building $image" >&2
	rm -rf "$cache/boot-building-$suite-$tool".*
	work=$(mktemp -d "$cache/boot-building-$suite-$tool.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	cd "$work"
	"$here/../bootstrap.sh" "$suite" root "${packages[@]}"
	chroot root ldconfig -p | awk 'NF > 2 { print $1 }' >libraries.txt # for programs.sh
	version=$(ls root/lib/modules)
	echo lab >root/etc/hostname
	echo '/dev/disk/by-label/lab / ext4 defaults 0 1' >root/etc/fstab
	install -m 755 "$here/init" root/usr/local/sbin/init
	cp "root/boot/vmlinuz-$version" vmlinuz
	# The drivers of the machine are in the image, to be loaded by udev as if all were: an
	# image is made in the machine several times, with an emulated processor.
	case $tool in
	initramfs-tools)
		sed -i 's/^MODULES=.*/MODULES=list/' root/etc/initramfs-tools/initramfs.conf
		printf '%s\n' 'COMPRESS=zstd' 'COMPRESSLEVEL=1' >root/etc/initramfs-tools/conf.d/lab
		printf '%s\n' '#!/bin/sh' '[ "$1" != prereqs ] || exit 0' \
			'. /usr/share/initramfs-tools/hook-functions' \
			"manual_add_modules $drivers" >root/etc/initramfs-tools/hooks/lab
		chmod 755 root/etc/initramfs-tools/hooks/lab
		chroot root update-initramfs -c -k "$version" >&2 ;;
	dracut)
		printf '%s\n' 'hostonly="yes"' "drivers+=\" $drivers \"" 'compress="zstd -1"' \
			"omit_dracutmodules+=\" $(echo $omit) \"" >root/etc/dracut.conf.d/lab.conf
		unshare --mount sh -ec "mount --rbind /dev root/dev; mount -t proc proc root/proc
			chroot root dracut -q --no-hostonly --force /boot/initrd.img-$version $version" >&2 ;;
	esac
	cp "root/boot/initrd.img-$version" initrd.img
	truncate -s 2G root.img
	mke2fs -q -t ext4 -L lab -E root_owner=0:0 -d root root.img
	rm -rf root
	rm -rf "$cache/boot-$suite-$tool"-*
	chmod 755 "$work"
	mv "$work" "$image"
fi
echo "$image"
