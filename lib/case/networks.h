/* SPDX-License-Identifier: GPL-2.0-or-later */
/* networks - which of a domain's networks hand out virtual functions, and which functions. */
#ifndef VH_NETWORKS_H
#define VH_NETWORKS_H

#include "lib/case/facts.h"
#include "lib/case/vfpool.h"
#include "lib/domain/domain.h"

/* The domain's networks that are pools, one for each interface, sorted, and those with which it
 * does not start, each once; where that cannot be told `unseen` says so. */
struct vh_networks {
	struct vh_names pools, missing, stopped;
};
void vh_networks_find(struct vh_networks *ret, struct vh_facts *facts, const struct vh_root *root,
		      const struct vh_domain *d, struct vh_names *unseen);
void vh_networks_clear(struct vh_networks *n);
/* The pools that these names are, each once. */
void vh_networks_read(struct vh_vfpools *ret, const struct vh_root *root,
		      const struct vh_names *names, const char *owner, int64_t deadline,
		      struct vh_names *unseen);

#endif
