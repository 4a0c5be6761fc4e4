#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The shape of the program: what the hook loads, and the plan of the house (docs/architecture.md):
# which room includes which, who uses which library, how large files and folders are, what names
# say, and that no calls go in a circle.
# shellcheck disable=SC2154 # set by the library
set -u
# shellcheck source=tests/lib.sh
. "${abs_top_srcdir:?}/tests/lib.sh"
cd "$top" || exit

# --- the house: a room, and the rooms below that it may include, with what those may --------------
rooms='
lib/base
lib/xml		lib/base
lib/config	lib/base
lib/state	lib/base
lib/domain	lib/xml
lib/manifest	lib/xml
lib/host	lib/xml lib/config
lib/case	lib/state lib/domain lib/host lib/config
lib/snapshot	lib/manifest lib/host lib/domain lib/state
lib/boot	lib/host
lib/decide	lib/case
lib/act		lib/decide lib/case lib/state
hook		lib/act
cli		lib/act lib/boot lib/snapshot
'
# A library: what its headers begin with, and the only folder that includes them.
libraries='
libxml/		lib/xml
ini.h		lib/config
libvirt/	cli/libvirt
pci/		cli/devices
json-c		cli/render
'
# Externals begin with vh_ and the name of their file, or of folder and file. But for these, each
# with the file (a pattern) and how its own begin:
exceptions='
/(main|hook)\.c$	main$
^lib/base/util\.c$	vh_
^lib/base/error\.c$	vh_fail$ vh_wrap$
/rules/(start/)?rule-.*\.c$	vh_rule_
/commands/cmd-.*\.c$	vh_cmd_
^cli/output\.c$	vh_put_ vh_put$ vh_error$ vh_error_report$ vh_note$
^lib/base/root-.*\.c$	vh_root_
^lib/host/read\.c$	vh_host_
'
longest_file=600 largest_folder=5000

ask() { awk -v ask="$1" -f tests/build/house.awk "${@:2}"; }
sources() { find lib hook cli -name "*.[$1]" | sort; }

# --- what is loaded -----------------------------------------------------------------------------
# Under valgrind the programs are scripts.
hook=${abs_top_builddir:?}/vfio-hook-qemu
if ! command -v readelf >/dev/null || [ -n "$valgrind" ]; then
	skip "the hook is linked with libxml2, libinih and libc alone" "no readelf, or no ELF file"
else
	is "the hook is linked with libxml2, libinih and libc alone" "$(readelf -d "$hook" |
		sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -vE '^lib(asan|ubsan)\.so\.' | cut -d. -f1 | sort |
		diff <(printf '%s\n' libc libinih libxml2) -)"
fi
is "neither the library nor the hook loads one at run time" "$(grep -rl '\<dlopen(' lib hook --include='*.[ch]')"
is "libxml2's functions are called in lib/xml alone" \
	"$(grep -rnE '\<(xml|html)[A-Z][A-Za-z0-9]*\(' lib hook cli --include='*.[ch]' | grep -v '^lib/xml/')"

# --- who includes what -----------------------------------------------------------------------------
# includes PATTERN: "FILE INCLUDED" of every such line
includes() {
	sources ch | xargs grep -E "^#[ \t]*include [<\"]($1)" /dev/null |
		sed -E 's/^([^:]*):#[ \t]*include [<"]([^>"]*).*/\1 \2/'
}
includes '(lib|hook|cli)/' >"$work/includes"
is "a room includes those below it" "$(ask layers <(echo "$rooms") "$work/includes")"
# rooms_of SED < TABLE: "ROOM: WHAT IT MAY INCLUDE", without lib/
rooms_of() { sed -nE "$1" | sed -E 's:lib/::g; s/[ \t,]+/ /g; s/ +$//'; }
is "docs/architecture.md has the same rooms" "$(diff \
	<(rooms_of 's/^((lib|hook|cli)[^\t]*)(\t.*)?$/\1:\3/p' <<<"$rooms") \
	<(rooms_of 's/^\| `(lib\/[a-z]+|hook|cli)` \|.*\| (libc)?([^|]*) \|$/\1: \3/p' <docs/architecture.md))"
is "what is decided reads no file" \
	"$(grep -E '^lib/decide/.* lib/base/(root|child|journal|backend)\.h$' "$work/includes")"
while read -r header folder; do
	is "<$header> is included in $folder alone" \
		"$(includes "$header" | grep -v "^$folder/[^/]* " | sed 's/ / includes /')"
done < <(grep . <<<"$libraries")

# Who tries it makes a mount fail that is tried in the same moment (docs/architecture.md).
is "a disk is opened exclusively in one place" "$(sources ch | xargs grep -n 'O_EXCL' |
	grep -vE 'O_CREAT|:[0-9]+:[ \t]*(/\*|\*)' | grep -v '^lib/base/root-systems.c:[0-9]*:.const int flags = ')"
