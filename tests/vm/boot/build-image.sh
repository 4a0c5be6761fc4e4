#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds a machine that boots by an initramfs of its own: a small Debian whose root
# disk is a disk image, with initramfs-tools or dracut; prints the folder. Cached as
# ../build-image.sh does it.
#   build-image.sh SUITE initramfs-tools|dracut
set -euo pipefail

suite=$1 tool=$2
here=$(cd "$(dirname "$0")" && pwd)
cache=${VFIO_HOOK_VM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/vfio-hook/vm}
recipe=$(cat "$here/build-image.sh" "$here/init" | sha256sum | cut -c1-12)
image=$cache/boot-$suite-$tool-$recipe
packages=(systemd-sysv kmod udev pciutils busybox zstd e2fsprogs util-linux procps "$tool"
	libxml2 libinih1 libjson-c5 libpci3)

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
	mapfile -t lines < <("$here/../sources.sh" "$suite")
	apt-config dump --no-empty | grep -E '^Acquire::(http|https)::Proxy' >proxies || true
	# the kernel is unpacked here, and its image is made once, at the end
	# shellcheck disable=SC2016	# the hook's shell expands them
	mmdebstrap --mode=root --variant=apt --aptopt="$PWD/proxies" \
		--aptopt='Apt::Install-Recommends "false"' --dpkgopt='force-unsafe-io' \
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
		--include="$(IFS=, && echo "${packages[*]}")" \
		--customize-hook='chroot "$1" sh -ec "mkdir /kernel; cd /kernel
			apt-get -qq -o APT::Sandbox::User=root download \$(apt-cache depends linux-image-amd64 |
				sed -n \"s/.*Depends: *//p\" | head -n 1)
			dpkg-deb -x linux-image-*.deb /kernel; mv boot/* /boot; mkdir -p /lib/modules
			mv lib/modules/* /lib/modules; cd /; rm -r /kernel"' \
		"$suite" root "${lines[@]}" 2>mmdebstrap.log || { tail -n 30 mmdebstrap.log >&2; exit 1; }
	version=$(ls root/lib/modules)
	chroot root depmod "$version"
	echo lab >root/etc/hostname
	echo '/dev/disk/by-label/lab / ext4 defaults 0 1' >root/etc/fstab
	install -m 755 "$here/init" root/usr/local/sbin/init
	cp "root/boot/vmlinuz-$version" vmlinuz
	case $tool in
	initramfs-tools)
		sed -i 's/^COMPRESS=.*/COMPRESS=zstd/' root/etc/initramfs-tools/initramfs.conf
		chroot root update-initramfs -c -k "$version" >&2 ;;
	dracut)
		chroot root dracut -q --no-hostonly --force "/boot/initrd.img-$version" "$version" >&2 ;;
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
