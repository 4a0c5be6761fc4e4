#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Prints the folder of the programs to run in a machine of SUITE: BUILD, if what they are linked
# with is in IMAGE; or that of a build in SUITE, which is made.
#   programs.sh BUILD SUITE IMAGE PROGRAM...     exit status 3: SUITE cannot be installed
set -euo pipefail

build=$1 suite=$2 image=$3
shift 3
here=$(cd "$(dirname "$0")" && pwd)

wanted=$(for program; do LC_ALL=C objdump -p "$build/$program"; done)
libraries=$(awk '$1 == "NEEDED" { print $2 }' <<<"$wanted" | sort -u)
# a program needs the C library that it was linked with, or a later one
libc=$(awk -F'\t' '$1 ~ /^libc6(:|$)/ { print $2 }' "$image/packages.txt")
newest=$({ grep -o 'GLIBC_[0-9.]*' <<<"$wanted" || true; } | sed 's/GLIBC_//' | sort -uV | tail -n 1)
lacking=$(grep -vxF -f "$image/libraries.txt" <<<"$libraries" || true)
if [ -n "$lacking" ] || [ "$(printf '%s\n' "$newest" "$libc" | sort -V | head -n 1)" != "$newest" ]; then
	echo "programs: built in $suite (${lacking:-GLIBC_$newest} is not there)" >&2
	(cd "$build" && "$here/in-suite.sh" "$suite") >&2
	build=$build/suites/$suite/build
fi
echo "$build"
