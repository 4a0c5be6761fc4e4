#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# cross-root.sh ARCH DIR - for 'make cross-build': DIR/root, the headers and libraries of Debian for
# that processor, extracted, not configured: nothing of it is run. Kept once it is whole. Prints the
# prefix of the cross compiler. Needs root, and package sources that have ARCH; of the release of
# this machine, but for riscv64, which Debian has from 13 on.
set -euo pipefail

arch=$1 dir=$2
# shellcheck source=/dev/null
suite=$(. /etc/os-release && [ "$ID" = debian ] && echo "$VERSION_CODENAME") ||
	{ echo 'cross-build: only on Debian' >&2; exit 1; }
case $arch in
s390x)   prefix=s390x-linux-gnu ;;
arm64)   prefix=aarch64-linux-gnu ;;
ppc64el) prefix=powerpc64le-linux-gnu ;;
riscv64) prefix=riscv64-linux-gnu ;;
*)       echo "cross-build: CROSS=$arch: not one of s390x, arm64, ppc64el, riscv64" >&2; exit 1 ;;
esac
missing=
for program in $prefix-gcc mmdebstrap; do
	command -v "$program" >/dev/null || missing+=" $program"
done
if [ -n "$missing" ]; then
	echo "cross-build:$missing: not here; ./autogen.sh --install-deps=cross installs it" >&2
	exit 1
fi
echo "$prefix"
[ ! -e "$dir/root/whole" ] || exit 0

wanted=$suite
[ "$arch $suite" != 'riscv64 bookworm' ] || wanted=trixie
# Without updates: nothing of it is more than tested with.
apt_sources=$(dirname "$0")/../vm/apt-sources.sh
mapfile -t lines < <("$apt_sources" "$wanted" | awk -v wanted="$wanted" '$3 == wanted')
mkdir -p "$dir"
rm -rf "$dir/root"
"$apt_sources" --proxies >"$dir/proxies"
mmdebstrap --mode=root --variant=extract --architectures="$arch" --skip=check/qemu \
	--aptopt="$(realpath "$dir/proxies")" --aptopt='Apt::Install-Recommends "false"' \
	--keyring=/usr/share/keyrings/debian-archive-keyring.gpg \
	--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
	--dpkgopt='path-exclude=/usr/share/locale/*' \
	--include=libc6-dev,libxml2-dev,libinih-dev,libjson-c-dev,libpci-dev,libvirt-dev \
	"$wanted" "$dir/root" "${lines[@]}" >&2 2>"$dir/mmdebstrap.log" ||
	{ tail -n 20 "$dir/mmdebstrap.log" >&2; exit 1; }
# What configuring would have done: /lib is a link from Debian 13 on; and links stay inside.
for name in lib lib64; do
	[ -e "$dir/root/$name" ] || [ ! -e "$dir/root/usr/$name" ] || ln -s "usr/$name" "$dir/root/$name"
done
find "$dir/root" -type l -lname '/*' | while read -r link; do
	ln -sfn "$(realpath -ms --relative-to="${link%/*}" "$dir/root$(readlink "$link")")" "$link"
done
touch "$dir/root/whole"
