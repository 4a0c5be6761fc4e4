#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The vfio-hook program from outside: usage, exit status, what goes to which stream, bad input.
# What rules find is t-expectations.sh's; here the fixtures only have to find something.
# shellcheck disable=SC2016,SC2034,SC2154,SC2317 # conditions are texts for eval
set -u
# shellcheck source=tests/lib.sh
. "${abs_top_srcdir:?}/tests/lib.sh"
hook=${VFIO_HOOK:-${abs_top_builddir:?}/vfio-hook}
fake=${abs_top_builddir:?}/tests/fake/vfio-hook-fake
expand=${abs_top_builddir:?}/tests/fake/expand
demo=$hosts/demo.host
good=$examples/gpu-with-audio.xml
bad=$fixtures/mounted-nvme.xml
warns=$fixtures/managed-missing.xml
commands='check list show xml status detach reattach accept config snapshot help'

# --- usage -----------------------------------------------------------------------------------
run "$hook"
verdict 'no arguments: usage, on stderr' eval '[ $rc -eq 2 ] && [ -z "$out" ] && [[ $err == usage:* ]]'
refuses 'unknown command' "unknown command 'frobnicate'" "$hook" frobnicate
refuses 'unknown option' "unknown option '--frobnicate'" "$hook" list --frobnicate
refuses 'unknown short option' "unknown option '-x'; see" "$hook" -x list
refuses 'a command that was mistyped' "unknown command 'chekc'; did you mean 'check'.\$" "$hook" chekc
refuses 'a command that was not written to its end' "did you mean 'reattach'" "$hook" reatt 01:00.0
refuses 'help of one that was mistyped' "did you mean 'status'" "$hook" help statsu
refuses 'an option that was mistyped' "unknown option '--fromat'; did you mean '--format'" "$hook" list --fromat json
refuses 'an option with one dash' "unknown option '-strict'; did you mean '--strict'" "$hook" check -strict "$bad"
refuses 'an option with one dash, behind a word that ends like it begins' "unknown option '-tree'; did you mean '--tree'" "$hook" list -tree
refuses 'an option with one dash, between others' "unknown option '-tree'; did you mean '--tree'" \
	"$hook" --color never -tree list
refuses 'a value for an option that takes none' "option '--strict' takes no value" "$hook" check --strict=yes
refuses 'an interface that was mistyped' "device here; did you mean 'enp3s0f0'" on demo show enp3sf0
exits 'an address that was mistyped' 1 on demo show 01:00.2
tells 'an address that was mistyped: the next one' "no device at 0000:01:00.2; did you mean '0000:01:00.[01]'"
exits 'an address that is nowhere near' 1 on demo show 77:1e.5
tells 'an address that is nowhere near: the list' "no device at 0000:77:1e.5; 'vfio-hook list' shows all"
refuses 'option without its value' "'--format' needs a value" "$hook" list --format
refuses 'unknown format' "does not know 'xml'" "$hook" --format xml list
refuses 'unknown colour' "does not know 'sometimes'" "$hook" --color sometimes list
refuses 'option of another command' "'--strict' does not apply to 'list'" "$hook" list --strict
refuses 'two sources' "exclude each other" "$hook" --host "$demo" --sysroot / list
refuses 'too many arguments' 'too many arguments' "$hook" list 0000:00:00.0
refuses 'too few arguments' 'too few arguments' "$hook" detach
refuses 'detach acts on this machine only' "'--host' does not apply" "$hook" detach --host "$demo" 1:0.0
refuses 'reattach acts on this machine only' "'--sysroot' does not apply" \
	"$hook" reattach --sysroot / 01:00.0
refuses 'help of an unknown command' "unknown command 'frobnicate'" "$hook" help frobnicate
refuses 'an escape sequence stays harmless' "unknown command '.x1b.31m'" "$hook" $'\e[31m'

exits '--help' 0 "$hook" --help
for command in $commands; do
	prints "--help lists $command" "^  $command "
done
for option in format host sysroot strict color help version; do
	prints "--help lists --$option" "^  --$option "
done
cp "$work/out" "$work/usage"
for command in $commands; do
	exits "help $command" 0 "$hook" help "$command"
	prints "help $command: usage" "^usage: vfio-hook $command "
done
exits 'help alone' 0 "$hook" help
verdict 'help alone is --help' cmp -s "$work/out" "$work/usage"
exits 'detach --help shows help and detaches nothing' 0 "$hook" detach --help
prints 'detach --help is that of detach' '^usage: vfio-hook detach'
refuses 'a value that an option does not know' "'--format' does not know 'yaml'; it takes text, json or dot" "$hook" --format yaml list
refuses 'JSON as others have it' "did you mean '--format json'" "$hook" list --json
refuses 'explain as a command' "did you mean '--explain'" "$hook" explain balloon
refuses 'a rule that was mistyped' "there is no rule 'ballon'; did you mean 'balloon'" "$hook" --explain ballon
refuses '--host of a directory' "is a directory; '--host' takes a file" "$hook" --host "$work" list
exits '--version' 0 "$hook" --version
prints '--version: name and number' '^vfio-hook [0-9]+\.[0-9]+'

