#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes a Debian of these packages in ROOT, which must not be there, with a kernel that no
# package owns: unpacked, not installed, which would make an initramfs that nobody wants. Without
# what draws in three dimensions: 200 MB that a compositor depends on and can do without.
#   bootstrap.sh SUITE ROOT PACKAGE...     needs root; scratch files in the working directory
set -euo pipefail

suite=$1 root=$2
packages=("${@:3}")

# The machine's own package sources, with SUITE in place of its own release.
# None found, or not Debian: mmdebstrap knows where Debian is.
sources() {
	local own
	# shellcheck source=/dev/null
	own=$(. /etc/os-release && [ "$ID" = debian ] && echo "$VERSION_CODENAME") || true
	[ -n "$own" ] || return 0
	# shellcheck disable=SC2016	# apt expands them
	apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' \
		'Created-By: Packages' 2>/dev/null |
		awk -v own="$own" -v suite="$suite" '$3 == "main" && $2 ~ "^" own "(-updates|-security)?$" {
			sub(own, suite, $2); print "deb", $1, $2, $3 }' | sort -u
}

lines=() options=()
keys=/usr/share/keyrings/debian-archive-keyring.gpg
mapfile -t lines < <(sources)
[ ! -e "$keys" ] || options+=("--keyring=$keys")
apt-config dump --no-empty | grep -E '^Acquire::(http|https)::Proxy' >proxies || true
# shellcheck disable=SC2016	# the hook's shell expands them
mmdebstrap --mode=root --variant=apt --aptopt="$PWD/proxies" "${options[@]}" \
	--aptopt='Apt::Install-Recommends "false"' \
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
	--customize-hook='chroot "$1" sh -ec "mkdir /kernel; cd /kernel
		apt-get -qq -o APT::Sandbox::User=root download \$(apt-cache depends linux-image-amd64 |
			sed -n \"s/.*Depends: *//p\" | head -n 1)"' \
	"$suite" "$root" "${lines[@]}" 2>mmdebstrap.log ||
	{ tail -n 30 mmdebstrap.log >&2; exit 1; }
dpkg-deb -x "$root"/kernel/linux-image-*.deb kernel
rm -r "$root/kernel"
modules=$(find kernel -path '*/lib/modules/*' -prune)
mkdir -p "$root/lib/modules"
mv "$modules" "$root/lib/modules/"
mv kernel/boot/* "$root/boot/"
rm -r kernel
chroot "$root" depmod "${modules##*/}"
