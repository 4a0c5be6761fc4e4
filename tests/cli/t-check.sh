#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# vfio-hook check beyond single findings: --fix on every fixture, --explain of every rule, many
# files, lone elements, bad input.
# shellcheck disable=SC2016,SC2034,SC2154,SC2317 # conditions are texts for eval
set -u
# shellcheck source=tests/lib.sh
. "${abs_top_srcdir:?}/tests/lib.sh"
hook=${VFIO_HOOK:-${abs_top_builddir:?}/vfio-hook}
rc=0
: >"$work/out"; : >"$work/err"

# --- the host itself -------------------------------------------------------------------------
# Hosts of the fixtures say what is found on them when no domain is judged.
for host in $(grep -l '^# expected of check: ' "$hosts"/*.host); do
	name=${host##*/} name=${name%.host}
	want=$(sed -n 's/^# expected of check: //p' "$host" | tr ',' '\n' | sed 's/^ *//' | sort -u)
	run on "$name" check
	have=$(grep -oE ': (error|warning): .* \[[a-z-]+\]$' "$work/out" |
		sed -E 's/^: (error|warning): .* \[([a-z-]+)\]$/\1 \2/' | sort -u)
	verdict "host: $name: ${have:-ok}" test "${have:-ok}" = "$want"
done

# --- what a domain has of the host beside its devices -------------------------------------------
own() {
	(cd "$fixtures" && on own check own-macvtap.xml own-serial.xml own-usb-by-address.xml \
		own-usb-twin.xml own-usb.xml own-disks-elsewhere.xml)
}
exits 'what the domain itself has' 1 own
golden 'what the domain itself has is understood' check-own

# --- a host that is itself a guest: its hypervisor has the setting, no firmware setup has -----------
in_a_guest() {
	(cd "$fixtures" && on in-a-guest check in-a-guest.xml)
}
exits 'a host that is a guest' 1 in_a_guest
golden 'a host that is a guest is told of a virtual IOMMU' check-in-a-guest

# --- the manual pages know every command and every key ------------------------------------------
man=${abs_top_srcdir:?}/man
for command in $("$hook" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
	[ "$command" = help ] || verdict "man: $command" grep -q "^=item B<$command>" "$man/vfio-hook.pod"
done
for key in $(sed -n 's/^\t{ VH_[A-Z_]*, "\([a-z-]*\)", .*/\1/p' "${abs_top_srcdir:?}/lib/config/keys.c"); do
	verdict "man: the key $key" grep -q "^=item .*B<$key>" "$man/vfio-hook.conf.pod"
done

# --- --fix: every domain of the fixtures -----------------------------------------------------
# What remains may be cured elsewhere: on the host, in the configuration, by another choice of
# devices; these never remain.
curable='\[(balloon|memory-unpinnable|viommu|device-duplicate|managed-missing|unmanaged-on-host-driver|peer-detached)\]$'
curable+='|\[iommufd-unavailable\]$|no hugetlbfs with pages of .* is mounted|(outside|inside) <devices>: .*\[ignored-element\]$|is not declared: .*\[ignored-element\]$'
curable+='|; read as hexadecimal it is .* \[device-absent\]$|\[peer-not-listed\]$'

# fixed FILE HOST: fixes it, checks what comes out, and fixes that once more
fixed() {
	local rc again
	on "$2" check --fix "$1" >"$work/fixed.xml" 2>"$work/err"
	rc=$?
	on "$2" check - <"$work/fixed.xml" >"$work/out" 2>&1
	[ $? -eq $rc ] || { echo "exit status $rc is not that of the output"; return 1; }
	# what goes with the devices that are named is told, and cannot be mended
	! grep -v ': info: the host loses .* while the guest runs: ' "$work/out" | grep -E "$curable" || return 1
	if ! grep -q '^fixed: ' "$work/err"; then
		# and what stays as it is does so the second time
		cmp "$1" "$work/fixed.xml"
		return
	fi
	! cmp -s "$1" "$work/fixed.xml" || { echo 'nothing was changed'; return 1; }
	on "$2" check --fix - <"$work/fixed.xml" >"$work/again.xml" 2>"$work/again"
	cmp "$work/fixed.xml" "$work/again.xml" || return 1
	! grep '^fixed: ' "$work/again" || { echo 'fixed twice'; return 1; }
	# lines that are not in the input are those that a correction writes, nothing is reformatted
	again=$(diff <(sort "$1") <(sort "$work/fixed.xml") | grep '^>' |
		grep -vE "0x|managed=.(yes|no)|driver name='vfio'|memballoon model='none'|<currentMemory|hostdev>|source>|type='memfd'|caching_mode|aw_bits|unassigned|qemu:")
	[ -z "$again" ] || { echo "unexpected: $again"; return 1; }
}
sample "$examples"/*.xml "$fixtures"/*.xml
for xml in "${these[@]}"; do
	name=${xml##*/} name=${name%.xml}
	expectation "$xml"
	case $want in
	unreadable)
		refuses "--fix: $name is refused" . on "$host" check --fix "$xml" ;;
	*)
		said=$(fixed "$xml" "$host" 2>&1)
		verdict "--fix: $name${said:+: $said}" test -z "$said" ;;
	esac
