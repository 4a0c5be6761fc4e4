#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The hook's contract with libvirt, on the fake kernel: operations, exit codes, silence on
# standard output, one clear answer to bad input, and nothing changed by it.
set -u
top=${abs_top_srcdir:?}
hook=${abs_top_builddir:?}/tests/fake/vfio-hook-qemu-fake
expand=${abs_top_builddir:?}/tests/fake/expand
work=$(mktemp -d "${TMPDIR:-/tmp}/vfio-hook-t-hook.XXXXXX")
trap 'rm -rf "$work"' EXIT
count=0

# result PASS NAME: one test point
result() {
	count=$((count + 1))
	if [ "$1" = yes ]; then
		echo "ok $count - $2"
	else
		echo "not ok $count - $2"
		[ -s "$work/err" ] && sed 's/^/# /' "$work/err" | cut -c1-300 | head -n 20
	fi
}

# A fresh machine for each case; `state` is all that a test compares.
fresh() {
	rm -rf "$work/root"
	mkdir -p "$work/root/var/lib"
	"$expand" "$top/tests/fixtures/hosts/$1.host" "$work/root"
	export VH_TEST_ROOT=$work/root
	before=$(state)
}
state() {
	find "$work"/root/sys/bus/pci/devices/*/driver -printf '%p %l\n'
	grep -a '' "$work"/root/sys/bus/pci/devices/*/driver_override
	find "$work/root/run/vfio-hook" -type f ! -name lock ! -name '*.refusal' 2>/dev/null
	true
}

# call ARGS...: runs the hook, stdin from the caller; sets rc, fills $work/out and $work/err
call() {
	"$hook" "$@" >"$work/out" 2>"$work/err"
	rc=$?
}
lines() { wc -l <"$work/err"; }

# refused NAME ARGS...: exit 1, one problem told, nothing on stdout, nothing changed
refused() {
	local name=$1 pattern=$2
	if [ "$rc" -eq 1 ] && [ ! -s "$work/out" ] && grep -q -- "$pattern" "$work/err" &&
		[ "$(lines)" -le 40 ] && [ "$(state)" = "$before" ]; then
		result yes "$name"
	else
		echo "# rc=$rc"
		result no "$name"
	fi
}
# silent NAME: exit 0 without a word, nothing changed
silent() {
	if [ "$rc" -eq 0 ] && [ ! -s "$work/out" ] && [ ! -s "$work/err" ] &&
		[ "$(state)" = "$before" ]; then
		result yes "$1"
	else
		echo "# rc=$rc"
		result no "$1"
	fi
}

good=$top/examples/domains/gpu-with-audio.xml
fresh demo
for op in migrate restore reconnect attach stopped frobnicate; do
	for sub in begin end; do
		call vm "$op" "$sub" - <"$good"
		silent "$op $sub is none of our business"
	done
done
call vm prepare end - <"$good"
silent "prepare end is no operation"
call vm release end destroyed <"$good"
silent "release without a claim"
call vm started begin - <"$good"
silent "started without a claim"
for op in started release; do
	sub=begin
	[ $op = release ] && sub=end
	echo "<domain" | call vm $op $sub -
	silent "broken XML at $op is not an error for libvirt"
	call vm $op $sub - </dev/null
	silent "an empty document at $op is not an error for libvirt"
done
VH_TEST_UNPRIVILEGED=1 call vm prepare begin - <"$good"
silent "the hook of a session daemon"

call </dev/null
refused "no arguments" "called by libvirt"
call vm prepare </dev/null
refused "too few arguments" "called by libvirt"
call vm prepare begin - </dev/null
silent "an empty document passes nothing through"
echo "<domain type='kvm'><name>vm</name><devices>" >"$work/in"
call vm prepare begin - <"$work/in"
refused "broken XML" "line 1"
call vm prepare begin - <"$top/tests/fixtures/domains/not-a-domain.xml"
silent "a document that is no domain, and has nothing of passthrough"
call vm prepare begin - <"$top/tests/fixtures/domains/lxc.xml"
silent "a domain that QEMU does not run, without passthrough"
call vm prepare begin - <"$top/tests/fixtures/domains/entity.xml"
refused "entities" "fix\|DOCTYPE\|document type\|DTD"
call vm prepare begin - <"$top/tests/fixtures/domains/doctype.xml"
refused "a document type" "DOCTYPE\|document type\|DTD"
{
	echo "<domain type='kvm'><name>vm</name><metadata>"
	head -c 52428800 /dev/zero | tr '\0' 'x'
	echo "</metadata></domain>"
} >"$work/big"
call vm prepare begin - <"$work/big"
silent "a document of 50 MiB, without passthrough"
rm "$work/big"
xmllike=$(sed "s/<memballoon model='none'\/>//" "$good")
call "$(printf '../../etc/pass wd\nsecond line')" prepare begin - <<<"$xmllike"
refused "a name with slashes, blanks and a newline" "'\.\./\.\./etc/pass wd.x0asecond line' not started: 1 problem$"
call "$(head -c 4096 /dev/zero | tr '\0' n)" prepare begin - <<<"$xmllike"
refused "a name of 4 KiB" "nnn\.\.\.' not started"

