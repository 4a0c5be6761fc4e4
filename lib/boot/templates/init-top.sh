#!/bin/sh
@HEADER@
# mkinitramfs runs every boot script with the argument 'prereqs', on the running system.
case $1 in
prereqs)
	echo
	exit 0
	;;
esac
[ -e /conf/arch.conf ] || exit 0	# not in the image

@BIND@
vfio_hook_bind
