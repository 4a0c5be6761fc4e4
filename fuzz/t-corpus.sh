#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The corpus of each fuzz target once more, with whatever compiler this is: what fuzzing found
# stays found.
set -u
# shellcheck source=tests/lib.sh
. "${abs_top_srcdir:?}/tests/lib.sh"

# replay TARGET FOLDER...
replay() {
	local target=$1 files
	shift
	mapfile -t files < <(find "$@" -type f | LC_ALL=C sort)
	run "${abs_top_builddir:?}/fuzz/fuzz-$target" "${files[@]}"
	verdict "$target: ${#files[@]} inputs" test "$rc" = 0 -a "${#files[@]}" -gt 0
}

corpus=$top/fuzz/corpus
replay address "$corpus/address"
replay claim "$corpus/claim"
replay config "$corpus/config"
replay domain "$corpus/domain" "$fixtures" "$examples"
replay edit "$corpus/edit" "$fixtures" "$examples"
replay identity "$corpus/identity"
replay manifest "$corpus/manifest" "$hosts"
replay snapshot "$corpus/snapshot" "$hosts"
finish
