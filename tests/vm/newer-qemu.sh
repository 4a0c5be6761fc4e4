#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Prints, one word a line, the command that runs the QEMU of the trixie image,
# which emulates a network card with virtual functions (igb, since QEMU 8.0) that
# an older QEMU of this machine does not have. Copied out of the image once.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
image=$("$here/build-image.sh" trixie)
dir=$image/qemu
libraries=usr/lib/x86_64-linux-gnu

exec 9>"$image/../newer-qemu.lock"
flock 9
if [ ! -d "$dir" ]; then
	work=$(mktemp -d "$image/building-qemu.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	mkdir -p "$work"/usr/{bin,share} "$work/${libraries%/*}"
	{
		echo "dump -p /usr/bin/qemu-system-x86_64 $work/usr/bin/qemu-system-x86_64"
		echo "rdump /$libraries $work/${libraries%/*}"
		echo "rdump /usr/share/qemu $work/usr/share"
		echo "rdump /usr/share/seabios $work/usr/share"
		echo "rdump /usr/lib/ipxe $work/usr/lib"
	} | PATH=$PATH:/usr/sbin:/sbin debugfs -f - "$image/root.img" >/dev/null 2>&1
	rm -f "$work/$libraries"/libLLVM*
	chmod 755 "$work"
	mv "$work" "$dir"
fi
printf '%s\n' env "QEMU_MODULE_DIR=$dir/$libraries/qemu" \
	"$dir/$libraries/ld-linux-x86-64.so.2" --library-path "$dir/$libraries" \
	"$dir/usr/bin/qemu-system-x86_64" -L "$dir/usr/share/qemu" -L "$dir/usr/share/seabios" \
	-L "$dir/usr/lib/ipxe/qemu"
