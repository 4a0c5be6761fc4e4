/* SPDX-License-Identifier: GPL-2.0-or-later */
/* home - brings the devices of a claim home. */
#ifndef VH_HOME_H
#define VH_HOME_H

#include "lib/act/act.h"

/*
 * Brings home every device of the claim that is not, and removes from it those that are, that
 * vanished, or that are other devices by now. Their groups are closed. Records that are stuck
 * are left alone. -1 when records remain; err says why of the first.
 */
int vh_home_bring(const struct vh_act *act, struct vh_claim *c, int lock,
		  struct vh_error *err) VH_CHECK;

#endif