# --- check -----------------------------------------------------------------------------------
exits 'a fine domain' 0 on demo check "$good"
prints 'a fine domain: verdict' "^$good: ok"
prints 'a fine domain: what is detached' '^  detaches 0000:01:00.1 from snd_hda_intel: '
exits 'a refused domain' 1 on demo check "$bad"
prints 'finding: file, line, severity, rule' "^$bad:[0-9]+: error: .* \[device-in-use\]\$"
prints 'finding: the line of the XML' '^    <hostdev '
prints 'finding: the fix' '^  fix: '
prints 'a refused domain: verdict' "^$bad: refused: [0-9]+ error"
verdict 'a refused domain: stderr is silent' test -z "$err"
exits 'warnings are fine' 0 on seed-002 check "$warns"
prints 'warnings are counted' "^$warns: ok, [0-9]+ warning"
exits 'warnings with --strict' 1 on seed-002 check --strict "$warns"
exits 'no passthrough' 0 on demo check "$fixtures/no-passthrough.xml"
verdict 'no passthrough: one line' test "$out" = "$fixtures/no-passthrough.xml: ok: no PCI passthrough"
exits 'a broken file among others' 2 on demo check "$fixtures/broken.xml" "$good"
prints 'a broken file does not stop the others' "^$good: ok"
exits 'the worst decides' 1 on demo check "$good" "$bad" "$good"
exits 'standard input' 1 on demo check - <"$bad"
prints 'standard input has a name' '^<stdin>:[0-9]+: error: '
exits 'a pipe' 0 on demo check <(cat "$good")

long=$work/long.xml
sed "s|<hostdev mode|<hostdev note='$(printf 'ä%.0s' {1..200})' mode|" "$bad" >"$long"
exits 'a long line of XML' 1 on demo check "$long"
verdict 'a long line of XML is cut' env LC_ALL=C.UTF-8 grep -qE '^    <hostdev .{88}\.\.\.$' "$work/out"
exits 'names that steer a terminal' 0 on demo check "$fixtures/odd-name.xml"
verdict 'names that steer a terminal stay harmless' eval '! grep -q "[[:cntrl:]]" "$work/out"'

# --- check: bad input ------------------------------------------------------------------------
refuses 'broken XML' 'broken.xml: line [0-9]+: ' on demo check "$fixtures/broken.xml"
refuses 'another root element' 'not a domain' on demo check "$fixtures/not-a-domain.xml"
refuses 'a domain of another type' "'lxc' is not run by QEMU" on demo check "$fixtures/lxc.xml"
refuses 'a DTD' 'DOCTYPE' on demo check "$fixtures/doctype.xml"
refuses 'entities' 'DOCTYPE' on demo check "$fixtures/entity.xml"
refuses 'empty standard input' '<stdin>: ' on demo check - </dev/null
refuses 'closed standard input' '<stdin>: cannot be read' on demo check - <&-
refuses 'a file that is not there' 'nosuch.xml: cannot be read: No such' on demo check "$work/nosuch.xml"
refuses 'a directory' 'cannot be read: Is a directory' on demo check "$work"
truncate -s 50M "$work/big.xml"
refuses '50 MiB' 'larger than 8 MiB' on demo check "$work/big.xml"
refuses '50 MiB on standard input' '<stdin>: larger than 8 MiB' on demo check - <"$work/big.xml"
refuses 'no end of input' 'larger than 8 MiB' on demo check /dev/zero
cp "$good" "$work/secret.xml"
chmod 0 "$work/secret.xml"
if [ -r "$work/secret.xml" ]; then
	skip 'an unreadable file' 'root reads everything'
else
	refuses 'an unreadable file' 'cannot be read: Permission' on demo check "$work/secret.xml"
fi
refuses 'a name with a newline stays on a line' 'no.x0asuch' on demo check $'no\nsuch'
refuses 'a manifest that is not there' 'cannot be read: No such' "$hook" --host "$work/nosuch" list
echo garbage >"$work/garbage.host"
refuses 'a manifest that is none' 'garbage.host line 1: not a snapshot of a host' "$hook" --host "$work/garbage.host" list
mkdir "$work/empty"
refuses 'a sysroot without sys' 'it has no folder sys' "$hook" --sysroot "$work/empty" list
refuses 'a sysroot that is not there' 'No such file' "$hook" --sysroot "$work/nosuch" list

mkdir "$work/root"
"$expand" "$demo" "$work/root"
mkdir -p "$work/root/etc/libvirt"
printf '[defaults]\nballoon = maybe\n' >"$work/root/etc/libvirt/vfio-hook.conf"
refuses 'an invalid configuration' "vfio-hook.conf' line 2: " "$hook" --sysroot "$work/root" check "$good"

printf '[device 0000:77:00.0]\nprotect = yes\n[device 0000:01:00.0]\nprotect = yes\n' >"$work/root/etc/libvirt/vfio-hook.conf"
for command in check config; do
	run "$hook" --sysroot "$work/root" $command
	tells "$command: what is protected and is not there" '\[device 0000:77:00.0\] protects nothing now: there is no device'
	verdict "$command: what is there is not named" test "$(grep -c protects "$work/err")" -eq 1
done
"$hook" --host "$demo" snapshot | sed 's/$/\r/' >"$work/windows.host"
exits 'a snapshot that went through Windows' 0 "$hook" --host "$work/windows.host" list
cp "$work/out" "$work/windows"
run "$hook" --host "$demo" list
verdict 'a snapshot that went through Windows is the same' cmp -s "$work/out" "$work/windows"

