#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# make bench [ITEMS="1 4"] - what vfio-hook costs, beside what a user has at hand already: one
# table of medians, each with a ratio and, where there is one, the goal. Every single figure goes
# to a CSV file. Times are microseconds. BENCH_RUNS
# (40) scales how often each is run.
set -eu
# shellcheck disable=SC2034	# used by the items
{
runs=${BENCH_RUNS:-40}
b=${abs_top_builddir:?}
top=${abs_top_srcdir:?}
}
csv=$PWD/bench-$(date +%Y%m%d-%H%M%S).csv
work=$(mktemp -d "${TMPDIR:-/tmp}/vfio-hook-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT

# figures COMMAND...: what it prints, "NAME;VALUE" lines, becomes the item's
figures() { "$@" | sed "s/^/$item;/" >>"$csv"; }

# together RUNS INPUT NAME COMMAND... [::: NAME COMMAND...]...: the times of commands run in turn
together() { figures "$b/tests/bench/run" "$@"; }

# title TEXT
title() { printf '\n%-50s %9s %9s %9s %8s  %s\n' "$1" median p10 p90 ratio goal; }

# row NAME [BASE [GOAL]]: the median of the item's NAME, its ratio to that of BASE (with a colon,
# of another item: 1:NAME), and whether GOAL holds: a ratio, or with an = before it a median
row() {
	local of=${2:-}
	case $of in
	*:*) ;;
	*) of=$item:$of ;;
	esac
	awk -F';' -v item="$item" -v name="$1" -v base_item="${of%%:*}" -v base="${of#*:}" -v goal="${3:-}" '
		function order(a, n,    i, j, t) {
			for (i = 2; i <= n; i++) {
				t = a[i]
				for (j = i - 1; j > 0 && a[j] > t; j--)
					a[j + 1] = a[j]
				a[j + 1] = t
			}
		}
		$1 == item && $2 == name { x[++n] = $3 + 0 }
		$1 == base_item && $2 == base { y[++m] = $3 + 0 }
		END {
			if (!n)
				exit
			order(x, n); order(y, m)
			median = x[int(n / 2) + 1]
			ratio = m && y[int(m / 2) + 1] ? sprintf("%.2f", median / y[int(m / 2) + 1]) : "-"
			if (goal ~ /^=/)
				verdict = "<= " substr(goal, 2) (median <= substr(goal, 2) + 0 ? ", met" : ", MISSED")
			else if (goal != "" && ratio != "-")
				verdict = "<= " goal " x" (ratio + 0 <= goal + 0 ? ", met" : ", MISSED")
			printf "%-50s %9d %9d %9d %8s  %s\n", name, median, x[int((n - 1) / 10) + 1],
				x[n - int((n - 1) / 10)], ratio, verdict
		}' "$csv"
}

# host FUNCTIONS: a manifest of so many functions, each in an IOMMU group of its own: cards of
# seven functions behind root ports, 128 of these in a PCI domain. One more is on vfio-pci: the module is loaded.
host() {
	local count=$1 port group=0 f bridge bus domain
	cat <<-'END'
	f proc/self/mountinfo	26 1 8:1 / / rw - ext4 /dev/sda1 rw
	f proc/swaps	Filename
	f proc/net/route	Iface
	f proc/cpuinfo	vendor_id	: GenuineIntel
	f proc/cmdline	ro intel_iommu=on
	f proc/sys/kernel/osrelease	6.1.0
	f lib/modules/6.1.0/modules.dep	kernel/drivers/vfio/pci/vfio-pci.ko:
	f lib/modules/6.1.0/modules.alias	alias x y
	d sys/class/iommu/dmar0
	pci 00ff:00:00.0 class=020000 id=8086:10fb group=99999 driver=vfio-pci
	END
	for ((port = 0; group < count; port++)); do
		domain=$((port / 128)) bus=$((port % 128 + 1))
		printf -v bridge '%04x:00:%02x.%x' $domain $((port % 128 / 8)) $((port % 8))
		printf 'pci %s class=060400 id=8086:a110 rev=f1 group=%d driver=pcieport\n' "$bridge" $((group++))
		for ((f = 0; f < 7 && group < count; f++)); do
			printf 'pci %04x:%02x:00.%x class=020000 id=8086:10fb rev=01 group=%d driver=ixgbe parent=%s\n' \
				$domain $bus $f $((group++)) "$bridge"
		done
	done
}

# domain ADDRESS: its XML
domain() {
	local bus=${1#*:}
	cat <<-END
	<domain type='kvm'>
	  <name>vm</name>
	  <uuid>4dea22b3-1d52-d8f3-2516-782e98ab3fa0</uuid>
	  <memory unit='KiB'>1024</memory>
	  <os><type arch='x86_64'>hvm</type></os>
	  <devices>
	    <hostdev mode='subsystem' type='pci' managed='yes'>
	      <source><address domain='0x${1%%:*}' bus='0x${bus%%:*}' slot='0x00' function='0x${1##*.}'/></source>
	    </hostdev>
	    <memballoon model='none'/>
	  </devices>
	</domain>
	END
}

echo "item;name;value" >"$csv"
for file in "$top"/tests/bench/[0-9]-*.sh; do
	item=${file##*/}
	item=${item%%-*}
	case " ${*:-$item} " in *" $item "*) ;; *) continue ;; esac
	# shellcheck source=/dev/null
	. "$file"
done
printf '\nall figures: %s\n' "$csv"
