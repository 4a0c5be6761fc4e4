/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * qemu-args - what a domain tells QEMU past libvirt, in <qemu:commandline>: VFIO devices, in every
 * notation that QEMU reads, and properties that it sets of devices.
 */
#ifndef VH_QEMU_ARGS_H
#define VH_QEMU_ARGS_H

#include "lib/base/pci.h"

struct _xmlNode; /* libxml2's xmlNode, for lib/domain/domain.c alone */

/* A VFIO device. */
struct vh_smuggled {
	int line;
	char *host;    /* as it stands there, printable: 01:00.0, or a path; never NULL */
	bool has_addr; /* that is, or ends with, the address of a function */
	bool misspelt; /* "-device vfio-pci,host=..." is one argument: QEMU knows no such option */
	struct vh_pci_addr addr;
};

/* -set device.ID.PROPERTY=VALUE of a device that is not one of this command line. */
struct vh_qemu_set {
	int line;
	char *id, *property, *value; /* as they stand there */
};

struct vh_smuggled_list {
	struct vh_smuggled *list;
	size_t count;
	struct vh_qemu_set *sets;
	size_t n_sets;
	bool wide_window; /* -fw_cfg tells the firmware of large BARs */
};
void vh_qemu_args_clear(struct vh_smuggled_list *l);

void vh_qemu_args_read(struct vh_smuggled_list *ret, const struct _xmlNode *domain);

#endif