# --- the host itself -------------------------------------------------------------------------
exits 'a host that is ready' 0 "$hook" --host "$demo" check
prints 'a host that is ready: summary' 'demo.host: ok; IOMMU is on, [0-9]+ groups'
verdict 'the hook is installed' eval '[[ $out != *hook-not-active* && $out == *"  the hook is installed"* ]]'
exits 'a host with a script in the place of the hook' 0 on server check
prints 'the hook of another' 'warning: /etc/libvirt/hooks/qemu is another hook, .* \[hook-not-active\]$'
exits 'a host without an IOMMU' 1 on no-iommu check
prints 'a copy without hooks says so' 'not checked: whether the hook is installed: '
prints 'a host without an IOMMU: reason' 'error: no IOMMU groups: .* \[iommu-off\]$'
exits 'a host without interrupt remapping' 1 on unsafe check
prints 'no interrupt remapping' 'error: .* \[interrupts-unsafe\]$'
run "$hook" check
verdict 'this machine can be judged' eval '[ $rc -le 1 ]'
prints 'this machine has a name' '^this host: '

exits 'a mounted disk' 1 on demo check "$bad"
prints 'a mounted disk: where' 'nvme1n1p1 is mounted at /srv \[device-in-use\]$'
prints 'a mounted disk: what to type' '^  fix: umount /srv$'

# What we tell to type is for the host that was given.
sed "s|domain='0x0000' bus='0x04'|domain='0x0000' bus='0x77'|" "$bad" >"$work/absent.xml"
exits 'an absent device of another host' 1 "$hook" --host "$demo" check "$work/absent.xml"
prints 'an absent device of another host: what to type' "^  fix: vfio-hook --host $demo list "
exits 'the same in JSON' 1 "$hook" --host "$demo" --format json check "$work/absent.xml"
prints 'the same in JSON: what to type' "\"fix\":\"vfio-hook --host $demo list "
exits 'what another host uses' 1 "$hook" --host "$demo" check "$bad"
prints 'what another host uses: what to type' "vfio-hook --host $demo handover 0000:04:00.0$"
exits 'an absent address of another host' 1 "$hook" --host "$demo" show 77:1e.5
tells 'an absent address of another host: what to type' "'vfio-hook --host $demo list' shows all"

# --- list ------------------------------------------------------------------------------------
exits 'list' 0 on seed-003 list
prints 'list: a device' '^  0000:03:00.0  8086:24f3  .*\[0280\] +iwlwifi$'
prints 'list: a use' '^      used, blocks only as a group member: .*wlan0'
verdict 'list: groups in order of number' eval 'sed -n "s/^IOMMU group \([0-9]*\):$/\1/p" "$work/out" | sort -nc'
verdict 'list: lines with an address fit' eval '! grep "^  [0-9]" "$work/out" | grep -q ".\{83\}"'
exits 'list without an IOMMU' 1 on no-iommu list
prints 'list without an IOMMU: the group' '^IOMMU group -:$'
prints 'list without an IOMMU: the reason' '^error: no IOMMU groups: '
exits 'list with long addresses' 0 on vmd list
prints 'list with long addresses' '^  10000:[0-9a-f]{2}:'

# --- JSON ------------------------------------------------------------------------------------
json='"devices":[{"address":"0000:01:00.0","element":"hostdev","line":'
exits 'JSON of check' 2 "$hook" --host "$demo" --format json check "$good" "$fixtures/broken.xml" "$bad" \
	"$fixtures/no-passthrough.xml" "$fixtures/address-missing.xml"
valid_json 'JSON of check is one document'
verdict 'JSON of check: keys' eval '[[ $out == "{\"schema\":1,\"host\":{\"source\":\"$demo\"},\"domains\":[{\"source\":\"$good\",\"name\":\"gpu-with-audio\",\"uuid\":\""*"\",\"verdict\":\"ok\",$json"* ]]'
prints 'JSON of check: what is detached' '"detach":\["0000:01:00.0","0000:01:00.1"\],"not_checked":'
prints 'JSON of check: a finding' '"findings":\[\{"rule":"device-in-use","severity":"error","line":[0-9]+,"address":"0000:[0-9a-f:.]+","message":"[^"]+","fix":"'
prints 'JSON of check: an address that is none' '\{"address":null,"element":"hostdev"'
exits 'JSON of odd names' 0 on demo --format json check "$fixtures/odd-name.xml"
valid_json 'JSON of odd names is JSON'
cp "$good" "$work/"$'\xff\xc2\x9b.xml'
exits 'JSON of a file name that is no UTF-8' 0 on demo --format json check "$work/"$'\xff\xc2\x9b.xml'
valid_json 'JSON of a file name that is no UTF-8 is JSON'
prints 'JSON: control characters are escaped' '\\\\xff\\u009b\.xml'
exits 'JSON of the host' 1 on no-iommu --format json check
valid_json 'JSON of the host is JSON'
exits 'JSON of list' 0 on seed-003 --format json list
valid_json 'JSON of list is JSON'
prints 'JSON of list: keys' '^\{"schema":1,"groups":\[\{"group":0,"devices":\[\{"address":"0000:00:02.0","class":"0300","id":"8086:193b","description":"[^"]+","driver":"i915","bridge":false,"uses":\['
exits 'JSON of list without an IOMMU' 1 on no-iommu --format json list
valid_json 'JSON of list without an IOMMU is JSON'
prints 'JSON of list without an IOMMU: the group' '"group":null'

