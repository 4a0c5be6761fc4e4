# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# One row of the truth table, in the machine: what check says of the domain, and
# what `virsh start` does with the hook and without it. The judgement is at the
# end of truth_row. A line "cell:" is for the report.
# shellcheck source=tests/vm/truth/states.sh disable=SC2154	# lib.sh is before it
. $RUN/truth/states.sh

# What an administrator may want although libvirt alone would start it, unharmed
POLICY_RULES=' balloon device-protected peer-not-listed peer-critical device-critical identity-changed peer-in-use '

# libvirtd looks for hooks only when it starts, so one that lets everything pass
# while a file is there stands for none.
NO_HOOK=$RUN/no-hook
hook_on() { rm -f $NO_HOOK; }
hook_off() { touch $NO_HOOK; }
switchable_hook() {
	local lines=("[ ! -e $NO_HOOK ] || exit 0")
	[ "$VARIANT" != none ] && ! grep -qs $NO_HOOK $HOOK || return 0
	[ "$VARIANT" != no-release ] || lines+=("$NO_RELEASE")
	wrap_hook "${lines[@]}"
}

ROW_UUID=11111111-2222-4333-8444-555555555555

# --- host and domain of a row ----------------------------------------------

domain_up() {
	MEMORY=64 BOARD=q35 CURRENT='' LIMIT='' BACKING='' POLICY='' BEHIND='' BALLOON="<memballoon model='none'/>"
	USB="<controller type='usb' model='none'/>"
	eval "$row_domain" >$RUN/elements
	{
		echo "<domain type='qemu'><name>truth</name><uuid>$ROW_UUID</uuid>"
		[ -z "$POLICY" ] || echo "<metadata>$POLICY</metadata>"
		echo "<memory unit='MiB'>$MEMORY</memory>"
		[ -z "$CURRENT" ] || echo "<currentMemory unit='MiB'>$CURRENT</currentMemory>"
		echo "$BACKING$LIMIT<vcpu>1</vcpu>"
		echo "<os><type arch='x86_64' machine='$BOARD'>hvm</type></os><features><acpi/></features>"
		echo "<devices><emulator>/usr/bin/qemu-system-x86_64</emulator>"
		cat $RUN/elements
		echo "$BALLOON$USB</devices>$BEHIND</domain>"
	} >$RUN/truth.xml
	DEFINED=yes
	DEFINE_OUT=$(virsh -q define $RUN/truth.xml 2>&1) || DEFINED=''
}

state_up() {
	laters=() harms=() losses=() lasting_harms=() lasting_losses=() BEFORE_START='' BEFORE_ALONE='' START_LIMIT=200
	set -e
	eval "$row_state"
	set +e
	[ ! -d /sys/bus/pci/devices ] || udevadm settle -t 10
}

state_down() {
	local command failed=0
	for command in "${laters[@]}"; do
		echo "\$ $command"
		eval "$command" || failed=1
	done
	laters=()
	return $failed
}

# The first loss, in LOSS, of those that TEXTS and COMMANDS (names of arrays) tell
harmed() {	# TEXTS COMMANDS
	local -n texts=$1 commands=$2
	local n
	[ -z "$LOSS" ] || return
	for n in "${!commands[@]}"; do
		! eval "${commands[n]}" >/dev/null 2>&1 || { LOSS=${texts[n]}; return 0; }
	done
	return 1
}

# --- cells -----------------------------------------------------------------

# rules SEVERITY: those of the findings in OUT, from check's JSON
rules() {
	grep -oE '"rule":"[a-z-]+","severity":"'"$1"'"' <<<"$OUT" | cut -d'"' -f4 | sort -u | xargs
}

cell_of_check() {
	local warnings
	try vfio-hook check --format json $RUN/truth.xml
	CHECKED=$(rules error)
	warnings=$(rules warning)
	case $RC$(grep -oE '"verdict":"[a-z]+"' <<<"$OUT" | head -n 1 | cut -d'"' -f4) in
	0ok)     [ -z "$CHECKED" ] && CHECKED=ok ;;
	1refuse) ;;
	*)       CHECKED="exit status $RC" ;;
	esac
	CHECK_CELL=$CHECKED${warnings:+ (warning: $warnings)}
}

