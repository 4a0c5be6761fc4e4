/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bootloader - what starts the kernel, and so how an option gets onto its command line. */
#ifndef VH_BOOTLOADER_H
#define VH_BOOTLOADER_H

#include "lib/base/root.h"

enum vh_bootloader {
	VH_LOADER_UNKNOWN = 0,
	VH_LOADER_PROXMOX,      /* proxmox-boot-tool, with /etc/kernel/cmdline */
	VH_LOADER_PROXMOX_GRUB, /* proxmox-boot-tool, with GRUB */
	VH_LOADER_GRUBBY,       /* Fedora, RHEL */
	VH_LOADER_UPDATE_GRUB,  /* Debian, Ubuntu */
	VH_LOADER_GRUB2,        /* SUSE: grub2-mkconfig */
	VH_LOADER_GRUB,         /* Arch: grub-mkconfig */
	VH_LOADER_KERNEL_INSTALL, /* systemd-boot, entries made from /etc/kernel/cmdline */
	VH_LOADER_ENTRIES,      /* systemd-boot, entries written by hand */
};

enum vh_bootloader vh_bootloader_read(const struct vh_root *root);
/* What to do for an option to be there at the next boot, one line. The caller frees. */
char *vh_bootloader_add(enum vh_bootloader loader, const char *option) VH_CHECK;

#endif
