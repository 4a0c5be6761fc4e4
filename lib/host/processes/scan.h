/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scan - one look at what all processes have open, for the nodes of many devices. */
#ifndef VH_SCAN_H
#define VH_SCAN_H

#include "lib/host/host.h"

/* A process has node `node` of device `dev` open; or, with `node` its number of nodes, a file by
 * which the device itself is reached: `path` ("/sys/devices/.../resource0"). */
struct vh_hit {
	size_t dev, node; /* of vh_host.devs, of their devnodes */
	int64_t pid;
	char *path; /* as it is told */
};

struct vh_hits {
	struct vh_hit *list;
	size_t count;
	int64_t *hidden; /* processes that cannot be looked at */
	size_t n_hidden;
	const char *unseen; /* why not all was seen; NULL: it was */
	bool cut;           /* ... for there was no time to look at all processes */
};

/* Is it worth a look? Who reaches the device by its own files is found then too. A network card has
 * no node as a rule, and a start with one has to be quick; bridges, chipset functions and what is
 * on vfio-pci belong to no process that would map them. */
bool vh_scan_wants(const struct vh_pci_dev *d);
/* Looks for all nodes of all devices of the host, at most three seconds. */
void vh_scan(const struct vh_root *root, const struct vh_host *h, struct vh_hits *ret);
void vh_scan_clear(struct vh_hits *hits);

#endif
