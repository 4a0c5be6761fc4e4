#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# make fuzz: runs each target for SECONDS in the folder of a fuzzing build, and
# prints for each: executions, edges covered, size of the corpus, findings.
# usage: run.sh SECONDS TARGET...
set -uo pipefail
seconds=$1
shift
source=$(cd "$(dirname "$0")/.." && pwd)
TMPDIR=${TMPDIR:-$(test -w /dev/shm && echo /dev/shm || echo /tmp)}
export TMPDIR ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=0

# seeds TARGET: folders of real input
seeds() {
	printf '%s\n' "$source/fuzz/corpus/$1"
	case $1 in
	domain | edit) printf '%s\n' "$source/tests/fixtures/domains" "$source/examples/domains" ;;
	manifest | snapshot) printf '%s\n' "$source/tests/fixtures/hosts" ;;
	esac
}

# figure NAME LOG: a line of -print_final_stats
figure() { sed -n "s/^stat::$1: *//p" "$2"; }

findings=0
for target; do
	mkdir -p "corpus/$target" "found/$target"
	mapfile -t dirs < <(seeds "$target")
	log=$PWD/$target.log
	"build/fuzz/fuzz-$target" -max_total_time="$seconds" -timeout=60 -rss_limit_mb=2048 \
		-max_len=16384 -print_final_stats=1 -artifact_prefix="found/$target/" \
		"corpus/$target" "${dirs[@]}" >"$log" 2>&1
	status=$?
	found=$(find "found/$target" -type f | wc -l)
	[ "$status" = 0 ] || found=$((found > 0 ? found : 1))
	findings=$((findings + found))
	printf '%-9s %6s s  %10s executions  %6s edges  %6s inputs  %s findings\n' "$target" \
		"$seconds" "$(figure number_of_executed_units "$log")" \
		"$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)" \
		"$(find "corpus/$target" -type f | wc -l)" "$found"
	[ "$found" = 0 ] || echo "  see $log and $PWD/found/$target"
done
[ "$findings" = 0 ]
