#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Domains that libvirt has: by name, by UUID, all of them; and a libvirt that is not there, refuses
# or hangs. libvirt's own test driver stands in for a daemon: the calls and the objects are real.
# shellcheck disable=SC2016,SC2034,SC2154,SC2317 # conditions are texts for eval
set -u
# shellcheck source=tests/lib.sh
. "${abs_top_srcdir:?}/tests/lib.sh"
hook=${VFIO_HOOK:-${abs_top_builddir:?}/vfio-hook}
demo=$(tree demo)
export LIBVIRT_DEFAULT_URI=test://$top/tests/fixtures/libvirt/domains.xml
cd "$work" || exit

# A busy machine may take longer than the usual time.
patience=100 # seconds; loading libvirt's library takes half a minute under valgrind
[ -z "$valgrind" ] || patience=900
on() {
	"$hook" --timeout $patience --sysroot "$demo" "$@"
}
far() {
	"$hook" --timeout $patience "$@"
}

# --- by name and by UUID ---------------------------------------------------------------------
exits 'a domain by its name' 0 on check storage
prints 'a domain by its name: verdict' '^storage: ok'
prints 'a domain by its name: what it would do' '^  detaches 0000:06:00.0 from nvme'
exits 'a domain by its UUID' 0 on check 5F1C6B10-0000-4000-8000-000000000001
prints 'a domain by its UUID is called by its name' '^storage: ok'
exits 'a refused domain' 1 on check game2
prints 'a refused domain: the line of its XML' '^game2:[0-9]+: error: .* \[balloon\]$'
exits 'a name with a blank' 0 on check 'game one'
exits 'files and domains together' 1 on check "$fixtures/mounted-nvme.xml" storage - <"$examples/gpu-with-audio.xml"
prints 'files and domains together: the file' "^$fixtures/mounted-nvme.xml: refused"
prints 'files and domains together: the domain' '^storage: ok'
prints 'files and domains together: standard input' '^<stdin>: ok'
exits 'JSON of a domain' 0 on check --format json storage
prints 'JSON of a domain: source and name' '"source":"storage","name":"storage","uuid":"5f1c6b10-'

cp "$examples/gpu-with-audio.xml" storage
exits 'a file wins' 0 on check storage
prints 'a file wins: it is judged' '^  detaches 0000:01:00.1 from snd_hda_intel'
exits '--domain wins over a file' 0 on check --domain storage
prints '--domain wins over a file: the domain is judged' '^  detaches 0000:06:00.0 from nvme'
exits '--domain more than once' 1 on check --domain storage --domain game2
rm storage
refuses 'neither file nor domain' "^vfio-hook: error: nosuch: neither a file here nor a domain of test:///" on check nosuch
tells 'neither file nor domain: what to do' '^  fix: virsh list --all'
refuses 'a domain that was mistyped' "domain of test:///.*; did you mean 'server'" on check sevrer
refuses 'no domain' '^vfio-hook: error: nosuch: no domain of test:///' on check --domain nosuch
mkfifo pipe
cp "$examples/gpu-with-audio.xml" gone
run_gone() {
	on check ./pipe gone &
	# it opens the pipe when it has asked for what is no file; gone is one until then
	exec 3>pipe
	rm gone
	cat "$examples/gpu-with-audio.xml" >&3
	exec 3>&-
	wait $!
}
exits 'a file that goes in between' 2 run_gone
tells 'a file that goes in between: said' '^vfio-hook: error: gone: cannot be read: No such file'
refuses 'a file by its looks' 'nosuch.xml: cannot be read: No such file' on check nosuch.xml
exits 'one that is missing among others' 2 on check nosuch storage
prints 'one that is missing does not stop the others' '^storage: ok'

# --- all of them -----------------------------------------------------------------------------
exits 'all domains' 1 on check --all
prints 'all domains: one that is fine' '^storage: ok$'
prints 'all domains: one that is refused, and why' '^game2: refused, 2 errors, 1 warning \[unmanaged-on-host-driver, balloon, function-left-out\]: 0000:01:00.0 has '
prints 'all domains: one without passthrough' '^server: ok: no PCI passthrough$'
verdict 'all domains: a line each, and one for what two of them want' eval '[ $(wc -l <"$work/out") -eq 5 ]'
prints 'all domains: what two of them want' "^info: IOMMU group 1 is wanted by 'game one', 'game2': only one"
exits 'all domains, with details' 1 on check --all --verbose
prints 'all domains, with details: the line' '^game2:21: error: .* \[balloon\]$'
prints 'all domains, with details: the fix' '^  fix: replace it by <memballoon'
exits 'JSON of all domains' 1 on check --all --format json
valid_json 'JSON of all domains is one document'
prints 'JSON of all domains: keys' '"running":true,"autostart":false\}\],"together":\[\{"severity":"info","message":"IOMMU group 1'
refuses '--all and a name' "excludes other arguments" on check --all storage
refuses '--all and --fix' "excludes '--fix'" on check --all --fix
refuses '--verbose alone' "'--verbose' is for '--all'" on check --verbose storage

