/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * topology - where a device stands: what belongs to it, how it is reset, its NUMA node, its
 * physical function's interface, the firmware's framebuffer in its memory. Only attributes that
 * do not wait for a driver.
 */
#ifndef VH_TOPOLOGY_H
#define VH_TOPOLOGY_H

#include "lib/host/function.h"

/* Fills in the fields of VH_HOST_RULES, once. NULL: does nothing. */
void vh_topology_read(const struct vh_function_bus *bus, struct vh_host *h, struct vh_pci_dev *d);

/* The firmware's framebuffer that lies in the memory of the function, by its name in /proc/iomem:
 * "BOOTFB". NULL: none. Caller frees. */
char *vh_topology_framebuffer(const struct vh_root *root, struct vh_host *h,
			      const struct vh_pci_dev *d) VH_CHECK;

#endif
