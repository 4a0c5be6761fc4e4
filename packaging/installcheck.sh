#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# make installcheck: is what was installed complete, and does it run? The variables come from
# Makemodule.am; with DESTDIR they hold it.
set -eu
: "${bindir:?}" "${sbindir:?}" "${mandir:?}" "${docdir:?}" "${pkgdatadir:?}" "${tmpfilesdir:?}" \
	"${hooksdir:?}" "${program:?}" "${version:?}"

failures=0
check() {
	what=$1
	shift
	"$@" >/dev/null 2>&1 && return
	echo "installcheck: $what" >&2
	failures=$((failures + 1))
}
linked() {
	for link in "$hooksdir/qemu" "$hooksdir/qemu.d/50-vfio-hook"; do
		[ "$(readlink "$link")" != "$program" ] || return 0
	done
	return 1
}
says_version() { "$bindir/vfio-hook" --version | grep -qF "$version"; }

check "$bindir/vfio-hook is not $version" says_version
check "$bindir/vfio-hook knows no rules" "$bindir/vfio-hook" --explain balloon
# an operation that it ignores
check "$sbindir/vfio-hook-qemu does not run" "$sbindir/vfio-hook-qemu" vm reconnect begin - </dev/null
check "no link to $program in $hooksdir" eval '[ "$hook_link" = none ] || linked'
check "$pkgdatadir/hook-link is missing" test -x "$pkgdatadir/hook-link"
check "$docdir/vfio-hook.conf is missing" test -s "$docdir/vfio-hook.conf"
check "$tmpfilesdir/vfio-hook.conf is missing" test -s "$tmpfilesdir/vfio-hook.conf"
for page in man5/vfio-hook.conf.5 man7/vfio-hook-rules.7 man8/vfio-hook.8 man8/vfio-hook-qemu.8; do
	check "$mandir/$page is missing" eval '[ -z "$manual" ] || [ -s "$mandir/$page" ]'
done
[ $failures = 0 ]
