#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# vfio-hook check beyond single findings: --fix on every fixture, --explain of every rule, many
# files, lone elements, bad input.
# shellcheck disable=SC2016,SC2034,SC2154,SC2317 # conditions are texts for eval
set -u
# shellcheck source=tests/lib.sh
. "${abs_top_srcdir:?}/tests/lib.sh"
hook=${VFIO_HOOK:-${abs_top_builddir:?}/vfio-hook}
expand=${abs_top_builddir:?}/tests/expand

# tree HOST: the path of that host of the fixtures, expanded once
tree() {
	local dir=$work/hosts/$1
	[ -d "$dir" ] || { mkdir -p "$dir" && "$expand" "$hosts/$1.host" "$dir"; }
	echo "$dir"
}
# on HOST ARGS...
on() {
	local dir
	dir=$(tree "$1")
	shift
	"$hook" --sysroot "$dir" "$@"
}
expectation() { grep -om1 'expected on [a-z0-9-]*\.host: .*' "$1"; }
host_of() { expectation "$1" | sed 's/^expected on \([a-z0-9-]*\)\.host.*/\1/'; }

# --- --fix: every domain of the fixtures -----------------------------------------------------
# What remains may be cured elsewhere: on the host, in the configuration, by another choice of
# devices; these never remain.
curable='\[(balloon|device-duplicate|managed-missing|unmanaged-on-host-driver|peer-detached)\]$'
curable+='|; read as hexadecimal it is .* \[device-absent\]$|\[peer-not-listed\]$'

# fixed FILE HOST: fixes it, checks what comes out, and fixes that once more
fixed() {
	local rc again
	on "$2" check --fix "$1" >"$work/fixed.xml" 2>"$work/err"
	rc=$?
	on "$2" check - <"$work/fixed.xml" >"$work/out" 2>&1
	[ $? -eq $rc ] || { echo "exit status $rc is not that of the output"; return 1; }
	! grep -E "$curable" "$work/out" || return 1
	on "$2" check --fix - <"$work/fixed.xml" >"$work/again.xml" 2>"$work/again"
	cmp "$work/fixed.xml" "$work/again.xml" || return 1
	! grep '^fixed: ' "$work/again" || { echo 'fixed twice'; return 1; }
	if grep -q '^fixed: ' "$work/err"; then
		! cmp -s "$1" "$work/fixed.xml" || { echo 'nothing was changed'; return 1; }
	else
		cmp "$1" "$work/fixed.xml" || return 1
	fi
	# lines that are not in the input are those that a correction writes, nothing is reformatted
	again=$(diff <(sort "$1") <(sort "$work/fixed.xml") | grep '^>' |
		grep -vE "0x|managed=.yes|memballoon model='none'|<currentMemory|hostdev>|source>|unassigned")
	[ -z "$again" ] || { echo "unexpected: $again"; return 1; }
}
for xml in "$examples"/*.xml "$fixtures"/*.xml; do
	name=$(basename "$xml" .xml)
	case $(expectation "$xml") in
	*unreadable*)
		refuses "--fix: $name is refused" . on "$(host_of "$xml")" check --fix "$xml" ;;
	*)
		said=$(fixed "$xml" "$(host_of "$xml")" 2>&1)
		verdict "--fix: $name${said:+: $said}" test -z "$said" ;;
	esac
done

# --- --fix: in detail ------------------------------------------------------------------------
refuses '--fix of two files' "'--fix' takes one file" on demo check --fix "$examples/nvme-disk.xml" - </dev/null
refuses '--fix of the host' "'--fix' takes one file" on demo check --fix
refuses '--fix as JSON' "excludes '--format json'" on demo --format json check --fix -
refuses '--fix=other' "does not know 'other'" on demo check --fix=other -
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

mkdir -p "$work/require/etc/libvirt"
"$expand" "$hosts/demo.host" "$work/require"
printf '[defaults]\npeers = require\n' >"$work/require/etc/libvirt/vfio-hook.conf"
exits 'a group that must be listed' 1 "$hook" --sysroot "$work/require" check "$fixtures/gpu-without-audio.xml"
exits '--fix lists it' 0 "$hook" --sysroot "$work/require" check --fix "$fixtures/gpu-without-audio.xml"
prints '--fix lists it: unassigned' "^ +<address type='unassigned'/>$"

finish
