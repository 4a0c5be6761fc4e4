#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs the scenarios in test machines, two side by side, and prints TAP: one
# point per scenario and flavour, in the order they end. See README.md.
#   check-vm.sh [--variant none|no-release|no-peers] [--short|--long|--truth] [--keep] SUITE|--arch ARCH [SCENARIO...]
set -euo pipefail

usage() {
	sed -n '5s/^# */usage: /p' "$0" >&2
	exit 2
}
variant=full keep='' arch='' folder=scenarios flavours=flavours
while [ $# -gt 0 ]; do
	case $1 in
	--variant) [ $# -ge 2 ] || usage; variant=$2; shift ;;
	--keep) keep=yes ;;
	--short) flavours=short ;;
	--long) folder=long ;;
	--truth) folder=truth ;;
	--arch) [ $# -ge 2 ] || usage; arch=$2; break ;;
	-*) usage ;;
	*) break ;;
	esac
	shift
done
case $variant in full | none | no-release | no-peers) ;; *) usage ;; esac
[ $# -ge 1 ] || usage
[ -z "$arch" ] || shift
suite=$1
shift

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/vm/arch.sh
. "$here/arch.sh"
build=$PWD
[ -e "$build/vfio-hook-qemu" ] || build=$(cd "$here/../.." && pwd)
cache=${VFIO_HOOK_VM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/vfio-hook/vm}
logs=${VM_LOG_DIR:-$cache/logs}/$suite-$variant

die() { echo "Bail out! $*"; exit 1; }
# no_suite STATUS WHAT: why that failed; with exit status 3 no scenario has run
no_suite() {
	[ "$1" = 3 ] || die "no $2"
	echo "Bail out! $suite cannot be installed from its packages: no scenario has run"
	exit 3
}
if [ -n "$arch" ]; then
	arch_words "$arch" || die "no architecture '$arch'; there are: $ARCHES"
	flavours=$arch
else
	"$here/suites.sh" | grep -x -- "$suite" >/dev/null || die "no suite '$suite'; there are: $("$here/suites.sh" | xargs)"
fi
if [ "$variant" = no-peers ] && [ -z "${VM_HOOK_BINARY:-}" ]; then
	die "no-peers needs VM_HOOK_BINARY, a hook built to skip them"
fi
for program in "${VM_HOOK_BINARY:-$build/vfio-hook-qemu}" "${VM_CLI_BINARY:-$build/vfio-hook}"; do
	[ -x "$program" ] || die "no $program: run make first"
done
set=vm
[ -z "$arch" ] || set=arch
for program in "qemu-system-${arch_qemu:-x86_64}" mmdebstrap mke2fs; do
	PATH=$PATH:/usr/sbin:/sbin command -v "$program" >/dev/null ||
		die "no $program: run ./autogen.sh --install-deps=$set first"
done
SECONDS=0
build_image=build-image.sh build_programs=programs.sh
[ -z "$arch" ] || build_image=arch-image.sh build_programs=arch-programs.sh
image=$("$here/$build_image" "$suite") || no_suite $? image
programs=$("$here/$build_programs" "$build" "$suite" "$image" vfio-hook-qemu vfio-hook) || no_suite $? programs
hook=${VM_HOOK_BINARY:-$programs/vfio-hook-qemu}
cli=${VM_CLI_BINARY:-$programs/vfio-hook}
took_image=$SECONDS

# The folder that the machines share: what they run, and what they answer.
share=$(mktemp -d "${TMPDIR:-/tmp}/vfio-hook-share.XXXXXX")
workers=()
cleanup() {
	[ ${#workers[@]} = 0 ] || kill "${workers[@]}" 2>/dev/null || true
	rm -rf "$share"
}
trap cleanup EXIT
trap 'exit 1' INT TERM
mkdir -p "$share"/{bin,claimed,results,boots}
cp "$here/guest.sh" "$here/lib.sh" "$here/domains.sh" "$here/scenarios/30-handover" "$share" # L9 reads that one
cp -r "$here/truth" "$here/kernel" "$share"
if [ $folder = truth ]; then
	"$here/truth/scenarios.sh" "$suite" "$share/scenarios"
else
	cp -r "$here/$folder" "$share/scenarios"
fi
cp "$hook" "$share/bin/vfio-hook-qemu"
cp "$cli" "$share/bin/vfio-hook"
cp "$here"/../../systemd/{if-changed.sh,vfio-hook-check.service.in,vfio-hook-check.timer} "$share/bin"
echo "$variant" >"$share/variant"
echo "${VM_DAEMON:-libvirtd}" >"$share/daemon"
echo "${VM_WAY:-group}" >"$share/way"
rm -rf "$logs"
mkdir -p "$logs"
cells=$share/cells
: >"$cells"

# One queue per flavour, of the scenarios wanted (by name or by its beginning; rows
# of the truth table by name): the longest first, so that both machines end together.
points=()
for file in "$share/scenarios"/*; do
	name=${file##*/}
	wanted=${1:+no}
	for argument; do
		[[ $folder = truth || $name != "$argument"* ]] || wanted=yes
		[ "$name" != "$argument" ] || wanted=yes
	done
	[ "$wanted" != no ] || continue
	seconds=$(sed -n 's/^# seconds: //p' "$file")
	# shellcheck disable=SC2013	# words are meant
	for flavour in $(sed -n "s/^# $flavours: //p" "$file"); do
		case ${VM_FLAVOURS:-$flavour} in *"$flavour"*) ;; *) continue ;; esac
		echo "${seconds:-0} $name" >>"$share/unsorted.$flavour"
		points+=("$flavour-$name")
	done
