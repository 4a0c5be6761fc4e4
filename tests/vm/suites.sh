#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The Debian releases that the scenarios run in, the newest first, and what of each CI runs:
# all scenarios, the short selection of them, or nothing (-). Everything that needs the list asks here.
#   suites.sh [full|short]     prints those, or all
while read -r suite runs; do
	[ "${1:-$runs}" != "$runs" ] || echo "$suite"
done <<'END'
forky     full
trixie    short
bookworm  short
END
