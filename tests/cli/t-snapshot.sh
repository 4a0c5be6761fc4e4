#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# snapshot: what is said of a host is said of its snapshot too, what the snapshot could not see
# is "not checked", and a damaged one is refused.
# shellcheck disable=SC2016,SC2154 # conditions are texts for eval
set -u
# shellcheck source=tests/lib.sh
. "${abs_top_srcdir:?}/tests/lib.sh"
hook=${VFIO_HOOK:-${abs_top_builddir:?}/vfio-hook}
expand=${abs_top_builddir:?}/tests/fake/expand

# take NAME OPTION...: the snapshot of $work/NAME.d, as $work/NAME.host, expanded in $work/NAME.s
take() {
	host=$1
	shift
	exits "snapshot of $host" 0 "$hook" --sysroot "$work/$host.d" snapshot "$@"
	cp "$work/out" "$work/$host.host"
	mkdir -p "$work/$host.s/usr/share/misc"
	cp "$top/tests/fixtures/pci.ids" "$work/$host.s/usr/share/misc"
	verdict "snapshot of $host is a manifest" "$expand" "$work/$host.host" "$work/$host.s"
}

# said NAME d|s COMMAND...: what is said of the host, or of its snapshot
said() {
	local name=$1 kind=$2
	shift 2
	"$hook" --sysroot "$work/$name.$kind" "$@" 2>&1 | sed "s|$work/$name\.[ds]|ROOT|g"
	echo "exit status ${PIPESTATUS[0]}"
}
# same COMMAND...: the same is said of both
same() {
	said "$host" d "$@" >"$work/of-host"
	said "$host" s "$@" >"$work/of-snapshot"
	[ -s "$work/of-host" ] && diff "$work/of-host" "$work/of-snapshot" >"$work/out"
}

# passable NAME: the addresses of what xml takes: no bridge, in a group, and it answers
passable() {
	local dir class
	for dir in "$work/$1.d"/sys/bus/pci/devices/*; do
		read -r class <"$dir/class"
		[[ $class != 0x060[479]* ]] && [ -e "$dir/iommu_group" ] &&
			[ "$(head -c 4 "$dir/config" | od -An -tx1)" != ' ff ff ff ff' ] &&
			echo "${dir##*/}"
	done
}
# named NAME: interfaces and disks that stand for a function
named() {
	local link
	for link in "$work/$1.d"/sys/class/{net,block}/*; do
		readlink "$link" | grep -qE '/[0-9a-f]{4,}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]/' &&
			echo "${link##*/}"
	done
}
# same_xml: the same <hostdev> elements, and there are some
same_xml() { same xml "${passables[@]:0:64}" && grep -q '<hostdev' "$work/of-snapshot"; }

