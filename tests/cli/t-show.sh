#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# list and show: what people and programs read about a host and its devices.
# shellcheck disable=SC2016,SC2034,SC2154 # conditions are texts for eval
set -u
# shellcheck source=tests/lib.sh
. "${abs_top_srcdir:?}/tests/lib.sh"
hook=${VFIO_HOOK:-${abs_top_builddir:?}/vfio-hook}

# What a running system tells beyond the fixtures: links, power, SR-IOV, BARs, modules.
cat >"$work/more" <<'END'
f @0000:01:00.0/current_link_speed	2.5 GT/s PCIe
f @0000:01:00.0/current_link_width	8
f @0000:01:00.0/max_link_speed	8.0 GT/s PCIe
f @0000:01:00.0/max_link_width	16
f @0000:01:00.0/power_state	D0
f @0000:01:00.0/numa_node	0
f @0000:01:00.0/resource	0x00000000f6000000 0x00000000f6ffffff 0x0000000000040200\n0x00000000e0000000 0x00000000efffffff 0x000000000014220c\n0x0000000000000000 0x0000000000000000 0x0000000000000000
f @0000:01:00.0/resource1_resize	0000000000003f00
f lib/modules/6.12.0-test/modules.alias	# Aliases\nalias pci:v000010DEd*sv*sd*bc03sc*i* nouveau\nalias pci:v000010DEd*sv*sd*bc03sc00i00* nvidia\nalias pci:v000010DEd*sv*sd*bc03sc02i00* nvidia\nalias pci:v00008086d00001521sv*sd*bc*sc*i* igb\nalias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci\nalias vfio_pci:v000010DEd00001B80sv*sd*bc*sc*i* some_vfio_pci\nalias vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i* mlx5_vfio_pci
f lib/modules/6.12.0-test/modules.dep	kernel/drivers/vfio/pci/vfio-pci.ko: kernel/drivers/vfio/vfio.ko
f lib/modules/6.12.0-test/modules.builtin.modinfo	nvme.license=GPL\x00nvme.alias=pci:v*d*sv*sd*bc01sc08i02*\x00
END
more=$(tree demo "$work/more")
echo 6.12.0-test >"$more/proc/sys/kernel/osrelease"

# --- list ------------------------------------------------------------------------------------
for host in demo seed-000 seed-003 sriov; do
	exits "list of $host" 0 "$hook" --sysroot "$(tree $host)" list
	golden "list of $host is understood" "list-$host"
	exits "tree of $host" 0 "$hook" --sysroot "$(tree $host)" list --tree
	golden "tree of $host is understood" "tree-$host"
done
exits 'list without an IOMMU' 1 "$hook" --sysroot "$(tree no-iommu)" list
golden 'list without an IOMMU says why' list-no-iommu
exits 'tree without an IOMMU' 1 "$hook" --sysroot "$(tree no-iommu)" list --tree
golden 'tree without an IOMMU says why' tree-no-iommu
exits 'tree with a domain of its own behind a function' 0 "$hook" --sysroot "$(tree vmd)" list --tree
prints 'a domain behind a function: where' '^root bus 10000:[0-9a-f]+ \(behind 0000:[0-9a-f:.]+\)$'
refuses 'a domain left out that is not 0000' "no device at 0000:00:00.0, which '00:00.0' stands for; in another PCI domain: 0001:00:00.0" \
	"$hook" --sysroot "$(tree seed-001)" show 00:00.0
exits 'an address that no domain has' 1 "$hook" --sysroot "$(tree seed-001)" show 00:01.0
exits 'JSON of list' 0 "$hook" --sysroot "$(tree seed-003)" --format json list
valid_json 'JSON of list is JSON'
golden 'JSON of list stays as it is' list-seed-003.json
exits 'picture of list' 0 "$hook" --sysroot "$(tree demo)" list --format dot
golden 'picture of list is understood' dot-demo
if command -v dot >/dev/null; then
	cp "$work/out" "$work/host.dot"
	run dot -Tsvg -o "$work/host.svg" "$work/host.dot"
	verdict 'picture of list: graphviz takes it' test "$rc" -eq 0 -a -s "$work/host.svg" -a -z "$err"
	dot -Tplain "$work/host.dot" | awk '$1 == "node" && $2 ~ /^"0000:00:/ { print $4, $2 }' |
		sort -rn | sed 's/.* //' >"$work/out"
	verdict 'picture of list: groups are in order, from the top' eval 'sort -c "$work/out" && [ "$(wc -l <"$work/out")" -eq 19 ]'
else
	skip 'picture of list: graphviz takes it' 'no graphviz'
	skip 'picture of list: groups are in order, from the top' 'no graphviz'
fi
exits 'picture of list without an IOMMU' 1 "$hook" --sysroot "$(tree no-iommu)" list --format dot
tells 'picture of list without an IOMMU says why' 'no IOMMU groups'
refuses 'picture of another command' "'--format dot' is for 'list' alone" "$hook" status --format dot
refuses 'tree of another command' "'--tree' does not apply to 'show'" "$hook" show --tree 01:00.0

groups=$(sed -n 's/^IOMMU group \([0-9]*\):$/\1/p' "$top/tests/fixtures/golden/list-seed-003")
verdict 'groups are in order of their numbers' test "$groups" = "$(sort -n <<<"$groups")"

