#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# boot: which devices may be taken from boot on, what is written for each initramfs, what the
# boot script does with a machine, and what verify makes of it.
# shellcheck disable=SC2016,SC2034,SC2154 # conditions are texts for eval
set -u
# shellcheck source=tests/lib.sh
. "${abs_top_srcdir:?}/tests/lib.sh"
hook=${VFIO_HOOK:-${abs_top_builddir:?}/vfio-hook}

# host NAME FIXTURE TOOL [LINE...]: a tree of its own, with what makes its images
host() {
	local dir=$work/$1 fixture=$2 tool=$3
	shift 3
	mkdir -p "$dir"
	{
		cat "$hosts/$fixture.host"
		printf 'f %s\tx\n' "$tool"
		printf '%b\n' "$@"
	} >"$work/host"
	"${abs_top_builddir:?}/tests/fake/expand" "$work/host" "$dir" >&2
	mkdir -p "$dir/usr/share/misc" "$dir/etc/modprobe.d" "$dir/dev"
	cp "$top/tests/fixtures/pci.ids" "$dir/usr/share/misc"
}
boot() { "$hook" --sysroot "$work/$1" boot "${@:2}"; }

# The chipset functions that share the group of seed 000's controller.
critical='f etc/libvirt/vfio-hook.conf\t[device 0000:00:1f.0]\\nallow-critical = yes\\n[device 0000:00:1f.3]\\nallow-critical = yes'
host debian seed-000 usr/sbin/mkinitramfs "$critical" \
	'f boot/initrd.img-6.1.0-56-amd64\tx' 'd etc/initramfs-tools' \
	'f boot/initrd.img-6.1.0-40-amd64\tx' 'd lib/modules/6.1.0-40-amd64' 'd lib/modules/6.1.0-9-amd64'
host fedora seed-000 usr/bin/dracut "$critical"
host arch seed-000 usr/bin/mkinitcpio "$critical" 'f etc/mkinitcpio.conf\tMODULES=()\\nHOOKS=(base udev block)'
host strict seed-000 usr/sbin/mkinitramfs
host builtin seed-000 usr/sbin/mkinitramfs "$critical" 'f usr/sbin/update-grub\tx' \
	'f boot/grub/grub.cfg\tx' \
	'f lib/modules/6.1.0-56-amd64/modules.builtin\tkernel/drivers/ata/ahci.ko\\nkernel/drivers/vfio/pci/vfio-pci.ko'
host none seed-000 usr/bin/none "$critical"
host cards two-identical-cards usr/sbin/mkinitramfs
host gpu seed-004 usr/bin/mkinitcpio

# --- what is written -------------------------------------------------------------------------
for system in debian fedora arch; do
	exits "$system: what would be written" 0 boot $system generate --dry-run 00:1f.2
	golden "$system: these files" "boot-$system"
	verdict "$system: a dry run writes none" test ! -e "$work/$system/etc/modprobe.d/vfio-hook.conf"
done
exits 'a domain instead of addresses' 0 boot debian generate --dry-run "$fixtures/seed-000-sata.xml"
golden 'a domain instead of addresses: the same files' boot-debian

