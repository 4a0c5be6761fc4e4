# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the tests of the command line are written with. Sourced, after abs_top_srcdir and
# abs_top_builddir are set; everything that a test writes is below $work.
# shellcheck disable=SC2034
{
top=${abs_top_srcdir:?}
hosts=$top/tests/fixtures/hosts
fixtures=$top/tests/fixtures/domains
examples=$top/examples/domains
}
work=$(mktemp -d "${TMPDIR:-/tmp}/vfio-hook-test.XXXXXX")
trap 'rm -rf "$work"' EXIT
export TMPDIR=$work/tmp
mkdir "$TMPDIR"
count=0 failures=0
# Not empty under valgrind, where the programs are scripts; and in a build with sanitizers.
read -rN 2 valgrind <"${abs_top_builddir:?}/vfio-hook"
[ "$valgrind" = '#!' ] || valgrind=
sanitized=$(grep -l __asan_init "$abs_top_builddir/vfio-hook")

# run COMMAND...: sets rc, and out and err to what was printed (not by valgrind, which does not
# know openat2 and says so)
run() {
	"$@" >"$work/out" 2>"$work/err"
	rc=$?
	[ -z "$valgrind" ] || sed -i '/^--[0-9]*-- /d' "$work/err"
	out=$(<"$work/out")
	err=$(<"$work/err")
}

# What stays on a terminal: a line that shows progress, of what took more than a second, goes again
without_progress() { sed $'s/.*\r\e\\[K//'; }

pass() {
	count=$((count + 1))
	echo "ok $count - $1"
}

fail() {
	count=$((count + 1)) failures=$((failures + 1))
	echo "not ok $count - $1"
	echo "# exit status $rc"
	sed 's/^/# stdout: /' "$work/out" | cut -c1-300 | head -n 30
	sed 's/^/# stderr: /' "$work/err" | cut -c1-300 | head -n 30
}

skip() {
	count=$((count + 1))
	echo "ok $count - $1 # SKIP $2"
}

# verdict NAME COMMAND...: one test: COMMAND succeeds
verdict() {
	local name=$1
	shift
	if "$@"; then pass "$name"; else fail "$name"; fi
}

# is NAME TEXT: one test: TEXT, what was found wrong, is empty
is() {
	[ -z "$2" ] && pass "$1" && return
	count=$((count + 1)) failures=$((failures + 1))
	echo "not ok $count - $1"
	printf '%s\n' "$2" | sed 's/^/# /'
}

# exits NAME CODE COMMAND...: exit status CODE, and nothing is left in the temporary folder
exits() {
	local name=$1 want=$2
	shift 2
	run "$@"
	verdict "$name" exited "$want"
}
exited() { [ "$rc" -eq "$1" ] && ! compgen -G "$TMPDIR/*" >&2 && ! compgen -G "$TMPDIR/.[!.]*" >&2; }

# refuses NAME PATTERN COMMAND...: exit status 2, nothing on stdout, one error line that
# matches (a fix may follow it)
refuses() {
	local name=$1 pattern=$2
	shift 2
	run "$@"
	verdict "$name" refused "$pattern"
}
refused() {
	exited 2 && [ -z "$out" ] && [ "$(grep -c '^vfio-hook: ' <<<"$err")" -eq 1 ] &&
		! grep -qF '(null)' <<<"$err" && grep -qE -- "$1" <<<"$err"
}

# Both look at the last run.
prints() { verdict "$1" grep -qE -- "$2" "$work/out"; }
tells() { verdict "$1" grep -qE -- "$2" "$work/err"; }

# golden NAME FILE: the last run printed, on both streams, what the file holds; with UPDATE_GOLDEN
# the file becomes that (then read the diff). Names are those of the fixtures' own pci.ids.
golden() {
	local file=$top/tests/fixtures/golden/$2
	cat "$work/out" "$work/err" >"$work/said"
	[ -z "${UPDATE_GOLDEN-}" ] || cp "$work/said" "$file"
	diff -u "$file" "$work/said" >"$work/diff" && pass "$1" && return
	cp "$work/diff" "$work/out"
	fail "$1"
}

# A domain of the fixtures says in its first comment what is found on which host: expectation XML
# sets host, and want to the findings, a line each; nothing, if it does not say so.
expectation() {
	host='' want=''
	[[ $(<"$1") =~ expected\ on\ ([a-z0-9-]*)\.host:\ ([^$'\n']*[^$'\n' >-]) ]] || return
	host=${BASH_REMATCH[1]} want=${BASH_REMATCH[2]//, /$'\n'}
}

# sample FILE...: sets `these` to all of them; under valgrind, which takes thirty times as long, to
# every seventh
sample() {
	local i
	these=()
	for ((i = 1; i <= $#; i += ${valgrind:+6} + 1)); do these+=("${!i}"); done
}

# tree HOST [FILE...]: prints the directory of a host of the fixtures, to which the files add
# lines; expanded once for all (--host does it each time)
tree() {
	local host=$1 dir
	dir=$work/trees/$host${2:+-more}
	if [ ! -d "$dir" ]; then
		mkdir -p "$dir"
		cat "$hosts/$host.host" "${@:2}" >"$work/host"
		"${abs_top_builddir:?}/tests/fake/expand" "$work/host" "$dir" >&2
		mkdir -p "$dir/usr/share/misc"
		cp "$top/tests/fixtures/pci.ids" "$dir/usr/share/misc"
	fi
	echo "$dir"
}

# on HOST ARGS...: runs $hook with a host of the fixtures
on() { "${hook:?}" --sysroot "$(tree "$1")" "${@:2}"; }

# The interpreter that the distribution's modules are for.
python3=$(PATH=/usr/bin:$PATH command -v python3)

# What judges JSON: the schema, or at least a parser; asked once.
json_judge() {
	if has_jsonschema; then
		echo "$python3 $top/tests/cli/json-valid.py $top/docs/vfio-hook.schema.json"
	elif jq --version >/dev/null 2>&1; then
		echo 'jq -es length==1'
	fi
}

has_jsonschema() { "${python3:-false}" -c 'import jsonschema' 2>/dev/null; }

# valid_json NAME: what was printed is one JSON document, as docs/vfio-hook.schema.json has it
valid_json() {
	local why
	judge=${judge-$(json_judge)}
	[ -n "$judge" ] || { skip "$1" 'neither jq nor python3 with jsonschema'; return; }
	# shellcheck disable=SC2086 # words
	why=$($judge "$work/out" 2>&1 >/dev/null) || why=${why:-not one document}
	verdict "$1${why:+: ${why##*$'\n'}}" test -z "$why"
}

finish() {
	echo "1..$count"
	exit $((failures > 0))
}
