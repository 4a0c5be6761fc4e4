#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Writes a scenario into DIR for each row of the truth table.
#   scenarios.sh DIR
set -euo pipefail
mkdir -p "$1"
while IFS='|' read -r name boot _; do
	cat >"$1/${name// /}" <<-SCENARIO
	# flavours: ${boot// /}
	# limit: 600
	. ./truth/row.sh
	truth_row ${name// /}
	truth_finish
	SCENARIO
done < <(grep -v -e '^#' -e '^$' "$(dirname "$0")/table")