# The schema is held, and notices what breaks it.
schema() { "$python3" "$top/tests/cli/json-valid.py" "$top/docs/vfio-hook.schema.json" "$1"; }
if has_jsonschema; then
	for change in 's/"group":null/"group":"none"/' 's/"driver":/"module":/' 's/"schema":1/"schema":2/' \
		's/"bridge":/"new":1,"bridge":/' 's/{"schema":1,/&"x":[],/'; do
		sed "$change" "$work/out" >"$work/changed"
		verdict "the schema notices $change" eval '! cmp -s "$work/out" "$work/changed" && ! schema "$work/changed" 2>/dev/null'
	done
else
	skip 'the schema' 'no python3-jsonschema'
fi

# --- streams ---------------------------------------------------------------------------------
esc=$'\e'
run on demo check "$bad"
verdict 'no colour into a pipe' eval '[[ $out != *"$esc"* ]]'
run on demo --color always check "$bad"
verdict '--color always' eval '[[ $out == *": $esc[1;31merror$esc[0m: "* ]]'
run on demo --color never check "$bad"
verdict '--color never' eval '[[ $out != *"$esc"* ]]'
if script -qec true /dev/null </dev/null >/dev/null 2>&1; then
	call="'$hook' --host '$demo' check '$bad'"
	run env -u NO_COLOR TERM=xterm script -qc "$call" /dev/null </dev/null
	verdict 'colour on a terminal' eval '[[ $out == *"$esc[1;31merror"* ]]'
	run env NO_COLOR=1 TERM=xterm script -qc "$call" /dev/null </dev/null
	verdict 'NO_COLOR on a terminal' eval '[[ $(without_progress <"$work/out") != *"$esc"* ]]'
else
	skip 'colour on a terminal' 'no script(1)'
	skip 'NO_COLOR on a terminal' 'no script(1)'
fi
tree demo >/dev/null
{
	sleep 0.3 # until the reader is gone
	on demo list 2>"$work/err"
} | :
verdict 'list | head: nothing is said when the reader is gone' test ! -s "$work/err"
if [ -w /dev/full ]; then
	for command in check list status --help --version 'help check'; do
		# shellcheck disable=SC2086
		"$hook" $command >/dev/full 2>"$work/err"
		rc=$?
		verdict "$command: a full disk is noticed" eval '[ $rc -eq 2 ] && grep -q "could not be written" "$work/err"'
	done
else
	skip 'a full disk is noticed' 'no /dev/full'
fi
(ulimit -f 0 && exec "$hook" --version >"$work/out" 2>/dev/null)
verdict 'a limit to the size of files is noticed' test $? = 2
on demo check "$good" >&- 2>"$work/err"
rc=$?
if [ -n "$valgrind" ]; then
	skip 'a closed stdout is noticed' 'valgrind opens another'
else
	verdict 'a closed stdout is noticed' eval '[ $rc -eq 2 ] && grep -q "could not be written" "$work/err"'
fi
exits 'a closed stderr does not matter' 1 on demo check "$bad" 2>&-
on demo list 2>"$work/err" | true
rc=${PIPESTATUS[0]}
verdict 'a reader that has gone is noticed or was served' eval '[ $rc -eq 2 ] || [ $rc -eq 0 ]'

# --- the temporary tree ----------------------------------------------------------------------
# interrupted SIGNAL: sends it to a check that waits for its input; sets rc
interrupted() {
	rm -f "$work/fifo"
	mkfifo "$work/fifo"
	env --default-signal=INT,QUIT,HUP,TERM "$hook" --host "$demo" check "$work/fifo" >"$work/out" 2>"$work/err" &
	for ((i = 0; i < 300; i++)); do
		[ -n "$(find "$TMPDIR" -path '*/sys/bus/pci/devices/0000:06:00.0')" ] && break
		sleep 0.1
	done
	kill -"$1" $!
	wait $! 2>/dev/null
	rc=$?
}
if env --default-signal=INT true 2>/dev/null; then
	for signal in INT:130 TERM:143 HUP:129; do
		interrupted "${signal%:*}" 2>/dev/null
		verdict "the tree is removed on SIG${signal%:*}" exited "${signal#*:}"
	done
else
	skip 'the tree is removed on signals' 'env(1) without --default-signal'
fi
if grep -q valgrind "$hook"; then
	skip 'no place for the tree' 'valgrind needs the place too'
else
	refuses 'no place for the tree' 'cannot make the directory' \
		env TMPDIR="$work/nosuch" "$hook" --host "$demo" list
fi

# --- acting, on the fake kernel --------------------------------------------------------------
root=$work/fake
export VH_TEST_ROOT=$root
driver() { basename "$(readlink "$root/sys/bus/pci/devices/$1/driver" || echo none)"; }
fresh() {
	rm -rf "$root"
	mkdir "$root"
	"$expand" "$demo" "$root"
}
drivers() { [ "$(driver 0000:01:00.0) $(driver 0000:01:00.1)" = "$1" ]; }

