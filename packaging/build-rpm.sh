#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds the RPM from a tarball of `make dist`, and puts it into a folder. Where rpm is not what
# the system's packages are made with, its own idea of what is installed does not count.
#   build-rpm.sh TARBALL FOLDER
set -eu

die() { echo "build-rpm: $*" >&2; exit 1; }
[ $# = 2 ] || die "usage: build-rpm.sh TARBALL FOLDER"
command -v rpmbuild >/dev/null || die "no rpmbuild: ./autogen.sh --install-deps=package installs it"
mkdir -p "$2"
tarball=$(readlink -f "$1") folder=$(readlink -f "$2")
name=${tarball##*/} name=${name%.tar.xz}

scratch=$(mktemp -d "${TMPDIR:-/tmp}/vfio-hook-rpm.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
nodeps=''
command -v dnf >/dev/null || nodeps=--nodeps
mkdir "$scratch/SOURCES"
cp "$tarball" "$scratch/SOURCES"
tar -xOf "$tarball" "$name/packaging/vfio-hook.spec" >"$scratch/vfio-hook.spec"
rpmbuild -bb $nodeps --define "_topdir $scratch" --define "_build_id_links none" \
	"$scratch/vfio-hook.spec"
find "$scratch/RPMS" -name '*.rpm' -exec cp {} "$folder" \;
ls "$folder"/*.rpm
