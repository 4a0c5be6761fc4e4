#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Prints the folder of the programs to run in a machine of ARCH: cross built, in cross/ARCH of BUILD,
# without a warning, with the headers of this machine's Debian.
#   arch-programs.sh BUILD ARCH IMAGE PROGRAM...
set -euo pipefail

build=$1 arch=$2 image=$3
shift 3
dir=$build/cross/$arch
cd "$build"
mkdir -p "$dir"
{
	make -s cross-build CROSS="$arch" && make -s -j"$(nproc)" -C "$dir/build" "$@"
} >"$dir/make.log" 2>&1 || { tail -n 30 "$dir/make.log" >&2; exit 1; }

# a program needs the C library that it was linked with, or a later one
libc=$(awk -F'\t' '$1 == "libc6" { print $2 }' "$image/packages.txt")
newest=$(cd "$dir/build" && LC_ALL=C grep -aoh 'GLIBC_[0-9][0-9.]*' "$@" | sed 's/GLIBC_//' | sort -uV | tail -n 1)
if [ "$(printf '%s\n' "$newest" "$libc" | sort -V | head -n 1)" != "$newest" ]; then
	echo "arch-programs: this machine's cross compiler is for GLIBC_$newest, that of $arch has $libc" >&2
	exit 1
fi
echo "$dir/build"
