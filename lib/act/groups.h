/* SPDX-License-Identifier: GPL-2.0-or-later */
/* groups - whether IOMMU groups are closed: only for operations that may act. */
#ifndef VH_GROUPS_H
#define VH_GROUPS_H

#include "lib/case/claims.h"

/*
 * Is IOMMU group `number` closed? Only for operations that may act: it opens the group for a
 * moment, after claims were compared. YES only when that is proven; what cannot be told is NO.
 */
enum vh_tri vh_group_is_closed(const struct vh_root *root, int number);
/* The groups of a claim's records, one by one: the first that is not closed, or -1. */
int vh_groups_first_open(const struct vh_root *root, const struct vh_claim *c);
/* Waits for that until `deadline`; returns the group that stayed open, or -1. */
int vh_groups_wait_closed(const struct vh_root *root, const struct vh_claim *c, int64_t deadline);

/* Fills groups[].open and holder, by opening them. */
void vh_groups_try(const struct vh_root *root, struct vh_claims *c);

#endif