done

# --- --fix: in detail ------------------------------------------------------------------------
refuses '--fix of two files' "'--fix' takes one file" on demo check --fix "$examples/nvme-disk.xml" - </dev/null
refuses '--fix of the host' "'--fix' takes one file" on demo check --fix
refuses '--fix as JSON' "excludes '--format json'" on demo --format json check --fix -
refuses '--fix=other' "does not know 'other'" on demo check --fix=other -
exits 'two devices at one address of the guest' 0 on start check --fix "$fixtures/guest-address-twice.xml"
tells 'the later one gets another' '^fixed: the guest.s address in line 24 is removed'
on_start() {	# INSIDE THE HOSTDEV, BEHIND THE DEVICES
	sed -e "/02' slot/,/<.source>/s~</source>~</source>$1~" -e "s~</devices>~</devices>${2:-}~" \
		"$fixtures/driver-kvm.xml" | grep -Ev "name='kvm'|mlx5"
}
exits 'a model that is not there' 0 on start check --fix - < <(on_start "<driver name='vfio' model='none_vfio_pci'/>")
tells 'the model goes' '^fixed: the model is removed from the <driver> of 0000:02:00.0'
prints 'and the rest stays' "</source><driver name='vfio'/>"
# all by iommufd only where all that it takes is known to be there
{
	sed '/emulator>.usr.bin.qemu-system/d' "$hosts/start.host"
	printf 'f dev/iommu\t\nl usr/lib/x86_64-linux-gnu/libvirt.so.0\tlibvirt.so.0.12008.0\n'
	printf 'f var/cache/libvirt/qemu/capabilities/9.xml\t<qemuCaps>\\n  <emulator>/usr/bin/qemu-system-x86_64</emulator>\\n  <version>10001000</version>\\n</qemuCaps>\n'
} >"$work/iommufd.host"
exits 'iommufd for one, where it is there' 0 "$abs_top_builddir/vfio-hook" --host "$work/iommufd.host" \
	check --fix "$fixtures/iommufd-mixed.xml"
tells 'the other gets it' "^fixed: iommufd='yes' is written into the <driver> of 0000:03:00.0"
prints 'as a driver' "<driver name='vfio' iommufd='yes'/>"
# a module that is not loaded is no reason to turn the device, and of what libvirt has no version is known
sed '/libvirt.so.0/d; s/^f dev.iommu/f dev\/null/; /modules.dep\t/s/vfio.ko/& kernel\/drivers\/iommu\/iommufd\/iommufd.ko/' \
	"$work/iommufd.host" >"$work/unloaded.host"
exits 'iommufd that is not loaded' 1 "$abs_top_builddir/vfio-hook" --host "$work/unloaded.host" check --fix - \
	< <(on_start '' | sed "s~</devices>~&<iommufd enabled='yes'/>~")
