/* SPDX-License-Identifier: GPL-2.0-or-later */
/* groups - the claims of others, and whether the groups are closed. Reads only. */
#ifndef VH_GROUPS_H
#define VH_GROUPS_H

#include "lib/act/act.h"

/*
 * Is IOMMU group `number` closed? Only for operations that may act: it opens the group for a
 * moment, after claims were compared. YES only when that is proven; what cannot be told is NO.
 */
enum vh_tri vh_group_is_closed(const struct vh_root *root, int number);
/* The groups of a claim's records, one by one: the first that is not closed, or -1. */
int vh_claim_open_group(const struct vh_root *root, const struct vh_claim *c);
/* Waits for that until `deadline`; returns the group that stayed open, or -1. */
int vh_claim_wait_closed(const struct vh_root *root, const struct vh_claim *c, int64_t deadline);

/* Does the claim hold a device of the host's groups, or one that was asked for? */
bool vh_claim_concerns(const struct vh_claim *c, const struct vh_host *h);

/*
 * Is the owner of this claim gone: its domain neither runs nor starts? If not, *ret_why says
 * so (caller frees). `by_hand`: an administrator asks, who knows better than the files of
 * libvirt whether a domain that ran has ended. Say nothing of the groups: see above.
 */
bool vh_claim_is_orphan(const struct vh_root *root, const struct vh_claim *c, bool by_hand,
			char **ret_why);
/* An orphan that no vfio-hook is at work on: it may be taken over. */
bool vh_claim_is_stale(const struct vh_store *s, const struct vh_claim *c, char **ret_why);

/*
 * Fills host->claims with the claims of others than `owner` (NULL: of all) that concern the
 * host's devices. The claim made by hand blocks no domain: it counts only while vfio-hook is
 * at work on it, or for owner NULL. -1: a claim file could not be trusted or read.
 */
int vh_views_read(const struct vh_store *s, struct vh_host *h, const char *owner,
		  struct vh_error *err) VH_CHECK;

/* Fills groups[].open and holder, by opening them (see vh_group_is_closed()). */
void vh_views_try_groups(const struct vh_root *root, struct vh_host *h);

#endif
