#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every domain of examples/domains and tests/fixtures/domains says in its first comment what
# `vfio-hook check` finds on which host; the two are compared, errors and warnings, completely.
# shellcheck disable=SC2154,SC2317 # set by the library; called by verdict
set -u
# shellcheck source=tests/lib.sh
. "${abs_top_srcdir:?}/tests/lib.sh"
hook=${VFIO_HOOK:-${abs_top_builddir:?}/vfio-hook}

as_expected() {
	local code=0
	[[ $have != *error\ * ]] || code=1
	[ "$have" != unreadable ] || code=2
	[ "$have" = "$(sort -u <<<"$want")" ] && [ "$rc" -eq "$code" ] && return
	printf 'expected:\n%s\nfound:\n%s\n' "$want" "$have" >>"$work/err"
	return 1
}

sample "$examples"/*.xml "$fixtures"/*.xml
for xml in "${these[@]}"; do
	expectation "$xml"
	run on "$host" check "$xml"
	have=$(sed -nE 's/^.*: (error|warning): .* \[([a-z-]+)\]$/\1 \2/p' "$work/out" "$work/err" | sort -u)
	[ "$rc" -ne 2 ] || have=unreadable
	have=${have:-ok}
	name=${xml##*/}
	verdict "${name%.xml} on $host.host" as_expected
done
finish
