# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# Who has a node open: one look at 1,000 processes with 50 descriptors each, which a function with
# nodes costs once; beside a loop that asks one thing of each descriptor.
figures "$b/tests/bench/scan" $((runs / 8)) 1000 50
title "7. 1,000 processes with 50 descriptors each"
row "the scan" "a loop, one call each" =30000
row "a loop, one call each"
