# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# Devices in as many slots, with a driver that needs 50 ms to let go of one, or to take it.
for devices in 1 2 4 8 16; do
	figures "$b/tests/bench/act" $((runs / 4)) $devices 50
done
title "3. devices in as many slots, 50 ms each; beside one"
for devices in 1 2 4 8 16; do
	row "prepare $devices" "prepare 1" 1.5
done
for devices in 1 2 4 8 16; do
	row "release $devices" "release 1" 1.5
done
