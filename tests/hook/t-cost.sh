#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What calls cost, counted in instructions (callgrind) and system calls (strace), which are the
# same on a busy machine: measured beside a program that only parses what the hook parses, or beside
# the same call on another host, so that the compiler, libc and libxml2 weigh on both sides. Times
# are for make bench.
set -u
# shellcheck source=tests/lib.sh
. "${abs_top_srcdir:?}/tests/lib.sh"
hook=${abs_top_builddir:?}/tests/fake/vfio-hook-qemu-fake
cli=$abs_top_builddir/tests/fake/vfio-hook-fake
floor=$abs_top_builddir/tests/bench/floor
parse=$abs_top_builddir/tests/bench/parse
unset MALLOC_PERTURB_

skip_all() {
	skip "what calls cost" "$1"
	echo "1..$count"
	exit 0
}
[ -z "$valgrind" ] || skip_all "the programs run under valgrind"
[ -z "$sanitized" ] || skip_all "built with sanitizers"
! grep -q __gcov_init "$hook" || skip_all "built for coverage"

# A host of so many functions, each in a slot and a group of its own.
make_host() {
	local i
	{
		cat "$hosts/cost.host"
		for ((i = 1; i <= $1; i++)); do
			printf 'pci 0000:%02x:00.0 class=020000 id=8086:10fb group=%d driver=ixgbe\n' "$i" "$i"
		done
	} >"$work/$1.host"
	mkdir "$work/$1"
	"$abs_top_builddir/tests/fake/expand" "$work/$1.host" "$work/$1"
}
make_host 8
make_host 250
sed '/<domain/,$!d' "$fixtures/no-passthrough.xml" >"$work/plain.xml"
sed "s:</devices>:<hostdev type='pci' managed='yes'><source><address bus='7'/></source></hostdev>&:" \
	"$work/plain.xml" >"$work/device.xml"

# Each sets `cost`; stdin is the caller's, VH_TEST_ROOT too. 0: could not be counted. Children that
# are forked begin with their parent's instructions, and end before it does: the last line counts.
instructions() {
	valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" >/dev/null 2>"$work/counted"
	cost=$(awk '/Collected/ { n = $NF } END { print n + 0 }' "$work/counted")
}
calls() {
	strace -f -c -o "$work/counted" "$@" >/dev/null
	cost=$(awk '$1 ~ /^[0-9.]+$/ && $NF != "total" { n += $4 } END { print n + 0 }' "$work/counted")
}

