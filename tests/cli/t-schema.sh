#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What --fix and --into write is valid for libvirt's own schema, as virt-xml-validate would say.
# A domain that is not valid itself is left out: it need not become so.
set -u
# shellcheck source=tests/lib.sh
. "${abs_top_srcdir:?}/tests/lib.sh"
hook=${VFIO_HOOK:-${abs_top_builddir:?}/vfio-hook}
schema=/usr/share/libvirt/schemas/domain.rng

if [ -n "$valgrind$sanitized" ]; then
	skip "what is written is valid" "it is the same from a slower program"
	finish
elif [ ! -e $schema ] || ! xmllint --version >/dev/null 2>&1; then
	skip "what is written is valid" "no $schema, or no xmllint"
	finish
fi

valid() { xmllint --noout --relaxng $schema "$@" 2>&1 | sed -n 's/ validates$//p'; }

mapfile -t domains < <(valid "$examples"/*.xml "$fixtures"/*.xml)
verdict "there are domains that are valid" [ ${#domains[@]} -gt 50 ]

# write NAME COMMAND...: what COMMAND makes of each, as a file of its own
write() {
	local kind=$1 xml
	shift
	mkdir "$work/$kind"
	for xml in "${domains[@]}"; do
		expectation "$xml"
		on "$host" "$@" "$xml" \
			>"$work/$kind/${xml##*/}" 2>/dev/null
		[ -s "$work/$kind/${xml##*/}" ] || rm "$work/$kind/${xml##*/}"
	done
}
# All of them are judged at once: the schema takes its time to be read.
judged() {
	rc=0
	: >"$work/out"
	xmllint --noout --relaxng $schema "$work/$1"/*.xml 2>&1 | grep -v ' validates$' >"$work/err"
	verdict "$1: $(find "$work/$1" -name '*.xml' | wc -l) domains are valid" [ ! -s "$work/err" ]
	verdict "$1: there are some" [ "$(find "$work/$1" -name '*.xml' | wc -l)" -gt 50 ]
}
write fixed check --fix
judged fixed
write fixed-guest check --fix=guest
judged fixed-guest

# The first group of the host that a guest can have.
into() {
	local xml address
	mkdir "$work/into"
	for xml in "${domains[@]}"; do
		expectation "$xml"
		for address in 01:00.0 02:00.0 03:00.0 00:14.0; do
			on "$host" xml "$address" --into "$xml" \
				>"$work/into/${xml##*/}" 2>/dev/null && break
			rm "$work/into/${xml##*/}"
		done
	done
}
into
judged into
finish
