#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Writes a scenario into DIR for each row of the truth table that SUITE has.
#   scenarios.sh SUITE DIR
set -euo pipefail
suite=$1 dir=$2
mkdir -p "$dir"
while IFS='|' read -r name boot _; do
	read -r boot only <<<"$boot"
	[[ " ${only:-$suite} " = *" $suite "* ]] || continue
	cat >"$dir/${name// /}" <<-SCENARIO
	# flavours: $boot
	# limit: 600
	. ./truth/row.sh
	truth_row ${name// /}
	truth_finish
	SCENARIO
done < <(grep -v -e '^#' -e '^$' "$(dirname "$0")/table")
