/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * qemu-args - what a domain tells QEMU past libvirt, in <qemu:commandline>: VFIO devices, in every
 * notation that QEMU reads, properties that it sets of devices, and an IOMMU of the guest.
 */
#ifndef VH_QEMU_ARGS_H
#define VH_QEMU_ARGS_H

#include "lib/base/pci.h"
#include "lib/domain/guest-iommu.h"

struct _xmlNode; /* libxml2's xmlNode, for lib/domain/domain.c alone */

/* A VFIO device. */
struct vh_smuggled {
	int line;
	char *host;    /* as it stands there, printable: 01:00.0, or a path; never NULL */
	bool has_addr; /* that is, or ends with, the address of a function */
	bool misspelt; /* "-device vfio-pci,host=..." is one argument: QEMU knows no such option */
	struct vh_pci_addr addr;
	bool vga; /* x-vga=on */
};

/* -set device.ID.PROPERTY=VALUE of a device that is not one of this command line, or a property of
 * <qemu:override>. */
struct vh_qemu_set {
	int line;
	char *id, *property, *value; /* as they stand there */
};

struct vh_smuggled_list {
	struct vh_smuggled *list;
	size_t count;
	struct vh_qemu_set *sets;
	size_t n_sets;
	struct vh_qemu_set *overrides;
	size_t n_overrides;
	bool wide_window;   /* -fw_cfg tells the firmware of large BARs */
	bool in_words;      /* libvirt is to write devices as words, not as JSON: -set finds them */
	bool in_words_once; /* likewise, by the name that libvirt 7.9 and 7.10 had for it */
};
/* What libvirt calls QEMU's reading of devices as JSON, from 8.0 on, and before
 * (src/qemu/qemu_capabilities.c). */
#define VH_QEMU_ARGS_JSON "device.json+hotplug"
#define VH_QEMU_ARGS_JSON_ONCE "device.json"

void vh_qemu_args_clear(struct vh_smuggled_list *l);

/* The line where this property of the device is switched on, by -set, if libvirt lets it, or by
 * <qemu:override>; 0: nowhere. */
int vh_qemu_args_turned_on(const struct vh_smuggled_list *l, bool sets, const char *id,
			   const char *property);

/* `iommu`: that of the domain's <iommu>, or without one. */
void vh_qemu_args_read(struct vh_smuggled_list *ret, struct vh_guest_iommu *iommu,
		       const struct _xmlNode *domain);

#endif
