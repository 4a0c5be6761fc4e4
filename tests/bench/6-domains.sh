# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# 32 domains that start at once, each with a device of its own: what each costs then beside one
# that starts alone (on one processor as much would be fair), and how long it has the global lock.
figures "$b/tests/bench/many" $((runs / 4)) 32
title "6. 32 domains at once; beside one alone"
row "alone"
row "at once, each" alone 1
row "global lock, each" alone