done
for file in "$share"/unsorted.*; do
	[ ! -e "$file" ] || sort -s -k 1,1nr "$file" | cut -d' ' -f2 >"$share/queue.${file##*.}"
done
[ ${#points[@]} -gt 0 ] || die "no such scenario"
if [ "$variant" = full ] && grep -qsx L8-package "$share"/queue.*; then
	"$here/packages.sh" "$build" "$share/packages" || die "no package"
fi

# What guests boot that have a kernel
# shellcheck disable=SC2046	# a name is one word
if grep -qs make_guest $(sed "s|^|$share/scenarios/|" "$share"/queue.*); then
	cp "$image/vmlinuz" "$share"
	"$here/kernel/vmlinux.sh" "$image/vmlinuz" >"$share/vmlinux" || die "no kernel for guests"
fi

if [ "${VM_DAEMON:-libvirtd}" = virtqemud ] || grep -qs ^L0 "$share"/queue.*; then
	modular=$("$here/modular.sh" "$suite" "$image") || die "no modular daemons"
	[ -z "$modular" ] || cp "$modular"/virt*d "$share/bin"
fi

if [ "${VM_WAY:-group}" = iommufd ] || compgen -G "$share/queue.iommufd*" >/dev/null; then
	modules=$("$here/iommufd.sh" "$suite" "$image") || die "no modules with iommufd"
	[ -z "$modules" ] || cp -r "$modules" "$share/modules"
	[ -n "$modules" ] || [ "${VM_WAY:-group}" = group ] || die "no modules with iommufd for $suite"
fi

waiting() {	# FLAVOUR: is anything left in its queue?
	local name
	[ -e "$share/queue.$1" ] || return 1
	while read -r name; do
		[ -d "$share/claimed/$1-$name" ] || return 0
	done <"$share/queue.$1"
	return 1
}

# Boots machines until the queues are empty; a boot that took nothing from a
# queue that is not empty has not come up, and is tried again twice.
worker() {	# NUMBER FLAVOUR...
	local number=$1 boot=0 idle before flavour machine
	shift
	trap 'kill $machine 2>/dev/null' TERM
	for flavour; do
		idle=0 # boots that did not get as far as a scenario
		while waiting "$flavour" && [ $idle -lt 3 ]; do
			boot=$((boot + 1))
			before=$(ls "$share/claimed")
			"$here/run-vm.sh" "$image" "$share" "$flavour" "$logs/console-$number-$boot-$flavour" &
			machine=$!
			wait $machine || true
			idle=$((idle + 1))
			[ "$before" = "$(ls "$share/claimed")" ] || idle=0
		done
	done
}

number=0 passed=0 failed=0 skipped=0
times=()
declare -A told=()
tell() {	# POINT SECONDS VERDICT
	local point=$1 seconds=$2 verdict=$3 dir=$share/results/$1
	local flavour=${point%%-*} name=${point#*-}
	number=$((number + 1))
	told[$point]=yes
	times+=("$seconds $name ($flavour)")
	case $verdict in
	ok)	passed=$((passed + 1))
		echo "ok $number - $name ($suite, $flavour, $seconds s)"
		sed -n 's/^report: /  # /p' "$dir/log" ;;
	skipped)
		skipped=$((skipped + 1))
		echo "ok $number - $name ($suite, $flavour) # SKIP $(sed -n 's/^skip: //p' "$dir/log")" ;;
	*)	failed=$((failed + 1))
		echo "not ok $number - $name ($suite, $flavour, $seconds s)"
		if [ -d "$dir" ]; then
			grep -A 12 '^not ok' "$dir/log" | grep -E '^not ok|^  #' | head -n 30 | sed 's/^/  # /' || true
			tail -n 1 "$dir/log" | grep >/dev/null '^1\.\.' || echo "  # cut short: $(tail -n 1 "$dir/log")"
		fi
		echo "  # $verdict; log: $logs/$point" ;;
	esac
	[ ! -d "$dir" ] || sed -n 's/^cell: //p' "$dir/log" >>"$cells"
	if [ -d "$dir" ] && { [ -n "$keep" ] || [ "$verdict" != ok ]; }; then
		cp -r "$dir" "$logs/"
	fi
}
collect() {
	local point seconds verdict
	for point in "${points[@]}"; do
		[ -z "${told[$point]:-}" ] || continue
		if [ -s "$share/results/$point/result" ]; then
			read -r seconds verdict <"$share/results/$point/result"
			tell "$point" "$seconds" "$verdict"
		elif [ "${1:-}" = final ]; then
			if [ -d "$share/claimed/$point" ]; then
				tell "$point" 0 "the machine died"
			else
				tell "$point" 0 "never ran: see the consoles"
			fi
		fi
	done
}