prints 'stays as it is' "<iommufd enabled='yes'/>"
# the only way where VFIO has no groups
sed 's/^f dev.iommu/d sys\/class\/vfio-dev\nf dev\/null\t\n&/' "$work/iommufd.host" >"$work/groupless.host"
exits 'a device by iommufd, and libvirt wants /dev/vfio/vfio' 1 "$abs_top_builddir/vfio-hook" \
	--host "$work/groupless.host" check - < <(on_start '' | sed "s~</devices>~&<iommufd enabled='yes'/>~")
prints 'what to do' "fix: echo 'f /dev/vfio/vfio' > /etc/tmpfiles.d/vfio-node.conf && systemd-tmpfiles --create"
printf 'f dev/vfio/vfio\t\n' >>"$work/groupless.host"
exits 'a device by its group, where VFIO has none' 0 "$abs_top_builddir/vfio-hook" --host "$work/groupless.host" \
	check --fix - < <(on_start '')
tells 'it gets iommufd' "^fixed: iommufd='yes' is written into the <driver> of 0000:02:00.0: VFIO has no groups"
prints 'as a driver' "<driver name='vfio' iommufd='yes'/>"
exits 'a mediated device beside it' 0 "$abs_top_builddir/vfio-hook" --host "$work/iommufd.host" check --fix - \
	< <(on_start "<driver iommufd='yes'/>" | sed "s~<memballoon~<hostdev mode='subsystem' type='mdev' model='vfio-pci'><source><address uuid='6f2a64d4-5a4c-4b9e-8a3e-1c9f6f0f5d11'/></source></hostdev><memballoon~")
tells 'all go by group' "^fixed: iommufd is removed from the <driver> of 0000:02:00.0"
exits 'a namespace that is not declared' 0 on start check --fix - < <(on_start '' "<qemu:override/>")
tells 'it is declared' '^fixed: xmlns:qemu is declared in the <domain>: libvirt reads the <qemu:override>'
prints 'in the domain' "^<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>"
exits 'two elements outside, in one line' 0 on start check --fix - < <(on_start '' \
	"<hostdev type='pci' managed='yes'><source><address bus='0x03'/></source></hostdev><hostdev type='usb'/>")
verdict 'both are moved, once each' test "$(grep -c '^fixed: the <hostdev> of line .* is moved into' "$work/err")" = 2
refuses '--fix of another command' "'--fix' does not apply to 'list'" on demo list --fix

domain="<domain type='kvm'>
  <memory unit='GiB'>2</memory>
  <currentMemory>1048576</currentMemory>
  <devices>
    <hostdev mode='subsystem' type='pci'> <!-- the card -->
      <source>
        <address domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>
      </source>
    </hostdev>
  </devices>
</domain>"
wanted="<domain type='kvm'>
  <memory unit='GiB'>2</memory>
  <currentMemory>2097152</currentMemory>
  <devices>
    <hostdev mode='subsystem' type='pci' managed='yes'> <!-- the card -->
      <source>
        <address domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>
      </source>
    </hostdev>
    <hostdev mode='subsystem' type='pci' managed='yes'>
      <source>
        <address domain='0x0000' bus='0x01' slot='0x00' function='0x1'/>
      </source>
      <address type='unassigned'/>
    </hostdev>
    <memballoon model='none'/>
  </devices>