# starts, harms, fails; in REFUSED the rules, when it was the hook that refused
cell_of_start() {
	local cell
	REFUSED='' LOSS=''
	if [ -z "$DEFINED" ]; then
		echo "$DEFINE_OUT"
		CELL=fails WHY="not defined: $DEFINE_OUT"
		return
	fi
	try timeout $START_LIMIT virsh start truth --paused
	WHY=$(sed -n '/^error: Failed/d; s/^error: //p' <<<"$OUT" | head -n 1)
	grep -q "vfio-hook: 'truth' not started" <<<"$OUT" &&
		REFUSED=$(sed -n 's/^error: .* \[\([a-z-]*\)\]$/\1/p' <<<"$OUT" | sort -u | xargs)
	cell=fails
	[ $RC != 0 ] || cell=starts
	! harmed losses harms || cell=harms
	[ $RC != 0 ] || try timeout 100 virsh destroy truth
	! harmed lasting_losses lasting_harms || cell=harms
	CELL=$cell
}

unneeded() {	# RULE...: is one of them no policy?
	local rule
	for rule; do
		[[ $POLICY_RULES == *" $rule "* ]] || { echo "$rule is no policy"; return 0; }
	done
	return 1
}

column() { sed 's/^ *//; s/ *$//' <<<"$1"; }

truth_row() {
	local name=$1 f alone hook hook_loss line
	line=$(grep -E "^$name +\|" $RUN/truth/table) || { check "row $name" false; return; }
	IFS='|' read -r -a f <<<"$line"
	row_state=$(column "${f[2]}") row_domain=$(column "${f[3]}")
	row_check=$(column "${f[4]}") row_alone=$(column "${f[5]}")
	[ "$row_state" != - ] || row_state=:

	say "row $name: $row_state; $row_domain"
	switchable_hook
	hook_on
	state_up
	domain_up
	mark
	cell_of_check
	eval "$BEFORE_START"
	[ -z "$BEFORE_START" ] || mark

	say "with the hook"
	cell_of_start
	hook=$CELL hook_loss=$LOSS
	[ "$CELL" != fails ] || [ -z "$REFUSED" ] || hook="refused: $REFUSED"
	[ -n "$DEFINED" ] || hook="not defined"
	check "$name: every device is as before" within 10 expect_state
	check "$name: no claim is left by it" within 5 no_claim_of_truth

	if [ "$hook" = harms ]; then	# what the configuration allows
		check "$name: the host can be put right" state_down
		state_up
	fi

	say "without the hook"
	hook_off
	eval "$BEFORE_ALONE"
	cell_of_start
	alone=$CELL
	hook_on
	echo "cell: $name|$row_check|$CHECK_CELL|$alone${LOSS:+ ($LOSS)}|$hook${hook_loss:+ ($hook_loss)}|$WHY"

	say "the judgement"
	check "$name: check says what was written" is "$CHECKED" "$row_check"
	if [ "$hook" = "not defined" ]; then
		check "$name: libvirt does not even define it" [ "$row_check" != ok ]
	elif [ "$row_check" != ok ]; then
		check "$name: the hook refuses for the same reasons" is "$hook" "refused: $CHECKED"
	elif [ "$row_alone" = harms ]; then
		check "$name: the hook starts what was allowed" is "$hook" harms
	else
		check "$name: with the hook it starts" is "$hook" starts
	fi
	check "$name: libvirt alone does what was written" is "$alone" "$row_alone"
	if [ "$CHECKED" != ok ] && [ "$alone" = starts ]; then
		# shellcheck disable=SC2086
		check "$name: it is refused by policy" not unneeded $CHECKED
	fi

	# What was harmed may be beyond repair: the next row gets a fresh machine.
	[ "$alone" != harms ] && [ "$hook" != harms ] || beyond_repair=yes
	state_down || beyond_repair=yes
	unmark
	rm -f $RUN/elements $RECORDS/$ROW_UUID.devices
	within 10 is_whole || beyond_repair=yes
	[ -z "${beyond_repair:-}" ] || touch $RUN/fresh
}
is_whole() { expect_state && expect_belongings && no_claims; }
no_claim_of_truth() { [ ! -e $CLAIMS/$ROW_UUID.claim ]; }

# finish of lib.sh, for a machine that need not be whole
truth_finish() {
	say "the end"
	install_hook
	echo "1..$tests"
	[ $failures = 0 ]
	exit
}