is "and reached by who acts alone: the hook, detach, reattach" "$({
	grep -nE 'vh_(root_open_live|backend_open)\(.*true' hook/*.c lib/*/*.c cli/*.c cli/*/*.c |
		grep -v '^hook/hook\.c:'
	grep -n 'vh_root_systems_live' lib/*/*.c lib/*/*/*.c hook/*.c cli/*.c cli/*/*.c |
		grep -vE '^lib/base/root-systems\.c:|acts \? &vh_root_systems_live'
	grep -n 'VH_CMD_MOVES' cli/*.c cli/*/*.c |
		grep -vE 'run = vh_cmd_(detach|reattach)|moves = cli->command->flags & VH_CMD_MOVES'
})"

is "renderers know no command" "$(grep -E '^cli/render/[^ ]* cli/(commands|boot)/' "$work/includes")"
is "every rule is in the table" "$(comm -3 \
	<(sed -n 's/^const struct vh_rule \([a-z_]*\) = {$/\1/p' lib/decide/rules/{,start/}rule-*.c | sort) \
	<(sed -n 's/^\tRULE(\([a-z_]*\)).*/\1/p' lib/decide/rules/rule-table.h | sort))"

is "docs/uses.md has every subsystem that has a kind of its own" "$(diff \
	<(sed -nE 's/^\t\{ "([a-z0-9_-]+)", VH_USE_([A-Z]+).*/\L\2 \1/p' lib/host/uses/subsystem.c | sort) \
	<(awk -F'|' '/^\| [a-z]+ \| `/ { gsub(/[ `]/, ""); n = split($3, s, ",")
		for (i = 1; i <= n; i++) print $2, s[i] }' docs/uses.md | sort))"

# named WORD: what docs/foreseen.md has behind this word (rows, domains, cases)
named() { grep -oE "$1 \`[a-z0-9-]+\`" docs/foreseen.md | cut -d'`' -f2 | sort -u; }
is "docs/foreseen.md names rules that there are" "$(awk -F'|' '/^\| / { print $3 }' docs/foreseen.md |
	grep -oE '`[a-z0-9-]+`' | tr -d '`' | sort -u | grep -v '^reattach$' |
	grep -vxF -f <(sed -n 's/^\t\.name = "\(.*\)",$/\1/p' lib/decide/rules/{,start/}rule-*.c))"
is "its rows stand in the truth table" "$(named row |
	grep -vxF -f <(sed -nE 's/^([a-z0-9-]+) *\|.*/\1/p' tests/vm/truth/table))"
is "its domains are fixtures" "$(named domain |
	grep -vxF -f <(basename -s .xml tests/fixtures/domains/*.xml))"
is "its cases are those of a rule" "$(named case | while read -r one; do
	grep -q "silent = \"$one\"" tests/rules/rule-cases-*.c || echo "$one"
done)"
is "it has all classes of failures" "$(diff <(seq 29) <(sed -nE 's/^\| ([0-9]+)\. .*/\1/p' docs/foreseen.md))"
is "and each is foreseen, or impossible" "$(grep -E '^\| [0-9]+\. ' docs/foreseen.md |
	grep -vE '^\|[^|]*\|[^|]*(`|impossible)[^|]*\| (row|domain|case|-)')"

# --- sizes, names -------------------------------------------------------------------------------
is "every source file names its licence" "$(sources ch | xargs grep -L SPDX-License-Identifier \
	lib/boot/*.sh tests/*.h tests/*.sh tests/*/*.[ch] tests/*/*.sh tests/*/*.awk)"
sources ch | xargs wc -l | grep -v ' total$' >"$work/lines"
is "no file is longer than $longest_file lines" \
	"$(awk -v most=$longest_file '$1 > most { print $2 }' "$work/lines")"
is "no folder has more than $largest_folder" "$(awk -v most=$largest_folder '
	{ sub("/[^/]*$", "", $2); n[$2] += $1 }
	END { for (folder in n) if (n[folder] > most) print folder }' "$work/lines")"
is "no two files have one name" "$(sources ch | sed -E 's/\.[ch]$//' | sort -u |
	sed 's:.*/::' | sort | uniq -d)"

# --- what the objects say -------------------------------------------------------------------------
circles="no calls go in a circle" names="externals begin with the name of their file"
if ! command -v nm >/dev/null || [ -n "$valgrind$sanitized" ]; then
	skip "$circles" "no nm, or other objects"
	skip "$names" "no nm, or other objects"
else
	sources c | sed 's/c$/o/' | (cd "$abs_top_builddir" && xargs nm -gA) 2>&1 | sed -nE '
		s/^([^:]*)\.o:[0-9a-f]+ [A-Z] /\1.c defines /p
		s/^([^:]*)\.o: +U /\1.c uses /p
		/^nm: /p' >"$work/symbols"
	is "every file is compiled" "$(grep '^nm: ' "$work/symbols")"
	is "$circles" "$(ask circles "$work/symbols")"
	is "$names" "$(ask names <(echo "$exceptions") "$work/symbols")"
fi

# --- mutations ----------------------------------------------------------------------------------
if command -v patch >/dev/null; then
	is "every mutation still fits the code" "$(for one in tests/mutations/*.patch; do
		[ ! -e "$one" ] || # there are none in the copy that one was applied to
			patch -s -p1 --fuzz=0 --dry-run <"$one" >/dev/null || echo "$one"
	done)"
else
	skip "every mutation still fits the code" "no patch(1)"
fi
finish