# --- the same of both ------------------------------------------------------------------------
these=("$hosts"/*.host)
[ -z "$valgrind" ] || these=("$hosts"/{demo,seed-003,sriov}.host)
for manifest in "${these[@]}"; do
	host=${manifest##*/} host=${host%.host}
	mkdir -p "$work/$host.d/usr/share/misc"
	cp "$top/tests/fixtures/pci.ids" "$work/$host.d/usr/share/misc"
	"$expand" "$manifest" "$work/$host.d"
	take "$host" --with-identifiers
	# files with ROMs are a domain's own: no snapshot has them, and they are not checked then
	mapfile -t domains < <(grep -l "expected on $host\.host: " "$examples"/*.xml "$fixtures"/*.xml |
		grep -v '/rom-[a-z-]*\.xml$')
	mapfile -t addresses < <(ls "$work/$host.d/sys/bus/pci/devices")
	verdict "$host: the same list" same list
	verdict "$host: the same tree" same list --tree
	verdict "$host: the same devices" same show "${addresses[@]:0:64}"
	verdict "$host: the same verdict on the host" same check
	verdict "$host: the same claims" same status
	mapfile -t names < <(named "$host")
	[ ${#names[@]} = 0 ] || verdict "$host: the same devices by ${#names[@]} names" same show "${names[@]:0:64}"
	verdict "$host: the same configuration" same config
	mapfile -t passables < <(passable "$host")
	[ ${#passables[@]} = 0 ] || verdict "$host: the same XML of devices" same_xml
	[ ${#domains[@]} = 0 ] ||
		verdict "$host: the same verdicts on ${#domains[@]} domains" same check "${domains[@]}"
done
run "$hook" --host "$work/demo.host" snapshot --with-identifiers
verdict 'a snapshot of a snapshot is that snapshot' eval \
	'diff <(sed 2d "$work/demo.host") <(sed 2d "$work/out") >"$work/err"'

# --- what identifies -------------------------------------------------------------------------
cat >"$work/names" <<'END'
f @0000:6a:01.0/nvme/nvme0/serial	S4EVNX0R123456
f proc/sys/kernel/hostname	secret-host
f etc/hostname	secret-host
f etc/machine-id	0123456789abcdef0123456789abcdef
f etc/libvirt/vfio-hook.conf	# for Secretperson\n[device 0000:17:00.0]\n; secret too\nprotect = no
END
mkdir "$work/private.d"
sed -e 's/ - xfs \/dev\/sdb rw/&,secretopt\\n42 26 0:99 \/ \/home\/secretperson\/box rw - nfs secret.example:\/x rw,addr=203.0.113.7\\n43 26 8:17 \/ \/home\/secretperson rw - ext4 \/dev\/sdc1 rw/' \
	-e 's/root=\/dev\/sda/root=UUID=5ec2e7-secret ip=203.0.113.9 vfio-pci.ids=1234:5678/' \
	-e 's/b259:1\t/&E:ID_SERIAL=secret-serial\\nE:ID_FS_LABEL=secretlabel\\nE:ID_FS_UUID=5ec2e7\\n/' \
	"$hosts/server.host" | cat - "$work/names" >"$work/private.in"
"$expand" "$work/private.in" "$work/private.d"
take private
head -n 12 "$work/private.host" >"$work/out"
prints 'the first line tells the version' '^# snapshot\.host - vfio-hook snapshot 2: 31 PCI functions, Linux 6\.12\.57\+deb13-amd64$'
prints 'the head tells what was replaced' '^# Replaced: IP addresses'
verdict 'the last line is the end' test "$(tail -n 1 "$work/private.host")" = '# end of snapshot'
cp "$work/private.host" "$work/out"
verdict 'no name, serial number, label, UUID or MAC address' eval \
	'! grep -niE "secret|5ec2e7|S4EVNX|ac:1f:6b|0123456789abcdef" "$work/out"'
verdict 'no IP address' eval '! grep -E "198\.100\.50\.|203\.0\.113|003264C6|000200C0|net\.example" "$work/out"'
prints 'what passthrough needs of the command line stays' 'intel_iommu=on iommu=pt'
prints 'ids to be bound stay' 'vfio-pci\.ids=1234:5678'
prints 'a mount point below /home is numbered' ' 8:17 / /home/[0-9]+ '
rules() { sed -nE 's/^[^ ]+: (error|warning|info): .*(\[[a-z-]+\])$/\1 \2/p' | sort; }
mapfile -t domains < <(grep -l "expected on server\.host: " "$examples"/*.xml "$fixtures"/*.xml)
said private d check "${domains[@]}" | rules >"$work/out"
said private s check "${domains[@]}" | rules >"$work/err"
verdict 'with addresses replaced, the rules find the same' cmp "$work/out" "$work/err"
verdict 'and they find something' test -s "$work/out"
cp "$work/private.host" "$work/first"
run "$hook" --sysroot "$work/private.d" snapshot --with-identifiers
prints 'with identifiers: addresses' '198\.100\.50\.9'
prints 'with identifiers: the command line' 'root=UUID=5ec2e7-secret ip=203\.0\.113\.9'
verdict 'with identifiers: still no serial number, no MAC address' eval '! grep -iE "S4EVNX|ac:1f:6b" "$work/out"'

# --- what could not be seen ------------------------------------------------------------------
# unseen NAME FILE...: sorted, what check and list of a snapshot do not vouch for
unseen() {
	local name=$1
	shift
	{ said "$name" s check "$@"; said "$name" s check; } | sed -n 's/^ *not checked: //p' | sort -u
}
files=("$examples/gpu-with-audio.xml" "$fixtures/mounted-nvme.xml" "$examples/nvme-disk.xml" "$fixtures/pool-network.xml")
cp -r "$work/demo.s" "$work/root.s"
unseen root "${files[@]}" >"$work/out"
cat >"$work/want" <<'END'
whether libvirt knows of the hook, and may run it: not recorded
whether there is a network 'vfpool', and whether it hands out virtual functions
END
verdict 'a snapshot by root: exactly this is not checked' diff "$work/want" "$work/out"

# What an ordinary user finds: no claims, no records, no state of libvirt, no disk to open, and
# a process whose descriptors are not for him.
mkdir "$work/user.d"
grep -vE '^f dev/|^f etc/libvirt/qemu/|^[lf] (etc/libvirt/hooks|usr/sbin)' "$hosts/demo.host" >"$work/user.in"
cat >>"$work/user.in" <<'END'
u run/vfio-hook
u var/lib/vfio-hook
u run/libvirt/qemu
u run/libvirt/network
u etc/libvirt/qemu/networks
u etc/libvirt/hooks
u etc/libvirt/vfio-hook.conf
u proc/1/fd
f proc/iomem	00000000-00000000 : BOOTFB
END
"$expand" "$work/user.in" "$work/user.d"
take user
cp "$work/user.host" "$work/out"
prints 'the head tells what could not be read' '^#   run/vfio-hook$'
prints 'and how much' '^# Could not be read, 8 '
unseen user "${files[@]}" >"$work/out"
said user d check "${files[@]}" >"$work/direct"
said user d check >>"$work/direct"
sed -n 's/^ *not checked: //p' "$work/direct" | sed "s|$work/user.d|ROOT|" | sort -u >"$work/direct.not"
verdict 'a snapshot by a user: what its source does not vouch for' diff "$work/direct.not" "$work/out"
: >"$work/err"
golden 'a snapshot by a user: exactly this is not checked' snapshot-not-checked

# A program that only root may read: no snapshot says that it is not there.
mkdir "$work/rooted.d"
grep -vE '^[lf] (etc/libvirt/hooks|usr/sbin)' "$hosts/demo.host" >"$work/rooted.in"
printf '%s\n' $'l etc/libvirt/hooks/qemu\t../../../home/secretperson/vfio-hook-qemu' \
	'u home/secretperson/vfio-hook-qemu' >>"$work/rooted.in"
"$expand" "$work/rooted.in" "$work/rooted.d"
take rooted
said rooted d check >"$work/direct"
said rooted s check >"$work/out"
verdict 'a hook that cannot be read: the same verdict on the host' diff "$work/direct" "$work/out"
cp "$work/rooted.host" "$work/out"
verdict 'and nobody is named' eval '! grep -n secretperson "$work/out"'

# --- damaged ---------------------------------------------------------------------------------
lines=$(wc -l <"$work/demo.host") passed=''
for ((n = 0; n < lines; n += n < 12 ? 1 : 23)); do
	head -n "$n" "$work/demo.host" >"$work/cut.host"
	run "$hook" --host "$work/cut.host" list
	refused '(is cut|has no line of a snapshot)' || passed+=" $n"
done
verdict "cut after any line: refused ($passed)" test -z "$passed"
passed=''
for n in 1 20 40 60 1000 5000 $(($(wc -c <"$work/demo.host") - 2)); do
	head -c "$n" "$work/demo.host" >"$work/cut.host"
	run "$hook" --host "$work/cut.host" list
	refused '(is cut|has no line of a snapshot)' || passed+=" $n"
done
verdict "cut within a line: refused ($passed)" test -z "$passed"
refuses 'a cut one: one line says so' "cut.host is cut: it is a snapshot, and does not end with '# end of snapshot'" \
	"$hook" --host "$work/cut.host" list
sed '1s/snapshot 2:/snapshot 3:/; s/^pci /pcie /' "$work/demo.host" >"$work/newer.host"
refuses 'of a newer version' 'newer.host is of a newer vfio-hook: snapshot 3, and this one reads up to 2' \
	"$hook" --host "$work/newer.host" check
sed '1s/snapshot 2:/snapshot 1:/' "$work/demo.host" >"$work/older.host"
exits 'of an older version' 0 "$hook" --host "$work/older.host" list
refuses 'no snapshot at all' "gpu-with-audio.xml line 1: not a snapshot of a host, whose lines begin with pci, " \
	"$hook" --host "$examples/gpu-with-audio.xml" check
refuses 'an empty file' "has no line of a snapshot; 'vfio-hook snapshot' writes" "$hook" --host /dev/null check
sed 1d "$hosts/demo.host" >"$work/hand.host"
exits 'written by hand, it needs no end' 0 "$hook" --host "$work/hand.host" list
{ cat "$work/demo.host"; echo; } >"$work/blank.host"
exits 'a blank line behind the end does no harm' 0 "$hook" --host "$work/blank.host" list
refuses 'no JSON' "'--format' does not apply to 'snapshot'" "$hook" --format json snapshot
finish
