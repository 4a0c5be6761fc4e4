# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# prepare and release of one device besides the kernel's own work: on the fake kernel, which
# answers at once (its own work is counted, too), beside the start of
# an empty program. And the instructions of the process that is called; its children, which
# write to sysfs, begin with its count and end before it.
figures "$b/tests/bench/act" $((runs * 5)) 1 0
together "$runs" /dev/null floor "$b/tests/bench/floor"
title "2. one device, besides the kernel; beside an empty program"
row "prepare 1" floor =5000
row "release 1" floor =5000

if command -v valgrind >/dev/null; then
	host 8 >"$work/8.host"
	mkdir "$work/8"
	"$b/tests/fake/expand" "$work/8.host" "$work/8"
	domain 0000:01:00.0 >"$work/8.xml"
	instructions() {
		VH_TEST_ROOT=$work/8 valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" \
			2>"$work/callgrind" <"$work/8.xml"
		awk '/Collected/ { n = $NF } END { print n }' "$work/callgrind"
	}
	{
		echo "instructions, floor;$(instructions "$b/tests/bench/floor")"
		echo "instructions, prepare;$(instructions "$b/tests/fake/vfio-hook-qemu-fake" vm prepare begin -)"
		echo "instructions, release;$(instructions "$b/tests/fake/vfio-hook-qemu-fake" vm release end -)"
	} >"$work/instructions"
	figures cat "$work/instructions"
	row "instructions, floor"
	row "instructions, prepare" "instructions, floor"
	row "instructions, release" "instructions, floor"
fi
