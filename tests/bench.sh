#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# make bench - the cost of a hook call for a domain without passthrough beside an empty C
# program, of a check of 1,000 files beside xmllint, of prepare for one device on the fake kernel, and
# of `list` beside lspci and the shell loop of many a tutorial. Medians, in one run, side by side.
set -eu
runs=${BENCH_RUNS:-400}
b=${abs_top_builddir:?}
plain=${abs_top_srcdir:?}/tests/fixtures/domains/no-passthrough.xml
work=$(mktemp -d "${TMPDIR:-/tmp}/vfio-hook-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT

# row NAME BASE INPUT COMMAND...: prints a line; BASE is a median to compare with, or -
row() {
	local name=$1 base=$2 input=$3 ratio=-
	shift 3
	read -r median low high < <("$b/tests/bench-run" "$runs" "$input" "$@")
	[ "$base" = - ] || ratio=$(awk "BEGIN { printf \"%.2f\", $median / $base }")
	printf '%-44s %8s %8s %8s %7s\n' "$name" "$median" "$low" "$high" "$ratio"
}

printf '%-44s %8s %8s %8s %7s\n' "$runs runs each, microseconds" median p10 p90 ratio
row "an empty C program" - /dev/null "$b/tests/bench-floor"
floor=$median
[ "$(id -u)" = 0 ] || echo "(not root: the hook ends at once; run this as root)"
for call in "reconnect begin" "stopped end" "prepare begin" "start begin" "started begin" "release end"; do
	# shellcheck disable=SC2086	# two words are meant
	row "hook, no passthrough: $call" "$floor" "$plain" "$b/vfio-hook-qemu" vm $call -
done

# 1,000 domains in one call, what is printed thrown away
mkdir "$work/domains" "$work/host"
"$b/tests/expand" "$abs_top_srcdir/tests/fixtures/hosts/demo.host" "$work/host"
for ((i = 0; i < 1000; i++)); do
	sed "s/gpu-with-audio/vm$i/" "$abs_top_srcdir/examples/domains/gpu-with-audio.xml" >"$work/domains/$i.xml"
done
silently=(/bin/sh -c 'exec "$0" "$@" >/dev/null')
all=$runs runs=20
if command -v xmllint >/dev/null; then
	row "xmllint --noout, 1,000 files" - /dev/null "${silently[@]}" xmllint --noout "$work"/domains/*.xml
	row "check, 1,000 files" "$median" /dev/null "${silently[@]}" "$b/vfio-hook" --sysroot "$work/host" \
		check "$work"/domains/*.xml
else
	echo "(no xmllint to compare check with)"
fi
runs=$all

"$b/tests/bench-act" "$runs" >"$work/act"
while read -r name median low high; do
	printf '%-44s %8s %8s %8s %7s\n' "fake kernel, one device: $name" "$median" "$low" "$high" -
done <"$work/act"

# --- list --------------------------------------------------------------------------------------
# 2,048 functions, each in an IOMMU group of its own: 2 PCI domains of 128 root ports, behind
# each of them a card of 7 functions.
big_host() {
	local domain port f group=0 bridge
	for domain in 0 1; do
		for ((port = 0; port < 128; port++)); do
			printf -v bridge '%04x:00:%02x.%x' $domain $((port / 8)) $((port % 8))
			printf 'pci %s class=060400 id=8086:a110 rev=f1 group=%d driver=pcieport\n' \
				"$bridge" $((group++))
			for ((f = 0; f < 7; f++)); do
				printf 'pci %04x:%02x:00.%x class=020000 id=8086:10fb rev=01 group=%d' \
					$domain $((port + 1)) $f $((group++))
				printf ' driver=ixgbe parent=%s\n' "$bridge"
			done
		done
	done
}

# Prints the first groups as the tutorials do; the whole would take minutes.
cat >"$work/loop" <<'END'
for g in $(find "$1"/sys/kernel/iommu_groups/* -maxdepth 0 -type d | sort -V | head -n "$2"); do
	echo "IOMMU Group ${g##*/}:"
	for d in "$g"/devices/*; do
		echo -e "\t$(lspci -O sysfs.path="$1/sys/bus/pci" -nns "${d##*/}")"
	done
done
END

big_host >"$work/big.host"
mkdir "$work/big"
"$b/tests/expand" "$work/big.host" "$work/big"
lspci=$(command -v lspci || true) runs=30 floor=-
printf '\n%-44s %8s %8s %8s %7s\n' "2,048 devices, $runs runs each" median p10 p90 ratio
if [ -n "$lspci" ]; then
	row "lspci -nn" - /dev/null "$lspci" -O "sysfs.path=$work/big/sys/bus/pci" -nn
	floor=$median
fi
row "vfio-hook list" "$floor" /dev/null "$b/vfio-hook" --sysroot "$work/big" list
list=$median
row "vfio-hook list --tree" "$floor" /dev/null "$b/vfio-hook" --sysroot "$work/big" list --tree
row "vfio-hook snapshot" "$floor" /dev/null "$b/vfio-hook" --sysroot "$work/big" snapshot
if [ -n "$lspci" ]; then
	runs=10
	row "shell loop, 16 of the 2,048 groups" - /dev/null "$BASH" "$work/loop" "$work/big" 16
	awk "BEGIN { printf \"the loop over all of them: %.0f times as long as list\\n\", $median * 128 / $list }"
else
	echo "(no lspci: nothing to compare with)"
fi
