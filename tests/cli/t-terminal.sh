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
# appears PATTERN: within a minute, in what the terminal has got
appears() {
	local i
	: >"$work/lines"
	for ((i = 0; i < 600; i++)); do
		[ ! -e "$work/typescript" ] || tr '\r' '\n' <"$work/typescript" | sed "s/^$esc\[K//" >"$work/lines"
		grep -q "$1" "$work/lines" && return 0
		sleep 0.1
	done
	return 1
}
# typed COLUMNS COMMAND...: in the background, on a terminal of that width
typed() {
	local command
	printf -v command ' %q' "${@:2}"
	rm -f "$work/typescript"
	script -qefc "stty cols $1;$command" "$work/typescript" </dev/null >/dev/null 2>&1 9>&- &
	typed=$!
}
# The lines of its progress are shorter than so many columns, and there are some.
fits() { grep -qa '[0-9] s$' "$work/lines" && ! grep -a '[0-9] s' "$work/lines" | grep -qE "^.{$1,}"; }

# Somebody has the lock until the line is there, and so the first detach has its claim's until then.
# After a minute the test has failed. /proc/locks of the tree says who it is.
lock=$root/run/vfio-hook/manual.lock
{
	flock 9
	"$fake" detach 01:00.0 >"$work/out" 2>"$work/pipe" 9>&- &
	waits=$!
	for ((i = 0; i < 600; i++)); do
		[ ! -e "$lock" ] || break
		sleep 0.1
	done
	mkdir -p "$root/proc/4711"
	printf '%s\0' /etc/libvirt/hooks/qemu vm prepare begin - >"$root/proc/4711/cmdline"
	{
		inode=$(stat -c %i "$lock") device=$(stat -c %d "$lock")
		device=$(printf '%02x:%02x' $((device >> 8 & 0xfff)) $((device & 0xff)))
		echo "1: FLOCK  ADVISORY  WRITE 812 $device:1 0 EOF"
		echo "2: FLOCK  ADVISORY  WRITE 813 fff:ff:$inode 0 EOF"
		echo "3: FLOCK  ADVISORY  WRITE 4711 $device:$inode 0 EOF"
	} >"$root/proc/locks"
	typed 150 "$fake" detach 06:00.0
	verdict 'progress on a terminal: who has the lock' appears 'waiting for process 4711 (/etc/libvirt/hooks/qemu vm prepare begin -) to unlock /run/vfio-hook/manual.lock: [1-9][0-9]* s, at most 60 s'
	kill -HUP "$waits"
} 9>"$root/run/vfio-hook/lock"
wait "$typed"
rc=$?
verdict 'progress: and then the answer' eval '[ $rc -eq 0 ] && grep -q "^$esc*.*0000:06:00.0: nvme -> vfio-pci" "$work/typescript"'
wait "$waits"
verdict 'detach outlives the terminal that it began in' test $? -eq 0
verdict 'no progress in a pipe' eval '[ -s "$work/out" ] && ! grep -q waiting "$work/pipe"'

# A driver that does not let go: which, and of what; also where there is little room.
for columns in 100 40; do
	run "$fake" reattach 06:00.0
	echo 'path nvme/unbind hang' >"$root/fake-kernel/faults"
	typed $columns "$fake" detach 06:00.0
	if [ $columns = 100 ]; then
		verdict 'progress: which driver' appears 'vfio-hook: waiting for driver nvme to release 0000:06:00.0: [1-9][0-9]* s, at most 60 s'
	else
		verdict 'progress: which driver, at 40 columns' appears '^waiting for driver nvme to[.][.][.]: [1-9][0-9]* s$'
		verdict 'progress: it fits into 40 columns' fits 40
	fi
	: >"$root/fake-kernel/resume"
	wait "$typed"
	rm "$root/fake-kernel/faults" "$root/fake-kernel/resume"
done

finish
