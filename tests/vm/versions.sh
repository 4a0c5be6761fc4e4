#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Prints what SUITE has of the programs that matter here, and, where versions/SUITE records what it
# had when the scenarios last passed, what has moved since: a testing distribution does.
#   versions.sh SUITE IMAGE         a line, and one for each that has moved
#   versions.sh --record SUITE IMAGE    writes versions/SUITE
set -euo pipefail

record=''
[ "$1" != --record ] || { record=yes; shift; }
suite=$1 image=$2
here=$(cd "$(dirname "$0")" && pwd)
recorded=$here/versions/$suite

has() {
	sed 's/:amd64\t/\t/; s/\t/ /' "$image/packages.txt" | awk '
		$1 == "libvirt-daemon" || $1 == "qemu-system-x86" || $1 ~ /^libxml2(-[0-9]+)?$/ ||
		$1 ~ /^(libc6|libinih1|libjson-c5|libpci3|systemd|apparmor)$/ ||
		sub(/^linux-(image|binary)-[0-9].*/, "linux", $1) { sub(/-16$/, "", $1); print }' | sort -u
}
if [ -n "$record" ]; then
	mkdir -p "${recorded%/*}"
	has >"$recorded"
fi
echo "# $suite has: $(has | paste -sd, | sed 's/,/, /g')"
[ ! -e "$recorded" ] || { diff "$recorded" <(has) || true; } | sed -n 's/^</# recorded: /p; s/^>/# now:      /p'