fresh
refuses 'detach needs root' "'detach' needs root" env VH_TEST_UNPRIVILEGED=1 "$fake" detach 01:00.0
refuses 'reattach needs root' "'reattach' needs root" env VH_TEST_UNPRIVILEGED=1 "$fake" reattach 01:00.0
for address in '' 1 gpu 01:00 0000:01:00.8 01:20.0 pci_0000_01_00 ../sda . eth0 0000:01:00.0/driver; do
	refuses "no address: '$address'" "'.*' (is|does)" "$fake" detach "$address"
done
verdict 'no address: nothing was done' drivers 'nouveau snd_hda_intel'
exits 'detach a device in use' 1 "$fake" detach nvme0n1p2
tells 'detach a device in use: why' '^error: 0000:02:00.0 .* \[device-in-use\]$'
verdict 'detach a device in use: stdout is silent' test -z "$out"
exits 'detach a device that is not there' 1 "$fake" detach 7f:00.0
exits 'status before' 0 "$fake" status
verdict 'status before: nothing' test "$out" = 'no devices are claimed'
exits 'reattach what nobody detached' 1 "$fake" reattach 01:00.0

exits 'detach' 0 "$fake" detach 01:00.0
prints 'detach: the named one' '^0000:01:00.0: nouveau -> vfio-pci$'
prints 'detach: the peer' '^0000:01:00.1: snd_hda_intel -> vfio-pci$'
prints 'detach: what to do next' 'vfio-hook reattach 0000:01:00.0$'
verdict 'detach: done' drivers 'vfio-pci vfio-pci'
exits 'status' 0 "$fake" status
prints 'status: whose' '^detached by hand: held since '
prints 'status: the named one' '^  0000:01:00.0 +named +nouveau +vfio-pci +taken +nouveau '
prints 'status: the peer' '^  0000:01:00.1 +peer +snd_hda_intel +vfio-pci +taken +snd_hda_intel '
exits 'JSON of status' 0 "$fake" --format json status
valid_json 'JSON of status is JSON'
prints 'JSON of status: keys' '^\{"schema":1,"claims":\[\{"domain":null,"uuid":null,"since":"[0-9TZ:-]+","state":"held","why":"detached by hand","fix":null,"devices":\[\{"address":"0000:01:00.0","id":"10de:1b80","role":"named","driver_before":"nouveau","driver_now":"vfio-pci","state":"taken"\}'
mkdir -p "$root/etc/libvirt"
printf "[defaults]\nballoon = no\n" >"$root/etc/libvirt/vfio-hook.conf"
exits 'reattach by the peer, whatever the configuration says' 0 "$fake" reattach pci_0000_01_00_1
tells 'reattach by the peer: it is said' "'no' is not a value of 'balloon'"
rm "$root/etc/libvirt/vfio-hook.conf"
prints 'reattach: transitions' '^0000:01:00.0: vfio-pci -> nouveau$'
verdict 'reattach: done' drivers 'nouveau snd_hda_intel'

for address in 0000:01:00.0 01:00.0 pci_0000_01_00_0 00000:01:00.0; do
	fresh
	run "$fake" detach "$address"
	verdict "detach $address" eval '[ $rc -eq 0 ] && drivers "vfio-pci vfio-pci"'
done
for name in nvme2n1 /dev/nvme2n1; do
	fresh
	run "$fake" detach "$name"
	verdict "detach $name" eval '[ $rc -eq 0 ] && [ "$(driver 0000:06:00.0)" = vfio-pci ]'
done
fresh
"$fake" detach 06:00.0 >"$work/both" 2>&1
verdict 'detach: what the host loses is told before' eval \
	'[[ $(head -n 1 "$work/both") == *"the host loses "*" while the guest runs: "*"disk nvme2n1 "* && $(sed -n 2p "$work/both") == "0000:06:00.0: "* ]]'
run "$fake" detach enp3s0f1
verdict 'detach enp3s0f1 means 0000:03:00.1' eval '[ $rc -eq 1 ] && grep -q "^error: 0000:03:00.1" "$work/err"'
ln -s ../../../devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1:1.0/host9/block/sdz "$root/sys/class/block/sdz"
refuses 'a USB disk is not its controller' "USB device; it hangs on 0000:00:14.0" "$fake" detach sdz
ln -s ../../devices/virtual/block/dm-9 "$root/sys/class/block/dm-9"
refuses 'a disk without a device' 'does not stand for one PCI device' "$fake" detach dm-9

fresh
echo 'write 3 errno 16' >"$root/fake-kernel/faults"
exits 'a detach that fails is undone' 3 "$fake" detach 01:00.0
verdict 'a detach that fails is undone: drivers' drivers 'nouveau snd_hda_intel'
fresh
printf 'path %s errno 5\n' vfio-pci/bind drivers_probe nouveau/bind >"$root/fake-kernel/faults"
exits 'a detach that cannot be undone' 4 "$fake" detach 01:00.0
tells 'a detach that cannot be undone: what to do' 'vfio-hook reattach'
exits 'a detach that cannot be undone: status' 0 "$fake" status
prints 'a detach that cannot be undone: the claim' '^  0000:01:00.0 +named +nouveau +- '
: >"$root/fake-kernel/faults"
exits 'and reattach brings it home' 0 "$fake" reattach 01:00.0
verdict 'and reattach brings it home: drivers' drivers 'nouveau snd_hda_intel'