# --- what may not be -------------------------------------------------------------------------
exits 'the root disk' 1 boot debian generate 03:00.0
tells 'the root disk: why' 'sda2 is mounted at / \[device-in-use\]'
exits 'the default route' 1 boot debian generate 04:00.0
tells 'the default route: why' 'default route \[device-in-use\]'
exits 'the display of the host' 1 boot debian generate 00:02.0
tells 'the display of the host: why, and how it could be' 'allow-in-use = display'
exits 'a chipset function in the group' 1 boot strict generate 00:1f.2
tells 'a chipset function in the group: why' '\[peer-critical\]'
exits 'a bridge' 1 boot debian generate 00:1c.0
tells 'a bridge: why' '\[device-not-endpoint\]'
exits 'nothing there' 1 boot debian generate 7f:00.0
tells 'nothing there: why' '\[device-absent\]'
refuses 'an id for an address' "'8086:1c02' is an id, .* 0000:00:1f.2, 0000:03:00.0" boot debian generate 8086:1c02
refuses 'an address for an id' "'--by' does not know '00:1f.2'" boot debian generate --by 00:1f.2
refuses 'an initramfs that is not known' "'--initramfs' does not know 'booster'; it takes auto, initramfs-tools, dracut or mkinitcpio" boot debian generate --initramfs booster 00:1f.2
refuses 'no initramfs' 'none, or more than one' boot none generate 00:1f.2
refuses 'which devices' 'name the devices, or a file with a domain' boot debian generate
refuses 'no such thing' "'boot' takes 'generate', 'verify' or 'remove'" boot debian start
refuses 'a copy of a machine' "'--host' shows a copy" "$hook" --host "$hosts/seed-000.host" boot remove
refuses 'no JSON' 'only .boot verify.' boot debian generate --format json 00:1f.2
verdict 'nothing of that was written' test ! -e "$work/debian/etc/modprobe.d/vfio-hook.conf"

# --- by id -----------------------------------------------------------------------------------
exits 'an id that a twin has' 1 boot debian generate --by id 00:1f.2
tells 'an id that a twin has: which' '0000:03:00.0 has the id 8086:1c02 too'
exits 'an id of one device' 0 boot debian generate --dry-run --by id 05:00.0
prints 'an id of one device: options' '^options vfio-pci ids=8086:107c,9710:9835$'
prints 'an id of one device: before its driver' '^softdep e1000 pre: vfio-pci$'
verdict 'an id of one device: the script has no address' eval '! grep -q "0x107c" "$work/out"'
tells 'every device of the module is meant' "'blacklist e1000'"
exits 'vfio-pci is built in, by id' 0 boot builtin generate --by id 05:00.0
prints 'vfio-pci is built in: the command line' '^add vfio-pci.ids=8086:107c,9710:9835 to GRUB_CMDLINE_LINUX .*update-grub$'
exits 'the driver is built in' 0 boot builtin generate --dry-run 00:1f.2
tells 'the driver is built in: said' "'ahci' is part of the kernel"

# --- writing, and taking back ----------------------------------------------------------------
before=$(cd "$work/debian" && find etc usr -type f | sort)
exits 'write' 0 boot debian generate 00:1f.2
prints 'write: the command for the images' '^to be run now: update-initramfs -u -k all$'
verdict 'write: executable' test -x "$work/debian/etc/initramfs-tools/scripts/init-top/00-vfio-hook"
exits 'write again' 0 boot debian generate 00:1f.2
exits 'verify before a boot' 1 boot debian verify
prints 'verify before a boot: what is missing' '^0000:00:1f.2: is not on vfio-pci: it has not been booted'
prints 'verify: the image of the running kernel' '^image: /boot/initrd.img-6.1.0-56-amd64 not looked into: .* .of the running kernel.$'
prints 'verify: the image of another kernel' '^image: /boot/initrd.img-6.1.0-40-amd64 not looked into'
verdict 'verify: no kernel without an image' eval '! grep -q 6.1.0-9 "$work/out"'
exits 'check tells it too' 0 "$hook" --sysroot "$work/debian" check
prints 'check: the rule' "0000:00:1f.2 is set up for vfio-pci at boot, but driver 'ahci' has it \[boot-binding\]"
exits 'JSON of verify' 1 boot debian --format json verify
valid_json 'JSON of verify is JSON'
golden 'JSON of verify stays as it is' boot-verify.json
exits 'remove' 0 boot debian remove
exits 'remove again' 0 boot debian remove
tells 'remove again: nothing is changed' 'nothing is configured, and nothing was changed'
verdict 'remove again: and no image is to be made' test -z "$out"
verdict 'remove: as it was' test "$before" = "$(cd "$work/debian" && find etc usr -type f | sort)"
exits 'verify without anything' 0 boot debian verify
prints 'verify without anything: said' '^configured: nothing$'
exits 'dracut: write' 0 boot fedora generate 00:1f.2
exits 'dracut: remove' 0 boot fedora remove
verdict 'dracut: its folder is gone' test ! -e "$work/fedora/usr/lib/dracut/modules.d/90vfio-hook"
exits 'another system takes the files of the first away' 0 boot fedora generate --initramfs initramfs-tools 00:1f.2
exits 'another system: dracut again' 0 boot fedora generate 00:1f.2
verdict 'another system: one is left' test ! -e "$work/fedora/etc/initramfs-tools/scripts/init-top/00-vfio-hook"

