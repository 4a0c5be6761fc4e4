#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes a Debian that has what building this program takes, as `autogen.sh --install-deps` would
# install it, once per suite and recipe, in the cache; prints the folder.
#   toolchain.sh SUITE     needs root; exit status 3: SUITE cannot be installed
set -euo pipefail

suite=$1
here=$(cd "$(dirname "$0")" && pwd)
cache=${VFIO_HOOK_VM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/vfio-hook/vm}
mapfile -t packages < <(awk -F'|' '$1 == "base" || $1 == "check" { print $3 }' "$here/../../autogen.sh" | sort -u)
# what a minimal Debian does not have, and the tests take for granted
packages+=(iproute2 procps kmod python3)
recipe=$(cat "$here/toolchain.sh" "$here/bootstrap.sh" "$here/apt-sources.sh" <(echo "${packages[@]}") | sha256sum | cut -c1-12)
root=$cache/toolchain-$suite-$recipe

mkdir -p "$cache"
exec 9>"$cache/toolchain-$suite.lock"
flock 9
if [ ! -d "$root" ]; then
	[ "$(id -u)" = 0 ] || { echo "toolchain: making it needs root" >&2; exit 1; }
	echo "toolchain: making that of $suite in $root" >&2
	rm -rf "$cache/making-toolchain-$suite".*
	work=$(mktemp -d "$cache/making-toolchain-$suite.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	cd "$work"
	"$here/bootstrap.sh" --no-kernel "$suite" root "${packages[@]}"
	rm -rf "$cache/toolchain-$suite"-*
	mv root "$root"
fi
echo "$root"
