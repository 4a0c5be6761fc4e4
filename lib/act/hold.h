/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hold - the last look at a device, right before it leaves a driver; and holding its disks. */
#ifndef VH_HOLD_H
#define VH_HOLD_H

#include "lib/act/batch.h"

/*
 * Looks at the use of the devices of these writes, whose guard is VH_GUARD_UNUSED: each result is
 * 0, or what its guard found, and the disks of the device are those that are to be held until the
 * write has returned.
 */
void vh_hold_look(const struct vh_act *act, struct vh_write *const *writes, size_t count);

/* --- in the child that writes ----------------------------------------------------------------- */

struct vh_held {
	int *fds;
	size_t count;
};

/* Nobody can mount it until it is let go of. -1: somebody has it. */
int vh_hold_disk(struct vh_held *held, const struct vh_root *root, const char *name) VH_CHECK;
void vh_hold_let_go(struct vh_held *held);
#define _auto_held_ __attribute__((cleanup(vh_hold_let_go)))

/* 0 where the group of the device is closed, or what VH_GUARD_CLOSED found. */
int vh_hold_see_closed(const struct vh_root *root, const struct vh_pci_addr *addr) VH_CHECK;

#endif
