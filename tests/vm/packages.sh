#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The Debian package of this tree, and the same under a higher version, for scenario L8-package:
# FOLDER/vfio-hook.deb, FOLDER/vfio-hook-next.deb. Builds it unless there is one that is newer than
# the programs; where it cannot be built (no dpkg-buildpackage, no debhelper) there is no folder.
#   packages.sh BUILD FOLDER
set -euo pipefail

build=$1 folder=$2
for program in dpkg-buildpackage dh dpkg-deb; do
	command -v "$program" >/dev/null || exit 0
done
newest() { find "$build/packages" -name 'vfio-hook_*.deb' -newer "$build/vfio-hook-qemu" 2>/dev/null | sort | tail -n 1; }
deb=$(newest)
if [ -z "$deb" ]; then
	# optimised or not is of no interest to its scenario
	DEB_BUILD_OPTIONS="nocheck noopt parallel=$(nproc)" make -s -C "$build" deb >"$build/packages.log" 2>&1 ||
		{ tail -n 30 "$build/packages.log" >&2; exit 1; }
	rm -f "$build/packages.log"
	deb=$(newest)
fi
mkdir -p "$folder"
cp "$deb" "$folder/vfio-hook.deb"
scratch=$(mktemp -d "${TMPDIR:-/tmp}/vfio-hook-next.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
dpkg-deb -R "$deb" "$scratch/next"
sed -i 's/^Version: .*/&.1/' "$scratch/next/DEBIAN/control"
dpkg-deb --root-owner-group -b "$scratch/next" "$folder/vfio-hook-next.deb" >/dev/null