echo '# mine' >"$work/arch/etc/modprobe.d/vfio-hook.conf"
exits 'a file of somebody else' 1 boot arch generate 00:1f.2
tells 'a file of somebody else: which' "'/etc/modprobe.d/vfio-hook.conf' is not ours"
verdict 'a file of somebody else stays' grep -qx '# mine' "$work/arch/etc/modprobe.d/vfio-hook.conf"
verdict 'a file of somebody else: no other was written' test ! -e "$work/arch/etc/initcpio/hooks/vfio-hook"
rm "$work/arch/etc/modprobe.d/vfio-hook.conf"
# the third file cannot be written: the first two go again
mkdir -p "$work/arch/etc/mkinitcpio.conf.d/vfio-hook.conf"
exits 'a file that cannot be read' 3 boot arch generate 00:1f.2
rmdir "$work/arch/etc/mkinitcpio.conf.d/vfio-hook.conf"
rmdir "$work/arch/etc/mkinitcpio.conf.d"
: >"$work/arch/etc/mkinitcpio.conf.d"
exits 'a file that cannot be written: undone' 3 boot arch generate 00:1f.2
verdict 'a file that cannot be written: none stays' eval '! grep -rlq "vfio-hook boot generate" "$work/arch/etc"'
rm "$work/arch/etc/mkinitcpio.conf.d"
exits 'mkinitcpio: write' 0 boot arch generate 00:1f.2
tells 'mkinitcpio: modconf is missing' "no 'modconf'"

