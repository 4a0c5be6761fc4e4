/* SPDX-License-Identifier: GPL-2.0-or-later */
/* release - the end of a claim whose owner is gone, for prepare and the commands by hand. */
#ifndef VH_RELEASE_H
#define VH_RELEASE_H

#include "lib/act/act.h"

/* Brings home all of it, if it is an orphan (see vh_claim_is_orphan()). Its lock is taken by
 * trying; an open group is an error. 0 also where there is no such claim. */
int vh_end_claim(const struct vh_act *act, const struct vh_store *s, const char *owner,
		 bool by_hand, struct vh_error *err) VH_CHECK;

/* Writes down which devices stand at the addresses that a domain names (lib/state/record.h). */
int vh_release_record(const struct vh_root *root, const struct vh_domain *d,
		      struct vh_error *err) VH_CHECK;

#endif
