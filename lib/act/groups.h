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
/* Of the records that are to be moved (`now`) those stay whose group is open: they are not moved
 * now. The first such group, or -1. A device that is gone keeps no group. */
int vh_groups_leave_open(const struct vh_root *root, struct vh_claim *c);
/* The same, once all are closed or `deadline` has come. */
int vh_groups_wait_closed(const struct vh_root *root, struct vh_claim *c, int64_t deadline);

/* Fills groups[].open and holder, by opening them. */
void vh_groups_try(const struct vh_root *root, struct vh_claims *c);

#endif
