/* SPDX-License-Identifier: GPL-2.0-or-later */
/* function - one PCI function from sysfs: all of it as read.c wants it, or its driver and group. */
#ifndef VH_FUNCTION_H
#define VH_FUNCTION_H

#include "lib/host/host.h"

/* Where functions and their groups are found; open for as long as many are read. */
struct vh_function_bus {
	const struct vh_root *root;
	struct vh_root devices; /* sys/bus/pci/devices */
	int failed;            /* errno when that cannot be opened: ENOENT, a machine without PCI */
	struct vh_root groups; /* sys/kernel/iommu_groups; fd is -1 where there is none */
};
void vh_function_bus_open(struct vh_function_bus *ret, const struct vh_root *root);
void vh_function_bus_close(struct vh_function_bus *bus);

/* Reads the function, except for what blocking.h reads; NULL when it is not there. *ret_failed is
 * set to the errno of a read that neither succeeded nor said "not there". */
struct vh_pci_dev *vh_function_read(const struct vh_function_bus *bus,
				    const struct vh_pci_addr *addr, int *ret_failed) VH_CHECK;
void vh_function_free(struct vh_pci_dev *d);
/* What was seen of how the host uses it. */
void vh_function_forget_uses(struct vh_pci_dev *d);

/* Its directory, for what follows; 0 or -1, errno set (ENOENT: it is not there). */
int vh_function_enter(const struct vh_root *root, const struct vh_pci_addr *addr,
		      struct vh_root *ret) VH_CHECK;
int vh_function_ids(const struct vh_root *dir, uint16_t *ret_vendor, uint16_t *ret_device) VH_CHECK;
int vh_function_driver_in(const struct vh_root *dir, char **ret_driver, bool *ret_vfio) VH_CHECK;
int vh_function_group_in(const struct vh_root *dir);

/* The driver bound now (NULL: none), and whether it is a VFIO one. Never blocks. -1, errno set:
 * cannot tell. */
int vh_function_driver(const struct vh_root *root, const struct vh_pci_addr *addr,
		       char **ret_driver, bool *ret_vfio) VH_CHECK;
/* The IOMMU group; -1, errno set (ENOENT: it has none). */
int vh_function_group(const struct vh_root *root, const struct vh_pci_addr *addr);

#endif
