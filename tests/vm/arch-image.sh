#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds what a test machine of another architecture boots (build-image.sh does that for a PC), once
# per recipe, in the same cache; prints the folder. The packages are extracted, not configured: nothing
# of that architecture runs here, and what their scripts would have done, and is needed, is done below.
# The recipe is this file, arch.sh, apt-sources.sh and image/.
#   arch-image.sh ARCH     needs root; exit status 3: its packages cannot be had
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/vm/arch.sh
. "$here/arch.sh"
arch=$1
arch_words "$arch" || { echo "arch-image: no architecture '$arch'; there are: $ARCHES" >&2; exit 1; }
cache=${VFIO_HOOK_VM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/vfio-hook/vm}
recipe=$(cat "$here/arch-image.sh" "$here/arch.sh" "$here/apt-sources.sh" "$here"/image/* | sha256sum | cut -c1-12)
image=$cache/$arch-$recipe

packages=(
	# Essential in Debian, and so named by no other package
	base-files base-passwd bash coreutils dash diffutils findutils grep gzip hostname libc-bin mawk
	ncurses-base sed sysvinit-utils tar util-linux
	libvirt-daemon-system libvirt-clients libvirt-daemon-driver-qemu "$arch_package" qemu-utils nftables
	# what the programs under test are linked with
	libxml2 libinih1 libjson-c5 libpci3
	# what the scenarios look with
	systemd-sysv kmod udev iproute2 procps strace e2fsprogs util-linux pciutils busybox-static
)

log() { echo "arch-image: $*" >&2; }
unusable() { tail -n 20 "$1" >&2; log "$2"; exit 3; }

extract_root() {
	local lines
	mapfile -t lines < <("$here/apt-sources.sh" "$arch_suite")
	"$here/apt-sources.sh" --proxies >proxies
	# shellcheck disable=SC2016	# mmdebstrap's shell expands them
	mmdebstrap --mode=root --variant=extract --architectures="$arch" --skip=check/qemu \
		--aptopt="$PWD/proxies" --aptopt='Apt::Install-Recommends "false"' \
		--aptopt='Acquire::Check-Valid-Until "false"' \
		--keyring=/usr/share/keyrings/debian-archive-keyring.gpg \
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--setup-hook='mkdir -p "$1"/usr/bin "$1"/usr/sbin "$1"/usr/lib
			ln -s usr/bin usr/sbin usr/lib "$1"' \
		--extract-hook="ls \"\$1\"/var/cache/apt/archives >$PWD/archives" \
		--include="$(IFS=, && echo "${packages[*]}")" \
		"$arch_suite" "$1" "${lines[@]}" 2>mmdebstrap.log ||
		unusable mmdebstrap.log "$arch_suite for $arch cannot be had"
	# As dpkg-query would print them: "libc6\t2.41-12"
	sed -n 's/%3a/:/; s/^\([^_]*\)_\([^_]*\)_[^_]*\.deb$/\1\t\2/p' archives | sort >packages.txt
}

# The kernel of the release, not of its updates, which are not everywhere for every architecture.
extract_kernel() (
	local root=$1 package modules version file=''
	mkdir -p apt/lists/partial apt/archives/partial
	"$here/apt-sources.sh" "$arch_kernel" | awk '$3 !~ /-/' >apt/sources
	cat >apt/config <<-END
		APT::Architecture "$arch";
		APT::Architectures { "$arch"; };
		APT::Sandbox::User "root";
		Acquire::Languages "none";
		Acquire::Check-Valid-Until "false";
		Dir::State "$PWD/apt";
		Dir::State::status "/dev/null";
		Dir::Cache "$PWD/apt";
		Dir::Etc::SourceList "$PWD/apt/sources";
		Dir::Etc::SourceParts "/dev/null";
	END
	export APT_CONFIG=$PWD/apt/config
	apt-get -qq update >apt/log 2>&1 || unusable apt/log "no packages of $arch_kernel for $arch"
	# The newest that can be had: what an index names may be gone from the pool.
	for package in $(apt-cache pkgnames linux-image- |
		grep -x "linux-image-[0-9][0-9.+deb]*-$arch" | sort -rV); do
		(cd apt && apt-get -qq download "$package") >>apt/log 2>&1 || continue
		file=$(ls apt/linux-image-*.deb)
		break
	done
	[ -n "$file" ] || unusable apt/log "no kernel for $arch"
	dpkg-deb -x "$file" kernel
	dpkg-deb -W "$file" >>packages.txt
	modules=$(find kernel -path '*/lib/modules/*' -prune)
	version=${modules##*/}
	mkdir -p "$root/lib/modules"
	mv "$modules" "$root/lib/modules/"
	mv "kernel/boot/vmlinuz-$version" vmlinuz
	PATH=$PATH:/sbin:/usr/sbin depmod -b "$root" "$version"
	rm -r kernel apt
)

