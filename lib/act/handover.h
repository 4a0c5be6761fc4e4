/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * handover - what the host gives up for a guest, there and back. What goes is in the claim (its
 * loans, lib/state/loan.h) before the first of it does; what is back leaves the claim. Each step
 * can be repeated: a unit that has stopped is stopped once more without harm.
 */
#ifndef VH_HANDOVER_H
#define VH_HANDOVER_H

#include "lib/act/task.h"

/* The loans that this start needs, beside those that an earlier one left: into the claim that is
 * about to be written. -1: it is not known how one of them stands. */
int vh_handover_record(const struct vh_task *t, struct vh_claim *c, struct vh_error *err) VH_CHECK;

/* Lends what the claim says, in its order; its lock is held, and inherited by each child. Then all
 * is judged once more, without what the loans explained, until nothing uses the devices or time is
 * up. On failure some may be lent: bring the devices home. */
int vh_handover_lend(struct vh_task *t, struct vh_findings *out, struct vh_error *err) VH_CHECK;

/* Before devices go home: loads the modules without which those that are marked (`now`) cannot.
 * Where one cannot be loaded the device says so. */
void vh_handover_load_drivers(const struct vh_act *act, const struct vh_claim *c, int lock);
/* Are there loans whose device has no record any more? */
bool vh_handover_is_due(const struct vh_claim *c);
/* Gives those back, in reverse. What fails stays in the claim, marked, and is told; the claim is to
 * be saved. Units of a host that is shutting down are not started, and leave it. */
int vh_handover_return(const struct vh_act *act, struct vh_claim *c, int lock,
		       struct vh_error *err) VH_CHECK;

#endif