mkdir -p "$work/root/etc/libvirt"
printf '[defaults]\nbaloon = warn\n' >"$work/root/etc/libvirt/vfio-hook.conf"
call vm prepare begin - <"$good"
refused "an invalid configuration stops passthrough" "line 2"
call vm prepare begin - <"$top/tests/fixtures/domains/no-passthrough.xml"
silent "an invalid configuration stops nothing else"

fresh demo
call vm prepare begin - <"$good"
if [ "$rc" -eq 0 ] && [ ! -s "$work/out" ] && [ ! -s "$work/err" ] &&
	[ "$(state)" != "$before" ] && ls "$work"/root/run/vfio-hook/*.claim >/dev/null 2>&1; then
	result yes "prepare succeeds without a word and leaves a claim"
else
	result no "prepare succeeds without a word and leaves a claim"
fi
call vm release end - <"$good"
silent "release after it: all as before, no claim"

# what the domain runs with is noted, and another device at the address refused the next time
record=$work/root/var/lib/vfio-hook/$(sed -n 's:.*<uuid>\(.*\)</uuid>.*:\1:p' "$good").devices
is_noted() { [ "$rc" -eq 0 ] && [ ! -s "$work/err" ] && grep -q '^device 0000:01:00.0 10de:1b80 ' "$record"; }
call vm started begin - <"$good"
if is_noted; then result yes "started notes the devices"; else result no "started notes the devices"; fi
rm "$work/root/sys/bus/pci/devices/0000:01:00.0/modalias" # it would say the old one
echo 0x020000 >"$work/root/sys/bus/pci/devices/0000:01:00.0/class"
call vm prepare begin - <"$good"
refused "a device of another class at the address" "\[identity-changed\]$"
if grep -q '^  fix: if 0000:01:00.0 is meant as it is now: vfio-hook accept ' "$work/err"; then
	result yes "and how to accept it"
else
	result no "and how to accept it"
fi
echo garbage >"$record"
call vm prepare begin - <"$good"
if [ "$rc" -eq 0 ] && [ ! -s "$work/err" ] &&
	grep -q "<4>.*not checked: whether these are the devices it last ran with" \
		"$work/root/fake-kernel/syslog"; then
	result yes "a damaged record is said in the log, and stops nothing"
else
	result no "a damaged record is said in the log, and stops nothing"
fi
call vm release end - <"$good"

# A domain without passthrough passes, unless something is left of one before it, or a network may
# hand something out.
plain=$work/plain.xml
sed '/<domain/,$!d' "$top/tests/fixtures/domains/no-passthrough-balloon.xml" >"$plain"
fresh demo
for op in "prepare begin" "start begin" "release end"; do
	call vm ${op% *} ${op#* } - <"$plain"
	silent "no passthrough: $op"
done
if [ ! -e "$work/root/run/vfio-hook" ]; then result yes "and no trace"; else result no "and no trace"; fi
call vm prepare begin - <"$good"
sed "s:<uuid>.*</uuid>:$(grep -o '<uuid>.*</uuid>' "$good"):" "$plain" >"$work/in"
call vm prepare begin - <"$work/in"
silent "started without the devices that it had, and never released: they come home"
mkdir -p "$work/root/etc/libvirt/qemu/networks"
echo "<network><name>default</name><forward mode='hostdev'/></network>" \
	>"$work/root/etc/libvirt/qemu/networks/default.xml"
call vm prepare begin - <"$plain"
refused "a balloon, and a network that hands out functions" '\[balloon\]$'
fresh sriov
call vm prepare begin - <"$top/tests/fixtures/domains/pool-unmanaged.xml"
refused "a network whose functions cannot be given" "from network 'unmanaged': .*network-function\]$"
call vm prepare begin - <"$top/tests/fixtures/domains/pool-network.xml"
silent "one that has functions to give"
call vm prepare begin - <"$top/tests/fixtures/domains/pool-function-used.xml"
if [ "$rc" -eq 0 ] && [ "$(state)" = "$before" ] &&
	grep -q "<4>.*from network 'used-first': .*an address" "$work/root/fake-kernel/syslog"; then
	result yes "one that gives what the host uses, by a warning"
else
	result no "one that gives what the host uses, by a warning"
fi
fresh demo
head -c 400 "$plain" >"$work/in"
call vm prepare begin - <"$work/in"
refused "its document, cut off: the rest may have it" "line [0-9]"

sed 's:</devices>:<disk>&:' "$plain" >"$work/in"
call vm prepare begin - <"$work/in"
silent "not well-formed, but nothing is passed through"
call vm start begin - <"$work/in"
silent "the same at start"
sed 's:</devices>:<disk>&:' "$good" >"$work/in"
call vm prepare begin - <"$work/in"
refused "not well-formed, with passthrough" "line [0-9]"

# --- the journal's fields ----------------------------------------------------------------------
# entry NAME FIELD...: one entry of the journal has all of these
entry() {
	local name=$1
	shift
	if awk -v RS= -v want="$*" 'BEGIN { n = split(want, field, " ") }
		{ for (i = 1; i <= n && index("\n" $0 "\n", "\n" field[i] "\n"); i++) ; if (i > n) found = 1 }
		END { exit !found }' "$work/root/fake-kernel/journal"; then
		result yes "$name"
	else
		result no "$name"
	fi
}
fresh demo
call gpu-without-audio prepare begin - <"$top/tests/fixtures/domains/gpu-without-audio.xml"
entry "journal: taken by the guest" MESSAGE_ID=8a734e95baaa4232b78f78a169c229a7 \
	VFIO_HOOK_DOMAIN=gpu-without-audio VFIO_HOOK_DEVICE=0000:01:00.1 VFIO_HOOK_DRIVER_BEFORE=snd_hda_intel VFIO_HOOK_DRIVER_NOW=vfio-pci
entry "journal: left without a driver, for libvirt" MESSAGE_ID=8a734e95baaa4232b78f78a169c229a7 \
	VFIO_HOOK_DEVICE=0000:01:00.0 VFIO_HOOK_DRIVER_BEFORE=nouveau VFIO_HOOK_DRIVER_NOW=-
call gpu-without-audio release end - <"$top/tests/fixtures/domains/gpu-without-audio.xml"
entry "journal: it comes back" MESSAGE_ID=a1071dd2841e46798a93405407c4f022 PRIORITY=6 \
	VFIO_HOOK_DEVICE=0000:01:00.1 VFIO_HOOK_DRIVER_NOW=snd_hda_intel
fresh demo
mkdir -p "$work/root/fake-kernel/modules" "$work/root/lib/modules/$(<"$work/root/proc/sys/kernel/osrelease")"
touch "$work/root/fake-kernel/modules/snd_vfio_pci"
printf 'alias vfio_pci:v*d*sv*sd*bc04sc*i* snd_vfio_pci\nalias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci\n' \
	>"$work/root/lib/modules/$(<"$work/root/proc/sys/kernel/osrelease")/modules.alias"
call gpu-without-audio prepare begin - <"$top/tests/fixtures/domains/gpu-without-audio.xml"
entry "journal: taken, to the VFIO driver that is made for it" MESSAGE_ID=8a734e95baaa4232b78f78a169c229a7 \
	VFIO_HOOK_DEVICE=0000:01:00.1 VFIO_HOOK_DRIVER_NOW=snd_vfio_pci
call $'v\nMESSAGE_ID=0' prepare begin - <"$top/tests/fixtures/domains/mounted-nvme.xml"
entry "journal: a refusal, of an odd name" MESSAGE_ID=601179bd402d4c1f85965f0b6eeb4a57 PRIORITY=3 \
	VFIO_HOOK_DOMAIN
call vm prepare begin - <"$top/tests/fixtures/domains/mounted-nvme.xml"
entry "journal: why" MESSAGE_ID=fe4a233b6ee542d2aede1625466dce94 VFIO_HOOK_RULE=device-in-use
echo "1..$count"
