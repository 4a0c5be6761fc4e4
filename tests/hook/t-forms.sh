#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The hook refuses nothing that has no passthrough, in whatever form it comes: types of domains, root
# elements, namespaces, encodings, what is too large, not well-formed, or no XML at all. The same
# forms with a device in them are refused: it is one that no machine has.
# shellcheck disable=SC2154 # set by the library
set -u
# shellcheck source=tests/lib.sh
. "${abs_top_srcdir:?}/tests/lib.sh"
hook=${abs_top_builddir:?}/tests/fake/vfio-hook-qemu-fake
mkdir "$work/root"
"$abs_top_builddir/tests/fake/expand" "$hosts/demo.host" "$work/root"
export VH_TEST_ROOT=$work/root
uuid='<uuid>4dea22b3-1d52-d8f3-2516-782e98ab3fa0</uuid>'
head="<name>vm</name>$uuid<memory>1048576</memory><os><type arch='x86_64'>hvm</type></os>"

# --- what is in it ------------------------------------------------------------------------------
none=(
	''
	"<hostdev mode='subsystem' type='usb'><source><vendor id='0x1'/><product id='0x2'/></source></hostdev>"
	"<hostdev mode='subsystem' type='scsi'><source/></hostdev><hostdev mode='capabilities' type='misc'/>"
	"<interface type='network'><source network='default'/></interface><disk type='block'/>"
	"<memballoon model='virtio'/><controller type='pci' model='pcie-root'/>"
)
address="<source><address type='pci' domain='0x00ff' bus='0x77' slot='0x1f' function='0x7'/></source>"
some=(
	"<hostdev mode='subsystem' type='pci' managed='yes'>$address</hostdev>"
	"<interface type='hostdev' managed='yes'>$address</interface>"
	"<disk type='nvme'><source type='pci' managed='yes' namespace='1'><address domain='0x00ff' bus='0x77' slot='0x1f' function='0x7'/></source></disk>"
	"<hostdev mode='subsystem' type='pc&#105;' managed='yes'>$address</hostdev>"
)

