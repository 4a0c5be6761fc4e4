#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What a terminal gets and a pipe does not: colours of list, show and status, and a line while
# something takes its time.
# shellcheck disable=SC2016,SC2034,SC2154,SC2317 # conditions are texts for eval
set -u
# shellcheck source=tests/lib.sh
. "${abs_top_srcdir:?}/tests/lib.sh"
hook=${VFIO_HOOK:-${abs_top_builddir:?}/vfio-hook}
fake=${abs_top_builddir:?}/tests/fake/vfio-hook-fake
esc=$'\e'
demo=$(tree demo)

run "$hook" --sysroot "$demo" --color always list
verdict 'list: groups and uses' eval '[[ $out == *"$esc[1mIOMMU group 0:$esc[0m"* && $out == *"$esc[33mused:$esc[0m eno1"* ]]'
plain=$(sed "s/$esc\[[0-9;]*m//g" <<<"$out")
run "$hook" --sysroot "$demo" list
verdict 'list: the text is the same without' test "$out" = "$plain"
verdict 'list: what is no obstacle has no colour' eval '[[ $out == *"      used, blocks only as a group member: it is a display"* ]]'
run "$hook" --sysroot "$demo" --color always check "$fixtures/mounted-nvme.xml"
verdict 'check: the verdict' eval '[[ $out == *": $esc[1;31mrefused$esc[0m: 1 error" ]]'
verdict 'check: an error' eval '[[ $out == *": $esc[1;31merror$esc[0m: "* ]]'
run "$hook" --sysroot "$demo" --color always check "$examples/gpu-with-audio.xml"
verdict 'check: a good verdict' eval '[[ $out == *": $esc[32mok$esc[0m"* ]]'
run "$hook" --sysroot "$demo" --color always show 01:00.0
verdict 'show: the title' eval '[[ $out == "$esc[1m0000:01:00.0$esc[0m "* ]]'
verdict 'show: a start that would go on' eval '[[ $out == *"virsh start       $esc[32mwould take it"* ]]'
run "$hook" --sysroot "$demo" --color always show 04:00.0
verdict 'show: a start that would not' eval '[[ $out == *"virsh start       $esc[1;31mwould be refused:"* ]]'

root=$(tree demo /dev/null)
export VH_TEST_ROOT=$root
mkdir -p "$root/fake-kernel"
run "$fake" detach 01:00.0
run "$fake" --color always status
verdict 'status: the state' eval '[[ $out == "$esc[1mdetached by hand$esc[0m: $esc[32mheld$esc[0m since "* ]]'
run "$hook" --sysroot "$root" --color always list
verdict 'list: a VFIO driver' eval '[[ $out == *" $esc[32mvfio-pci$esc[0m"* ]]'
run "$fake" reattach 01:00.0

if ! script -qec true /dev/null </dev/null >/dev/null 2>&1 || ! command -v flock >/dev/null; then
	skip 'progress on a terminal' 'no script(1), or no flock(1)'
	finish
fi
# Somebody has the lock until the line is there; after a minute the test has failed.
{
	flock 9
	"$fake" detach 01:00.0 >"$work/out" 2>"$work/pipe" 9>&- &
	waits=$!
	script -qefc "'$fake' detach 06:00.0" "$work/typescript" </dev/null >/dev/null 2>&1 9>&- &
	typed=$!
	for ((i = 0; i < 600; i++)); do
		grep -q 'waiting for drivers and locks: [1-9][0-9]* s, at most 60 s' "$work/typescript" 2>/dev/null && break
		sleep 0.1
	done
	kill -HUP "$waits"
} 9>"$root/run/vfio-hook/lock"
verdict 'progress on a terminal' test "$i" -lt 600
wait "$typed"
rc=$?
verdict 'progress: and then the answer' eval '[ $rc -eq 0 ] && grep -q "^$esc*.*0000:06:00.0: nvme -> vfio-pci" "$work/typescript"'
wait "$waits"
verdict 'detach outlives the terminal that it began in' test $? -eq 0
verdict 'no progress in a pipe' eval '[ -s "$work/out" ] && ! grep -q waiting "$work/pipe"'
finish