configure_root() {
	local root=$1 name
	echo lab >"$root/etc/hostname"
	: >"$root/etc/fstab"
	cp "$root/usr/share/base-passwd/passwd.master" "$root/etc/passwd"
	cp "$root/usr/share/base-passwd/group.master" "$root/etc/group"
	ln -sf mawk "$root/usr/bin/awk"
	rm -rf "$root/var/run" "$root/var/lock"
	ln -s /run "$root/var/run"
	ln -s /run/lock "$root/var/lock"
	mkdir -p "$root/mnt" "$root/var/log"
	# who the files of udev and libvirt name
	for name in libvirt:901 libvirt-qemu:902 kvm:903 render:904 input:905 sgx:906; do
		echo "${name%:*}:x:${name#*:}:" >>"$root/etc/group"
	done
	echo 'libvirt-qemu:x:902:903::/var/lib/libvirt:/usr/sbin/nologin' >>"$root/etc/passwd"
	od -An -N16 -tx1 /dev/urandom | tr -d ' \n' >"$root/etc/machine-id"
	mkdir -p "$root/usr/local/sbin"
	install -m 755 "$here/image/run" "$root/usr/local/sbin/"
	sed 's|/dev/ttyS0|/dev/console|' "$here/image/init" >"$root/usr/local/sbin/init"
	chmod 755 "$root/usr/local/sbin/init"
}

# A busybox initramfs that loads what reaches the root file system, as build-image.sh makes it.
build_initramfs() {
	local root=$1 version module file
	version=$(ls "$root/lib/modules")
	mkdir -p initramfs/{bin,proc,sys,dev,new,modules}
	cp "$root/bin/busybox" initramfs/bin/
	install -m 755 "$here/image/initramfs-init" initramfs/init
	for module in virtio_pci virtio_ccw virtio_blk ext4 9p 9pnet_virtio; do	# not everywhere all of them
		PATH=$PATH:/sbin:/usr/sbin modprobe -d "$root" -S "$version" --show-depends "$module" 2>/dev/null || true
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' |
		while read -r module; do
			file=$(basename "$module" .xz)
			case $module in
			*.xz) xz -dc "$module" >"initramfs/modules/$file" ;;
			*)    cp "$module" "initramfs/modules/$file" ;;
			esac
			echo "$file" >>initramfs/modules/order
		done
	(cd initramfs && find . | cpio -o -H newc 2>/dev/null) | gzip -1 >initrd.img
	rm -r initramfs
}

mkdir -p "$cache"
exec 9>"$cache/$arch.lock"
flock 9
if [ ! -d "$image" ]; then
	[ "$(id -u)" = 0 ] || { log "building the image needs root"; exit 1; }
	log "building $arch in $image"
	rm -rf "$cache/building-$arch".*	# of a build that was killed
	work=$(mktemp -d "$cache/building-$arch.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	cd "$work"
	SECONDS=0
	extract_root root
	extract_kernel root
	configure_root root
	build_initramfs root
	echo "$arch" >arch	# for run-vm.sh
	truncate -s 3G root.img
	PATH=$PATH:/sbin:/usr/sbin mke2fs -q -t ext4 -O ^has_journal,^metadata_csum -E root_owner=0:0 -d root root.img
	rm -rf root proxies archives
	rm -rf "$cache/$arch"-*
	chmod 755 "$work"
	mv "$work" "$image"
	log "built in $SECONDS s"
fi
echo "$image"
