/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * blocking - the facts about a device whose reading may block for as long as its driver or the
 * hardware does, or for ever: driver_override and USB strings wait for the lock of a device
 * (drivers/pci/pci-sysfs.c:driver_override_show() before Linux 6.12,
 * drivers/usb/core/sysfs.c), configuration space for the device to wake up, an exclusive open
 * for the disk. All are read in a child, bounded. Called by read.c and, for claims, by
 * lib/case/standing.c.
 */
#ifndef VH_BLOCKING_H
#define VH_BLOCKING_H

#include "lib/host/host.h"

/* Fills in, as `flags` (enum vh_host_flags) say, override, uses and `dead` of every device of
 * the host. What is not read in 15 seconds, or by `deadline`, stays unknown. */
void vh_blocking_read(const struct vh_root *root, struct vh_host *h, unsigned int flags,
		      int64_t deadline);

/* driver_override: NULL is unset. `known` is false when it could not be read in time. */
struct vh_override {
	bool known;
	char *value;
};
/* Those of several devices, in the same way. Caller frees the values. */
void vh_blocking_read_overrides(const struct vh_root *root, const struct vh_pci_addr *addrs,
				size_t count, struct vh_override *ret);

#endif
