#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# driver.sh DRIVER ARGUMENT... - runs a test by automake's own DRIVER, and adds to the test's .trs
# file how many seconds it took, and how many of them a processor worked for it.
# driver.sh --slowest FILE... - the ten slowest of these .trs files. What a busy machine adds is in
# the first column alone.
if [ "$1" = --slowest ]; then
	shift
	sed -n 's/^:seconds: //p' "$@" | sort -rn | awk '
		{ seconds += $1; worked += $2 }
		NR == 1 { print "# seconds, of them worked by processors: the slowest tests" }
		NR <= 10 { printf "# %7.1f %7.1f  %s\n", $1, $2, $3 }
		END { if (NR > 1) printf "# %7.1f %7.1f  all %d\n", seconds, worked, NR }'
	exit
fi

now() {
	read -r now _ </proc/uptime
	now=${now%.*}${now#*.}
}
driver=$1 trs='' name='' previous=''
shift
for argument; do
	case $previous in
	--trs-file) trs=$argument ;;
	--test-name) name=$argument ;;
	esac
	previous=$argument
done
now
start=$now
sh "$driver" "$@"
status=$?
now
times >"$trs.times"
awk -v wall=$((now - start)) -v name="$name" 'NR == 2 {
	for (i = 1; i <= 2; i++) { split($i, part, "m"); worked += part[1] * 60 + part[2] }
	printf ":seconds: %.2f %.2f %s\n", wall / 100, worked, name }' "$trs.times" >>"$trs"
rm -f "$trs.times"
exit $status
