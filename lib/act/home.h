/* SPDX-License-Identifier: GPL-2.0-or-later */
/* home - brings devices of a claim home: every way there is this one. */
#ifndef VH_HOME_H
#define VH_HOME_H

#include "lib/act/act.h"

/*
 * Brings home the devices of the records that are marked (`now`), whose groups are closed, and
 * removes from the claim those that are home, that are gone, or that somebody else has taken. The
 * claim says `returning` before the first write, and is saved at the end. The claim's `lock` is
 * held, the global one is not. Afterwards none is marked. -1 when one of them remains, or the claim
 * could not be saved; err says why of the first.
 */
int vh_home_bring(const struct vh_act *act, const struct vh_store *s, struct vh_claim *c, int lock,
		  struct vh_error *err) VH_CHECK;

#endif
