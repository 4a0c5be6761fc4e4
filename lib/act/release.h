/* SPDX-License-Identifier: GPL-2.0-or-later */
/* release - the end of a claim whose owner is gone, for prepare and the commands by hand. */
#ifndef VH_RELEASE_H
#define VH_RELEASE_H

#include "lib/act/act.h"

/*
 * Ends another's claim, group by group: all of it if it is an orphan (see vh_claims_is_orphan()),
 * else those groups of the host's that its guest has given back. Its lock is taken by trying. What
 * is open stays; of those groups that the host has (NULL: of all) that is an error. 0 also where
 * there is no such claim.
 */
int vh_release_claim(const struct vh_act *act, const struct vh_store *s, const char *owner,
		     enum vh_claims_by by, const struct vh_host *h, struct vh_error *err) VH_CHECK;

/* Opens the store and, only if there is a claim, takes its lock and loads it: most domains have
 * none, and need no lock file either. With `note` it notes before that release was called.
 * *ret_claim may be NULL, *ret_lock -1 then. */
int vh_release_open(const struct vh_act *act, const char *owner, bool note,
		    struct vh_store *ret_store, int *ret_lock, struct vh_claim **ret_claim,
		    struct vh_error *err) VH_CHECK;

#endif
