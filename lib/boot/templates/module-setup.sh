#!/bin/bash
@HEADER@
check() {
	return 0
}

depends() {
	return 0
}

# Also into an image for this host alone, which has only modules that are in use now.
installkernel() {
	hostonly='' instmods vfio-pci
}

install() {
	inst_hook pre-udev 00 "$moddir/vfio-hook.sh"
	inst_simple /etc/modprobe.d/vfio-hook.conf
}
