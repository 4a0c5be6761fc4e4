#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs in the test machine: installs the programs under test, starts libvirtd,
# and works through the queue of its boot, which other machines share. The first
# scenario that fails, or asks for it, ends this boot: the next one gets a fresh
# machine.
flavour=$1 lab=/mnt/lab
boot=$(sed -n 's/.*lab\.boot=\([a-z]*\).*/\1/p' /proc/cmdline)
limit=300	# seconds for a scenario that does not say "# limit: SECONDS"

mkdir -p /run/lab
cp -r $lab/lib.sh $lab/domains.sh $lab/30-handover $lab/scenarios $lab/truth $lab/kernel $lab/bin $lab/variant $lab/daemon $lab/way /run/lab/
echo "$flavour" >/run/lab/flavour
cd /run/lab || exit

# run NAME: results/BOOT-NAME/{log,result,...}; `result` holds the seconds
# and "ok", "failed" or "skipped".
run() {
	local dir=$lab/results/$boot-$1 verdict=failed began=$SECONDS scenario clock limit=$limit
	limit=$(sed -n 's/^# limit: //p' "scenarios/$1" | grep . || echo "$limit")
	mkdir "$dir"
	setsid bash -uc ". ./lib.sh; begin; . ./scenarios/$1; finish" >"$dir/log" 2>&1 </dev/null &
	scenario=$!
	sleep "$limit" &
	clock=$!
	wait -n $scenario $clock
	case $? in
	0)  verdict=ok ;;
	77) verdict=skipped ;;
	esac
	if kill $clock 2>/dev/null; then
		wait $clock
	else
		echo "not ok - still running after $limit s" >>"$dir/log"
		verdict=failed
	fi
	if [ $verdict = failed ]; then
		timeout 20 bash -c '. ./lib.sh; evidence' >"$dir/evidence" 2>&1 </dev/null &
		sleep 21 &
		wait -n
	fi
	echo "$((SECONDS - began)) $verdict" >"$dir/result"
	[ $verdict != failed ] && [ ! -e fresh ]
}

# The second machine of a pair does what the first one asks (lib.sh: peer), until it is ended.
serve() {
	local number=0 work=$lab/peer
	. ./lib.sh
	while :; do
		number=$((number + 1))
		until [ -e "$work/$number" ]; do nap 0.1; done
		bash -uc ". ./lib.sh; $(<"$work/$number")" >"$work/$number.out" 2>&1 </dev/null
		echo $? >"$work/$number.new"
		mv "$work/$number.new" "$work/$number.end"
	done
}

if bash -uc '. ./lib.sh; setup' >setup.log 2>&1; then
	read -r uptime _ </proc/uptime
	echo "${uptime%.*}" >"$(mktemp -p $lab/boots "$boot.XXXXXX")"
	[ "$boot" != peer ] || serve
	mapfile -t queue <"$lab/queue.$boot"
	for name in "${queue[@]}"; do
		mkdir "$lab/claimed/$boot-$name" 2>/dev/null || continue
		run "$name" || break
	done
else
	cat setup.log
fi
# Power off at once, whatever hangs: QEMU ends at a reset.
sync
echo b >/proc/sysrq-trigger
