#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# xml: the elements for a group, alone and put into a domain, and that check agrees with them.
# shellcheck disable=SC2016,SC2034,SC2154 # conditions are texts for eval
set -u
# shellcheck source=tests/lib.sh
. "${abs_top_srcdir:?}/tests/lib.sh"
hook=${VFIO_HOOK:-${abs_top_builddir:?}/vfio-hook}

exits 'a card of two functions' 0 on demo xml 01:00.0
golden 'a card of two functions is understood' xml-card
exits 'by its interface' 0 on demo xml enp3s0f0
golden 'by its interface: the other port too' xml-nic
exits 'a chipset group' 0 on demo xml 00:1f.3
golden 'a chipset group is understood' xml-chipset
exits 'a group by its number' 0 on seed-003 xml --group 3
golden 'a group by its number is understood' xml-seed-003-usb
exits 'several groups' 0 on demo xml 06:00.0 01:00.1
golden 'several groups are in order' xml-several
exits 'a chipset function that is named' 0 on demo xml 00:1f.4
prints 'a chipset function that is named: it is there' "slot='0x1f' function='0x4'"
exits 'virtual functions of one slot' 0 on sriov xml 17:02.0 17:02.1
verdict 'virtual functions of one slot are no card' eval '! grep -q multifunction "$work/out"'
exits 'JSON' 0 on demo --format json xml 01:00.0
valid_json 'JSON is JSON'
golden 'JSON stays as it is' xml.json

exits 'a bridge' 1 on demo xml 00:01.0
tells 'a bridge: what to name' '0000:00:01.0 is a bridge: name the devices behind it'
verdict 'a bridge: stdout is silent' test -z "$out"
exits 'a group of nothing but a bridge' 1 on demo xml --group 8
tells 'a group of nothing but a bridge: it is said' 'group 8 holds no device that a guest can have'
exits 'a group that is not there' 1 on demo xml --group 99
tells 'a group that is not there: it is said' 'no IOMMU group 99'
refuses 'a group that is no number' "'x' is not a number" on demo xml --group x
refuses 'neither' 'name the devices, or one --group' on demo xml
refuses 'both' 'name the devices, or one --group' on demo xml --group 1 01:00.0
exits 'no device' 1 on demo xml 7f:00.0
refuses 'no address' 'neither a PCI address' on demo xml gpu
exits 'without an IOMMU' 1 on no-iommu xml 01:00.0
tells 'without an IOMMU: it is said' 'has no IOMMU group'

# --- into a domain ---------------------------------------------------------------------------
cat >"$work/q35.xml" <<'END'
<?xml version='1.0' encoding='UTF-8'?>
<domain type='kvm'>
   <name>größer</name>
   <memory unit='GiB'>4</memory> <!-- stays -->
   <os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os>
   <devices>
      <controller type='pci' index='3' model='pcie-root-port'/>
      <memballoon model='virtio'>
         <stats period='5'/>
      </memballoon>
   </devices>
</domain>
END
exits 'into a domain' 0 on demo xml 01:00.0 --into "$work/q35.xml"
golden 'into a domain: the rest stays' xml-into-q35
cp "$work/out" "$work/once.xml"
exits 'into a domain: check agrees' 0 on demo check "$work/once.xml"
exits 'into a domain that has them' 0 on demo xml 01:00.0 --into - <"$work/once.xml"
verdict 'into a domain that has them: nothing changes' cmp -s "$work/out" "$work/once.xml"
sed "s/machine='[^']*'/machine='pc'/
	s|<controller.*|<sound model='ac97'><address type='pci' domain='0x0000' bus='0x00' slot='0x10' function='0x0'/></sound>|" \
	"$work/q35.xml" >"$work/pc.xml"
exits 'into a domain without PCI Express' 0 on demo xml 01:00.0 --into "$work/pc.xml"
prints 'into a domain without PCI Express: a free slot' "<address type='pci' .* bus='0x00' slot='0x11' function='0x1'/>"
cat >"$work/half" <<'END'
      <hostdev mode='subsystem' type='pci' managed='yes'>
         <source><address domain='0x0000' bus='0x01' slot='0x00' function='0x0'/></source>
         <address type='pci' domain='0x0000' bus='0x03' slot='0x00' function='0x0'/>
      </hostdev>
END
sed "/<controller/r $work/half" "$work/q35.xml" >"$work/one.xml"
exits 'into a domain that has one function of the card' 0 on demo xml 01:00.0 --into "$work/one.xml"
golden 'into a domain that has one function of the card: side by side' xml-into-card
tr -d '\n' <"$work/q35.xml" >"$work/line.xml"
exits 'into a domain of one line' 0 on demo xml 06:00.0 --into "$work/line.xml"
cp "$work/out" "$work/line.xml"
exits 'into a domain of one line: check agrees' 0 on demo check "$work/line.xml"
refuses 'into what is no domain' 'not-a-domain.xml: ' on demo xml 06:00.0 --into "$fixtures/not-a-domain.xml"
refuses 'into a file that is not there' 'nosuch.xml: cannot be read' on demo xml 06:00.0 --into "$work/nosuch.xml"

# --- every group of every host: nothing is left that a change of XML could cure ----------------
curable='address-invalid|address-decimal|device-absent|device-duplicate|device-not-endpoint|balloon|managed-missing|unmanaged-on-host-driver|peer-not-listed'
these=("$hosts"/*.host)
[ -z "$valgrind" ] || these=("$hosts/demo.host")
for host in "${these[@]}"; do
	host=${host##*/} host=${host%.host}
	wrong='' n=0
	for group in "$(tree "$host")"/sys/kernel/iommu_groups/*/devices; do
		[ -d "$group" ] || continue
		group=${group%/devices} group=${group##*/}
		on "$host" xml --group "$group" --into "$work/q35.xml" >"$work/new.xml" 2>/dev/null || continue
		n=$((n + 1))
		on "$host" check "$work/new.xml" >"$work/verdict" 2>&1
		[ $? -le 1 ] || wrong+=" $group"
		# what the chipset keeps is no matter of the XML, also where peers = require
		sed -n 's/.*<!-- left out: \([^,]*\),.*/\1/p' "$work/new.xml" >"$work/left"
		grep -E ": (error|warning): .*\[($curable)\]\$" "$work/verdict" |
			grep -vFf "$work/left" && wrong+=" $group"
	done
	run true
	verdict "$host: check agrees with xml of its $n groups" test -z "$wrong"
done

finish
