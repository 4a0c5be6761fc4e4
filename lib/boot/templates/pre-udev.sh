#!/bin/sh
@HEADER@
# dracut reads this into its own shell.
@BIND@
if [ -e /etc/initrd-release ] || [ -e /usr/lib/initrd-release ]; then
	vfio_hook_bind
fi
