/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * batch - kernel writes, each with a deadline, by the children of lib/act/writer.h: slots side by
 * side, within a slot one after the other in the order in which they were added.
 */
#ifndef VH_BATCH_H
#define VH_BATCH_H

#include "lib/act/act.h"

/* What has to be so still, right before a write. */
enum vh_guard {
	VH_GUARD_NONE = 0,
	VH_GUARD_UNUSED, /* the host does not use the device, by its `role` */
	VH_GUARD_CLOSED, /* its group is closed: such an unbind would wait for the guest */
};

struct vh_write {
	struct vh_pci_addr addr; /* the device concerned: its slot is the lane */
	char *path;
	char *value;
	enum vh_guard guard;
	enum vh_role role;
	struct vh_names disks; /* found by the guard: held while it is written */
	int result;            /* 0, an errno, or one of these */
};

/* Guarded, and not written: the host uses it, or its group is open; or neither could be seen. */
#define VH_WRITE_USED 124
#define VH_WRITE_OPEN 123
#define VH_WRITE_UNSEEN 122

/* The child did not die of SIGKILL: the write may still happen. */
#define VH_WRITE_STUCK (-1)

struct vh_batch {
	struct vh_write *writes;
	size_t count;
};

void vh_batch_add(struct vh_batch *b, const struct vh_pci_addr *addr, const char *value,
		  const char *fmt, ...) VH_PRINTF(4, 5);
/* Runs all of them; fills in the results. Once a write of a device is stuck, the later ones of that
 * device are not tried (and are stuck too). */
struct vh_writers;
void vh_batch_run(const struct vh_act *act, struct vh_writers *ws, struct vh_batch *b);
void vh_batch_clear(struct vh_batch *b);
#define _auto_batch_ __attribute__((cleanup(vh_batch_clear)))

#endif
