#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What installation does to a folder of hooks, and that everything which says how to build or
# configure says the same.
# shellcheck disable=SC2034
set -u
. "${abs_top_srcdir:?}/tests/lib.sh"
cli=${abs_top_builddir:?}/vfio-hook
hooks=/etc/libvirt/hooks program=/usr/sbin/vfio-hook-qemu
note=/var/lib/vfio-hook/made-folders

link=$work/hook-link
sed -e "s|@hooksdir[@]|$hooks|; s|@sbindir[@]|/usr/sbin|; s|@bindir[@]|$work/bin|
	s|@localstatedir[@]|/var|; s|@hook_link[@]|auto|" "$top/packaging/hook-link.in" >"$link"
grep -n '@[a-z_]*@' "$link" && echo 'Bail out! hook-link.in has a placeholder that nothing fills' && exit 1

# --- the link ----------------------------------------------------------------

# What a folder of hooks can hold: words of the cases below
helper='#!/bin/bash
# calls qemu.d/*
GUEST="$1"
HOOKPATH="$(dirname $0)/qemu.d/$GUEST/$2/$3"
[ -f "$HOOKPATH" ] && eval \"$HOOKPATH\" "$@"'
put() {	# WORD...
	local word
	for word; do
		case $word in
		empty) mkdir -p "$root$hooks" ;;
		main) ln -s $program "$root$hooks/qemu" ;;
		main-elsewhere) ln -s /usr/local/sbin/vfio-hook-qemu "$root$hooks/qemu" ;;
		drop-in) mkdir -p "$root$hooks/qemu.d" && ln -s $program "$root$hooks/qemu.d/50-vfio-hook" ;;
		script) printf '#!/bin/sh\nexit 0\n' >"$root$hooks/qemu" ;;
		helper) printf '%s\n' "$helper" >"$root$hooks/qemu" ;;
		run-all) printf '#!/bin/sh\nrun-parts /etc/libvirt/hooks/qemu.d\n' >"$root$hooks/qemu" ;;
		binds) printf '#!/bin/sh\nvirsh nodedev-detach pci_0000_01_00_0\n' >"$root$hooks/qemu" ;;
		dangling) ln -s /nowhere "$root$hooks/qemu" ;;
		taken) mkdir -p "$root$hooks/qemu.d" && echo >"$root$hooks/qemu.d/50-vfio-hook" ;;
		esac
	done
}
# Every file of the folder: "qemu" or "qemu -> TARGET"
have() { (cd "$root$hooks" 2>/dev/null && find . -mindepth 1 ! -type d -printf '%P>%l\n' | sort | xargs); }

# before | HOOK_LINK | exit status | files after | what is said
while IFS='|' read -r before where code after says; do
	root=$work/root
	rm -rf "$root"
	# shellcheck disable=SC2086	# words
	put $before
	name="install, $where: ${before:-no folder}"
	run env HOOK_LINK="$where" sh "$link" install "$root"
	if [ "$rc" = "$code" ] && [ "$(have)" = "$after" ] && grep -qE -- "$says" <<<"$out$err"; then
		pass "$name"
	else
		echo "# have: $(have)"
		fail "$name"
	fi
	[ "$code" = 0 ] || continue
	inode=$(find "$root$hooks" -lname '*' -printf '%i %C@\n' 2>/dev/null)
	run env HOOK_LINK="$where" sh "$link" install "$root"
	verdict "$name: again changes nothing" eval \
		'[ "$rc" = 0 ] && [ "$(have)" = "$after" ] && [ "$inode" = "$(find "$root$hooks" -lname "*" -printf "%i %C@\n" 2>/dev/null)" ]'
	# what is left is what was there and is not ours
	kept=$(tr ' ' '\n' <<<"$after" | grep -v ">$program\$" | xargs)
	run sh "$link" remove "$root"
	verdict "$name: removed" eval '[ "$rc" = 0 ] && [ "$(have)" = "$kept" ] && [ ! -e "$root$note" ]'
	case $before in
	'') verdict "$name: the folders are gone" eval '[ ! -e "$root/etc" ] && [ ! -e "$root/var/lib/vfio-hook" ]' ;;
	*drop-in*) verdict "$name: qemu.d was there before" [ -d "$root$hooks/qemu.d" ] ;;
	*) verdict "$name: no qemu.d is left" eval '[ -d "$root$hooks" ] && [ ! -e "$root$hooks/qemu.d" ]' ;;
	esac
