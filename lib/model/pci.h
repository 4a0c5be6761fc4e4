/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pci - one PCI function from sysfs. Part of the host model (host.h), used by host.c alone. */
#ifndef VH_PCI_H
#define VH_PCI_H

#include "lib/model/host.h"

/* Reads the function; NULL when it is not there. Uses and driver_override are not read. */
/* *ret_failed is set to the errno of a read that neither succeeded nor said "not there". */
struct vh_pci_dev *vh_pci_read(const struct vh_root *root, const struct vh_pci_addr *addr,
			       int *ret_failed) VH_CHECK;
void vh_pci_free(struct vh_pci_dev *d);

/* The driver bound now (NULL: none), and whether it is a VFIO one. Never blocks. -1, errno set:
 * cannot tell. */
int vh_pci_read_driver(const struct vh_root *root, const struct vh_pci_addr *addr,
		       char **ret_driver, bool *ret_vfio) VH_CHECK;
/* The IOMMU group; -1, errno set (ENOENT: it has none). */
int vh_pci_read_group(const struct vh_root *root, const struct vh_pci_addr *addr);

/* driver_override: NULL is unset. `known` is false when it could not be read in time. */
struct vh_override {
	bool known;
	char *value;
};
/* Those of several devices, in a child and within 15 seconds, as their readers block while
 * a driver hangs. close_fd: see vh_child_start(). Caller frees the values. */
void vh_pci_read_overrides(const struct vh_root *root, const struct vh_pci_addr *addrs,
			   size_t count, int close_fd, struct vh_override *ret);

#endif