[ $folder = scenarios ] || export VM_LIMIT=7200
SECONDS=0
echo "# vfio-hook in a test machine: $suite, variant $variant, image $image"
[ -n "$arch" ] || "$here/versions.sh" "$suite" "$image"
boots=(two tiny systemd) stoob=(systemd tiny)
if [ -n "$arch" ]; then
	read -ra boots <<<"$arch_boots"
	stoob=("${boots[@]}")
fi
if [ $folder = truth ]; then
	boots=(truth igb nointremap noiommu amd serial) stoob=(serial amd igb nointremap noiommu truth)
fi
boots+=(iommufd iommufdonly iommufdraw) stoob=(iommufdraw iommufdonly iommufd "${stoob[@]}")
worker 1 "${boots[@]}" &
workers+=($!)
if [ "${VM_JOBS:-2}" -gt 1 ]; then
	worker 2 "${stoob[@]}" &
	workers+=($!)
fi
while [ -n "$(jobs -rp)" ]; do
	collect
	sleep 1
done
collect final
workers=()
echo "1..$number"
echo "# slowest: $(printf '%s\n' "${times[@]}" | sort -nr | head -n 5 | sed 's/ / s /' | paste -sd, | sed 's/,/, /g')"
cat "$share"/boots/* /dev/null | awk -v image="$took_image" -v all="$SECONDS" -v scenarios="${times[*]%% *}" '
	{ boots += $1 }
	END { for (n = split(scenarios, seconds); n > 0; n--) sum += seconds[n]
		printf "# where the time went: %d s image; then %d s, in which %d boots took %d s, %d scenarios %d s\n",
			image, all, NR, boots, split(scenarios, seconds), sum }'
if [ $folder = truth ]; then
	cp "$cells" "$logs.cells"
	echo "# the cells, for truth/report.sh: $logs.cells"
fi
[ $failed = 0 ] || echo "# logs: $logs"
[ $failed != 0 ] || [ -n "$keep" ] || rm -rf "$logs"
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