</domain>"
exits '--fix of standard input' 0 on demo check --fix - <<<"$domain"
verdict '--fix: the text' test "$out" = "$wanted"
tells '--fix: says what it did' "^fixed: managed='yes' is written into the <hostdev> for 0000:01:00.0$"
exits '--fix=unassigned' 0 on demo check --fix=unassigned - <<<"$domain"
verdict '--fix=unassigned is --fix' test "$out" = "$wanted"
exits '--fix=guest' 0 on demo check --fix=guest - <<<"$domain"
verdict '--fix=guest: the text' test "$out" = "$(grep -v unassigned <<<"$wanted")"
sed 's/$/\r/' <<<"$domain" >"$work/dos.xml"
exits '--fix of lines that end as in DOS' 0 on demo check --fix "$work/dos.xml"
verdict '--fix keeps line ends' cmp -s "$work/out" <(sed 's/$/\r/' <<<"$wanted")
tr -d '\n' <<<"$domain" | sed 's/> *</></g' >"$work/line.xml"
exits '--fix of a single line' 0 on demo check --fix "$work/line.xml"
verdict '--fix of a single line is one' test "$out" = "$(tr -d '\n' <<<"$wanted" | sed 's/> *</></g')"
printf "<?xml version='1.0' encoding='iso-8859-1'?>\n<!-- \xe4 -->\n%s\n" "$domain" >"$work/latin1.xml"
exits '--fix in another encoding' 0 on demo check --fix "$work/latin1.xml"
verdict '--fix in another encoding: other bytes stay' cmp -s "$work/out" \
	<(printf "<?xml version='1.0' encoding='iso-8859-1'?>\n<!-- \xe4 -->\n%s\n" "$wanted")
iconv -t UTF-16 <<<"$domain" >"$work/utf16.xml"
refuses '--fix of UTF-16' 'a NUL byte' on demo check --fix "$work/utf16.xml"
exits '--fix of what cannot be cured' 1 on demo check --fix "$fixtures/mounted-nvme.xml"
verdict '--fix of what cannot be cured: the XML' cmp -s "$work/out" "$fixtures/mounted-nvme.xml"
tells '--fix of what cannot be cured: the finding' \
	'mounted-nvme.xml, corrected:[0-9]+: error: .* \[device-in-use\]$'
exits '--fix --strict: no warning is left' 0 on seed-003 check --strict --fix "$fixtures/address-decimal.xml"

# nothing is named that the host cannot do without; what it can is named, and that is said
for name in peer-enslaved chipset-peer; do
	expectation "$fixtures/$name.xml"
	exits "--fix of $name" 1 on "$host" check --fix "$fixtures/$name.xml"
	verdict "--fix of $name adds nothing" cmp -s "$work/out" "$fixtures/$name.xml"
done
exits '--fix names a display of the host' 0 on demo check --fix "$fixtures/audio-without-gpu.xml"
tells '--fix says what the host loses' "^fixed: 0000:01:00.0, .* driver 'nouveau'; the host loses: it is a display"
exits 'a group that must be listed' 1 on policy check "$fixtures/peer-not-listed.xml"
exits '--fix lists it' 0 on policy check --fix "$fixtures/peer-not-listed.xml"
prints '--fix lists it: unassigned' "^ +<address type='unassigned'/>$"

# --- a lone element, for virsh attach-device -------------------------------------------------
lone="<hostdev mode='subsystem' type='pci' managed='yes'>
  <source>
    <address domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>
  </source>
</hostdev>"
exits 'a lone hostdev' 0 on demo check - <<<"$lone"
prints 'a lone hostdev: what is detached' '^  detaches 0000:01:00.0 from nouveau: '
prints 'a lone hostdev: no hook is called' 'first run: vfio-hook detach 0000:01:00.0$'
prints 'a lone hostdev: what is not known' '^  not checked: the domain that this is for: its balloon'
verdict 'a lone hostdev: no balloon' eval '[[ $out != *balloon]* ]]'
exits 'a lone hostdev that is not there' 1 on demo check - <<<"${lone/0x01/0x7f}"
prints 'a lone hostdev that is not there: said' '^<stdin>:1: error: no device 0000:7f:00.0 .* \[device-absent\]$'
exits 'a lone disk of the host' 1 on demo check - \
	<<<"<disk type='nvme'><source type='pci' namespace='1'><address bus='4'/></source></disk>"
prints 'a lone disk of the host: said' '\[device-in-use\]$'
exits 'a lone interface without passthrough' 0 on demo check - <<<"<interface type='bridge'/>"
prints 'a lone interface without passthrough: said' '^<stdin>: ok: no PCI passthrough$'
refuses 'another lone element' 'this is not a domain: its root element is <memballoon>' \
	on demo check - <<<"<memballoon model='none'/>"
