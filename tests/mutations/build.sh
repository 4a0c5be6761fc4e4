#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# build.sh NAME DIR - builds the tree with tests/mutations/NAME.patch applied, below DIR.
# A mutation that no longer applies is an error: it has to follow the code.
set -euo pipefail
name=$1 dir=$2
top=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$dir"
(cd "$top" && git ls-files -z --cached --others --exclude-standard | tar --null -T - -cf -) |
	tar -C "$dir" -xf -
cd "$dir"
patch -s -p1 --fuzz=0 <"tests/mutations/$name.patch"
# that it does not fit a second time is not what a test should notice (build/t-build.sh)
rm tests/mutations/*.patch
{ ./autogen.sh && make -j"$(nproc)"; } >build.log 2>&1 || { tail -n 20 build.log; exit 1; }