# What has moved is not as it was before.
fresh
"$fake" detach 01:00.0 06:00.0 >/dev/null 2>&1
mkdir -p "$root/run/vfio-hook/manual.new/x"
exits 'a claim that cannot be written in the end' 4 "$fake" reattach 01:00.0
verdict 'the devices came home, and nothing else is said' eval \
	'drivers "nouveau snd_hda_intel" && [[ $err != *"as they were before"* && $err == *"manual.claim"* ]]'
rm -r "$root/run/vfio-hook/manual.new"
exits 'it is ended once it can be written' 0 "$fake" reattach 06:00.0
"$fake" detach 01:00.0 06:00.0 >/dev/null 2>&1
other=4dea22b3-1d52-d8f3-2516-782e98ab3fa0
sed "s/^owner .*/owner $other/; s/^ran .*/ran yes/" "$root/run/vfio-hook/manual.claim" \
	>"$root/run/vfio-hook/$other.claim"
rm "$root/run/vfio-hook/manual.claim"
held=$root/fake-kernel/held/$(basename "$(readlink "$root/sys/bus/pci/devices/0000:06:00.0/iommu_group")")
mkdir -p "${held%/*}"
echo qemu >"$held"
exits 'one group is open, the other one is not' 4 "$fake" reattach 01:00.0 06:00.0
verdict 'the other one came home, and nothing else is said' eval \
	'drivers "nouveau snd_hda_intel" && [[ $err != *"as they were before"* && $err == *"still open"* ]]'
rm "$held"
exits 'and the one once it is closed' 0 "$fake" reattach 06:00.0

# A unit that did not come back with its device, and does now, is not nothing.
mkdir -p "$root/units" "$root/run/vfio-hook"
printf '%s\n' Id=dm.service Names=dm.service LoadState=loaded ActiveState=inactive >"$root/units/dm.service"
printf '%s\n' 'vfio-hook-claim 2' "owner $other" 'name vm' 'since 1.000000000' 'daemon 1 1' 'ran yes' \
	'loan 0000:01:00.0 unit dm.service failed' end >"$root/run/vfio-hook/$other.claim"
chmod 600 "$root/run/vfio-hook/$other.claim"
exits 'a unit that did not come back' 0 "$fake" reattach 01:00.0
verdict 'it runs, and what is said is so' eval \
	'grep -q ^ActiveState=active "$root/units/dm.service" && [[ $out == "no device had to be moved"* ]]'

# --- accept ----------------------------------------------------------------------------------
qemu=${abs_top_builddir:?}/tests/fake/vfio-hook-qemu-fake
uuid=$(sed -n 's:.*<uuid>\(.*\)</uuid>.*:\1:p' "$good")
record=$root/var/lib/vfio-hook/$uuid.devices
device=$root/sys/bus/pci/devices/0000:01:00.0
defined() { mkdir -p "$root/etc/libvirt/qemu" "$root/var/lib" && cp "$1" "$root/etc/libvirt/qemu/$2.xml"; }
fresh
mkdir -p "$root/var/lib"
refuses 'accept needs root' "'accept' needs root" env VH_TEST_UNPRIVILEGED=1 "$fake" accept "$good"
refuses 'accept whom' 'too few arguments' "$fake" accept
refuses 'accept a domain that nobody knows' "vm: neither a file nor a domain" "$fake" accept vm
refuses 'accept a UUID that nobody knows' "neither a file nor a domain" "$fake" accept "$uuid"
refuses 'accept a path that is none' "neither a file nor a domain" "$fake" accept ../../etc/passwd.xml
refuses 'accept a file that is no domain' 'not a domain' "$fake" accept "$fixtures/not-a-domain.xml"
sed '/<uuid>/d' "$good" >"$work/no-uuid.xml"
refuses 'accept a domain without a UUID' 'has no <uuid>' "$fake" accept "$work/no-uuid.xml"
verdict 'accept: nothing was written' test ! -e "$root/var/lib/vfio-hook"
sed "s/bus='0x01'/bus='0x77'/" "$good" >"$work/elsewhere.xml"
exits 'accept a file whose devices are absent' 1 "$fake" accept "$work/elsewhere.xml"
verdict 'accept a file whose devices are absent: nothing false is said' test -z "$out"
tells 'accept a file whose devices are absent: it is said' 'no device 0000:77:00.0 on this host'
rm -f "$record"
exits 'accept a file' 0 "$fake" accept "$good"
prints 'accept a file: what was noted' '^0000:01:00.0: noted: VGA compatible controller: .*\[10de:1b80, '
verdict 'accept a file: the record' grep -q '^device 0000:01:00.0 10de:1b80 sub=' "$record"
exits 'accept a record by its name' 0 "$fake" accept gpu-with-audio
prints 'accept a record by its name: no change' '^0000:01:00.0: as before: VGA'
exits 'accept a record by its UUID' 0 "$fake" accept "${uuid^^}"
rm "$device/modalias" # it would say the old id
echo 0x1b81 >"$device/device"
exits 'check: another id' 0 "$fake" check "$good"
prints 'check: another id: a warning' 'warning: 0000:01:00.0 is VGA controller 10de:1b81; when .gpu-with-audio. last ran it was VGA controller 10de:1b80; .*\[identity-changed\]$'
prints 'check: another id: what to do' '^  fix: if 0000:01:00.0 is meant as it is now: vfio-hook accept gpu-with-audio$'
echo 0x020000 >"$device/class"
exits 'check: another class' 1 "$fake" check "$good"
prints 'check: another class: an error' 'error: 0000:01:00.0 is ethernet controller 10de:1b81; .*\[identity-changed\]$'
mv "$root/var/lib/vfio-hook" "$work/away"
touch "$root/var/lib/vfio-hook"
exits 'accept what cannot be written' 3 "$fake" accept "$good"
tells 'accept what cannot be written: what stays' 'what was noted before stays$'
rm "$root/var/lib/vfio-hook"
mv "$work/away" "$root/var/lib/vfio-hook"
defined "$fixtures/mounted-nvme.xml" other
sed 's/gpu-with-audio/a \&amp; b/' "$good" >"$work/renamed.xml"
defined "$work/renamed.xml" gpu
exits 'accept by the name in a file of libvirt' 0 "$fake" accept 'a & b'
prints 'accept by name: before' '^0000:01:00.0: was VGA compatible controller: .*\[10de:1b80, '
prints 'accept by name: now' '^0000:01:00.0: is now Ethernet controller: .*\[10de:1b81, '
exits 'accept by the UUID in a file of libvirt' 0 "$fake" accept "$uuid"
exits 'check: accepted' 0 "$fake" check "$good"
verdict 'check: accepted without a word' eval '! grep -q identity-changed "$work/out"'
echo '<domain' >"$root/etc/libvirt/qemu/broken.xml"
exits 'a broken file beside it does not matter' 0 "$fake" accept 'a & b'
refuses 'a broken file may be the one' "cannot read '/etc/libvirt/qemu/broken.xml'" "$fake" accept nosuch
sed '/<hostdev/,/<.hostdev>/d' "$good" >"$work/none.xml"
exits 'accept a domain without devices' 0 "$fake" accept "$work/none.xml"
prints 'accept a domain without devices: what went' '^0000:01:00.0: is not named any more$'
verdict 'accept a domain without devices: no record' test ! -e "$record"
"$qemu" gpu-with-audio started begin - <"$good"
verdict 'started notes what accept does' grep -q '^device 0000:01:00.0 10de:1b81 sub=' "$record"
printf '[device 01:00.0]\nid = 10de:1b80\n' >"$root/etc/libvirt/vfio-hook.conf"
exits 'accept against a pin' 1 "$fake" accept "$good"
tells 'accept against a pin: it is said' '0000:01:00.0 is pinned to 10de:1b80 by /etc/libvirt/vfio-hook.conf'
rm "$root/etc/libvirt/vfio-hook.conf"
echo garbage >"$record"
exits 'a damaged record stops no check' 0 "$fake" check "$good"
prints 'a damaged record is not checked' 'whether these are the devices that it last ran with: .*line 1: '
exits 'accept writes it anew' 0 "$fake" accept "$good"
verdict 'accept writes it anew: the record' grep -q '^device 0000:01:00.0 ' "$record"

