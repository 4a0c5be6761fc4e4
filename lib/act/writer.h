/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * writer - a child for each slot, that makes the kernel writes of its devices: it is told one,
 * makes it, and says how it ended. So it is known which write a child is at, and each has its time.
 */
#ifndef VH_WRITER_H
#define VH_WRITER_H

#include "lib/act/batch.h"
#include "lib/base/child.h"

struct vh_writer {
	struct vh_pci_addr slot;
	struct vh_child child; /* RUNNING: there is one */
	int fd;                /* to talk with it */
};

struct vh_writers {
	int lock; /* of the claim: they keep it, so that it is held until the last write has ended */
	struct vh_writer *list;
	size_t count;
};

/* The one of this slot, which need not have a child yet. */
size_t vh_writer_find(struct vh_writers *ws, const struct vh_pci_addr *slot);
/* Has it make this write. 0 or an errno: it is not made. */
int vh_writer_tell(struct vh_writers *ws, size_t i, const struct vh_act *act,
		   const struct vh_write *write) VH_CHECK;
/* It has something to say: how the write has ended, in the words of struct vh_write. */
int vh_writer_hear(struct vh_writer *w) VH_CHECK;
/* Ends it in the middle of a write, of which it says how it ended. */
int vh_writer_stop(struct vh_writer *w) VH_CHECK;
/* All have said how it ended: ends them. */
void vh_writer_end(struct vh_writers *ws);

#endif
