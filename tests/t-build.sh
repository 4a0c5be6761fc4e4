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

includes() { grep -nE '^#include "(lib/[a-z]*|hook|cli)/' "$@" /dev/null; }
is "base includes nothing above it" "$(includes lib/base/* | grep -v '"lib/base/')"
is "model includes base and model" "$(includes lib/model/* | grep -vE '"lib/(base|model)/')"
is "decide includes no act" "$(includes lib/decide/* | grep -vE '"lib/(base|model|decide)/')"
is "boot includes base and model" "$(includes lib/boot/*.[ch] | grep -vE '"lib/(base|model|boot)/')"
is "what happens at boot is for the command line alone" \
	"$(includes lib/base/* lib/model/* lib/decide/* lib/act/* hook/* | grep '"lib/boot/')"
is "act includes no program" "$(includes lib/act/* | grep -v '"lib/')"
is "the hook does not know the command line" "$(includes hook/* | grep '"cli/')"
is "the command line does not know the hook" "$(includes cli/* | grep '"hook/')"

# users HEADER FILE...: who includes it but for these
users() {
	local header=$1
	shift
	grep -rlE "#include <$header" lib hook cli | grep -vxF "$(printf '%s\n' "$@")"
}
is "libxml2 is behind lib/model/xml" \
	"$(users libxml/ lib/model/libxml2.h lib/model/xml.c lib/model/xml.h)"
is "and loaded by nobody else" "$(grep -rl '[^_]dlopen(' lib hook --include='*.c' | grep -vx lib/model/libxml2.c)"
is "libinih is behind lib/model/config" "$(users ini.h lib/model/config.c)"
is "libpci is behind cli/names and cli/caps" "$(users pci/ cli/names.c cli/caps.c)"
is "libvirt is behind cli/libvirt-calls" "$(users libvirt/ cli/libvirt-calls.c)"
is "json-c is behind cli/json.h" "$(users json-c cli/json.h)"
is "every source file names its licence" \
	"$(grep -L SPDX-License-Identifier lib/*/*.[ch] lib/boot/*.sh hook/*.c cli/*.[ch] tests/*.[ch] tests/*.sh)"
is "no file is longer than 600 lines" "$(wc -l lib/*/*.[ch] hook/*.c cli/*.[ch] |
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
