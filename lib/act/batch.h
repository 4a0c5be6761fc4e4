/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * batch - kernel writes, each in a child with a deadline: slots side by side, within a slot
 * one after the other in the order in which they were added.
 */
#ifndef VH_BATCH_H
#define VH_BATCH_H

#include "lib/act/act.h"

struct vh_write {
	struct vh_pci_addr addr; /* the device concerned: its slot is the lane */
	char *path;
	char *value;
	bool guarded; /* with `role`: only if the host does not use it (hold.h) */
	enum vh_role role;
	int result; /* 0, an errno, or one of these */
};

#define VH_WRITE_USED 124   /* guarded, and not written: the host uses it */
#define VH_WRITE_UNSEEN 123 /* the same: whether it does could not be seen */

/* The child did not die of SIGKILL: the write may still happen. */
#define VH_WRITE_STUCK (-1)

struct vh_batch {
	struct vh_write *writes;
	size_t count;
};

void vh_batch_add(struct vh_batch *b, const struct vh_pci_addr *addr, const char *value,
		  const char *fmt, ...) VH_PRINTF(4, 5);
/* Runs all of them; fills in the results. The children that write keep `lock` (the claim's), so
 * that it is held until the last write has ended. Once a write of a device is stuck, the later ones
 * of that device are not tried (and are stuck too). */
void vh_batch_run(const struct vh_act *act, struct vh_batch *b, int lock);
/* The first failed write, or NULL. */
const struct vh_write *vh_batch_failed(const struct vh_batch *b);
void vh_batch_clear(struct vh_batch *b);
#define _auto_batch_ __attribute__((cleanup(vh_batch_clear)))

#endif
