#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every domain of examples/domains and tests/fixtures/domains says in its first comment what
# `vfio-hook check` finds on which host; the two are compared, errors and warnings, completely.
set -u
top=${abs_top_srcdir:?}
check=${VFIO_HOOK:-${abs_top_builddir:?}/vfio-hook}
count=0

for xml in "$top"/examples/domains/*.xml "$top"/tests/fixtures/domains/*.xml; do
	name=$(basename "$xml" .xml)
	line=$(grep -om1 'expected on [a-z0-9-]*\.host: .*' "$xml" | sed 's/ *-->$//; s/ *$//')
	host=${line#expected on } host=${host%%:*}
	want=$(tr ',' '\n' <<<"${line#*.host: }" | sed 's/^ *//; s/ *$//' | sort -u)
	out=$("$check" --host "$top/tests/fixtures/hosts/$host" check "$xml" 2>&1)
	rc=$?
	have=$(grep -oE ': (error|warning): .* \[[a-z-]+\]$' <<<"$out" |
		sed -E 's/^: (error|warning): .* \[([a-z-]+)\]$/\1 \2/' | sort -u)
	[ "$rc" -ne 2 ] || have=unreadable
	[ -n "$have" ] || have=ok
	case $have in
	*error\ *) code=1 ;;
	unreadable) code=2 ;;
	*) code=0 ;;
	esac
	count=$((count + 1))
	if [ "$have" = "$want" ] && [ "$rc" -eq "$code" ]; then
		echo "ok $count - $name on $host"
	else
		echo "not ok $count - $name on $host"
		printf 'expected:\n%s\nfound (exit %s):\n%s\n%s\n' "$want" "$rc" "$have" "$out" | sed 's/^/# /'
	fi
done
echo "1..$count"
