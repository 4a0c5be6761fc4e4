#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The truth table itself, without a machine: it can be read, every rule that may
# refuse stands in a cell or is marked as fixture-only, and the rows that every
# check-vm runs are there.
# shellcheck disable=SC2154 # set by the library
set -u
# shellcheck source=tests/lib.sh
. "${abs_top_srcdir:?}/tests/lib.sh"
vm=$top/tests/vm
rows=$(grep -v -e '^#' -e '^$' "$vm/truth/table" | sed 's/ *| */|/g; s/ *$//')
fixture_only=$(sed -n 's/^# fixture-only: //p' "$vm/truth/table")

is "every row has six columns" "$(awk -F'|' 'NF != 6' <<<"$rows")"
is "names are words, each of one row" \
	"$(cut -d'|' -f1 <<<"$rows" | sort | uniq -d; grep -vE '^[a-z0-9]+(-[a-z0-9]+)*\|' <<<"$rows")"
suites=$("$vm/suites.sh" | paste -sd'|')
is "every boot is known" "$(cut -d'|' -f2 <<<"$rows" | sort -u |
	grep -vxE "(truth|noiommu|nointremap|amd|serial|igb|iommufd|iommufdonly|iommufdraw)( ($suites))*")"
is "libvirt alone starts, fails or harms" "$(cut -d'|' -f6 <<<"$rows" | grep -vxE 'starts|fails|harms')"
is "there are sixty and more" "$([ "$(wc -l <<<"$rows")" -ge 60 ] || wc -l <<<"$rows")"

cells=$(cut -d'|' -f5 <<<"$rows" | tr ' ' '\n' | sort -u)
errors=$("${VFIO_HOOK:-${abs_top_builddir:?}/vfio-hook}" --explain all | awk '$2 == "error" { print $1 }')
is "the rules can be read" "$([ -n "$errors" ] || echo "--explain lists none that may refuse")"
is "every rule that may refuse stands in a cell, or in fixtures only" \
	"$(grep -vxF -f <(printf '%s\n' "$cells" "$fixture_only" | tr ' ' '\n') <<<"$errors")"
is "what is in fixtures only stands in no cell" \
	"$(tr ' ' '\n' <<<"$fixture_only" | grep -xF "$cells")"

# shellcheck disable=SC2013	# words are meant
for name in $(sed -n '/^for name in/,/; do$/{s/^for name in//; s/; do$//; s/\\$//; p}' "$vm/scenarios/16-truth"); do
	is "check-vm runs a row: $name" "$(grep -q "^$name|truth|" <<<"$rows" || echo "no such row")"
done
finish
