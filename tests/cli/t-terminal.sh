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
	kill -TERM "$waits"
} 9>"$root/run/vfio-hook/lock"
wait "$typed"
rc=$?
verdict 'progress: and then the answer' eval '[ $rc -eq 0 ] && grep -q "^$esc*.*0000:06:00.0: nvme -> vfio-pci" "$work/typescript"'
wait "$waits"
verdict 'detach outlives the terminal that it began in, and the session' test $? -eq 0
verdict 'no progress in a pipe' eval '[ -s "$work/out" ] && ! grep -q waiting "$work/pipe"'

leaves() { :; } # what else ends then

# held NAME FAULT COLUMNS PATTERN COMMAND...: what is to be waited for does not end before the line is there;
# then the command goes on, and is fine.
held() {
	local name=$1 fault=$2 columns=$3 pattern=$4
	shift 4
	echo "$fault" >"$root/fake-kernel/faults"
	typed "$columns" "$@"
	verdict "progress: $name" appears "$pattern"
	leaves
	: >"$root/fake-kernel/resume"
	wait "$typed"
	rc=$?
	rm "$root/fake-kernel/faults" "$root/fake-kernel/resume"
	verdict "progress: $name, and then its end" test $rc -eq 0
}
seconds='[1-9][0-9]* s'
limit="$seconds, at most 60 s"

# A driver that does not let go: which, and of what; also where there is little room.
run "$fake" reattach 06:00.0
held 'which driver' 'path nvme/unbind hang' 100 \
	"^vfio-hook: waiting for driver nvme to release 0000:06:00.0: $limit\$" "$fake" detach 06:00.0
run "$fake" reattach 06:00.0
held 'which driver, at 40 columns' 'path nvme/unbind hang' 40 \
	"^waiting for driver nvme to[.][.][.]: $seconds\$" "$fake" detach 06:00.0
verdict 'progress: it fits into 40 columns' fits 40

# What else a detach waits for. Opening a group has no end that could be held, but nothing else is waited
# for until its claim is written.
run "$fake" reattach 06:00.0
mkdir -p "$root/run/udev"
: >"$root/run/udev/queue"
held 'udev' 'at udev hold' 100 "^vfio-hook: waiting for udev: $limit\$" "$fake" detach 06:00.0
rm "$root/run/udev/queue"
run "$fake" reattach 06:00.0
group=$(readlink "$root/sys/bus/pci/devices/0000:06:00.0/iommu_group")
: >"$root/dev/vfio/${group##*/}"
held 'a group' 'at file hold' 100 "^vfio-hook: waiting for VFIO to open IOMMU group ${group##*/}: $limit\$" \
	"$fake" detach 06:00.0
root=$(tree seed-000 /dev/null)
mkdir -p "$root/fake-kernel"
VH_TEST_ROOT=$root
held 'modprobe' 'path load_module hang' 100 "^vfio-hook: waiting for modprobe vfio-pci: $limit\$" \
	"$fake" detach 05:00.0

# A desktop goes for a guest, and comes back; what still uses its card is named.
root=$(tree desktop /dev/null)
VH_TEST_ROOT=$root
card=0000:01:00.0
for module in nvidia_drm nvidia_modeset nvidia; do
	echo 0 >"$root/sys/module/$module/refcnt"
	rm -rf "$root/sys/module/$module/holders"
done
held 'a unit that stops' 'path unit/stop hang' 100 \
	"^vfio-hook: waiting for systemd to stop display-manager.service: $limit\$" "$fake" detach $card
held 'a unit that starts' 'path unit/start/nvidia hang' 100 \
	"^vfio-hook: waiting for systemd to start nvidia-persistenced.service again: $limit\$" \
	"$fake" reattach $card
held 'a module that is unloaded' 'path module/unload/nvidia_modeset hang' 100 \
	"^vfio-hook: waiting for the kernel to unload module nvidia_modeset: $limit\$" "$fake" detach $card
held 'a module that is loaded again' 'path module/load/nvidia_drm hang' 100 \
	"^vfio-hook: waiting for the kernel to load module nvidia_drm again: $limit\$" "$fake" reattach $card
cp -r "$root/proc/812" "$root/proc/813" # a worker that outlives the desktop
sed -i 's/^812/813/' "$root/proc/813/stat"
leaves() { rm -r "$root/proc/813"; }
held 'whoever has not gone yet' 'at users hold' 150 \
	"^vfio-hook: waiting for this to end: $card is used by the host: process 813 .*: $limit\$" \
	"$fake" detach $card

# Who does not go is named, and everything comes back.
run "$fake" reattach $card
cp -r "$root/proc/812" "$root/proc/813"
sed -i 's/^812/813/' "$root/proc/813/stat"
sed -i '1i [defaults]\ntimeout-group = 1' "$root/etc/libvirt/vfio-hook.conf"
exits 'a desktop that does not go' 1 "$fake" detach $card
tells 'a desktop that does not go: who' "^error: $card is used by the host: process 813 "
tells 'a desktop that does not go: and what that means' '^vfio-hook: refused, and everything is as it was before: 1 problem$'
verdict 'a desktop that does not go: what was told before is not told again' \
	test "$(grep -c 'display-manager.service is stopped' "$work/err")" = 1
rm -r "$root/proc/813"

# What makes an initramfs, or lists one, waits for a pipe.
mkfifo "$work/pipe-of-tool"
for what in build list; do
	typed 100 "$abs_top_builddir/tests/unit/t-run" $what "$work/pipe-of-tool"
	verdict "progress: a tool, $what" appears "^vfio-hook: waiting for /bin/sh.*: $seconds\$"
	echo >"$work/pipe-of-tool"
	wait "$typed"
	rc=$?
	verdict "progress: a tool, $what: its exit status" eval '[ $rc -eq $([ $what = build ] && echo 3 || echo 4) ]'
done
typed 100 "$abs_top_builddir/tests/unit/t-run" build "$work/pipe-of-tool"
verdict 'progress: which tool' appears '^vfio-hook: waiting for /bin/sh, which makes the initramfs'
verdict 'progress: what the tool says has lines of its own' grep -qx one "$work/lines"
echo >"$work/pipe-of-tool"
wait "$typed"
verdict 'progress: its last line too' eval 'tr "\r" "\n" <"$work/typescript" | sed "s/^$esc\[K//" | grep -qx two'

# Reading the host: the first answer of a reader that hangs where a driver hangs is held back by strace.
if ! strace -o /dev/null -e trace=recvfrom -e inject=recvfrom:delay_enter=1us true 2>/dev/null ||
	[ -n "$valgrind$sanitized" ]; then
	skip 'progress while the host is read' 'no strace, or none for this build'
	finish
fi
run "$fake" reattach $card
for command in list snapshot status "show $card" "xml $card" "handover $card" \
	"check $fixtures/handover-desktop.xml"; do
	read -ra words <<<"$command"
	typed 250 strace -D -qq -o "$work/trace" -e trace=recvfrom \
		-e inject=recvfrom:delay_enter=90s:when=1 "$fake" "${words[@]}"
	verdict "progress: ${words[0]}" appears \
		"^vfio-hook: .*waiting for the driver of 0000:0[01]:0[01][.]0: $seconds\$"
	kill -KILL "$(pgrep -f "^strace -D .*$work/trace")"
	wait "$typed"
	rc=$?
	verdict "progress: ${words[0]}, and then its answer" eval '[ $rc -eq 0 ] && [ "$(wc -l <"$work/typescript")" -gt 2 ]'
done

finish
