#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# s390x-root.sh DIR - for 'make check-bigendian': DIR/root, the headers and libraries of Debian for
# s390x, extracted, not configured: nothing of it is run. Kept once it is whole. Needs root, and
# package sources that have s390x; of the release of this machine, whose cross compiler it is for.
set -euo pipefail

dir=$1
missing=
for program in s390x-linux-gnu-gcc qemu-s390x mmdebstrap; do
	command -v "$program" >/dev/null || missing+=" $program"
done
if [ -n "$missing" ]; then
	echo "check-bigendian:$missing: not here; ./autogen.sh --install-deps=bigendian installs it" >&2
	exit 1
fi
[ ! -e "$dir/root/whole" ] || exit 0
# shellcheck source=/dev/null
suite=$(. /etc/os-release && [ "$ID" = debian ] && echo "$VERSION_CODENAME") ||
	{ echo 'check-bigendian: only on Debian' >&2; exit 1; }
# shellcheck disable=SC2016	# apt expands them
mapfile -t lines < <(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' \
	'Created-By: Packages' | awk -v suite="$suite" \
	'$3 == "main" && $2 ~ "^" suite "(-updates|-security)?$" { print "deb", $1, $2, $3 }' | sort -u)
mkdir -p "$dir"
rm -rf "$dir/root"
apt-config dump --no-empty | grep -E '^Acquire::(http|https)::Proxy' >"$dir/proxies" || true
mmdebstrap --mode=root --variant=extract --architectures=s390x --skip=check/qemu \
	--aptopt="$(realpath "$dir/proxies")" --aptopt='Apt::Install-Recommends "false"' \
	--keyring=/usr/share/keyrings/debian-archive-keyring.gpg \
	--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
	--dpkgopt='path-exclude=/usr/share/locale/*' \
	--include=libc6-dev,libxml2-dev,libinih-dev,libjson-c-dev,libpci-dev,libvirt-dev \
	"$suite" "$dir/root" "${lines[@]}" 2>"$dir/mmdebstrap.log" ||
	{ tail -n 20 "$dir/mmdebstrap.log" >&2; exit 1; }
touch "$dir/root/whole"