# --- corrections -----------------------------------------------------------------------------
exits '--fix of a domain' 0 on check --fix game2
prints '--fix of a domain: the correction' "<memballoon model='none'/>"
exits '--fix of a domain with a password' 0 on check --fix storage
prints '--fix of a domain keeps its password' "passwd='sesame'"
exits '--fix --domain' 0 on check --fix --domain game2
refuses '--fix of two' "'--fix' takes one file or domain" on check --fix --domain game2 storage
exits 'xml --into a domain' 0 on xml --into storage 05:00.0
prints 'xml --into a domain: the device' "bus='0x05'"
prints 'xml --into a domain keeps its password' "passwd='sesame'"
refuses 'xml --into no domain' 'nosuch: neither a file here nor a domain' on xml --into nosuch 05:00.0

# --- a libvirt that is not there, refuses or hangs ------------------------------------------------
with() {
	local uri=$1
	shift
	LIBVIRT_DEFAULT_URI=$uri on "$@"
}
# remote TEST NAME...: AddressSanitizer stands in for the functions of libtirpc, by which libvirt
# speaks with a daemon, without having them: libvirt ends there.
remote() {
	if [ -n "$sanitized" ]; then
		skip "$2" 'AddressSanitizer takes the place of libtirpc'
	else
		"$@"
	fi
}
hang="qemu+ext:///system?command=$work/hang"
printf '#!/bin/sh\necho $$ >%s\nexec sleep 1000\n' "$work/hangs" >"$work/hang"
printf '#!/bin/sh\nexit 1\n' >"$work/refuse"
chmod +x "$work/hang" "$work/refuse"
refuses 'a malformed URI' "no such file, and foo: cannot connect: " with foo check vm
refuses 'a URI that does not parse' 'cannot connect: ' with 'qemu:///system?socket=%zz://[' check vm
refuses 'a file that is no libvirt' 'cannot connect: ' with "test://$work/nosuch" check vm
remote refuses 'a connection that is refused' 'cannot connect: ' with "qemu+ext:///system?command=$work/refuse" check vm
remote refuses 'a host that cannot be reached' 'cannot connect: ' \
	with "qemu+ssh://root@far.example:2222/system?command=$work/refuse" check vm
remote tells 'a host that cannot be reached: what to try is there' \
	'^  fix: ssh -p 2222 root@far\.example systemctl status libvirtd virtqemud '
remote refuses 'a libvirt that hangs' "no answer for 1 second" with "$hang" check --timeout 1 vm
remote tells 'a libvirt that hangs: what to do' '^  fix: .*--timeout SECONDS waits longer'
# ended: it is gone, or dead and only not yet waited for by process 1
ended() {
	local i
	for ((i = 0; i < 100; i++)); do
		grep -qE '\) [^ZX] ' "/proc/$(<"$work/hangs")/stat" 2>/dev/null || return 0
		sleep 0.1
	done
	return 1
}
verdict 'what was started for it has ended' ended
remote refuses 'a libvirt that hangs does not hinder files' 'no answer' with "$hang" check --timeout 1 vm
exits 'a file needs no libvirt' 0 with "$hang" check "$examples/gpu-with-audio.xml"
mkdir "$work/lib"
echo 'no library' >"$work/lib/libvirt.so.0"
refuses 'no library of libvirt' "^vfio-hook: error: storage: no such file, and libvirt's library cannot be loaded: .*libvirt.so.0" \
	env LD_LIBRARY_PATH="$work/lib" "$hook" check storage
tells 'no library of libvirt: what to do' '^  fix: install libvirt0 .* or give an XML file$'
exits 'no library of libvirt: a file needs none' 0 env LD_LIBRARY_PATH="$work/lib" \
	"$hook" --sysroot "$demo" check "$examples/gpu-with-audio.xml"