# Sets `own` to the system calls of a call of the hook without the fake kernel's and the loader's,
# but with those that a write, an open of a group or a log entry would take; and `forked`.
own_calls() {
	VH_TEST_MARKS=1 strace -f -o "$work/counted" "$hook" "$@" >/dev/null
	read -r own forked < <(awk '
		!/^[0-9]+ +[a-z0-9_]+\(/ { next }
		!begun { begun = $2 ~ /^close_range/; if (!begun) next }
		/^[0-9]+ +access\("kernel: / {
			outside[$1] = !/kernel: ends/
			n += /kernel: (write|log)/ ? 3 : /kernel: (try|hold)/ ? 2 : 0
			next
		}
		outside[$1] || /"not-checked"|\/unanswered"/ { next } # that only a tree is asked
		$2 ~ /^rt_sigprocmask\(/ { masks++; next }
		{ n++ }
		$2 ~ /^(clone|clone3|fork|vfork)\(/ { children++ }
		END {
			masks -= 3 * children # by which fork() of newer libcs holds signals off
			print n + (masks > 0 ? masks : 0), children + 0
		}' "$work/counted")
}

# at_most NAME COUNT LIMIT
at_most() {
	out="$2 are counted, $3 allowed"
	echo "$out" >"$work/out"
	: >"$work/err"
	rc=0
	verdict "$1" at_most_is "$2" "$3"
}
at_most_is() { [ "$1" -gt 0 ] && [ "$1" -le "$2" ]; }

# measure WHAT HOST...: with `instructions` or `calls`; fills cost_of
declare -A cost_of
ignored=("reconnect begin" "stopped end")
parsed=("prepare begin" "start begin" "started begin" "release end")
# what one may take on top of parsing, in tenths of an empty program; started looks for a record
declare -A most=(["prepare begin"]=25 ["start begin"]=25 ["started begin"]=35 ["release end"]=10)
measure() {
	local what=$1 size op
	for op in "${ignored[@]}" "${parsed[@]}"; do
		# shellcheck disable=SC2086	# two words are meant
		VH_TEST_ROOT=$work/8 $what "$hook" vm $op - <"$work/plain.xml"
		cost_of[$op]=$cost
	done
	$what "$floor" </dev/null
	cost_of[floor]=$cost
	$what "$parse" <"$work/plain.xml"
	cost_of[parse]=$cost
	for size in 8 250; do
		VH_TEST_ROOT=$work/$size $what "$hook" vm prepare begin - <"$work/device.xml"
		cost_of[prepare-$size]=$cost
		VH_TEST_ROOT=$work/$size $what "$hook" vm release end - <"$work/device.xml"
		cost_of[release-$size]=$cost
		$what "$cli" --sysroot "$work/$size" check "$work/device.xml" </dev/null
		cost_of[check-$size]=$cost
		$what "$cli" --sysroot "$work/$size" list </dev/null
		cost_of[list-$size]=$cost
	done
}

if command -v valgrind >/dev/null; then
	measure instructions
	for op in "${ignored[@]}"; do
		at_most "$op: instructions, beside a program that parses" \
			"${cost_of[$op]}" $((${cost_of[parse]} + ${cost_of[floor]}))
	done
	for op in "${parsed[@]}"; do
		at_most "no passthrough, $op: instructions, beside a program that parses" \
			"${cost_of[$op]}" $((${cost_of[parse]} + ${cost_of[floor]} * ${most[$op]} / 10))
	done
	for op in prepare release check; do
		at_most "one device, $op: instructions on a host of 250, beside one of 8" \
			"${cost_of[$op-250]}" $((${cost_of[$op-8]} * 11 / 10))
	done
	at_most "list: instructions on a host of 250: no more for each device than on one of 8" \
		"${cost_of[list-250]}" $((${cost_of[list-8]} * 250 / 8))
else
	skip "instructions" "no valgrind"
fi

if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
	measure calls
	for op in "${ignored[@]}"; do
		at_most "$op: system calls, beside a program that parses" "${cost_of[$op]}" $((${cost_of[parse]} + 40))
	done
	for op in "${parsed[@]}"; do
		at_most "no passthrough, $op: system calls, beside a program that parses" \
			"${cost_of[$op]}" $((${cost_of[parse]} + 60))
	done
	for op in prepare release check; do
		at_most "one device, $op: system calls on a host of 250, beside one of 8" \
			"${cost_of[$op-250]}" $((${cost_of[$op-8]} * 11 / 10))
	done
	at_most "one device, prepare: system calls in all" "${cost_of[prepare-8]}" 750
	at_most "list: system calls for each device" "$(((${cost_of[list-250]} - ${cost_of[list-8]}) / 242))" 30

	# What moving devices costs, prepare and release together: the kernel's own work aside.
	{
		cat "$work/250.host"
		for ((i = 0; i < 4; i++)); do
			echo "pci 0000:fe:00.$i class=020000 id=8086:10fb group=$((i + 1000)) driver=ixgbe"
		done
	} >"$work/moved.host"
	mkdir "$work/moved"
	"$abs_top_builddir/tests/fake/expand" "$work/moved.host" "$work/moved"
	# devices_in WHERE NUMBER: functions in so many slots from the first bus on, or of one slot
	devices_in() {
		local i
		for ((i = 1; i <= $2; i++)); do
			case $1 in
			slots) echo "<address bus='$i'/>" ;;
			slot) echo "<address bus='0xfe' function='$((i - 1))'/>" ;;
			esac
		done | sed "s:.*:<hostdev type='pci' managed='yes'><source>&</source></hostdev>:"
	}
	while read -r what functions where most_calls most_children; do
		sed "s:</devices>:$(devices_in "$where" "$functions" | tr -d '\n')&:" \
			"$work/plain.xml" >"$work/moved.xml"
		export VH_TEST_ROOT=$work/moved
		# How often somebody waits depends on who runs first: the least of three.
		least='' children=0
		for ((i = 0; i < 3; i++)); do
			own_calls vm prepare begin - <"$work/moved.xml"
			prepared=$own made=$forked
			own_calls vm release end - <"$work/moved.xml"
			[ -n "$least" ] && [ $((prepared + own)) -ge "$least" ] || least=$((prepared + own))
			[ $((made + forked)) -le $children ] || children=$((made + forked))
		done
		unset VH_TEST_ROOT
		at_most "$what, prepare and release: system calls" "$least" "$most_calls"
		at_most "$what, prepare and release: children" "$children" "$most_children"
	done <<-END
	one 1 slots 600 4
	two 2 slots 850 6
	four-in-a-slot 4 slot 1300 4
	sixteen 16 slots 4000 34
	END

	# Of a host with 40 processes of 10 descriptors each: the network card has no node, and nobody
	# has to be asked; for one that has, each process is looked at once, however many devices go.
	{
		cat "$work/8.host"
		for port in 1 2; do
			echo "pci 0000:09:00.$port class=040300 id=8086:a170 group=19 driver=snd_hda_intel"
			printf 'f @0000:09:00.%d/sound/card%d/pcmC%dD0p/dev\t116:%d\n' $port $port $port $port
		done
		for ((i = 1000; i < 1040; i++)); do
			printf 'f proc/%d/stat\t%d (worker) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4711 0 0\n' $i $i
			for ((k = 0; k < 10; k++)); do printf 'l proc/%d/fd/%d\t/dev/null\n' $i $k; done
		done
	} >"$work/busy.host"
	mkdir "$work/busy"
	"$abs_top_builddir/tests/fake/expand" "$work/busy.host" "$work/busy"
	sed "s:bus='7'/:bus='9' function='1'/:" "$work/device.xml" >"$work/sound.xml"
	# looked COMMAND...: how many processes and descriptors it looks at
	looked() {
		VH_TEST_ROOT=$work/busy strace -f -o "$work/counted" "$@" >"$work/out" 2>&1
		grep -cE 'proc/10[0-9]{2}/fd|^[0-9]+ +readlinkat\([0-9]+, "proc/10[0-9]{2}/fd/' "$work/counted"
	}
	once=$((40 * (1 + 10)))
	at_most "a card without a node: what processes have open is not looked at" \
		$((1 + $(looked "$hook" vm prepare begin - <"$work/device.xml"))) 1
	at_most "two devices with nodes, check: each process and each descriptor once" \
		"$(looked "$cli" --sysroot "$work/busy" check "$work/sound.xml")" $once
	# first, and after the claim that the prepare before has left went home; and of each device of a
	# slot right before it leaves its driver (lib/act/hold.c)
	at_most "two devices with nodes, prepare: two times, and once more for each" \
		"$(looked "$hook" vm prepare begin - <"$work/sound.xml")" $((4 * once))
	# on this machine, with whatever disks it has: who only looks makes no mount fail
	looks=$abs_top_builddir/vfio-hook
	address=$("$looks" list 2>/dev/null | sed -nE 's/^.*\<([0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7])\>.*/\1/p' | head -n 1)
	while read -ra command; do
		strace -f -qq -e trace=open,openat,openat2 -o "$work/opened" "$looks" "${command[@]}" \
			>/dev/null 2>&1 </dev/null
		grep O_EXCL "$work/opened" | grep -v O_CREAT >"$work/out"
		: >"$work/err"
		verdict "${command[*]}: opens nothing exclusively" eval '[ ! -s "$work/out" ] && grep -q "O_RDONLY" "$work/opened"'
	done <<-END
	list
	list --tree
	check
	check $work/device.xml
	show ${address:-0000:00:00.0}
	xml ${address:-0000:00:00.0}
	snapshot
	status
	boot generate --dry-run ${address:-0000:00:00.0}
	END
else
	skip "system calls" "no strace, or it may not trace"
fi
echo "1..$count"
