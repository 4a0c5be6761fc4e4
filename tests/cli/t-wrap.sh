#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# No message is broken inside a word: what a terminal of 40, 60, 80 or 120 columns gets has the words of
# what a pipe gets, in lines that are not longer than it is wide. A pipe gets lines as they are.
# shellcheck disable=SC2016,SC2034,SC2154,SC2317 # conditions are texts for eval
set -u
# shellcheck source=tests/lib.sh
. "${abs_top_srcdir:?}/tests/lib.sh"
hook=${VFIO_HOOK:-${abs_top_builddir:?}/vfio-hook}
esc=$'\e'

if ! script -qec true /dev/null </dev/null >/dev/null 2>&1; then
	skip 'lines on a terminal' 'no script(1)'
	finish
fi

# All that is to be read, as a script: each domain of the fixtures on its host, every command.
{
	echo "cd '$fixtures'"
	these=("$fixtures"/*.xml)
	for ((i = 0; i < ${#these[@]}; i += ${valgrind:+90} + 10)); do
		domain=${these[i]}
		expectation "$domain"
		[ -z "$host" ] || echo "'$hook' --sysroot '$(tree "$host")' check '${domain##*/}'"
	done
	for host in demo seed-003 server no-iommu; do
		echo "'$hook' --sysroot '$(tree $host)' check"
		echo "'$hook' --sysroot '$(tree $host)' list"
		echo "'$hook' --sysroot '$(tree $host)' list --tree"
		echo "'$hook' --sysroot '$(tree $host)' status"
	done
	for address in 01:00.0 04:00.0 06:00.0; do
		echo "'$hook' --sysroot '$(tree demo)' show $address"
	done
	echo "'$hook' --help; '$hook' help; '$hook' frobnicate; '$hook' list --frobnicate"
	"$hook" help | sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z-]*\) .*/\1/p' | while read -r command; do
		echo "'$hook' help $command"
	done
	"$hook" --explain | sed -n 's/^  \([a-z-]*\)  .*/\1/p' | while read -r rule; do
		echo "'$hook' --explain $rule"
	done
} >"$work/calls"

# The words, without what continues a command, and without the quoted line of the XML: it is cut.
words() { tr -d '\r' <"$1" | tr -s ' \n' '\n\n' | grep -vxE '\\|#'; }

NO_COLOR=1 bash "$work/calls" >"$work/pipe" 2>&1
verdict 'there is much to be read' eval '[ "$(wc -l <"$work/pipe")" -gt 1000 ]'
words "$work/pipe" >"$work/pipe.words"
for columns in 40 60 80 120; do
	NO_COLOR=1 TERM=xterm script -qec "stty cols $columns -onlcr; bash '$work/calls'" /dev/null \
		</dev/null 2>"$work/err" | without_progress >"$work/out"
	words "$work/out" >"$work/out.words"
	is "$columns columns: the words are those of a pipe" \
		"$(diff "$work/pipe.words" "$work/out.words" | head -n 20)"
	# a line may be longer that is a single word
	is "$columns columns: no line is longer" \
		"$(grep -aE "^.{$((columns + 1)),}" "$work/out" | grep -avE '^ *[^ ]+( \\)?$' | head -n 5)"
done

# --- how a line is continued -------------------------------------------------------------------
on_terminal() { # COLUMNS COMMAND...
	local call
	printf -v call ' %q' "${@:2}"
	run env TERM=xterm script -qec "stty cols $1 -onlcr;$call" /dev/null </dev/null
	without_progress <"$work/out" >"$work/shown"
	mv "$work/shown" "$work/out"
	out=$(<"$work/out")
}

# A command can be copied: the shell takes the lines for one.
on_terminal 40 env NO_COLOR=1 "$hook" --sysroot "$(tree demo)" check "$fixtures/mounted-nvme.xml"
verdict 'prose is continued further in' eval '[[ $out == *$'"'\n    '"'"host: nvme1n1p1 is mounted"* ]]'
on_terminal 30 env NO_COLOR=1 "$hook" --sysroot "$(tree demo)" show enp3s0f0
verdict 'a command is continued by a backslash' eval '[[ $out == *"ip link set "*\\$'"'\n'"'* ]]'

run "$hook" --sysroot "$(tree demo)" check --fix "$fixtures/mounted-nvme.xml"
cp "$work/out" "$work/fixed.xml"
on_terminal 30 "$hook" --sysroot "$(tree demo)" check --fix "$fixtures/mounted-nvme.xml"
verdict 'XML is not wrapped' eval '[[ $out == *"$(<"$work/fixed.xml")"* ]]'
on_terminal 60 "$hook" --sysroot "$(tree demo)" --format json list
valid_json 'JSON is not wrapped'
verdict 'JSON is one line' test "$(wc -l <"$work/out")" -eq 1
on_terminal 40 "$hook" --color always --sysroot "$(tree demo)" check "$fixtures/mounted-nvme.xml"
verdict 'colours take no room' eval '[[ $out == *"$esc[1;31merror$esc[0m: "* ]]'
finish
