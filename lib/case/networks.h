/* SPDX-License-Identifier: GPL-2.0-or-later */
/* networks - which of a domain's networks hand out virtual functions, and which functions. */
#ifndef VH_NETWORKS_H
#define VH_NETWORKS_H

#include "lib/case/facts.h"
#include "lib/case/vfpool.h"
#include "lib/domain/domain.h"

/* The domain's networks that are pools, one for each interface, sorted; where that cannot be
 * told `unseen` says so. */
void vh_networks_find(struct vh_names *ret, struct vh_facts *facts, const struct vh_root *root,
		      const struct vh_domain *d, struct vh_names *unseen);
/* The pools that these names are, each once. */
void vh_networks_read(struct vh_vfpools *ret, const struct vh_root *root,
		      const struct vh_names *names, const char *owner, int64_t deadline,
		      struct vh_names *unseen);

#endif
