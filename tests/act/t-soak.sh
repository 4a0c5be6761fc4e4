#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A few seconds of what `make check-long` does for minutes.
set -u
# shellcheck source=tests/lib.sh
. "${abs_top_srcdir:?}/tests/lib.sh"

soak=${abs_top_builddir:?}/tests/act/soak
seed=${SEED:-1}
# soaks NAME ARGS...: it ends well; what it says is shown
soaks() {
	run env GLIBC_TUNABLES=glibc.malloc.tcache_count=0 "$soak" "${@:2}"
	sed 's/^/# /' "$work/out"
	verdict "$1" test "$rc" = 0
}
if [ -n "$valgrind" ]; then
	skip 'domains at once' 'too slow under valgrind'
else
	soaks '16 domains at once, with kills' concurrent "${SOAK_SECONDS:-3}" "$((seed % 100000 + 1))"
fi
soaks 'one domain after the other, with faults' rounds "${SOAK_ROUNDS:-40}" "$((seed % 100000 + 1))"
finish
