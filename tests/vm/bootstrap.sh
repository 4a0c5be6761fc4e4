#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes a Debian of these packages in ROOT, which must not be there, with a kernel that no
# package owns: unpacked, not installed, which would make an initramfs that nobody wants. Without
# what draws in three dimensions: 200 MB that a compositor depends on and can do without.
#   bootstrap.sh [--no-kernel] SUITE ROOT PACKAGE...
# Needs root. Leaves packages.txt, the versions of all of them, and scratch files in the working
# directory.
# Exit status 3: the packages of SUITE cannot be had or installed, which says nothing about us.
set -euo pipefail

kernel=yes
[ "$1" != --no-kernel ] || { kernel=''; shift; }
suite=$1 root=$2
packages=("${@:3}")
unusable() { echo "bootstrap: $*" >&2; exit 3; }

# libxml2 of 2.14 and later has another ABI, and so its package another name.
case $suite in
bookworm | trixie) ;;
*) for i in "${!packages[@]}"; do
	[ "${packages[i]}" != libxml2 ] || packages[i]=libxml2-16
done ;;
esac

lines=() options=() kernel_hook=()
keys=/usr/share/keyrings/debian-archive-keyring.gpg
here=$(cd "$(dirname "$0")" && pwd)
mapfile -t lines < <("$here/apt-sources.sh" "$suite")
[ ! -e "$keys" ] || options+=("--keyring=$keys")
"$here/apt-sources.sh" --proxies >proxies
# What the kernel is in: one package, or from forky on three.
# shellcheck disable=SC2016	# the shell in ROOT expands them
download='get="apt-get -qq -o APT::Sandbox::User=root download"
	mkdir /kernel; cd /kernel
	image=$(apt-cache depends linux-image-amd64 | sed -n "s/.*Depends: *\(linux-image-[0-9].*\)/\1/p" | head -n 1)
	parts=$(apt-cache depends "$image" |
		sed -n "s/^ *Depends: *\(linux-\(base\|binary\|modules\)-[0-9].*\)/\1/p")
	$get ${parts:-$image}'
[ -z "$kernel" ] || kernel_hook=(--customize-hook="chroot \"\$1\" sh -ec '$download'")
# Sources that are kept at a date are older than their index says it may be. It is signed as before.
# In a mount namespace: who is stopped leaves nothing mounted in ROOT, for a clean-up to fall into.
unshare --mount mmdebstrap --mode=root --variant=apt --aptopt="$PWD/proxies" "${options[@]}" \
	--aptopt='Apt::Install-Recommends "false"' \
	--aptopt='Acquire::Check-Valid-Until "false"' \
	--dpkgopt='path-exclude=/usr/share/doc/*' \
	--dpkgopt='path-exclude=/usr/share/man/*' \
	--dpkgopt='path-exclude=/usr/share/locale/*' \
	--dpkgopt='path-exclude=/usr/lib/*/libLLVM*' \
	--dpkgopt='path-exclude=/usr/lib/*/libgallium*' \
	--dpkgopt='path-exclude=/usr/lib/*/libz3*' \
	--dpkgopt='path-exclude=/usr/lib/*/dri/*' \
	--dpkgopt='path-exclude=/usr/share/icons/*' \
	--dpkgopt='force-unsafe-io' \
	--include="$(IFS=, && echo "${packages[*]}")" \
	"${kernel_hook[@]}" \
	"$suite" "$root" "${lines[@]}" 2>mmdebstrap.log ||
	{ tail -n 30 mmdebstrap.log >&2; unusable "$suite cannot be installed"; }
chroot "$root" dpkg-query -W >packages.txt
[ -n "$kernel" ] || exit 0
for package in "$root"/kernel/linux-*.deb; do
	dpkg-deb -x "$package" kernel
	dpkg-deb -W "$package" >>packages.txt
done
rm -r "$root/kernel"
modules=$(find kernel -path '*/lib/modules/*' -prune)
version=${modules##*/}
for file in vmlinuz config; do	# from forky on beside the modules
	[ ! -e "$modules/$file" ] || { mkdir -p kernel/boot && cp "$modules/$file" "kernel/boot/$file-$version"; }
done
[ -e "kernel/boot/vmlinuz-$version" ] || unusable "no kernel where $suite is known to have it"
mkdir -p "$root/lib/modules"
mv "$modules" "$root/lib/modules/"
mv kernel/boot/* "$root/boot/"
rm -r kernel
chroot "$root" depmod "$version"
