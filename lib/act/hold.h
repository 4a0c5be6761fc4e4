/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hold - the last look at a device, right before it leaves a driver. */
#ifndef VH_HOLD_H
#define VH_HOLD_H

#include "lib/act/batch.h"

/*
 * In the child that makes this write: 0, or what its guard found. With VH_GUARD_UNUSED the disks of
 * the device are held exclusively until the process ends: nobody can mount one between this look
 * and the end of the unbind.
 */
int vh_hold_for(const struct vh_act *act, const struct vh_write *w) VH_CHECK;

#endif
