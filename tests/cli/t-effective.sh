#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# vfio-hook config: every key, where its value comes from, and that a domain cannot loosen any.
# shellcheck disable=SC2016,SC2034,SC2154,SC2317 # conditions are texts for eval
set -u
# shellcheck source=tests/lib.sh
. "${abs_top_srcdir:?}/tests/lib.sh"
hook=${VFIO_HOOK:-${abs_top_builddir:?}/vfio-hook}
root=$(tree seed-003)
conf=$root/etc/libvirt/vfio-hook.conf
uuid=4dea22b3-1d52-d8f3-2516-782e98ab3fa0

config() { "$hook" --sysroot "$root" config "$@"; }
# values: what config prints, without where it comes from
values() { sed -n 's/ *; [a-z].*//; /^[^;]/p' "$1"; }

exits 'no file' 0 config
golden 'no file: the defaults' config-defaults
exits 'no file, as JSON' 0 config --format json
valid_json 'no file, as JSON: is JSON'

# Every key with a value that is not its default.
cat >"$conf" <<END
# above
[defaults]
balloon = inflated
memory = warn
peers = detach

timeout-write = 31
timeout-group = 11
timeout-call = 61
[device 0000:03:00.0]
allow-in-use = network, block
allow-critical = yes
protect = yes
id = 8086:24F3
stop-units = display-manager.service, srv.mount
release-console = yes
unload-modules = nvidia-drm nvidia
[domain vm]
balloon = warn
peers = detach
timeout-call = 62
[domain $uuid]
timeout-call = 63
END
exits 'every key' 0 config
golden 'every key, with its line' config-every-key
cp "$work/out" "$work/printed"
exits 'every key, as JSON' 0 config --format json
valid_json 'every key, as JSON: is JSON'
golden 'every key, as JSON' config.json
n=$(grep -c ' = ' "$conf")
verdict 'every line of the file is told' test "$(grep -c '; line [0-9]*$' "$work/printed")" -eq "$n"
while IFS=' ;' read -r key _ _ _ number; do
	verdict "line $number is that of $key" eval "sed -n '${number}p' '$conf' | grep -q '^$key = '"
done < <(sed -n 's/^\([a-z-]*\) = .*\(; line [0-9]*\)$/\1 x x \2/p' "$work/printed" | sed 's/; line/; line/')

cp "$conf" "$work/written"
cp "$work/printed" "$conf"
exits 'what is printed is read' 0 config
verdict 'what is printed says the same' test "$(values "$work/out")" = "$(values "$work/printed")"
cp "$work/written" "$conf"

# --- one domain ------------------------------------------------------------------------------
# domain METADATA: a domain of that name and UUID
domain() {
	printf "<domain type='kvm'>\n<name>vm</name>\n<uuid>%s</uuid>\n<metadata>%s</metadata>\n" "$uuid" "$1"
	printf "<devices><memballoon model='none'/>\n<hostdev type='pci' managed='yes'><source>"
	printf "<address bus='3'/></source></hostdev></devices></domain>\n"
}
policy() { domain "<v:policy xmlns:v='urn:vfio-hook:1'$1>${2-}</v:policy>"; }
pin="<v:device address='0000:05:00.0' id='8086:1533'/>"

policy " peers='require'" "$pin" >"$work/vm.xml"
exits 'a domain' 0 config "$work/vm.xml"
golden 'a domain: defaults, sections, metadata' config-domain
exits 'a domain on standard input' 0 config - <"$work/vm.xml"
golden 'a domain on standard input is the same' config-domain
mkdir -p "$root/etc/libvirt/qemu"
cp "$work/vm.xml" "$root/etc/libvirt/qemu/vm.xml"
for name in vm "$uuid" "${uuid^^}"; do
	exits "a domain as '$name'" 0 config "$name"
	golden "a domain as '$name' is the same" config-domain
