#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs drivers of this folder in each of some suites, all of them whatever fails: the exit status
# says whether one did, and the last lines which, and how long each took. 3: none failed, but a suite
# could not be installed from its packages, so that nothing of ours was tried in it.
#   run-suites.sh "SUITE..." full|short|"" "DRIVER [OPTION...]"...
# Where no suite is named: those that CI runs in full or by the short selection; or all.
set -u

here=$(cd "$(dirname "$0")" && pwd)
suites=$1 runs=$2
shift 2
[ -n "$suites" ] || suites=$("$here/suites.sh" "$runs")
status=0 sums=$(mktemp "${TMPDIR:-/tmp}/vfio-hook-sums.XXXXXX")
trap 'rm -f "$sums"' EXIT
for suite in $suites; do
	for driver; do
		began=$(date +%s)
		# shellcheck disable=SC2086	# a driver and its options
		bash "$here/"$driver "$suite" && rc=0 || rc=$?
		case $rc in
		0) said=passed ;;
		3) said='NOT INSTALLED'; [ $status != 0 ] || status=3 ;;
		*) said=FAILED status=1 ;;
		esac
		echo "# $said: $suite, $driver, $(($(date +%s) - began)) s" >>"$sums"
	done
done
cat "$sums"
exit $status
