/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bootloader - recognised by the files of each; and how an option is added to it, in words. */
#include "lib/host/bootloader.h"

#include "lib/base/banned.h"

/* The first that has both files; a NULL is there always. */
static const struct sign {
	enum vh_bootloader loader;
	const char *file, *with;
} signs[] = {
	{ VH_LOADER_PROXMOX, "etc/kernel/proxmox-boot-uuids", "etc/kernel/cmdline" },
	{ VH_LOADER_PROXMOX_GRUB, "etc/kernel/proxmox-boot-uuids", NULL },
	{ VH_LOADER_GRUBBY, "usr/sbin/grubby", NULL },
	{ VH_LOADER_GRUBBY, "usr/bin/grubby", NULL },
	{ VH_LOADER_UPDATE_GRUB, "usr/sbin/update-grub", "boot/grub/grub.cfg" },
	{ VH_LOADER_GRUB2, "usr/sbin/grub2-mkconfig", "boot/grub2/grub.cfg" },
	{ VH_LOADER_GRUB, "usr/bin/grub-mkconfig", "boot/grub/grub.cfg" },
	{ VH_LOADER_KERNEL_INSTALL, "boot/loader/entries", "etc/kernel/cmdline" },
	{ VH_LOADER_KERNEL_INSTALL, "efi/loader/entries", "etc/kernel/cmdline" },
	{ VH_LOADER_ENTRIES, "boot/loader/entries", NULL },
	{ VH_LOADER_ENTRIES, "efi/loader/entries", NULL },
	{ VH_LOADER_ENTRIES, "boot/efi/loader/entries", NULL },
};

enum vh_bootloader vh_bootloader_read(const struct vh_root *root)
{
	for (size_t i = 0; i < VH_COUNT(signs); i++)
		if (vh_root_exists(root, "%s", signs[i].file) &&
		    (!signs[i].with || vh_root_exists(root, "%s", signs[i].with)))
			return signs[i].loader;
	return VH_LOADER_UNKNOWN;
}

#define IN_GRUB "add %s to GRUB_CMDLINE_LINUX in /etc/default/grub, then: "
#define IN_CMDLINE "add %s to the line in /etc/kernel/cmdline, then: "

char *vh_bootloader_add(enum vh_bootloader loader, const char *option)
{
	switch (loader) {
	case VH_LOADER_PROXMOX:
		return vh_printf(IN_CMDLINE "proxmox-boot-tool refresh", option);
	case VH_LOADER_PROXMOX_GRUB:
		return vh_printf(IN_GRUB "proxmox-boot-tool refresh", option);
	case VH_LOADER_GRUBBY:
		return vh_printf("grubby --update-kernel=ALL --args=%s", option);
	case VH_LOADER_UPDATE_GRUB:
		return vh_printf(IN_GRUB "update-grub", option);
	case VH_LOADER_GRUB2:
		return vh_printf(IN_GRUB "grub2-mkconfig -o /boot/grub2/grub.cfg", option);
	case VH_LOADER_GRUB:
		return vh_printf(IN_GRUB "grub-mkconfig -o /boot/grub/grub.cfg", option);
	case VH_LOADER_KERNEL_INSTALL:
		return vh_printf(IN_CMDLINE "kernel-install add-all", option);
	case VH_LOADER_ENTRIES:
		return vh_printf("add %s to the options line of each file in loader/entries/ of the "
				 "EFI system partition", option);
	case VH_LOADER_UNKNOWN:
		break;
	}
	return vh_printf("add %s to the kernel command line", option);
}
