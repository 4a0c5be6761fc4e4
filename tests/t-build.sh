#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The shape of the program: what the hook loads, which layer includes which, which file uses
# which library.
set -u
cd "${abs_top_srcdir:?}" || exit
count=0

# is NAME TEXT: a test point that passes when TEXT, what was found wrong, is empty
is() {
	count=$((count + 1))
	if [ -z "$2" ]; then
		echo "ok $count - $1"
	else
		echo "not ok $count - $1"
		printf '%s\n' "$2" | sed 's/^/# /'
	fi
}

# Under valgrind the programs are scripts.
hook=${abs_top_builddir:?}/vfio-hook-qemu
if ! command -v readelf >/dev/null || [ "$(head -c 2 "$hook")" = '#!' ]; then
	echo "ok 1 - the hook is linked with libinih and libc alone # SKIP no readelf, or no ELF file"
	echo "ok 2 - it says that it loads libxml2 # SKIP no readelf, or no ELF file"
	count=2
else
	is "the hook is linked with libinih and libc alone" "$(readelf -d "$hook" |
		sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' |
		grep -vE '^(libinih|libc|libdl|libasan|libubsan)\.so\.')"
	is "it says that it loads libxml2" "$(readelf -p .note.dlopen "$hook" 2>&1 |
		grep -q '"soname":\["libxml2\.so\.' || echo "no such note")"
fi

includes() { grep -nE '^#include "(lib|hook|cli)/' "$@" /dev/null; }
is "base includes nothing above it" "$(includes lib/base/* | grep -v '"lib/base/')"
is "decide includes no act" "$(includes $(find lib/decide -name '*.[ch]') | grep '"lib/act/')"
is "what happens at boot is for the command line alone" \
	"$(includes $(find lib hook -name '*.[ch]' ! -path 'lib/boot/*') | grep '"lib/boot/')"
is "the library includes no program" "$(includes $(find lib -name '*.[ch]') | grep -v '"lib/')"
is "the hook does not know the command line" "$(includes hook/* | grep '"cli/')"
is "the command line does not know the hook" "$(includes $(find cli -name '*.[ch]') | grep '"hook/')"

# users HEADER FILE...: who includes it but for these
users() {
	local header=$1
	shift
	grep -rlE "#include <$header" lib hook cli | grep -vxF "$(printf '%s\n' "$@")"
}
is "libxml2 is behind lib/model/xml" \
	"$(users libxml/ lib/xml/libxml2.h lib/xml/xml.c lib/xml/xml.h)"
is "and loaded by nobody else" "$(grep -rl '[^_]dlopen(' lib hook --include='*.c' | grep -vx lib/xml/libxml2.c)"
is "libinih is behind lib/config" "$(users ini.h lib/config/config.c)"
is "libpci is behind cli/devices" "$(users pci/ cli/devices/pci-ids.c cli/devices/caps.c)"
is "libvirt is behind cli/libvirt" "$(users libvirt/ cli/libvirt/calls.c)"
is "json-c is behind cli/render/json.c" "$(users json-c cli/render/json.c)"
is "renderers know no command" \
	"$(includes cli/render/*.[ch] | grep -E '"cli/(commands|boot)/')"
is "every source file names its licence" \
	"$(grep -L SPDX-License-Identifier $(find lib hook cli -name '*.[ch]') lib/boot/*.sh tests/*.[ch] tests/*.sh)"
is "no file is longer than 600 lines" "$(find lib hook cli -name '*.[ch]' -exec wc -l {} + |
	awk '$2 != "total" && $1 > 600 { print $2 ": " $1 }')"
if command -v patch >/dev/null; then
	is "every mutation still fits the code" "$(for one in tests/mutations/*.patch; do
		patch -s -p1 --fuzz=0 --dry-run <"$one" >/dev/null || echo "$one"
	done)"
else
	count=$((count + 1))
	echo "ok $count - every mutation still fits the code # SKIP no patch(1)"
fi
echo "1..$count"
