#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds this tree in another Debian, by its compiler and with its libraries, without a warning, in
# suites/SUITE of the build; with --check it runs make check there. Without root by a user namespace.
#   in-suite.sh [--check] SUITE     exit status 3: SUITE cannot be installed
set -euo pipefail

line=:
[ "$1" != --check ] || { line='make check'; shift; }
suite=$1
here=$(cd "$(dirname "$0")" && pwd)
build=$PWD
[ -e "$build/vfio-hook-qemu" ] || build=$(cd "$here/../.." && pwd)
root=$("$here/toolchain.sh" "$suite")
work=$build/suites/$suite
mkdir -p "$work"
[ "$(cat "$work/toolchain" 2>/dev/null)" = "$root" ] || rm -rf "$work/build"
mkdir -p "$work/build"
echo "$root" >"$work/toolchain"
# as make does it for the sanitizers: a copy, for the sources may be configured already
make -s -C "$build" distdir distdir="suites/$suite/source" >"$work/log" 2>&1 ||
	{ tail -n 20 "$work/log" >&2; exit 1; }

namespace=(unshare --mount --propagation private)
[ "$(id -u)" = 0 ] || namespace+=(--map-root-user)
# shellcheck disable=SC2016	# the shell in the namespace expands them
exec "${namespace[@]}" sh -ec 'root=$1 work=$2 line=$3
	for dir in proc sys dev; do mount --rbind /$dir "$root/$dir"; done
	for dir in run tmp; do mount -t tmpfs tmpfs "$root/$dir"; done
	mount --bind "$work" "$root/mnt"
	exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
		MAKEFLAGS="$4" sh -ec "cd /mnt/build
		if ! { test -e Makefile || ../source/configure -q --prefix=/usr --sysconfdir=/etc \
			--localstatedir=/var --enable-werror && make; } >../log 2>&1; then
			tail -n 30 ../log >&2
			exit 1
		fi
		$line"' _ "$root" "$work" "$line" "-j$(nproc)"