done <<END
|auto|0|qemu>$program|libvirt calls
empty|auto|0|qemu>$program|libvirt calls
|main|0|qemu>$program|libvirt calls
empty|qemu.d|0|qemu.d/50-vfio-hook>$program|50-vfio-hook ->
empty main|auto|0|qemu>$program|libvirt calls
empty main-elsewhere|auto|0|qemu>$program|libvirt calls
empty drop-in|auto|0|qemu.d/50-vfio-hook>$program|50-vfio-hook ->
empty main|qemu.d|0|qemu.d/50-vfio-hook>$program|is gone: one link is enough
empty drop-in|main|0|qemu>$program|is gone: one link is enough
empty script|auto|0|qemu.d/50-vfio-hook>$program qemu>|is not ours and stays as it is
empty script|main|1|qemu>|HOOK_LINK=qemu.d puts the link beside it
empty helper|auto|0|qemu.d/50-vfio-hook>$program qemu>|It is a hook helper
empty run-all|auto|0|qemu.d/50-vfio-hook>$program qemu>|is called twice
empty binds|auto|0|qemu.d/50-vfio-hook>$program qemu>|seems to bind devices itself
empty dangling|auto|0|qemu.d/50-vfio-hook>$program qemu>/nowhere|is not ours and stays
empty script taken|auto|1|qemu.d/50-vfio-hook> qemu>|is in the way: it is not ours
|none|0||^\$
|somewhere|1||is none of auto, main, qemu.d, none
END

# without a root of its own, in folders of this test
sed "s|^hooksdir=.*|hooksdir='$work/live' program='$work/none/vfio-hook-qemu' cli='$work/none/cli'|
	s|^made=.*|made='$work/made'|" "$link" >"$work/live-link"
run sh "$work/live-link" install
verdict 'install without the program: refused, and no link made' eval \
	'[ "$rc" = 1 ] && grep -q "vfio-hook-qemu is not there" <<<"$err" && [ ! -e "$work/live" ]'
mkdir -p "$work/none" && echo >"$work/none/vfio-hook-qemu" && chmod +x "$work/none/vfio-hook-qemu"
run sh "$work/live-link" install
verdict 'install with the program: a link' eval \
	'[ "$rc" = 0 ] && [ "$(readlink "$work/live/qemu")" = "$work/none/vfio-hook-qemu" ]'
rm -rf "$work/none" "$work/live" "$work/made"

root=$work/root
rm -rf "$root"
put empty script
run sh "$link" install "$root"
echo >"$root$hooks/qemu.d/60-mine"
run sh "$link" remove "$root"
verdict "a folder that somebody uses now stays" [ -e "$root$hooks/qemu.d/60-mine" ]

# --- switched off by hand, as README and manual say ---------------------------

for page in README.md man/vfio-hook.pod; do
	off=$(sed -n 's/^ *\(find \/etc\/libvirt\/hooks.*\)$/\1/p' "$top/$page")
	while IFS='|' read -r before left; do
		rm -rf "$root"
		# shellcheck disable=SC2086	# words
		put $before
		run sh -c "${off//\/etc\/libvirt\/hooks/$root$hooks}"
		name="$page: switched off, ${before#empty }"
		if [ -n "$off" ] && [ "$rc" = 0 ] && [ "$(have)" = "$left" ]; then
			pass "$name"
		else
			echo "# have: $(have)"
			fail "$name"
		fi
	done <<-END
	empty main|
	empty main-elsewhere|
	empty script drop-in|qemu>
	empty dangling drop-in|qemu>/nowhere
	empty script taken|qemu.d/50-vfio-hook> qemu>
	END
	verdict "$page names no other way" eval '! grep -nE "rm (-f )?/etc/libvirt/hooks" "$top/$page"'
done
rm -rf "$root"

# --- what will be refused, and what is given back ----------------------------

mkdir "$work/bin"
# a command line that says LINES
says() {
	printf '#!/bin/sh\n[ "$1" != %s ] || cat <<"END"\n%s\nEND\nexit 1\n' "$1" "$2" >"$work/bin/vfio-hook"
	chmod +x "$work/bin/vfio-hook"
}
says check "web: ok
it's (autostart): refused, 1 error [balloon]: no <memballoon> is written
game: refused, 2 errors [device-absent, balloon]: no device"
run sh "$link" refusals
prints 'domains that will be refused are counted' '^vfio-hook: defined domains that .*: 2$'
prints 'each with the reason' '^  game: refused, 2 errors '
prints 'and with the command, quoted' "^    vfio-hook check --domain 'it'.''s'   # why"
says check "web: ok"
exits 'none are refused: silent' 0 sh "$link" refusals
verdict 'none are refused: silent indeed' [ -z "$out$err" ]
printf '#!/bin/sh\necho "vfio-hook: error: no libvirt" >&2\nexit 2\n' >"$work/bin/vfio-hook"
run sh "$link" refusals
verdict 'no libvirt: silent' eval '[ "$rc" = 0 ] && [ -z "$out$err" ]'

says status "vm (00000000-0000-0000-0000-000000000001): held since 2026-01-01 10:00:00
  ADDRESS       ROLE   BEFORE        NOW         COMES BACK
  0000:03:00.0  named  e1000e        vfio-pci    by libvirt
  0000:03:00.1  peer   e1000e        vfio-pci    to e1000e