# --- the forms: each prints what the hook is to read, with $1 among the devices -------------------
typed() { printf "<domain type='%s'>%s<devices>%s</devices></domain>" "$type" "$head" "$1"; }
untyped() { printf '<domain>%s<devices>%s</devices></domain>' "$head" "$1"; }
rooted() { printf '<%s>%s<devices>%s</devices></%s>' "$type" "$head" "$1" "$type"; }
status() { printf "<domstatus state='running'><domain type='kvm'>%s<devices>%s</devices></domain></domstatus>" "$head" "$1"; }
namespaced() { printf "<domain xmlns='urn:x' type='kvm'>%s<devices>%s</devices></domain>" "$head" "$1"; }
prefixed() { printf "<x:domain xmlns:x='urn:x' type='kvm'>%s<x:devices>%s</x:devices></x:domain>" "$head" "$1"; }
undeclared() { printf "<y:domain type='kvm'>%s<y:devices>%s</y:devices></y:domain>" "$head" "$1"; }
doctype() { printf "<!DOCTYPE domain><domain type='kvm'>%s<devices>%s</devices></domain>" "$head" "$1"; }
entity() { printf "<!DOCTYPE domain [<!ENTITY d \"%s\">]><domain type='kvm'>%s<devices>&d;</devices></domain>" "$1" "$head"; }
unclosed() { printf "<domain type='kvm'>%s<devices><disk>%s</devices></domain>" "$head" "$1"; }
crossed() { printf "<domain type='kvm'>%s<devices><a><b></a></b>%s</devices></domain>" "$head" "$1"; }
unquoted() { printf '<domain type=kvm>%s<devices>%s</devices></domain>' "$head" "$1"; }
trailing() { printf "<domain type='kvm'>%s<devices>%s</devices></domain><domain/>" "$head" "$1"; }
uuidless() { printf "<domain type='kvm'><name>vm</name><uuid>%s</uuid><devices>%s</devices></domain>" "$type" "$1"; }
sized() { printf "<domain type='kvm'>%s<currentMemory unit='%s'>much</currentMemory><devices>%s</devices></domain>" "$head" "$type" "$1"; }
binary() { printf "<domain type='kvm'>%s<description>\001\002\377</description><devices>%s</devices></domain>" "$head" "$1"; }
wide() { type=qemu typed "$1" | iconv -t UTF-16; }
latin() { printf "<?xml version='1.0' encoding='ISO-8859-1'?><domain type='xen'><title>B\374ro</title>%s<devices>%s</devices></domain>" "$head" "$1"; }
strange() { printf "<?xml version='1.0' encoding='none-such'?><domain type='kvm'>%s<devices>%s</devices></domain>" "$head" "$1"; }
deep() {
	printf "<domain type='kvm'>%s<metadata>" "$head"
	printf '<a>%.0s' {1..400}
	printf '</a>%.0s' {1..400}
	printf '</metadata><devices>%s</devices></domain>' "$1"
}
huge() {
	printf "<domain type='kvm'>%s<description>" "$head"
	head -c 9000000 /dev/zero | tr '\0' x
	printf '</description><devices>%s</devices></domain>' "$1"
}
# the device lies where the first part that is read ends
split() {
	printf "<domain type='kvm'>%s<description>" "$head"
	head -c $((8388608 - ${#head} - 60 - type)) /dev/zero | tr '\0' x
	printf '</description><devices>%s</devices></domain>' "$1"
}
text() { printf 'no XML, but: %s' "$1"; }
one() { printf '%s' "$1"; }

forms=()
for type in hyperv xen bhyve vz lxc esx test kvmtool KVM '' 'a&#10;b'; do forms+=("typed $type"); done
for type in foo network domainsnapshot domaincheckpoint Domain; do forms+=("rooted $type"); done
for type in 0 4dea zzzzzzzz-1d52-d8f3-2516-782e98ab3fa0; do forms+=("uuidless $type"); done
for type in KiB parsecs; do forms+=("sized $type"); done
for type in 0 10 20 30 40; do forms+=("split $type"); done
forms+=(untyped status namespaced prefixed undeclared doctype entity unclosed crossed unquoted trailing
	binary wide latin strange deep huge text one)

# called FORM INSIDE OPERATION: runs the hook on it
called() {
	type=${1#* } "${1%% *}" "$2" >"$work/in"
	"$hook" vm "$3" begin - <"$work/in" >"$work/out" 2>"$work/err"
	rc=$?
}
passes_all() {
	local inside op
	for op in prepare start; do
		for inside in "${none[@]}"; do
			called "$1" "$inside" $op
			[ "$rc" -eq 0 ] && [ ! -s "$work/out" ] && [ ! -s "$work/err" ] && continue
			echo "# $op, with '$inside': $rc"
			sed 's/^/# /' "$work/err"
			return 1
		done
	done
	[ ! -e "$work/root/run/vfio-hook" ]
}
refuses_all() {
	local inside
	for inside in "${some[@]}"; do
		# the text of an entity is quoted with what an attribute is not
		called "$1" "$inside" prepare
		[ "$rc" -eq 1 ] && [ ! -s "$work/out" ] && [ -s "$work/err" ] && continue
		echo "# with '$inside': $rc"
		return 1
	done
	rm -rf "$work/root/run/vfio-hook"
}

for form in "${forms[@]}"; do
	verdict "'$form' without passthrough: nobody is refused" passes_all "$form"
	verdict "'$form' with it: refused" refuses_all "$form"
done
: >"$work/in"
for op in prepare start; do
	"$hook" vm $op begin - <"$work/in" >"$work/out" 2>"$work/err"
	rc=$?
	verdict "$op of nothing at all" test "$rc$(cat "$work/out" "$work/err")" = 0
done
printf "<domain type='kvm'>%s<devices>" "$head" >"$work/in"
"$hook" vm prepare begin - <"$work/in" >"$work/out" 2>"$work/err"
rc=$?
verdict "what was cut off before its end may have had it" test "$rc" = 1
verdict "what nobody judged stands in the log" grep -q '<4>.*not judged is: ' "$work/root/fake-kernel/syslog"
finish
