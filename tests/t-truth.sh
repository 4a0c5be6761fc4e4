#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The truth table itself, without a machine: it can be read, every rule that may
# refuse stands in a cell or is marked as fixture-only, and the rows that every
# check-vm runs are there.
set -u
vm=${abs_top_srcdir:?}/tests/vm
rows=$(grep -v -e '^#' -e '^$' "$vm/truth/table" | sed 's/ *| */|/g; s/ *$//')
fixture_only=$(sed -n 's/^# fixture-only: //p' "$vm/truth/table")
count=0

# empty NAME TEXT: passes when there is nothing to complain of
empty() {
	count=$((count + 1))
	if [ -z "$2" ]; then
		echo "ok $count - $1"
	else
		echo "not ok $count - $1"
		printf '%s\n' "$2" | sed 's/^/# /'
	fi
}

empty "every row has six columns" "$(awk -F'|' 'NF != 6' <<<"$rows")"
empty "names are words, each of one row" \
	"$(cut -d'|' -f1 <<<"$rows" | sort | uniq -d; grep -vE '^[a-z0-9]+(-[a-z0-9]+)*\|' <<<"$rows")"
suites=$("$vm/suites.sh" | paste -sd'|')
empty "every boot is known" "$(cut -d'|' -f2 <<<"$rows" | sort -u |
	grep -vxE "(truth|noiommu|nointremap|amd|igb)( ($suites))?")"
empty "libvirt alone starts, fails or harms" "$(cut -d'|' -f6 <<<"$rows" | grep -vxE 'starts|fails|harms')"
empty "there are sixty and more" "$([ "$(wc -l <<<"$rows")" -ge 60 ] || wc -l <<<"$rows")"

cells=$(cut -d'|' -f5 <<<"$rows" | tr ' ' '\n' | sort -u)
errors=$(sed -n 's/^\t{ "\([a-z-]*\)", VH_ERROR,.*/\1/p' "$abs_top_srcdir/lib/decide/rules.c")
empty "the rules can be read" "$([ -n "$errors" ] || echo "lib/decide/rules/rule-table.c has another form")"
empty "every rule that may refuse stands in a cell, or in fixtures only" \
	"$(grep -vxF -f <(printf '%s\n' "$cells" "$fixture_only" | tr ' ' '\n') <<<"$errors")"
empty "what is in fixtures only stands in no cell" \
	"$(tr ' ' '\n' <<<"$fixture_only" | grep -xF "$cells")"

# shellcheck disable=SC2013	# words are meant
for name in $(sed -n '/^for name in/,/; do$/{s/^for name in//; s/; do$//; s/\\$//; p}' "$vm/scenarios/16-truth"); do
	empty "check-vm runs a row: $name" "$(grep -q "^$name|truth|" <<<"$rows" || echo "no such row")"
done
echo "1..$count"
