# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: GPL-2.0-or-later
# The machines that are not a PC, to be sourced. Everything that needs the list, or one of these words
# of an architecture, asks here; what QEMU emulates of it stands in run-vm.sh.
ARCHES="arm64 s390x"

# arch_words ARCH: sets
#   arch_suite      the Debian that runs in the machine; its kernel is that of arch_kernel
#   arch_qemu       QEMU's name of it, in this machine and in that one
#   arch_package    the package of QEMU in that one
#   arch_boots      the machines (run-vm.sh: BOOT)
arch_words() {
	case $1 in
	arm64)
		arch_suite=trixie arch_kernel=trixie arch_qemu=aarch64
		arch_package=qemu-system-arm arch_boots="tiny noits nosmmu devicetree" ;;
	s390x)	# the kernel of bookworm has no VFIO for it
		arch_suite=bookworm arch_kernel=trixie arch_qemu=s390x
		arch_package=qemu-system-misc arch_boots="tiny nofunction" ;;
	*)	return 1 ;;
	esac
}