# --- what nobody claims, and refusals --------------------------------------------------------
fresh
printf 'vfio-pci\n' >"$root/sys/bus/pci/devices/0000:06:00.0/driver_override"
exits 'an override that nobody claims' 0 "$fake" status
prints 'an override that nobody claims: listed' '^  0000:06:00.0 +nvme +vfio-pci'
exits 'JSON of what nobody claims' 0 "$fake" --format json status
prints 'JSON of what nobody claims: keys' '"unclaimed":\[\{"address":"0000:06:00.0","id":"[0-9a-f:]+","driver":"nvme","override":"vfio-pci","holder":null\}\]'
"${abs_top_builddir:?}/tests/fake/vfio-hook-qemu-fake" vm prepare begin - <"$fixtures/mounted-nvme.xml" 2>/dev/null
exits 'a refusal is kept' 0 "$fake" status
prints 'a refusal is kept: whose' '^vm \([0-9a-f-]+\): refused [0-9-]+ '
prints 'a refusal is kept: why' '^  error: 0000:04:00.0 is used by the host: nvme1n1p1 is mounted at /srv'
exits 'JSON of a refusal' 0 "$fake" --format json status
valid_json 'JSON of a refusal is JSON'
prints 'JSON of a refusal: keys' '"refusals":\[\{"domain":"vm","uuid":"[0-9a-f-]+","when":"[0-9TZ:-]+","message":"'
exits 'nothing is stale' 0 "$fake" reattach --all-stale
prints 'nothing is stale: it is said' '^no stale claims$'
refuses 'reattach what' 'name the devices, or --all-stale' "$fake" reattach
refuses 'reattach both' 'name the devices, or --all-stale' "$fake" reattach --all-stale 01:00.0

# --- claims of domains -----------------------------------------------------------------------
uuid=$(sed -n 's:.*<uuid>\(.*\)</uuid>.*:\1:p' "$good")
fresh
"$fake" detach 01:00.0 >/dev/null 2>&1
sed "s/^owner .*/owner $uuid/; s/^name .*/name gpu/; s/^ran .*/ran yes/" \
	"$root/run/vfio-hook/manual.claim" >"$root/run/vfio-hook/$uuid.claim"
