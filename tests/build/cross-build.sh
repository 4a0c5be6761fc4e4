#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# cross-build.sh ARCH DIR - for tests/vm: DIR/root, the headers and libraries of Debian for ARCH, extracted, not
# configured: nothing of it is run; DIR/build, this tree, as `make dist` copies it, configured to be
# compiled for them. Both are kept once they are whole. Run in the build. Needs root, and package
# sources that have ARCH; of the release of this machine, whose cross compiler it is for.
set -euo pipefail

arch=$1 dir=$(realpath -m "$2")
case $arch in
arm64) gnu=aarch64-linux-gnu ;;
s390x) gnu=s390x-linux-gnu ;;
*)     echo "cross-build: no architecture '$arch'" >&2; exit 1 ;;
esac
missing=
for program in $gnu-gcc mmdebstrap; do
	command -v "$program" >/dev/null || missing+=" $program"
done
if [ -n "$missing" ]; then
	echo "cross-build:$missing: not here; ./autogen.sh --install-deps=arch installs it" >&2
	exit 1
fi

extract_root() {
	local suite lines
	# shellcheck source=/dev/null
	suite=$(. /etc/os-release && [ "$ID" = debian ] && echo "$VERSION_CODENAME") ||
		{ echo 'cross-build: only on Debian' >&2; exit 1; }
	# shellcheck disable=SC2016	# apt expands them
	mapfile -t lines < <(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' \
		'Created-By: Packages' | awk -v suite="$suite" \
		'$3 == "main" && $2 ~ "^" suite "(-updates|-security)?$" { print "deb", $1, $2, $3 }' | sort -u)
	rm -rf "$dir/root"
	apt-config dump --no-empty | grep -E '^Acquire::(http|https)::Proxy' >"$dir/proxies" || true
	mmdebstrap --mode=root --variant=extract --architectures="$arch" --skip=check/qemu \
		--aptopt="$dir/proxies" --aptopt='Apt::Install-Recommends "false"' \
		--keyring=/usr/share/keyrings/debian-archive-keyring.gpg \
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--include=libc6-dev,libxml2-dev,libinih-dev,libjson-c-dev,libpci-dev,libvirt-dev \
		"$suite" "$dir/root" "${lines[@]}" 2>"$dir/mmdebstrap.log" ||
		{ tail -n 20 "$dir/mmdebstrap.log" >&2; exit 1; }
	touch "$dir/root/whole"
}

mkdir -p "$dir/build"
[ -e "$dir/root/whole" ] || extract_root
# as make does it for the sanitizers: a copy, for the sources may be configured already
make -s distdir distdir="$(realpath --relative-to=. "$dir")/source" >"$dir/log" 2>&1 ||
	{ tail -n 20 "$dir/log" >&2; exit 1; }
cd "$dir/build"
[ -e Makefile ] ||
	PKG_CONFIG_SYSROOT_DIR=$dir/root \
	PKG_CONFIG_LIBDIR=$dir/root/usr/lib/$gnu/pkgconfig:$dir/root/usr/share/pkgconfig \
	../source/configure -q --prefix=/usr --sysconfdir=/etc --localstatedir=/var --enable-werror \
		--host=$gnu CC="$gnu-gcc --sysroot=$dir/root"
