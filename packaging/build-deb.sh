#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds the Debian package from a tarball of `make dist`, and puts it into a folder.
#   build-deb.sh TARBALL FOLDER
# Its tests are those of `make check`; they run here too with DEB_BUILD_OPTIONS= in the environment.
set -eu

die() { echo "build-deb: $*" >&2; exit 1; }
[ $# = 2 ] || die "usage: build-deb.sh TARBALL FOLDER"
for program in dpkg-buildpackage dh; do
	command -v $program >/dev/null ||
		die "no $program: ./autogen.sh --install-deps=package installs it"
done
mkdir -p "$2"
tarball=$(readlink -f "$1") folder=$(readlink -f "$2")
name=${tarball##*/} name=${name%.tar.xz} version=${name##*-}

scratch=$(mktemp -d "${TMPDIR:-/tmp}/vfio-hook-deb.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
cp "$tarball" "vfio-hook_$version.orig.tar.xz"
tar -xf "$tarball"
cd "$name"
cp -r packaging/debian debian
packaged=$(dpkg-parsechangelog -S Version)
[ "${packaged%-*}" = "$version" ] ||
	die "packaging/debian/changelog is for $packaged, configure.ac says $version"
DEB_BUILD_OPTIONS=${DEB_BUILD_OPTIONS-nocheck parallel=$(nproc)} dpkg-buildpackage -us -uc
cd ..
cp ./*.deb ./*.dsc ./*.changes ./*.buildinfo ./*.orig.tar.xz ./*.debian.tar.xz "$folder"
ls "$folder"/*.deb
