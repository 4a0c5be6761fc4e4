#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Unpacks the kernel of a machine, for QEMU to start it in a guest there: a guest, in an emulator
# within an emulator, would take a minute for that.
#   vmlinux.sh VMLINUZ >VMLINUX
set -euo pipefail

from=$1
scratch=$(mktemp -d "${TMPDIR:-/tmp}/vfio-hook-vmlinux.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

# Where it is packed (Linux, Documentation/arch/x86/boot.rst); the last four bytes of that are its size.
number() { od -An -v -t "u$2" -j $(($1)) -N "$2" "$from"; }
start=$((($(number 0x1f1 1) + 1) * 512 + $(number 0x248 4)))
length=$(($(number 0x24c 4) - 4))
case $(od -An -t x2 -j $start -N 2 "$from") in
*37fd) packing=xz ;;
*b528) packing=zst ;;
*) echo "vmlinux: $from is packed in some other way" >&2; exit 1 ;;
esac

# A computer may lack xz or zstd. Who installs Debian packages has what unpacks both, in a package.
member() { printf '%-16s%-12s%-6s%-6s%-8s%-10s`\n' "$1" 0 0 0 100644 "$2"; }
{
	printf '!<arch>\n'
	member debian-binary 4
	printf '2.0\n'
	member control.tar 0
	member data.tar.$packing $length
	head -c $((start + length)) "$from" | tail -c $length
	[ $((length % 2)) = 0 ] || echo
} >"$scratch/kernel.deb"
dpkg-deb --fsys-tarfile "$scratch/kernel.deb"
