/* SPDX-License-Identifier: GPL-2.0-or-later */
/* take - takes the devices of a claim from their drivers. */
#ifndef VH_TAKE_H
#define VH_TAKE_H

#include "lib/act/act.h"

/*
 * Does what the actions of the marked records (`now`) say. The claim was saved before, its `lock`
 * is held (the children that write inherit it), the global one is not. Then they are taken, and
 * peers that have gone are no longer in the claim: it is to be saved. On failure some devices may
 * have been taken: bring them home. Marks the records whose write has not returned as stuck.
 */
int vh_take(const struct vh_act *act, struct vh_claim *c, int lock, struct vh_error *err) VH_CHECK;

#endif