exits '--fix of a lone hostdev' 0 on demo check --fix - <<<"${lone/ managed=\'yes\'/}"
verdict '--fix of a lone hostdev: the text' test "$out" = "$lone"
exits 'JSON of a lone hostdev' 0 on demo --format json check - <<<"$lone"
valid_json 'JSON of a lone hostdev is JSON'

# --- many files, bad ones among them ---------------------------------------------------------
mkdir "$work/many"
text=$(<"$examples/gpu-with-audio.xml")
for ((i = 0; i < 1000; i++)); do
	echo "$text" >"$work/many/$i.xml"
done
for i in 17 500 999; do
	rm "$work/many/$i.xml"
	head -n $i "$fixtures/broken.xml" >"$work/many/$i.xml"
done
exits '1,000 files, three broken' 2 on demo check "$work"/many/*.xml
verdict '1,000 files, three broken: the others' test "$(grep -c '\.xml: ok$' "$work/out")" = 997
verdict '1,000 files, three broken: one line each' test "$(grep -c '^vfio-hook: error: ' "$work/err")" = 3
tells '1,000 files, three broken: which' 'error: .*/many/500.xml: line '
mkdir "$work/folder"
printf 'binary\0\377' >"$work/binary"
for bad in "$work/folder" "$work/nosuch" "$work/binary" "$fixtures/not-a-domain.xml" "$fixtures/lxc.xml" /dev/null; do
	run on demo check "$examples/gpu-with-audio.xml" "$bad" "$fixtures/mounted-nvme.xml"
	verdict "among others: ${bad##*/}" eval '[ $rc -eq 2 ] &&
		[ "$(grep -c "^vfio-hook: error: $bad: " "$work/err")" = 1 ] &&
		grep -q "audio.xml: ok$" "$work/out" && grep -q "nvme.xml: refused" "$work/out"'
done

# What is read once for all files is not what a domain sees that has these devices now.
sed 's|<uuid>.*</uuid>|<uuid>c1a1ed00-0000-4000-8000-000000000001</uuid>|' \
	"$fixtures/device-claimed.xml" >"$work/own.xml"
exits 'its own device among others' 1 on policy check "$fixtures/device-claimed.xml" "$work/own.xml" \
	"$fixtures/device-claimed.xml"
verdict 'its own device among others: the others' test "$(grep -c '\[device-claimed\]$' "$work/out")" = 2
prints 'its own device among others: ok' '/own.xml: ok$'
prints 'its own device among others: it runs' '^  it runs now'
exits 'a pool network in two files' 1 on sriov check "$fixtures/pool-network-balloon.xml" \
	"$fixtures/no-passthrough.xml" "$fixtures/pool-network-balloon.xml"
verdict 'a pool network in two files: both' test "$(grep -c '\[balloon\]$' "$work/out")" = 2

# --- who may not see everything --------------------------------------------------------------
mkdir -p "$work/seen/run/vfio-hook" "$work/seen/etc/libvirt"
"$abs_top_builddir/tests/fake/expand" "$hosts/demo.host" "$work/seen"
touch "$work/seen/etc/libvirt/vfio-hook.conf"
chmod 0 "$work/seen/run/vfio-hook" "$work/seen/etc/libvirt/vfio-hook.conf"
if [ "$(id -u)" != 0 ]; then
	user=()
elif setpriv --version >/dev/null 2>&1; then
	user=(setpriv --reuid 65534 --regid 65534 --clear-groups)
	chmod 755 "$work" && chmod 777 "$TMPDIR"
