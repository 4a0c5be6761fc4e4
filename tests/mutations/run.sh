#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# run.sh [NAME...] - proves that the tests can fail: each mutation of the code must be caught
# by `make check`. Prints which tests caught it. Works on copies; the tree stays as it is.
# MUTATION_TESTS: only these of them, for a quick answer.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/vfio-hook-mutations.XXXXXX")
trap 'rm -rf "$work"' EXIT
passed=0 failed=0
if [ $# = 0 ]; then
	set -- "$here"/*.patch
	set -- "${@##*/}"
	set -- "${@%.patch}"
fi
for name; do
	dir=$work/$name
	if ! "$here/build.sh" "$name" "$dir"; then
		echo "not ok - $name: does not build"
		failed=$((failed + 1))
		continue
	fi
	(cd "$dir" && make -k -j"$(nproc)" check \
		${MUTATION_TESTS:+TESTS="$MUTATION_TESTS"}) >"$dir/check.log" 2>&1
	caught=$(grep -hE '^(FAIL|ERROR):' "$dir/check.log" | sort -u | head -n 8)
	if [ -n "$caught" ]; then
		echo "ok - $name: caught by"
		printf '%s\n' "$caught" | sed 's/^/#   /'
		passed=$((passed + 1))
	else
		echo "not ok - $name: no test noticed"
		failed=$((failed + 1))
	fi
	rm -rf "$dir"
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
