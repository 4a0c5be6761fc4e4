# shellcheck shell=bash disable=SC2001
# SPDX-License-Identifier: GPL-2.0-or-later
# Guests that have a kernel: that of the machine, with an initramfs of busybox and a few drivers. Most
# scenarios do without: what a hook has to do with is the same, and a boot here takes half a minute.

GUEST_KERNEL=$RUN/guest.kernel GUEST_INITRD=$RUN/guest.img
# Nothing that plugging, sleeping or a reset has a part in is left out; what takes long, and does not
# matter here, is: a boot takes a third less.
GUEST_OPTIONS="console=ttyS0 quiet loglevel=3 panic=0 mitigations=off no_timer_check net.ifnames=0"
GUEST_OPTIONS+=" cryptomgr.notests init_on_alloc=0 lsm=capability audit=0 nowatchdog noreplace-smp ipv6.disable=1"
GUEST_OPTIONS+=" 8250.nr_uarts=2 initcall_blacklist=jent_mod_init,load_system_certificate_list,crypto_kdf108_init"
GUEST_OPTIONS+=,cmos_init,i8042_init,trace_eval_init,fuse_init
asked=0	# what guests were asked to do, so far

# unsign MODULE: without its signature, which a guest would verify for seconds
unsign() {
	local size signed
	[ "$(tail -c 28 "$1")" = '~Module signature appended~' ] || return 0
	size=$(wc -c <"$1")
	read -r signed < <(tail -c 32 "$1" | od -An -t u4 --endian=big -N 4)
	truncate -s $((size - 40 - signed)) "$1"
}

# make_guest [vmlinuz]: what guests boot, in memory until drop_guest. When a guest that was started by
# the unpacked kernel wakes from its sleep, QEMU loads that again over the one that slept; the packed
# one takes longer to start.
make_guest() {
	local root=$RUN/guest how module name
	cp "/mnt/lab/${1:-vmlinux}" "$GUEST_KERNEL" || return
	mkdir -p "$root"/{bin,dev,proc,sys,modules}
	cp /bin/busybox "$root/bin"
	for name in dmesg grep head ifconfig insmod md5sum mount ping poweroff reboot sleep stty; do
		ln -s busybox "$root/bin/$name"
	done
	install -m 755 "$RUN/kernel/init" "$root/init"
	while read -r how module; do
		[ "$how" = insmod ] || continue
		name=${module##*/}
		case $name in
		*.xz)	# the guest would take longer
			name=${name%.xz}
			busybox xzcat "$module" >"$root/modules/$name" || return ;;
		*)	cp "$module" "$root/modules/" ;;
		esac
		unsign "$root/modules/$name"
		echo "$name" >>"$root/modules/order"
	done < <(for name in e1000e nvme; do modprobe --show-depends $name; done | awk '!seen[$2]++')
	(cd "$root" && find . | busybox cpio -o -H newc 2>/dev/null) >"$GUEST_INITRD"
	rm -r "$root"
}
drop_guest() { rm "$GUEST_KERNEL" "$GUEST_INITRD"; }

# define_guest NAME ELEMENT...: a domain that boots it, with a file for what it says and a pipe for
# what it is asked
define_guest() {
	local name=$1 orders=$RUN/$1.orders
	shift
	rm -f "$orders".in "$orders".out
	mkfifo "$orders".in "$orders".out
	OS="$OS<kernel>$GUEST_KERNEL</kernel><initrd>$GUEST_INITRD</initrd><cmdline>$GUEST_OPTIONS</cmdline>" \
		MEMORY=128 define "$name" "$@" \
		"<serial type='file'><source path='$RUN/$name.console'/><target port='0'/></serial>" \
		"<serial type='pipe'><source path='$orders'/><target port='1'/></serial>"
}

# booted NAME TIMES: it has come up so often since its start
booted() { is "$(grep -c '^guest: up' "$RUN/$1.console")" "$2"; }

# order NAME LINE: it is asked to do this line of shell, and nobody waits for it
order() {
	asked=$((asked + 1))
	echo "\$ [$1] ${*:2}"
	echo "$asked ${*:2}" 1<>"$RUN/$1.orders.in"
}
# ordered NAME: it has done what it was asked last
ordered() { grep -q "^guest: $asked ends" "$RUN/$1.console"; }
# in_guest NAME SECONDS LINE: it does; as `try`
in_guest() {
	local console=$RUN/$1.console
	order "$1" "${@:3}"
	if within "$2" ordered "$1"; then
		OUT=$(tr -d '\r' <"$console" | sed -n "/^guest: $asked begins/,/^guest: $asked ends/p")
		RC=${OUT##* }
		OUT=$(sed '1d;$d' <<<"$OUT")
	else
		OUT="no answer in $2 s" RC=255
	fi
	[ -z "$OUT" ] || sed 's/^/  | /' <<<"$OUT"
	echo "  => $RC"
}
# lets_go NAME ADDRESS: it is asked to, and does
lets_go() {
	ask_for "$@"
	check "it lets go of $2" within 60 not has_hostdev "$@"
}

# What the guests of 33 and L11 have, and do with it
CARD=52:54:00:00:01:00		# of NIC; the second machine is at the other end of its cable
write_disk() {
	yes "of the host" | head -c 65536 >"/dev/$(disk_of $NVME)"
	SUM=$(sum_of_disk)
}
sum_of_disk() { head -c 65536 "/dev/$(disk_of $NVME)" | md5sum; }
# drives NAME: it reaches the second machine by its card, and has what write_disk wrote
drives() {
	in_guest "$1" 120 "up $CARD 198.51.100.1 && until ping -c 1 -W 2 198.51.100.2; do sleep 0.2; done"
	check "it reaches the second machine by its card" is $RC 0
	in_guest "$1" 120 "head -c 65536 /dev/nvme0n1 | md5sum"
	check "its disk has what the host wrote" is "$OUT" "$SUM"
}
# away NAME ADDRESS...: these are at VFIO, and no others, and the claim is there
away() {
	local name=$1 address changes=()
	shift
	for address; do
		changes+=("$address=$VFIO")
	done
	check "at VFIO: $*" within 10 expect_state "${changes[@]}"
	check "the claim is there" claimed "$name"
}