refuses 'all domains of a libvirt that is not there' '^vfio-hook: error: foo: cannot connect: ' with foo check --all
refuses '--timeout 0' "'0' is not a number of seconds" on check --timeout 0 storage
refuses '--timeout soon' "'soon' is not a number of seconds" on check --timeout soon storage
# --- other hosts -----------------------------------------------------------------------------
a=test://$top/tests/fixtures/libvirt/host-a.xml b=test://$top/tests/fixtures/libvirt/host-b.xml
exits 'list of another host' 0 far list --connect "$a"
prints 'list of another host: a device' '^  0000:01:00.0  10de:1b80  VGA compatible controller'
tells 'list of another host: what is not told' '^vfio-hook: not checked: what the host uses its devices for'
exits 'show of another host' 0 far show --connect "$a" 01:00.0
exits 'xml of another host' 0 far xml --connect "$a" 01:00.0
prints 'xml of another host: the complete group' "bus='0x01' slot='0x00' function='0x1'"
exits 'check of a domain there' 0 far check --connect "$a" gpu
prints 'check of a domain there: never passed unseen' '^  not checked: interrupt remapping, '
exits 'check of a file, for a host there' 1 far check --connect "$a" "$fixtures/balloon-absent.xml"
prints 'check of a file, for a host there: the cure is for that host' \
	"^  this cures it: vfio-hook --connect '?test:.*host-a.xml'? check --fix .* >corrected.xml$"
exits 'check --all there' 0 far check --connect "$a" --all
prints 'check --all there: what two of them want' "^info: IOMMU group 5 is wanted by 'holder', 'other'"
exits 'which of two hosts' 0 far check --connect "$a" --connect "$b" gpu other
prints 'which of two hosts: this one' '^  test:.*host-a.xml +ok, 1 warning; [0-9]+ not checked$'
prints 'which of two hosts: not that one, and why' '^  test:.*host-b.xml +refused \[device-absent\]: no device 0000:01:00.0 on this host; '
exits 'which of two hosts, without a warning' 1 far check --strict --connect "$a" --connect "$b" gpu
exits 'none of two hosts' 1 far check --connect "$b" --connect "$b" "$examples/gpu-with-audio.xml"
exits 'a host that fails among others' 2 far check --connect "$a" --connect "qemu+ext:///system?command=$work/refuse" gpu
prints 'a host that fails does not hinder the others' '^  test:.*host-a.xml +ok'
remote prints 'a host that fails is said' '^  qemu.ext:.* not asked: cannot connect: '
exits 'JSON of several hosts' 2 far check --format json --connect "$a" --connect foo gpu
valid_json 'JSON of several hosts is one document'
prints 'JSON of several hosts: keys' '"domains":\[\{"source":"gpu","name":"gpu","hosts":\[\{"source":"test:[^"]*","error":null,"verdict":"ok",'
sed 's|<devices>|<memoryBacking><hugepages><page size="2048"/></hugepages></memoryBacking>&|' \
	"$examples/gpu-with-audio.xml" >"$work/huge.xml"
exits 'huge pages of another host' 1 far check --connect test:///default "$work/huge.xml"
prints 'huge pages of another host: free ones on both nodes' ', [0-9]+ of the host.s 0 are free \[hugepages-short\]$'
remote refuses 'another host that hangs' 'no answer for 1 second' "$hook" list --timeout 1 --connect "$hang"
# On a terminal it is said what is waited for, in a line that is not longer than it is wide.
waits() {
	run env TERM=xterm script -qec "stty cols $1; '$hook' list --timeout 3 --connect '$hang'" /dev/null </dev/null
	tr '\r' '\n' <"$work/out" | sed 's/^.\[K//' >"$work/lines"
	grep -qa "waiting for libvirt qemu+ext" "$work/lines" &&
		! grep -a "waiting for libvirt" "$work/lines" | grep -qE "^.{$(($1 + 4)),}"
}
if script -qec true /dev/null </dev/null >/dev/null 2>&1; then
	remote verdict 'another host that hangs: a terminal is told' waits 120
	remote verdict 'another host that hangs: so is a narrow one' waits 50
	run env TERM=xterm "LIBVIRT_DEFAULT_URI=$hang" script -qec "stty cols 120; '$hook' check --all --timeout 3" /dev/null </dev/null
	remote verdict 'check --all: a terminal is told' grep -qa 'vfio-hook: waiting for libvirt qemu+ext.*: [1-3] s, at most 3 s' "$work/out"
else
	skip 'check --all: a terminal is told' 'no script(1)'
	skip 'another host that hangs: a terminal is told' 'no script(1)'
	skip 'another host that hangs: so is a narrow one' 'no script(1)'
fi
refuses 'list of two hosts' "looks at one host" far list --connect "$a" --connect "$b"
refuses 'two hosts without a domain' 'name one' far check --connect "$a" --connect "$b"
refuses '--connect and --host' 'exclude each other' far list --connect "$a" --host "$hosts/demo.host"
refuses 'detach acts on this machine only' "'--connect' does not apply" "$hook" detach --connect "$a" 01:00.0

verdict 'the program is not linked with libvirt' eval \
	'! command -v readelf >/dev/null || ! readelf -d "$hook" 2>/dev/null | grep -q libvirt'
finish
