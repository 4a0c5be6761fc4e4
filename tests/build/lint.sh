#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# make lint: what the analysis tools say of the sources, and how the programs are hardened. TAP,
# one point per tool; a tool that is missing is skipped.
set -uo pipefail
top=${abs_top_srcdir:?} build=${abs_top_builddir:?}
cd "$top" || exit
count=0 failures=0

# point NAME TOOL COMMAND...: passes when COMMAND prints nothing and succeeds
point() {
	local name=$1 tool=$2 said
	shift 2
	count=$((count + 1))
	if ! command -v "$tool" >/dev/null; then
		echo "ok $count - $name # SKIP no $tool"
	elif said=$("$@" 2>&1) && [ -z "$said" ]; then
		echo "ok $count - $name"
	else
		echo "not ok $count - $name"
		printf '%s\n' "$said" | head -n 100 | sed 's/^/# /'
		failures=$((failures + 1))
	fi
}

flags=(-include "$build/config.h" -I"$top" -std=gnu11)
read -ra libraries < <(pkg-config --cflags libxml-2.0 inih json-c libpci libvirt)
flags+=("${libraries[@]}")
shopt -s globstar
programs=({lib,hook,cli}/**/*.c)
others=(man/*.c tests/**/*.c fuzz/*.c)
warnings=(-Wall -Wextra -Wshadow -Wvla -Wformat=2 -Wundef -Wstrict-prototypes -Wmissing-prototypes
	-Wold-style-definition -Wpointer-arith -Wwrite-strings -Wimplicit-fallthrough -Werror)

processors=$(nproc)
# How many states of a function the analyzer looks at: a third of its default takes half the time.
# make lint-deep, of make check-long, looks at all.
depth=()
[ -n "${LINT_DEEP-}" ] || depth=(-Xclang -analyzer-config -Xclang max-nodes=75000)

compile() {
	printf '%s\n' "${programs[@]}" "${others[@]}" |
		xargs -P "$processors" -n 16 "$1" "${flags[@]}" "${warnings[@]}" -O2 -fsyntax-only
}
run_cppcheck() {
	cppcheck -q -j "$processors" --std=c11 --enable=warning,performance,portability --inline-suppr \
		--suppress=missingIncludeSystem --error-exitcode=1 -I. lib hook cli
}
run_tidy() {
	# -- ends the files, so they come one by one
	printf '%s\n' "${programs[@]}" | xargs -P "$processors" -I{} \
		clang-tidy --quiet {} -- "${flags[@]}" "${depth[@]}" 2>/dev/null | grep -E '(warning|error):' && return 1
	return 0
}
run_shellcheck() {
	find . -path './.ci/run' -o -name autogen.sh -o -path './tests/*.sh' -o -path './fuzz/*.sh' \
		-o -path './packaging/*.sh' -o -path './packaging/hook-link.in' -o -path './packaging/debian/*.p*' |
		grep -v -e /sanitizers/ -e /fuzzing/ | sort |
		xargs -P "$processors" -n 8 shellcheck -x -S warning &&
		# words of addresses are split on purpose; functions of lib.sh take what they need
		shellcheck -x -S warning -e SC2034,SC2120,SC2154,SC2206 tests/vm/scenarios/* tests/vm/long/*
}
run_codespell() {
	codespell -L nd,inout,mis,renderd,passt,bu,nam,chekc README.md NEWS SECURITY.md docs packaging man lib hook cli \
		"${others[@]}" tests/**/*.h tests/*.sh tests/*/*.sh tests/vm/*.md tests/vm/{scenarios,long,truth} \
		fuzz/*.sh examples
}
# PIE, full RELRO, no executable stack, stack protector, FORTIFY
is_hardened() {
	local file=$1 facts symbols
	facts=$(readelf -hldW "$file") symbols=$(readelf -sW --dyn-syms "$file")
	grep -q 'Type: *DYN' <<<"$facts" || echo "$file is not position independent"
	grep -q GNU_RELRO <<<"$facts" || echo "$file has no RELRO"
	grep -qE 'BIND_NOW|Flags:.*NOW' <<<"$facts" || echo "$file does not bind at once"
	grep -q 'GNU_STACK.*RW ' <<<"$facts" || echo "$file has an executable stack"
	grep -q __stack_chk_fail <<<"$symbols" || echo "$file has no stack protector"
	grep -q '_chk@' <<<"$symbols" || echo "$file is not built with _FORTIFY_SOURCE"
}

point "gcc -Werror" gcc compile gcc
point "clang -Werror" clang compile clang
point "cppcheck" cppcheck run_cppcheck
point "clang-tidy and the clang analyzer" clang-tidy run_tidy
point "shellcheck" shellcheck run_shellcheck
point "codespell" codespell run_codespell
point "the hook is hardened" readelf is_hardened "$build/vfio-hook-qemu"
point "the command line is hardened" readelf is_hardened "$build/vfio-hook"
echo "1..$count"
echo "$((count - failures)) passed, $failures failed"
[ $failures = 0 ]