fi
if [ -n "${user+set}" ] && "${user[@]}" test -r "$work/seen/proc/cmdline" &&
	"${user[@]}" "$hook" --version >/dev/null 2>&1; then
	exits 'an ordinary user' 0 "${user[@]}" "$hook" --sysroot "$work/seen" check - <<<"$wanted"
	prints 'an ordinary user: claims' 'not checked: claims of other domains: .*Permission denied'
	prints 'an ordinary user: configuration' 'not checked: /etc/libvirt/vfio-hook.conf \(Permission denied\)'
	exits 'an ordinary user: --fix' 0 "${user[@]}" "$hook" --sysroot "$work/seen" check --fix - <<<"$domain"
	tells 'an ordinary user: --fix says it, too' 'not checked: claims of other domains'
else
	skip 'an ordinary user' 'nobody to be, or one who cannot get here'
fi
chmod 700 "$work/seen/run/vfio-hook"

# --- --explain -------------------------------------------------------------------------------
exits '--explain all' 0 "$hook" --explain all
cp "$work/out" "$work/rules"
exits '--explain alone' 0 "$hook" --explain
verdict '--explain alone is --explain all' cmp -s "$work/out" "$work/rules"
run "$hook" --explain nosuch
verdict '--explain of an unknown rule lists them' eval '[ $rc -eq 2 ] && [ -z "$out" ] &&
	[[ $err == *"no rule '"'nosuch'"'"* ]] && [[ $err == *device-in-use* ]]'
refuses '--explain of two' 'takes one rule' "$hook" --explain balloon iommu-off
refuses '--explain with another option' "'--strict' does not apply" "$hook" --strict --explain balloon
exits 'check --explain=RULE' 0 "$hook" check --explain=balloon
cp "$work/out" "$work/balloon"
exits 'check --explain RULE' 0 "$hook" check --explain balloon
verdict 'check --explain RULE is the same' cmp -s "$work/out" "$work/balloon"

# Each rule has a text of its own, a paragraph in the man page, and a fixture on which it fires
# and one on which it is silent.
man=${abs_top_builddir:?}/man/vfio-hook-rules.7
[ ! -e "$man" ] || sed 's/\\-/-/g' "$man" >"$work/man" # newer podlators write every hyphen so
for xml in "$examples"/*.xml "$fixtures"/*.xml; do
	expectation "$xml" && echo "$want"
done >"$work/expectations"
silent=$(grep -c '^ok$' "$work/expectations")
sed -n 's/^# expected of check: //p' "$hosts"/*.host | tr ',' '\n' | sed 's/^ *//' >>"$work/expectations"
declare -A fires
while read -r severity rule; do
	case $severity in error | warning) fires[$rule]=yes ;; esac
done <"$work/expectations"
# explained: the last run printed a title, then at least three lines of sentences, none too long
explained() {
	local lines line n=0
	mapfile -t lines <<<"$out"
	for line in "${lines[@]:1}"; do
		[ ${#line} -le 76 ] || return
	done
	for line in "${lines[@]:2}"; do
		[ -z "$line" ] || n=$((n + 1))
	done
	[ $n -ge 3 ] && [ "${out: -1}" = . ]
}
for rule in $(sed -n 's/^  \([a-z-]*\)  .*/\1/p' "$work/rules"); do
	exits "$rule: --explain" 0 "$hook" --explain "$rule"
	prints "$rule: has a title" "^$rule \((error|warning|info)\): "
	verdict "$rule: is explained" explained
	if [[ $out == "$rule (info)"* ]]; then # not among the expectations
		verdict "$rule: fires on a fixture" eval '{ on demo check "$fixtures/gpu-without-audio.xml"; on start check "$fixtures/big-bar-told.xml"
			on server check "$fixtures/start-slow.xml"; on desktop check "$fixtures/handover-desktop.xml"; } |
			grep "\[$rule\]$" >/dev/null'
	else
		verdict "$rule: fires on a fixture" test -n "${fires[$rule]-}"
	fi
	verdict "$rule: is silent on a fixture" test "$silent" -gt 0
	if [ -e "$man" ]; then
		verdict "$rule: stands in the man page" grep -q "^\.IP.*$rule" "$work/man"
	else
		skip "$rule: stands in the man page" 'no pod2man'
	fi
done

finish
