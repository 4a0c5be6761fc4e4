#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# make bench - the cost of a hook call for a domain without passthrough beside an empty C
# program, of a check of 1,000 files beside xmllint, and of prepare for one device on the fake
# kernel. Medians, in one run, side by side.
set -eu
runs=${BENCH_RUNS:-400}
b=${abs_top_builddir:?}
plain=${abs_top_srcdir:?}/tests/fixtures/domains/no-passthrough.xml
work=$(mktemp -d "${TMPDIR:-/tmp}/vfio-hook-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT

# row NAME BASE INPUT COMMAND...: prints a line; BASE is a median to compare with, or -
row() {
	local name=$1 base=$2 input=$3 ratio=-
	shift 3
	read -r median low high < <("$b/tests/bench-run" "$runs" "$input" "$@")
	[ "$base" = - ] || ratio=$(awk "BEGIN { printf \"%.2f\", $median / $base }")
	printf '%-44s %8s %8s %8s %7s\n' "$name" "$median" "$low" "$high" "$ratio"
}

printf '%-44s %8s %8s %8s %7s\n' "$runs runs each, microseconds" median p10 p90 ratio
row "an empty C program" - /dev/null "$b/tests/bench-floor"
floor=$median
[ "$(id -u)" = 0 ] || echo "(not root: the hook ends at once; run this as root)"
for call in "reconnect begin" "stopped end" "prepare begin" "start begin" "started begin" "release end"; do
	# shellcheck disable=SC2086	# two words are meant
	row "hook, no passthrough: $call" "$floor" "$plain" "$b/vfio-hook-qemu" vm $call -
done

# 1,000 domains in one call, what is printed thrown away
mkdir "$work/domains" "$work/host"
"$b/tests/expand" "$abs_top_srcdir/tests/fixtures/hosts/demo.host" "$work/host"
for ((i = 0; i < 1000; i++)); do
	sed "s/gpu-with-audio/vm$i/" "$abs_top_srcdir/examples/domains/gpu-with-audio.xml" >"$work/domains/$i.xml"
done
silently=(/bin/sh -c 'exec "$0" "$@" >/dev/null')
all=$runs runs=20
if command -v xmllint >/dev/null; then
	row "xmllint --noout, 1,000 files" - /dev/null "${silently[@]}" xmllint --noout "$work"/domains/*.xml
	row "check, 1,000 files" "$median" /dev/null "${silently[@]}" "$b/vfio-hook" --sysroot "$work/host" \
		check "$work"/domains/*.xml
else
	echo "(no xmllint to compare check with)"
fi
runs=$all

"$b/tests/bench-act" "$runs" >"$work/act"
while read -r name median low high; do
	printf '%-44s %8s %8s %8s %7s\n' "fake kernel, one device: $name" "$median" "$low" "$high" -
done <"$work/act"
