#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Prints the folder of kernel modules with iommufd for the kernel of IMAGE, once they are there.
# No kernel of Debian's has iommufd: iommufd.ko, and VFIO as it is with it, are compiled here from
# Debian's own source of that very kernel, which needs no change itself. In the folder are two sets,
# each to be copied over /lib/modules/VERSION without its kernel/drivers/vfio:
#   iommufd      VFIO with nodes of groups and of devices (CONFIG_VFIO_DEVICE_CDEV)
#   groupless    VFIO with nodes of devices alone (no CONFIG_VFIO_GROUP)
# Prints nothing where libvirt is older than 12.1, which knows of no iommufd, and where the machine's
# package sources have no source of that version.
#   iommufd.sh SUITE IMAGE     needs root to make them
set -euo pipefail

suite=$1 image=$2
here=$(cd "$(dirname "$0")" && pwd)
cache=$(dirname "$image")

# image_has PACKAGE (a regular expression): its name and version
image_has() { awk -v package="^$1\$" '{ sub(/:.*/, "", $1) } $1 ~ package { print $1, $2 }' "$image/packages.txt"; }
read -r _ libvirt < <(image_has libvirt-daemon)
[ "$(printf '%s\n' 12.1 "$libvirt" | sort -V | head -n 1)" = 12.1 ] || exit 0
read -r package version < <(image_has 'linux-(binary|image)-[0-9].*')
kernel=${package#linux-*-}
source=linux-source-${kernel%%+*}
source=${source%.*}

recipe=$(sha256sum <"$here/iommufd.sh" | cut -c1-12)
folder=$cache/iommufd-$kernel-$recipe
exec 9>"$cache/iommufd.lock"
flock 9
if [ ! -d "$folder" ]; then
	[ "$(id -u)" = 0 ] || { echo "iommufd: making the modules needs root" >&2; exit 1; }
	echo "iommufd: making the modules of $kernel" >&2
	rm -rf "$cache"/making-iommufd.*
	work=$(mktemp -d "$cache/making-iommufd.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	cd "$work"
	"$here/bootstrap.sh" --no-kernel "$suite" root gcc make kmod xz-utils "$source" "linux-headers-$kernel" ||
		{ echo "iommufd: no source of $kernel" >&2; exit 0; }
	grep -q "^$source	$version\$" packages.txt ||
		{ echo "iommufd: the source is not that of $kernel $version" >&2; exit 0; }
	mkdir -p root/lib/modules
	PATH=$PATH:/usr/sbin:/sbin debugfs -R "rdump /usr/lib/modules/$kernel root/lib/modules" "$image/root.img" \
		>/dev/null 2>&1
	[ -e "root/lib/modules/$kernel/modules.order" ] || { echo "iommufd: no modules in the image" >&2; exit 1; }
	# shellcheck disable=SC2016	# the shell in ROOT expands them
	unshare --mount sh -ec 'mount --rbind /dev root/dev; mount --rbind /proc root/proc
		exec chroot root env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 sh -ec "$1" _ "$2" "$3" "$4"' _ '
		kernel=$1 source=$2 jobs=$3
		mkdir /made; cd /made
		tar -xf "/usr/src/$source.tar.xz" --strip-components=1 \
			"$source/drivers/vfio" "$source/drivers/iommu" "$source/lib/interval_tree.c"

		# What the kernel itself would have: its interval trees lack the walk over spans.
		{
			printf "#include <linux/%s.h>\n" interval_tree interval_tree_generic compiler export
			sed "1,/^#ifdef CONFIG_INTERVAL_TREE_SPAN_ITER/d; /^#endif/,\$d" lib/interval_tree.c
		} >drivers/iommu/iommufd/spans.c
		echo "iommufd-y += spans.o driver.o iova_bitmap.o" >>drivers/iommu/iommufd/Makefile
		printf "#define CONFIG_%s 1\n" INTERVAL_TREE_SPAN_ITER IOMMUFD_MODULE IOMMUFD_DRIVER_CORE \
			IOMMUFD_DRIVER VFIO_DEVICE_CDEV >iommufd.h
		{ cat iommufd.h; printf "#undef CONFIG_%s\n" VFIO_GROUP VFIO_CONTAINER VFIO_NOIOMMU; } >groupless.h

		compile() {	# SET [VARIABLE...]
			set=$1
			shift
			mkdir "/$set"
			cp -r drivers "/$set/"
			echo "obj-m := drivers/iommu/iommufd/ drivers/vfio/" >"/$set/Makefile"
			make -s -j "$jobs" -C "/usr/src/linux-headers-$kernel" "M=/$set" "KCFLAGS=-include /made/$set.h" \
				CONFIG_IOMMUFD=m CONFIG_VFIO_DEVICE_CDEV=y "$@" modules
			rm -rf "/lib/modules/$kernel/kernel/drivers/vfio" "/lib/modules/$kernel/updates"
			mkdir -p "/lib/modules/$kernel/updates" "/modules/$set/updates"
			for file in $(find "/$set" -name "*.ko"); do
				strip --strip-debug -o "/lib/modules/$kernel/updates/${file##*/}" "$file"
			done
			depmod "$kernel"
			cp "/lib/modules/$kernel"/updates/* "/modules/$set/updates/"
			cp "/lib/modules/$kernel"/modules.* "/modules/$set/"
		}
		compile iommufd
		compile groupless CONFIG_VFIO_GROUP= CONFIG_VFIO_CONTAINER= CONFIG_VFIO_IOMMU_TYPE1=
	' "$kernel" "$source" "$(nproc)" >log 2>&1 || { tail -n 30 log >&2; exit 1; }
	for set in iommufd groupless; do
		for module in iommufd vfio vfio-pci; do
			[ -e "root/modules/$set/updates/$module.ko" ] ||
				{ tail -n 30 log >&2; echo "iommufd: no $module.ko in $set" >&2; exit 1; }
		done
	done
	chmod 755 root/modules
	mv root/modules "$folder"
fi
echo "$folder"
