/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * steps - takes the devices of a claim from their drivers, and brings them home. What a device
 * needs is found by reading it again, not from notes of how far we came: so both can be
 * repeated, and continue what a crash interrupted.
 */
#ifndef VH_STEPS_H
#define VH_STEPS_H

#include "lib/act/act.h"

/*
 * Does what each record's action says. The claim was saved before, its `lock` is held (the
 * children that write inherit it), the global one is not. On failure some devices may have
 * been taken: bring them home. Marks the records whose write has not returned as stuck.
 */
int vh_take(const struct vh_act *act, struct vh_claim *c, int lock, struct vh_error *err) VH_CHECK;

/*
 * Brings home every device of the claim that is not, and removes from it those that are, that
 * vanished, or that are other devices by now. Their groups are closed. Records that are stuck
 * are left alone. -1 when records remain; err says why of the first.
 */
int vh_bring_home(const struct vh_act *act, struct vh_claim *c, int lock, struct vh_error *err)
	VH_CHECK;

/* Loads vfio-pci unless it is there, bounded. */
int vh_load_vfio_pci(const struct vh_act *act, struct vh_error *err) VH_CHECK;

#endif
