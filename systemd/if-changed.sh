#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# if-changed STAMP COMMAND... - runs COMMAND when kernel or firmware are others than those that
# STAMP holds, and then writes them there: unless COMMAND could not do its work (status 2 and
# above), so that the next boot tries again. Ends as COMMAND did.
set -u
stamp=$1
shift
dmi=${VFIO_HOOK_DMI:-/sys/class/dmi/id}
now="kernel $(uname -r)"
for what in bios_vendor bios_version bios_date; do
	# a board without DMI has no such files: then the kernel alone counts
	now="$now, $what $(cat "$dmi/$what" 2>/dev/null)"
done

if [ "$now" = "$(cat "$stamp" 2>/dev/null)" ]; then
	echo "kernel and firmware are those of the last check: nothing to do"
	exit 0
fi
echo "checking the domains: $now"
"$@"
status=$?
if [ $status -lt 2 ]; then
	echo "$now" >"$stamp.new" && mv "$stamp.new" "$stamp" || exit 2
fi
exit $status