done
exits 'a domain, as JSON' 0 config --format json vm
valid_json 'a domain, as JSON: is JSON'
golden 'a domain, as JSON' config-domain.json
refuses 'a domain that nobody knows' 'nosuch: neither a file nor a domain' config nosuch
refuses 'no domain' 'not a domain' config "$fixtures/not-a-domain.xml"
refuses 'two domains' 'too many arguments' config vm vm
echo "<domain type='kvm'/>" >"$work/nameless.xml"
refuses 'a domain without name and UUID' 'neither <name> nor <uuid>' config "$work/nameless.xml"

# --- a domain only tightens ------------------------------------------------------------------
# Each key, with the value that would loosen it, in each place that metadata has. Were one of them
# taken, or passed over in silence, the domain could be read.
loosest() {
	case $1 in
	balloon) echo warn ;;
	memory) echo off ;;
	peers) echo detach ;;
	timeout-*) echo 3600 ;;
	allow-in-use) echo 'network display input block sound serial compute other' ;;
	allow-critical) echo yes ;;
	protect) echo no ;;
	id) echo '' ;; # no pin at all
	stop-units) echo sshd.service ;;
	release-console) echo yes ;;
	unload-modules) echo nvidia ;;
	esac
}
keys=$(sed -n 's/^; *\([a-z-]*\) = *;.*/\1/p; s/^\([a-z-]*\) = .*/\1/p' "$work/printed" | sort -u)
verdict 'every key of the design' test "$(xargs <<<"$keys")" = "allow-critical allow-in-use balloon id memory \
peers protect release-console stop-units timeout-call timeout-group timeout-write unload-modules"
for key in $keys; do
	value=$(loosest "$key")
	policy " $key='$value'" >"$work/loose.xml"
	refuses "metadata: $key='$value' of the policy" 'line [0-9]+: in the metadata|metadata' config "$work/loose.xml"
	policy '' "<v:device address='03:00.0' ${key/#id/x}='$value' id='8086:24f3'/>" >"$work/loose.xml"
	refuses "metadata: $key='$value' of a device" metadata config "$work/loose.xml"
	policy '' "<v:$key>$value</v:$key>" >"$work/loose.xml"
	refuses "metadata: an element $key" metadata config "$work/loose.xml"
	policy '' "<v:domain $key='$value'/>" >"$work/loose.xml"
	refuses "metadata: $key='$value' of another element" metadata config "$work/loose.xml"
	run "$hook" --sysroot "$root" check "$work/loose.xml"
	verdict "metadata: check refuses $key, too" test "$rc" -eq 2
done
policy '' "<v:device address='03:00.0' id=''/>" >"$work/loose.xml"
refuses 'metadata: an empty pin' 'no vendor and device id' config "$work/loose.xml"

# What is required for the host stays so, whatever the domain leaves out.
printf '[defaults]\npeers = require\n[device 03:00.0]\nid = 8086:24f3\n' >"$conf"
policy '' "<v:device address='03:00.0' id='8086:1533'/>" >"$work/vm.xml"
exits 'another pin than that of the host' 0 config "$work/vm.xml"
prints 'peers stay required' '^peers = require +; line 2$'
prints 'the pin of the host stays' '^id = 8086:24f3 +; line 4$'
prints 'that of the domain holds, too' '^id = 8086:1533 +; the metadata of the domain$'

# --- a file that cannot be understood --------------------------------------------------------
# bad NAME LINE KEY: the file has an error there
bad() {
	refuses "invalid: $1" "'/etc/libvirt/vfio-hook.conf' line $2: .*$3" config
	refuses "invalid: $1: check says the same" "vfio-hook.conf' line $2: .*$3" \
		"$hook" --sysroot "$root" check "$examples/wireless-card.xml"
}
for key in $keys; do
	section=defaults
	case $key in
	allow-* | protect | id | stop-units | release-console | unload-modules) section='device 03:00.0' ;;
	esac
	printf '# x\n[%s]\n%s = may/be\n' "$section" "$key" >"$conf"
	bad "a value of $key" 3 "'$key'"
done
printf '[defaults]\nbaloon = warn\n' >"$conf"
bad 'a key' 2 "'baloon'"
printf '[settings]\n' >"$conf"
bad 'a section' 1 settings
rm "$conf"
mkdir "$conf"
refuses 'a folder in its place' 'cannot read' config
finish