rm "$root/run/vfio-hook/manual.claim"
mkdir -p "$root/run/libvirt/qemu"
{ echo '<domstatus>'; grep -v '<?xml' "$good"; echo '</domstatus>'; } >"$root/run/libvirt/qemu/gpu.xml"
exits 'a domain that runs is judged as if it were stopped' 0 "$fake" check "$good"
prints 'a domain that runs: it is said' 'it runs now'
prints 'a domain that runs: its drivers' 'detaches 0000:01:00.0 from nouveau'
grep -v '<uuid>' "$good" >"$work/nameless.xml"
exits 'a file without a UUID is of the domain of its name, which runs' 0 "$fake" check "$work/nameless.xml"
prints 'a file without a UUID: it is said that it runs' 'it runs now'
sed 's:<name>.*:<name>another</name>:' "$work/nameless.xml" >"$work/another.xml"
exits 'a file without a UUID, of another name' 1 "$fake" check "$work/another.xml"
prints 'a file without a UUID, of another name: whose the devices are' "belongs? to.* '?gpu'?"
run "$fake" check "$good"
prints 'a domain that runs, without a process: its memory is not judged' \
	'not checked: memory: how much of it the domain, which runs'
sed -i "s/<domstatus>/<domstatus pid='4242'>/" "$root/run/libvirt/qemu/gpu.xml"
sed -i -E 's/^(MemAvailable|SwapFree): .*/\1: 900000 kB/' "$root/proc/meminfo"
mkdir -p "$root/proc/4242"
printf '%s\n' 'RssAnon: 16900000 kB' 'RssShmem: 0 kB' 'HugetlbPages: 0 kB' >"$root/proc/4242/status"
exits 'a domain that runs: what it holds is there for its next start' 0 "$fake" check "$good"
sed -i 's/^RssAnon: .*/RssAnon: 2097152 kB/' "$root/proc/4242/status"
exits 'a domain that runs, and is to have more memory' 1 "$fake" check "$good"
prints 'a domain that runs: what it holds is said' '0.9 GiB available \+ 2 GiB that it holds now'
exits 'status of a domain that runs' 0 "$fake" status
prints 'status of a domain that runs: held' "^gpu \($uuid\): held since "
prints 'status of a domain that runs: why' '^  why: it is running$'
prints 'status of a domain that runs: its devices are taken' '^  0000:01:00.0 .* taken +nouveau \(by '
sed -n 's/^since //p' "$root/run/vfio-hook/$uuid.claim" >"$root/run/vfio-hook/$uuid.released"
run "$fake" status
prints 'status of a domain that ends' ': releasing since '
sed -i 's/^\(device 0000:01:00.0.*\) [a-z]*$/\1 stuck/' "$root/run/vfio-hook/$uuid.claim"
run "$fake" status
prints 'status of a stuck device' ': stuck since '
prints 'status of a stuck device: in words' '^  0000:01:00.0 .* stuck .*; its driver has not answered$'
prints 'status of a stuck device: what to type' '^  fix: vfio-hook reattach 0000:01:00.0$'
sed -i 's/^\(device 0000:01:00.0.*\) [a-z]*$/\1 returning/' "$root/run/vfio-hook/$uuid.claim"
run "$fake" status
prints 'status of a release that was killed' '^  0000:01:00.0 .* cut off .*; its way back was broken off$'
prints 'status of a release that was killed: what to type' '^  fix: vfio-hook reattach 0000:01:00.0$'
run flock "$root/run/vfio-hook/$uuid.lock" "$fake" status
prints 'status of a release at work' '^  0000:01:00.0 .* returning .*; it is on its way now$'
verdict 'status of a release at work: nothing to type' eval '! grep -q "fix:" <<<"$out"'
run "$fake" --format json status
prints 'its state as JSON' '"state":"returning"'
prints 'what to type as JSON' '"fix":"vfio-hook reattach 0000:01:00.0"'
sed -i 's/^\(device 0000:01:00.0.*\) [a-z]*$/\1 taking/' "$root/run/vfio-hook/$uuid.claim"
run "$fake" status
prints 'status of a start that was killed' '^  0000:01:00.0 .* cut off .*; taking it was broken off$'
echo garbage >"$root/run/vfio-hook/11111111-2222-3333-4444-555555555555.claim"
exits 'a damaged claim' 1 "$fake" status
tells 'a damaged claim is named' '11111111-2222-3333-4444-555555555555'
prints 'a damaged claim does not hide the others' "^gpu \($uuid\)"
exits 'a domain beside a damaged claim' 1 "$fake" check "$good"
prints 'a domain beside a damaged claim: why' 'a claim cannot be trusted, and may hold these devices: .*11111111-.*\[device-claimed\]'
rm "$root/run/vfio-hook/$uuid.claim" "$root/run/vfio-hook/$uuid.released"
exits 'a damaged claim alone' 1 "$fake" status
verdict 'a damaged claim alone: nothing is said to be free' test -z "$out"
chmod 0 "$root/run/vfio-hook"
blind=()
ls "$root/run/vfio-hook" >/dev/null 2>&1 && blind=(setpriv --bounding-set -all)
if [ "${blind[*]}" ] && "${blind[@]}" ls "$root/run/vfio-hook" >/dev/null 2>&1 || ! "${blind[@]}" true 2>/dev/null; then
	skip 'claims that may not be seen' 'root sees everything'
else
	exits 'claims that may not be seen' 2 "${blind[@]}" "$fake" status
	tells 'claims that may not be seen: it is said' 'could not be looked at'
fi
chmod 700 "$root/run/vfio-hook"

finish
