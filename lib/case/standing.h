/* SPDX-License-Identifier: GPL-2.0-or-later */
/* standing - where the devices of a claim stand now, compared with where they stood before. */
#ifndef VH_STANDING_H
#define VH_STANDING_H

#include "lib/host/read.h"
#include "lib/state/claim.h"

struct vh_standing {
	bool present;      /* a device is there, with the recorded ids, or we cannot tell */
	bool known;        /* what follows was read */
	char *driver;
	bool on_vfio;
	char *override;
	bool override_known;
};

/* The states of all records, in their order; the overrides are read in a child, bounded.
 * Caller frees with vh_standing_free(). */
struct vh_standing *vh_standing_read(const struct vh_root *root, const struct vh_claim *c) VH_CHECK;
void vh_standing_free(struct vh_standing *states, size_t count);

/* Driver and override are those of the record. */
bool vh_standing_is_home(const struct vh_standing *s, const struct vh_record *r);
/* The device stands where an operation on this record may have left it; otherwise somebody
 * else has moved it since, and the record no longer tells anything. */
bool vh_standing_is_ours(const struct vh_standing *s, const struct vh_record *r);
/* The device is with a host driver, but not the recorded one: probing, by us or by libvirt,
 * chose that, and the operation ended before it was put right. */
bool vh_standing_is_astray(const struct vh_standing *s, const struct vh_record *r);

/* vh_standing_is_ours() of all records, in their order. Caller frees. */
bool *vh_standing_counts(const struct vh_root *root, const struct vh_claim *c) VH_CHECK;
/* How the devices stood before this claim, of those records that count. Caller frees; what it
 * holds is borrowed from the claim. */
struct vh_was *vh_standing_before(const struct vh_claim *c, const bool *counts,
				  size_t *ret_count) VH_CHECK;

#endif
