#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Prints the folder of libvirt's modular daemons (virtqemud, virtnodedevd, virtnetworkd) for SUITE,
# once they are there. Debian builds them and packages none: here their few files are compiled from
# Debian's own source, and linked with the libvirt.so of its package. Prints nothing where the
# machine's package sources have no source of that version.
#   modular.sh SUITE IMAGE     needs root to make them
set -euo pipefail

suite=$1 image=$2
here=$(cd "$(dirname "$0")" && pwd)
packages=(gcc libc6-dev meson ninja-build pkg-config perl python3 dpkg-dev xz-utils xsltproc libxml2-utils
	python3-docutils rpcsvc-proto libvirt0 libglib2.0-dev libgnutls28-dev libxml2-dev libtirpc-dev
	libnl-3-dev libnl-route-3-dev libjson-c-dev libyajl-dev libpciaccess-dev libudev-dev)

exec 9>"$image/../modular.lock"
flock 9
if [ ! -d "$image/modular" ]; then
	[ "$(id -u)" = 0 ] || { echo "modular: making the daemons needs root" >&2; exit 1; }
	echo "modular: making the modular daemons of $suite" >&2
	work=$(mktemp -d "$image/making-modular.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	cd "$work"
	mkdir daemons
	"$here/bootstrap.sh" --no-kernel "$suite" root "${packages[@]}"
	# shellcheck disable=SC2016	# the shell in ROOT expands them
	unshare --mount sh -ec 'mount --rbind /dev root/dev; mount --rbind /proc root/proc
		exec chroot root env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 sh -ec "$1"' _ '
		sed -n "s/^deb /deb-src /p" /etc/apt/sources.list >/etc/apt/sources.list.d/source.list
		mkdir /source; cd /source
		apt-get -qq update
		version=$(dpkg-query -Wf "\${source:Version}" libvirt0)
		apt-get -qq -o APT::Sandbox::User=root --only-source --download-only source "libvirt=$version" || true
		[ -e libvirt_*.orig.tar.xz ] || exit 77 # the other files are not needed
		mkdir libvirt
		tar -xf libvirt_*.orig.tar.xz -C libvirt --strip-components=1
		cd libvirt
		meson setup build -Dauto_features=disabled -Dprefix=/usr -Dsysconfdir=/etc -Dlocalstatedir=/var \
			-Drunstatedir=/run -Ddriver_remote=enabled -Ddriver_libvirtd=enabled -Ddriver_qemu=enabled \
			-Ddriver_network=enabled -Dlibnl=enabled -Dudev=enabled -Dpciaccess=enabled \
			$(grep -q "^option(.json_c" meson_options.txt && echo -Djson_c=enabled || echo -Dyajl=enabled) \
			-Dgit_werror=disabled --optimization=0
		cd build
		objects() { ninja -t inputs "src/$1" | grep "/$1\.p/.*\.o$"; }
		# generated headers, of which the objects do not say in every version that they need them
		ninja $(ninja -t targets all | sed -n "s/^\(src\/.*\.h\): CUSTOM_COMMAND.*/\1/p")
		ninja $(objects virtqemud; objects virtnodedevd; objects virtnetworkd) src/admin/libvirt_admin_driver.a
		libraries=/usr/lib/x86_64-linux-gnu
		for daemon in virtqemud virtnodedevd virtnetworkd; do
			cc -pie -o "/source/$daemon" $(objects $daemon) src/admin/libvirt_admin_driver.a -Wl,--as-needed \
				$libraries/libvirt.so.0 $libraries/libvirt-lxc.so.0 $libraries/libvirt-qemu.so.0 \
				-lgnutls -lnl-3 -lnl-route-3 -lgobject-2.0 -lgio-2.0 -lglib-2.0 -lxml2 -ltirpc
		done' >log 2>&1 && rc=0 || rc=$?
	case $rc in
	0)  cp root/source/virt*d daemons ;;
	77) echo "modular: no source of libvirt for $suite" >&2 ;;
	*)  tail -n 30 log >&2; exit 1 ;;
	esac
	chmod 755 daemons
	mv daemons "$image/modular"
fi
[ -z "$(ls "$image/modular")" ] || echo "$image/modular"
