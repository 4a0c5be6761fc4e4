#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Prints the truth table with what was seen, in markdown, for docs/truth-table.md.
#   report.sh SUITE=CELLS...
# CELLS is what `check-vm.sh --truth SUITE` names at its end. Where suites differ
# in a cell, it says which saw what; a row that some suites have alone names them.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

cat <<'END'
# The truth table

What `vfio-hook check` says, what libvirt does alone, and what it does with the hook, seen in a
test machine (`make check-truth`, tests/vm/README.md). The columns "expected" were written before:
tests/vm/truth/table. No row where check says ok and the start fails; none where check refuses what
libvirt alone starts unharmed, unless by policy: balloon, device-protected, peer-not-listed,
peer-critical, device-critical, identity-changed, and the stricter measure for peers.

END
fixtures=$(sed -n "s/^# fixture-only: //p" "$here/table" | xargs)
echo "Seen in fixtures only, not in a machine: ZFS, NFS and iSCSI root, NVIDIA's driver, ${fixtures// /, }."
echo
echo "Suites: $(printf '%s\n' "${@%%=*}" | paste -sd, | sed 's/,/, /g')."
awk -F'|' -v table="$here/table" '
	function trim(s) { gsub(/^ +| +$/, "", s); return s }
	function shown(s) { gsub(/[*_]/, "\\\\&", s); return s == "-" || s == "" ? "-" : s }
	# the same from every suite that has the row, or each by its name
	function seen(name, only, column, wanted,   i, all, same, one, text, bare) {
		same = 1
		one = ""
		for (i = 1; i <= n; i++) {
			if (only != "" && index(" " only " ", " " suites[i] " ") == 0) continue
			text = cell[suites[i], name, column]
			bare = text
			sub(/ \(.*/, "", bare)
			if (text == "") text = "not run"
			else if (bare != wanted && bare != "not defined") text = text " (wrong)"
			if (one == "") one = text
			else if (text != one) same = 0
			all = all (all == "" ? "" : "; ") suites[i] ": " text
		}
		return same ? one : all
	}
	BEGIN {
		for (i = 1; i < ARGC; i++) {
			split(ARGV[i], pair, "=")
			suites[++n] = pair[1]
			while ((getline line < pair[2]) > 0) {
				split(line, f, "|")
				for (c = 3; c <= 5; c++) cell[pair[1], f[1], c] = f[c]
			}
		}
		while ((getline line < table) > 0) {
			if (line ~ /^# --- /) {
				sub(/^# --- /, "", line)
				printf "\n## %s\n\n", toupper(substr(line, 1, 1)) substr(line, 2)
				print "| row | host | domain | expected of check | check | expected alone | libvirt alone | with the hook |"
				print "|---|---|---|---|---|---|---|---|"
				continue
			}
			if (line ~ /^#/ || line == "") continue
			split(line, f, "|")
			for (i in f) f[i] = trim(f[i])
			hook = f[5] != "ok" ? "refused: " f[5] : f[6] == "harms" ? "harms" : "starts"
			only = boot = f[2]
			sub(/ .*/, "", boot)
			sub(/^[^ ]* ?/, "", only)
			host = boot == "truth" ? f[3] : boot (f[3] == "-" ? "" : ": " f[3])
			printf "| %s%s | `%s` | `%s` | %s | %s | %s | %s | %s |\n", f[1],
				only == "" ? "" : " (" only ")", host, f[4], f[5],
				shown(seen(f[1], only, 3, f[5])), f[6], shown(seen(f[1], only, 4, f[6])),
				shown(seen(f[1], only, 5, hook))
		}
	}' "$@"
