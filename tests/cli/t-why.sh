#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# vfio-hook why: what it puts together of the state, the definition and the devices of a domain.
# shellcheck disable=SC2016,SC2034,SC2154,SC2317 # conditions are texts for eval
set -u
# shellcheck source=tests/lib.sh
. "${abs_top_srcdir:?}/tests/lib.sh"
fake=${abs_top_builddir:?}/tests/fake/vfio-hook-fake
root=$(tree demo /dev/null)
export VH_TEST_ROOT=$root TZ=UTC
good=$examples/gpu-with-audio.xml
uuid=$(sed -n 's:.*<uuid>\(.*\)</uuid>.*:\1:p' "$good")
mkdir -p "$root/fake-kernel" "$root/etc/libvirt/qemu" "$root/var/lib" "$root/run"

refuses 'a domain that nobody knows' 'nosuch: no domain of this name is defined in /etc/libvirt/qemu' "$fake" why nosuch
tells 'a domain that nobody knows: what to do' '^  fix: virsh list --all '
refuses 'no name' 'the name of the domain is empty' "$fake" why ''
refuses 'a file' 'gpu-with-audio.xml: this is a file; ' "$fake" why "$good"
tells 'a file: the domain in it' '^  fix: vfio-hook why gpu-with-audio '
cd "$work" || exit
echo text >notes
refuses 'a file without a domain' 'notes: this is a file; ' "$fake" why notes
tells 'a file without a domain: what to do' '^  fix: vfio-hook why DOMAIN '
refuses 'without a domain' 'too few arguments' "$fake" why
refuses 'it looks at this machine alone' "'--host' does not apply" "$fake" why --host x vm

cp "$good" "$root/etc/libvirt/qemu/gpu-with-audio.xml"
exits 'a domain that never ran' 0 "$fake" why gpu-with-audio
prints 'a domain that never ran: who' "^gpu-with-audio \($uuid\)$"
prints 'a domain that never ran: start' '^  last start      not known$'
prints 'a domain that never ran: now' '^  now             would start$'
prints 'a domain that never ran: more' '^ *vfio-hook check gpu-with-audio$'

refuses 'a name that was mistyped' "; did you mean 'gpu-with-audio'" "$fake" why gpu-with-adio
exits 'no libvirt is asked' 0 env LIBVIRT_DEFAULT_URI=nosuch:///system "$fake" why gpu-with-audio
touch -d '2026-01-02 03:04:05 UTC' "$root/etc/libvirt/qemu/gpu-with-audio.xml"
run "$fake" accept gpu-with-audio
exits 'a domain that ran' 0 "$fake" why "$uuid"
prints 'a domain that ran: nothing changed' '^  changed since   nothing: devices, definition, configuration and boot are the same$'
touch -d '2001-02-03 04:05:06 UTC' "$root/var/lib/vfio-hook/$uuid.devices"
device=$root/sys/bus/pci/devices/0000:01:00.0
rm -f "$device/modalias"
echo 0x1b81 >"$device/device"
mkdir -p "$root/run"
mkdir -m 700 "$root/run/vfio-hook"
printf 'vfio-hook-refusal 1\n1767000000 gpu-with-audio\ndomain not started: the first line\nand the second\n' \
	>"$root/run/vfio-hook/$uuid.refusal"
chmod 600 "$root/run/vfio-hook/$uuid.refusal"
run "$fake" why gpu-with-audio
prints 'a refusal: when' '^  last refusal    2025-12-29 09:20:00 \+0000$'
prints 'a refusal: its lines' '^ *and the second$'
prints 'the start, by its record' '^  last start      2001-02-03 04:05:06 \+0000$'
prints 'another device' '^  changed since   0000:01:00.0: was NVIDIA .*\[GeForce GTX 1080\], is now NVIDIA'
prints 'another definition' '^ *the definition of the domain, 2026-01-02 03:04:05 \+0000$'
verdict 'one screen' test "$(wc -l <"$work/out")" -le 24
echo 0x020000 >"$device/class"
exits 'it would be refused now' 1 "$fake" why gpu-with-audio
prints 'it would be refused now: by what' '^  now             would be refused \[identity-changed\]: '
finish
