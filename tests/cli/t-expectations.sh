#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every domain of examples/domains and tests/fixtures/domains says in its first comment what
# `vfio-hook check` finds on which host; the two are compared, errors and warnings, completely. One
# call for each host.
# shellcheck disable=SC2154,SC2317 # set by the library; called by verdict
set -u
# shellcheck source=tests/lib.sh
. "${abs_top_srcdir:?}/tests/lib.sh"
hook=${VFIO_HOOK:-${abs_top_builddir:?}/vfio-hook}

declare -A domains_of wanted found verdict_of
sample "$examples"/*.xml "$fixtures"/*.xml
for xml in "${these[@]}"; do
	expectation "$xml"
	if [ -z "$host" ]; then
		is "${xml##*/} says what is expected" "no 'expected on HOST.host:' in its first comment"
		continue
	fi
	domains_of[$host]+="$xml "
	wanted[$xml]=$want
done

# What a run said of each file: its findings, sorted, and "ok", "refused" or "unreadable".
read_findings() {
	local file what
	while IFS=$'\t' read -r file what; do
		case $what in
		*' '*) found[$file]+=$what$'\n' ;;
		*) verdict_of[$file]=${verdict_of[$file]-}$what ;;
		esac
	done < <(sed -nE '
		s/^(.*\.xml)(:[0-9]+)?: (error|warning): .* \[([a-z-]+)\]$/\1\t\3 \4/p
		s/^(.*\.xml): (ok|refused)([:,].*)?$/\1\t\2/p
		s/^vfio-hook: error: (.*\.xml): .*/\1\tunreadable/p' "$work/out" "$work/err" | sort -u)
}

as_expected() {
	local have=${found[$1]-} said=ok
	have=${have%$'\n'}
	[ "${verdict_of[$1]-}" != unreadable ] || have=unreadable
	[[ $have != *error\ * ]] || said=refused
	[ "$have" != unreadable ] || said=unreadable
	have=${have:-ok}
	[ "$have" = "$(sort -u <<<"${wanted[$1]}")" ] && [ "${verdict_of[$1]-}" = $said ] && return
	printf 'expected:\n%s\nfound:\n%s\nit is %s\n' "${wanted[$1]}" "$have" \
		"${verdict_of[$1]-not judged}" >"$work/err"
	: >"$work/out"
	return 1
}

# The worst of them is the exit status.
worst() {
	case " ${verdict_of[*]} " in
	*' unreadable '*) [ "$rc" = 2 ] ;;
	*' refused '*) [ "$rc" = 1 ] ;;
	*) [ "$rc" = 0 ] ;;
	esac
}

while read -r host; do
	found=() verdict_of=()
	read -ra these <<<"${domains_of[$host]}"
	run on "$host" check "${these[@]}"
	read_findings
	verdict "$host.host: the exit status of ${#these[@]} domains" worst
	for xml in "${these[@]}"; do
		name=${xml##*/}
		verdict "${name%.xml} on $host.host" as_expected "$xml"
	done
done < <(printf '%s\n' "${!domains_of[@]}" | sort)
finish
