# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# The size of the host. One device is prepared, released and checked on hosts of 32, 512 and
# 4,096 functions; list beside lspci, driverctl and the loops of the tutorials, which call lspci
# for every device: of these the first 16 groups are printed, and the rest reckoned.
cat >"$work/loop" <<'END'
shopt -s nullglob
for g in $(find "$1"/sys/kernel/iommu_groups/* -maxdepth 0 -type d | sort -V | head -n "$2"); do
	echo "IOMMU Group ${g##*/}:"
	for d in "$g"/devices/*; do
		echo -e "\t$(lspci -O sysfs.path="$1/sys/bus/pci" -nns "${d##*/}")"
	done
done
END
sizes="32 512 4096"
domain 0000:01:00.0 >"$work/vm.xml"
one=() check=()
for size in $sizes; do
	tree=$work/host-$size
	mkdir "$tree"
	host "$size" >"$tree.host"
	"$b/tests/fake/expand" "$tree.host" "$tree"
	hook=(/usr/bin/env VH_TEST_ROOT="$tree" "$b/tests/fake/vfio-hook-qemu-fake" vm)
	one+=(::: "prepare, host of $size" "${hook[@]}" prepare begin -)
	one+=(::: "release, host of $size" "${hook[@]}" release end -)
	check+=(::: "check, host of $size" "$b/vfio-hook" --sysroot "$tree" check "$work/vm.xml")
done
together "$runs" "$work/vm.xml" "${one[@]:1}"
together "$runs" "$work/vm.xml" "${check[@]:1}"
title "4. one device, by the size of the host; beside 32"
for what in prepare release check; do
	for size in $sizes; do
		row "$what, host of $size" "$what, host of 32" 1.1
	done
done

lspci=$(command -v lspci || true)
driverctl=$(PATH=$PATH:/usr/sbin command -v driverctl || true)
title "   list; beside lspci -nn, and of the loop 16 groups"
for size in $sizes; do
	tree=$work/host-$size
	list=("list, $size" "$b/vfio-hook" --sysroot "$tree" list)
	[ -z "$lspci" ] || list+=(::: "lspci -nn, $size" "$lspci" -O "sysfs.path=$tree/sys/bus/pci" -nn)
	together $((runs / 4)) /dev/null "${list[@]}"
	row "list, $size" "lspci -nn, $size" 1.5
done
for size in $sizes; do row "list, $size" "list, 32"; done
tree=$work/host-4096
if [ -n "$lspci" ]; then
	together 3 /dev/null "tutorial loop, 16 of 4096 groups" "$BASH" "$work/loop" "$tree" 16
	row "tutorial loop, 16 of 4096 groups" "list, 4096"
fi
if [ -n "$driverctl" ]; then	# its /sys is written into it
	sed "s:/sys/:$tree/sys/:g" "$driverctl" >"$work/driverctl"
	together 3 /dev/null "driverctl list-devices, 4096" "$BASH" "$work/driverctl" list-devices
	row "driverctl list-devices, 4096" "list, 4096"
fi
