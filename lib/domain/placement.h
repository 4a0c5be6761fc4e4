/* SPDX-License-Identifier: GPL-2.0-or-later */
/* placement - on which processors and NUMA nodes of the host a domain runs. */
#ifndef VH_PLACEMENT_H
#define VH_PLACEMENT_H

#include "lib/base/bits.h"

struct _xmlNode; /* libxml2's xmlNode, for lib/domain/domain.c alone */

struct vh_placement {
	int memory_line; /* of what says the nodes of the memory; 0: nothing does */
	struct vh_bits memory; /* nodes; of all guest cells together */
	int cpu_line;    /* of what says the processors; 0: nothing does */
	struct vh_bits cpus;
};

/* What is wrong in these elements is libvirt's to refuse: it counts as absent. NULL: there is
 * nothing at all. Caller frees. */
struct vh_placement *vh_placement_read(const struct _xmlNode *domain) VH_CHECK;

#endif