# --- the boot script -------------------------------------------------------------------------
# It is the file as written, but for where the machine is: it has no way to be told.
mkdir "$work/bin"
cat >"$work/bin/modprobe" <<'END'
#!/bin/sh
# The kernel: a driver takes what has its name as override and no other driver.
echo "modprobe $*" >>"$ROOT/ran"
for device in "$ROOT"/sys/bus/pci/devices/*; do
	[ -e "$device/driver" ] && continue
	grep -qsx vfio-pci "$device/driver_override" &&
		ln -s ../../../bus/pci/drivers/vfio-pci "$device/driver"
done
exit 0
END
chmod +x "$work/bin/modprobe"
# early DIR: the machine before any driver is loaded
early() {
	find "$1/sys/devices" -name driver -type l -delete
	mkdir -p "$1/sys/bus/pci/drivers/vfio-pci" "$1/run"
	rm -f "$1/run/vfio-hook-boot" "$1/ran" "$1/dev/kmsg"
	for device in "$1"/sys/bus/pci/devices/*; do
		echo '(null)' >"$device/driver_override"
	done
}
# runs SHELL DIR FILE CALL: the generated file, on the machine of DIR
runs() {
	sed "s|^\troot=\$|\troot=$2|; s|/conf/arch.conf|$work/bin|; s|/etc/initrd-release|$work/bin|" "$3" >"$work/script"
	[ -z "$4" ] || echo "$4" >>"$work/script"
	run env ROOT="$2" PATH="$work/bin:$PATH" $1 "$work/script"
}
boot debian generate 00:1f.2 >/dev/null
boot fedora generate 00:1f.2 >/dev/null
shells=(sh)
command -v dash >/dev/null && shells+=(dash)
command -v busybox >/dev/null && shells+=('busybox sh')
for shell in "${shells[@]}"; do
	for one in "debian etc/initramfs-tools/scripts/init-top/00-vfio-hook" \
		"fedora usr/lib/dracut/modules.d/90vfio-hook/vfio-hook.sh" \
		"arch etc/initcpio/hooks/vfio-hook run_earlyhook"; do
		read -r system file call <<<"$one"
		dir=$work/$system
		early "$dir"
		runs "$shell" "$dir" "$dir/$file" "${call:-}"
		verdict "$shell, $system: it ends well and says nothing" test "$rc$out$err" = 0
		verdict "$shell, $system: modprobe once" test "$(<"$dir/ran")" = 'modprobe vfio-pci'
		verdict "$shell, $system: the override of the device" \
			grep -qx vfio-pci "$dir/sys/bus/pci/devices/0000:00:1f.2/driver_override"
		verdict "$shell, $system: its twin is left alone" \
			grep -qxF '(null)' "$dir/sys/bus/pci/devices/0000:03:00.0/driver_override"
		verdict "$shell, $system: noted" grep -qx '0000:00:1f.2 bound no other driver has seen it' "$dir/run/vfio-hook-boot"
		verdict "$shell, $system: logged" grep -q '^vfio-hook: 0000:00:1f.2: bound' "$dir/dev/kmsg"
	done
done
dir=$work/debian script=$work/debian/etc/initramfs-tools/scripts/init-top/00-vfio-hook
exits 'verify after a boot' 0 boot debian verify
prints 'verify after a boot: said' '^0000:00:1f.2: is on vfio-pci; at boot no other driver had it before'
exits 'check after a boot' 0 "$hook" --sysroot "$dir" check
verdict 'check after a boot: silent' eval '! grep -q boot-binding "$work/out"'
exits 'show after a boot' 0 "$hook" --sysroot "$dir" show 00:1f.2
prints 'show after a boot: the driver' '^  driver +vfio-pci$'

early "$dir"
echo 0x1d02 >"$dir/sys/bus/pci/devices/0000:00:1f.2/device"
runs sh "$dir" "$script" ''
verdict 'another device there: no override' grep -qxF '(null)' "$dir/sys/bus/pci/devices/0000:00:1f.2/driver_override"
verdict 'another device there: noted' grep -qx '0000:00:1f.2 changed device is 0x1d02, not 0x1c02; left alone' "$dir/run/vfio-hook-boot"
exits 'verify with another device' 1 boot debian verify
prints 'verify with another device: said' '^0000:00:1f.2: is not on vfio-pci now; at boot: changed$'
echo 0x1c02 >"$dir/sys/bus/pci/devices/0000:00:1f.2/device"

early "$dir"
mkdir -p "$dir/sys/bus/pci/drivers/ahci"
ln -s ../../../bus/pci/drivers/ahci "$dir/sys/bus/pci/devices/0000:00:1f.2/driver"
runs sh "$dir" "$script" ''
verdict 'a driver was there first: told to let go' grep -qx '0000:00:1f.2' "$dir/sys/bus/pci/drivers/ahci/unbind"
verdict 'a driver was there first: and what did not come is noted' grep -qx '0000:00:1f.2 failed vfio-pci does not take it' "$dir/run/vfio-hook-boot"

early "$dir"
sed -i 's/$/ vfio-hook.boot=off/' "$dir/proc/cmdline"
runs sh "$dir" "$script" ''
verdict 'turned off for a boot: nothing is done' test ! -e "$dir/ran"
exits 'verify after such a boot' 1 boot debian verify
prints 'verify after such a boot: said' '^0000:00:1f.2: is not on vfio-pci: vfio-hook.boot=off'

# mkinitramfs and the administrator run it where it must do nothing
early "$dir"
run env ROOT="$dir" PATH="$work/bin:$PATH" sh "$script" prereqs
verdict 'prereqs: none' test "$rc$out" = 0
run env ROOT="$dir" PATH="$work/bin:$PATH" sh "$script"
verdict 'outside an image it does nothing' test ! -e "$dir/ran"

# --- what the tools make of the files --------------------------------------------------------
if command -v tsort >/dev/null; then
	first=$(for name in udev all_generic_ide blacklist keymap 00-vfio-hook; do echo "$name $name"; done | tsort | head -n 1)
	verdict 'initramfs-tools: before all others' test "$first" = 00-vfio-hook
else
	skip 'initramfs-tools: before all others' 'no tsort'
fi
conf=$work/arch/etc/mkinitcpio.conf.d/vfio-hook.conf
run bash -c "HOOKS=(base udev modconf block); . '$conf'; . '$conf'; echo \"\${HOOKS[*]}\""
verdict 'mkinitcpio: before udev, once' test "$out" = 'base vfio-hook udev modconf block'
run bash -c "HOOKS=(base systemd block); . '$conf'; echo \"\${HOOKS[*]}\""
verdict 'mkinitcpio: before systemd' test "$out" = 'base vfio-hook systemd block'
cat >"$work/mkinitcpio" <<'END'
for name in add_module add_runscript add_file add_binary add_symlink; do
	eval "$name() { echo $name \$*; }"
done
. "$1/etc/initcpio/install/vfio-hook"
build
END
mkdir "$work/image"
run env BUILDROOT="$work/image" bash -euc 'HOOKS=(base udev); . "$@"' - "$work/mkinitcpio" "$work/arch"
verdict 'mkinitcpio: what goes into the image' test "$out" = $'add_module vfio-pci\nadd_runscript\nadd_file /etc/modprobe.d/vfio-hook.conf'
run env BUILDROOT="$work/image" bash -euc 'HOOKS=(base systemd); . "$@"' - "$work/mkinitcpio" "$work/arch"
verdict 'mkinitcpio with systemd: a unit' grep -qx 'Before=systemd-udevd.service .*' "$work/image/etc/systemd/system/vfio-hook.service"
prints 'mkinitcpio with systemd: wanted' '^add_symlink /etc/systemd/system/sysinit.target.wants/vfio-hook.service '
run bash -euc 'inst_hook() { echo hook "$1" "$2" "${3##*/}"; }; inst_simple() { echo file "$1"; }
	instmods() { echo modules "$hostonly:$*"; }; hostonly=yes moddir=$1; . "$1/module-setup.sh"
	check && depends && installkernel && install' - "$work/fedora/usr/lib/dracut/modules.d/90vfio-hook"
verdict 'dracut: what goes into the image' test "$out" = $'modules :vfio-pci\nhook pre-udev 00 vfio-hook.sh\nfile /etc/modprobe.d/vfio-hook.conf'
if command -v shellcheck >/dev/null; then
	for file in debian/etc/initramfs-tools/{scripts/init-top/00-,hooks/}vfio-hook \
		fedora/usr/lib/dracut/modules.d/90vfio-hook/{module-setup,vfio-hook}.sh \
		arch/etc/{initcpio/{hooks,install}/vfio-hook,mkinitcpio.conf.d/vfio-hook.conf}; do
		run shellcheck -S warning -e SC2034,SC2154 "$work/$file"
		verdict "shellcheck: $file" test "$rc" = 0
	done
else
	skip 'shellcheck of what is generated' 'no shellcheck'
fi

# --- a graphics card, and one of two network cards --------------------------------------------
gpu=$(sed -n 's/^pci \([0-9a-f:.]*\) class=0302.*/\1/p' "$hosts/seed-004.host" | head -n 1)
exits 'seed 004: the card' 0 boot gpu generate --dry-run "$gpu"
prints 'seed 004: the card is in the list' "^# device $gpu 10de:"

finish
