#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# make demo - what vfio-hook does, on a bundled machine and on this one. Changes nothing.
set -u
hook=${abs_top_builddir:?}/vfio-hook
cd "${abs_top_srcdir:?}" || exit
host=tests/fixtures/hosts/demo.host

say() { printf '\n=== %s\n\n' "$*"; }
show() {
	printf '$ vfio-hook --host demo.host %s\n' "$*"
	"$hook" --host "$host" "$@"
	echo
}

say "Would these domains start? (on an example machine)"
show check examples/domains/gpu-with-audio.xml
show check tests/fixtures/domains/mounted-nvme.xml
show check tests/fixtures/domains/balloon-absent.xml

say "virsh start, virsh destroy: only the graphics function is in the domain"
"${abs_top_builddir:?}/tests/hook/demo" tests/fixtures/domains/gpu-without-audio.xml || exit

say "this machine:"
"$hook" list
groups=$?
echo
"$hook" check
ready=$?
echo
if [ $groups -ne 0 ]; then
	echo "This machine has no IOMMU switched on, so no device of it can be passed to a guest"
	echo "now. What to do is printed above. Nothing is broken, and nothing was changed."
else
	[ $ready -eq 0 ] || echo "The problems are printed above. Nothing was changed."
	echo "The next three commands:"
	echo "  sudo make install"
	echo "  sudo systemctl reload libvirtd        # or virtqemud; once"
	echo "  virsh dumpxml --inactive VM | vfio-hook check -"
fi
exit 0
