#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Holds the files of the Debian package and of the RPM against each other: the same, but for what
# each kind of package has by rule (changelog, copyright, licence; compressed manuals; Debian 12 writes
# the units to /lib, which is /usr/lib).
#   compare-packages.sh FOLDER
set -eu

scratch=$(mktemp -d "${TMPDIR:-/tmp}/vfio-hook-packages.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
only() {	# FOLDER PATTERN: the one file, or the end
	found=$(find "$1" -name "$2" | sort | tail -n 1)
	[ -n "$found" ] || { echo "no $2 in $1: make deb rpm" >&2; exit 2; }
	echo "$found"
}
deb=$(only "$1" 'vfio-hook_*.deb') rpm=$(only "$1" 'vfio-hook-[0-9]*.rpm')

# mode and path; what is compressed is up to each
plain() {
	sed -e 's/\.gz$//' -e 's| /lib/| /usr/lib/|' -e '/\/changelog/d' -e '/\/copyright$/d' -e '/\/licenses\//d' -e '/\/lintian\//d' -e '/\/$/d' | sort
}
dpkg-deb -c "$deb" | awk '$1 ~ /^-/ { print $1, substr($6, 2) }' | plain >"$scratch/deb"
rpm -qp --qf '[%{FILEMODES:perms} %{FILENAMES}\n]' "$rpm" | grep '^-' | plain >"$scratch/rpm"
cat <<END
$(wc -l <"$scratch/deb") files in ${deb##*/}, $(wc -l <"$scratch/rpm") in ${rpm##*/}
END
diff "$scratch/deb" "$scratch/rpm"
# what is kept when an administrator has changed it
[ "$(dpkg-deb -I "$deb" conffiles)" = "$(rpm -qpc "$rpm")" ] || { echo "other configuration files"; exit 1; }
