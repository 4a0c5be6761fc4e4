/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * topology - where a device stands: what belongs to it, how it is reset, its NUMA node, its
 * physical function's interface, the firmware's framebuffer in its memory. Only attributes that
 * do not wait for a driver. Part of the host model, used by host.c alone.
 */
#ifndef VH_TOPOLOGY_H
#define VH_TOPOLOGY_H

#include "lib/host/host.h"

/* Fills in the fields of VH_HOST_RULES, once. NULL: does nothing. */
void vh_topology_read(const struct vh_root *root, struct vh_host *h, struct vh_pci_dev *d);

/* One function as a mate; false: it is not there. */
bool vh_topology_read_mate(const struct vh_root *root, const struct vh_pci_addr *addr,
			   struct vh_mate *ret) VH_CHECK;

/* The firmware's framebuffer that lies in the memory of the function, by its name in /proc/iomem:
 * "BOOTFB". NULL: none. Caller frees. */
char *vh_topology_framebuffer(const struct vh_root *root, struct vh_host *h,
			      const struct vh_pci_dev *d) VH_CHECK;

#endif
