#!/bin/sh
@HEADER@
case $1 in
prereqs)
	echo
	exit 0
	;;
esac
. /usr/share/initramfs-tools/hook-functions
manual_add_modules vfio-pci