# --- show ------------------------------------------------------------------------------------
# show NAME HOST ADDRESS...: golden file show-NAME
show() {
	local name=$1 host=$2
	shift 2
	exits "show $name" 0 "$hook" --sysroot "$(tree "$host")" show "$@"
	golden "show $name is understood" "show-$name"
}
show seed-003-wireless seed-003 03:00.0
show seed-003-usb seed-003 0000:00:14.0
show seed-003-audio seed-003 pci_0000_00_1f_3
show seed-003-system-disk seed-003 nvme1n1
show seed-000-sata seed-000 00:1f.2
show bridge demo 00:01.0
show nic-with-bridge-port-beside demo enp3s0f0
show two demo 06:00.0 01:00.1
show physical-function sriov 0000:17:00.0
show virtual-function sriov 0000:17:02.0
exits 'show what a running system tells' 0 "$hook" --sysroot "$more" show 01:00.0
golden 'show what a running system tells is understood' show-more
prints 'modules that claim it, each once' '^  kernel modules +nouveau, nvidia$'
prints 'VFIO variants, without those of others' '^  VFIO variants +some_vfio_pci$'
exits 'modules that are built in' 0 "$hook" --sysroot "$more" show 06:00.0
prints 'modules that are built in claim it' '^  kernel modules +nvme$'
exits 'show without an IOMMU' 0 "$hook" --sysroot "$(tree no-iommu)" show 01:00.0
prints 'show without an IOMMU: the group' '^  IOMMU group +none$'
prints 'show without an IOMMU: why it would not start' '\[iommu-off\]$'
exits 'JSON of show' 0 "$hook" --sysroot "$more" --format json show 01:00.0 enp3s0f0
valid_json 'JSON of show is JSON'
golden 'JSON of show stays as it is' show.json

# The demo's graphics card with capabilities, its sound with those that 64 bytes do not show.
caps=$work/caps
mkdir "$caps"
sed '/^pci 0000:01:00.0 /s/$/ caps=01,05,10,11,0001,000d/; /^pci 0000:01:00.1 /s/$/ caps=?/' \
	"$hosts/demo.host" >"$work/caps.host"
"$abs_top_builddir/tests/fake/expand" "$work/caps.host" "$caps"
exits 'capabilities' 0 "$hook" --sysroot "$caps" show 01:00.0
prints 'capabilities: in their order' '^  capabilities +power management, MSI, PCI Express, MSI-X, AER, ACS$'
exits 'capabilities that an ordinary user does not see' 0 "$hook" --sysroot "$caps" show 01:00.1
prints 'capabilities: that they are not seen' '^  capabilities +not readable; root sees them$'
rm "$caps/sys/bus/pci/devices/0000:01:00.0/config"
mkdir "$caps/sys/bus/pci/devices/0000:01:00.0/config"
exits 'a configuration space that cannot be read' 0 "$hook" --sysroot "$caps" show 01:00.0
prints 'a configuration space that cannot be read: it is said' '^  capabilities +not readable'
verdict 'a configuration space that cannot be read: libpci is silent' test -z "$err"

# The same device by two names is shown once; what is wrong with an address is named.
exits 'show a device twice' 0 "$hook" --sysroot "$(tree demo)" show 03:00.0 enp3s0f0 0000:03:00.0
verdict 'show a device twice: once' test "$(grep -c '^0000:03:00.0' "$work/out")" -eq 1
refuses 'a function of 9' "'01:00.9' is not a PCI address: functions are 0 to 7" "$hook" --sysroot "$(tree demo)" show 01:00.9
refuses 'a slot of 20' "'01:20.0' is not a PCI address: slots are 00 to 1f" "$hook" --sysroot "$(tree demo)" show 01:20.0
refuses 'no function' "'01:00' is not a PCI address: the function is missing" "$hook" --sysroot "$(tree demo)" show 01:00
cp "$examples/../handover/nvidia.conf" "$work/conf"
desktop=$(tree desktop)
mkdir -p "$desktop/etc/libvirt"
cp "$work/conf" "$desktop/etc/libvirt/vfio-hook.conf"
run "$hook" --sysroot "$desktop" show 01:00.0
prints 'show: what is handed over' '^  hand-over         stops display-manager.service .*; releases the console; unloads nvidia_drm '
run "$hook" --sysroot "$desktop" show 01:00.1
verdict 'show: a device without it has no such line' eval '! grep -q hand-over "$work/out"'

exits 'show what is not there' 1 "$hook" --sysroot "$(tree demo)" show 7f:00.0
tells 'show what is not there: it is said' 'no device at 0000:7f:00.0'
verdict 'show what is not there: stdout is silent' test -z "$out"
exits 'show one that is not there among others' 1 "$hook" --sysroot "$(tree demo)" show 7f:00.0 06:00.0
prints 'the others are shown' '^0000:06:00.0 '
exits 'the worst decides' 2 "$hook" --sysroot "$(tree demo)" show gpu 7f:00.0 06:00.0
prints 'the others are shown then too' '^0000:06:00.0 '
refuses 'an address as IBM Z has it' "'0001:000:000:0' is not a PCI address; 0001:00:00.0 is one" \
	"$hook" --sysroot "$(tree demo)" show 0001:000:000:0
refuses 'an address without a function' "the function is missing, as .0" \
	"$hook" --sysroot "$(tree demo)" show 0000:03:00
refuses 'no address' "'gpu' is neither a PCI address nor" "$hook" --sysroot "$(tree demo)" show gpu
refuses 'nothing to show' 'too few arguments' "$hook" show
mkdir -p "$more/etc/libvirt"
printf '[device 0000:06:00.0]\nprotect = perhaps\n' >"$more/etc/libvirt/vfio-hook.conf"
refuses 'a configuration that is none' 'vfio-hook.conf' "$hook" --sysroot "$more" show 06:00.0

finish
