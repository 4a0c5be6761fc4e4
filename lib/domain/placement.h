/* SPDX-License-Identifier: GPL-2.0-or-later */
/* placement - on which processors and NUMA nodes of the host a domain runs. */
#ifndef VH_PLACEMENT_H
#define VH_PLACEMENT_H

#include "lib/base/bits.h"

struct _xmlNode; /* libxml2's xmlNode, for lib/domain/domain.c alone */

/* What binds a part of the guest to processors. */
struct vh_bound {
	int line;
	const char *element; /* "vcpupin"; static */
	struct vh_bits cpus;
};

struct vh_placement {
	struct vh_bound *bindings;
	size_t n_bindings;
	int memory_line;       /* of what says the nodes of the memory; 0: nothing does */
	struct vh_bits memory; /* nodes; of all guest cells together */
	int cpu_line;          /* of what says the processors; 0: nothing does */
	struct vh_bits cpus;
};

/* What is wrong in these elements is libvirt's to refuse: it counts as absent. NULL: there is
 * nothing at all. */
struct vh_placement *vh_placement_read(const struct _xmlNode *domain) VH_CHECK;
void vh_placement_free(struct vh_placement *n);

#endif
