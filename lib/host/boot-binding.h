/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * boot-binding - which devices vfio-pci takes at boot, before anything loads their own drivers: what
 * `vfio-hook boot generate` was told, as it stands in its one file below /etc/modprobe.d. That
 * file is at once what modprobe obeys and the record of what was configured.
 */
#ifndef VH_BOOT_BINDING_H
#define VH_BOOT_BINDING_H

#include "lib/base/pci.h"
#include "lib/base/root.h"
#include "lib/base/strbuf.h"

#define VH_BOOT_BINDING_PATH "etc/modprobe.d/vfio-hook.conf"
#define VH_BOOT_BINDING_RECORD "run/vfio-hook-boot" /* what the boot script did, of this boot */
#define VH_BOOT_BINDING_MARK "Written by 'vfio-hook boot generate'" /* in every file of ours */

enum vh_initramfs {
	VH_INITRAMFS_NONE = 0,
	VH_INITRAMFS_TOOLS,
	VH_INITRAMFS_DRACUT,
	VH_INITRAMFS_MKINITCPIO,
};
/* "initramfs-tools"; and the way back, NONE where it is not such a name. */
const char *vh_boot_binding_initramfs_str(enum vh_initramfs i);
enum vh_initramfs vh_boot_binding_initramfs_of(const char *name);

struct vh_boot_binding_dev {
	struct vh_pci_addr addr;
	uint16_t vendor, device, subvendor, subdevice;
	uint32_t class;
	char *module; /* of the driver that would race, or NULL: none is known */
};

struct vh_boot_binding {
	bool by_id;
	enum vh_initramfs initramfs;
	struct vh_boot_binding_dev *devs; /* sorted by address */
	size_t count;
};
void vh_boot_binding_free(struct vh_boot_binding *e);
VH_DEFINE_AUTO(vh_boot_binding, vh_boot_binding_free)

/* The text of the file. */
void vh_boot_binding_format(const struct vh_boot_binding *e, struct vh_strbuf *to);
/* 0 with *ret NULL where there is none; -1 where it is not what we write, or cannot be read. */
int vh_boot_binding_read(const struct vh_root *root, struct vh_boot_binding **ret,
			 struct vh_error *err) VH_CHECK;

/* What the boot script has said of a device at this boot: bound, late, changed, absent, failed.
 * NULL: nothing. Without an address, of itself: off, failed. The caller frees. */
char *vh_boot_binding_at_boot(const struct vh_root *root, const struct vh_pci_addr *addr) VH_CHECK;

#endif