detached by hand: held since 2026-01-01 10:00:00
  ADDRESS       ROLE   BEFORE        NOW         COMES BACK
  0000:05:00.0  named  nvme          vfio-pci    to nvme"
run sh "$link" leave "$root"
prints 'what went along has to be given back by hand' '^  virsh nodedev-reattach pci_0000_03_00_1   # to e1000e$'
prints 'what was detached by hand too' '^  virsh nodedev-reattach pci_0000_05_00_0   # to nvme$'
verdict 'what libvirt gives back does not' eval '! grep -q 03_00_0 <<<"$out"'
verdict 'nothing is said of boot where nothing was generated' eval '! grep -q "boot remove" <<<"$out"'
rm "$work/bin/vfio-hook"
run sh "$link" leave "$root"
verdict 'nothing to ask: silent' eval '[ "$rc" = 0 ] && [ -z "$out$err" ]'
mkdir -p "$root/etc/modprobe.d"
echo '# by address' >"$root/etc/modprobe.d/vfio-hook.conf"
run sh "$link" leave "$root"
prints 'what was generated for boot goes on' 'at every boot, also without vfio-hook\. .*: vfio-hook boot remove$'

# --- one source for each thing -----------------------------------------------

version=$(sed -n 's/^AC_INIT(\[vfio-hook\], \[\(.*\)\])/\1/p' "$top/configure.ac")
same() {
	echo "have: $2" >"$work/out"
	echo "want: $3" >>"$work/out"
	verdict "$1" [ "$2" = "$3" ]
}
same "NEWS begins with the version" \
	"$(sed -E '1!d; s/ \(unreleased\)$//' "$top/NEWS")" "$version"
same "the README has the version" "$(sed -n 's/^Version \([0-9.]*[0-9]\).*/\1/p' "$top/README.md")" "$version"
same "the README says whether it is released, as NEWS does" \
	"$(grep -c '^Version .* is not released yet' "$top/README.md")" "$(sed 1q "$top/NEWS" | grep -c unreleased)"
same "the Debian package has the version" \
	"$(sed -n '1s/^vfio-hook (\(.*\)-[0-9]*).*/\1/p' "$top/packaging/debian/changelog")" "$version"
same "the command line has the version" "$("$cli" --version | awk '{ print $NF; exit }')" "$version"

# Folders that are ours alone go with what was in them; MAKEFLAGS are of the make that runs us.
for target in installdirs uninstall; do
	run env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -s -C "$abs_top_builddir" $target DESTDIR="$work/dest"
	[ $target = uninstall ] || found=$(find "$work/dest" -type d -name 'vfio-hook*' | wc -l)
done
verdict 'uninstall leaves no folder of ours' eval \
	'[ "$found" -ge 3 ] && [ -z "$(find "$work/dest" -type d -name "vfio-hook*")" ]'

# Build dependencies: what autogen.sh needs for its base. build-essential and what debhelper
# brings are not written down.
implied='^(gcc|libc6-dev|make|autoconf|automake|glibc-devel)$'
base() { sed -n "s/^base|//p" "$top/autogen.sh" | cut -d'|' -f"$1" | grep -vE "$implied" | sort -u; }
missing() { comm -23 <(base "$1") - | xargs; }
same "the Debian package builds with what autogen.sh installs" \
	"$(sed -n '/^Build-Depends:/,/^[A-Z].*:/s/^ \([a-z0-9.+-]*\).*/\1/p' "$top/packaging/debian/control" | sort | missing 2)" ''
same "and so does the RPM" \
	"$(sed -n 's/^BuildRequires: *//p' "$top/packaging/vfio-hook.spec.in" | sort | missing 3)" ''

# The example: as it is nothing but defaults; uncommented every key that there is
host=$(tree demo)
conf=$host/etc/libvirt/vfio-hook.conf
mkdir -p "${conf%/*}"
cp "$top/examples/vfio-hook.conf" "$conf"
check_host() { "$cli" --sysroot "$host" check; }
run check_host
verdict 'the example configuration is valid' eval '! grep -q vfio-hook.conf <<<"$out$err"'
sed -i -E 's/^#([a-z-]+ = |\[)/\1/' "$conf"
run check_host
verdict 'and so is what is commented out in it' eval '! grep -q vfio-hook.conf <<<"$out$err"'
same "it has every key" \
	"$(sed -nE 's/^([a-z-]+) = .*/\1/p' "$conf" | sort -u | xargs)" \
	"$(sed -nE 's/^\t\{ VH_IN_(POLICY|DEVICE), "([a-z-]+)".*/\2/p' "$top/lib/config/keys.c" | sort -u | xargs)"
echo 'balloon = maybe' >>"$conf"
run check_host
verdict 'what is invalid is seen' grep -q vfio-hook.conf "$work/err"
finish
