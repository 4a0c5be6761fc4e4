/* SPDX-License-Identifier: GPL-2.0-or-later */
/* start-memory - what the host has of the memory that one domain's start asks for. */
#ifndef VH_START_MEMORY_H
#define VH_START_MEMORY_H

#include "lib/domain/domain.h"
#include "lib/host/host.h"
#include "lib/host/memory.h"

/* Reads what the rules need to know of this start into the empty `ret`; what is missing goes to
 * `unseen`. Pools are read only for a domain that asks for huge pages. */
void vh_start_memory_read(const struct vh_root *root, const struct vh_host *h,
			  const struct vh_domain *d, struct vh_memory *ret, struct vh_names *unseen);
/* And what the domain holds already, which runs now, or may for all that is known; it has a UUID. */
void vh_start_memory_read_own(const struct vh_root *root, const struct vh_domain *d,
			      struct vh_memory *m, struct vh_names *unseen);

#endif
