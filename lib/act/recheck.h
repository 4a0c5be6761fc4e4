/* SPDX-License-Identifier: GPL-2.0-or-later */
/* recheck - what the XML, its networks and the host's memory decide: nothing is claimed. */
#ifndef VH_RECHECK_H
#define VH_RECHECK_H

#include "lib/act/act.h"

/* Notes which of the domain's networks are pools of virtual functions. */
void vh_add_networks(const struct vh_root *root, const struct vh_domain *d, struct vh_host *h);
/* Then reads the functions of those networks, for a domain with the UUID `owner` (or NULL). */
void vh_look_at_pools(const struct vh_root *root, struct vh_host *h, const char *owner,
		      int64_t deadline, struct vh_vfpools *ret);
/* Reads the memory of the host, where the rules will look at it; after vh_add_networks(). */
void vh_add_memory(const struct vh_root *root, const struct vh_config *config,
		   const struct vh_domain *d, struct vh_host *h);

/* Runs the rules of VH_SCOPE_POLICY; findings and codes as in vh_prepare(). */
int vh_judge_policy(const struct vh_act *act, const struct vh_domain *d, struct vh_findings *out,
		    struct vh_error *err) VH_CHECK;

#endif
