/* SPDX-License-Identifier: GPL-2.0-or-later */
/* adopt - what accidents left: of the domain itself, and of others whose owners are gone. */
#ifndef VH_ADOPT_H
#define VH_ADOPT_H

#include "lib/act/task.h"

/*
 * Loads the own old claim, looks, ends what others left, and gives back what this start does not
 * need of the old claim; afterwards that has only what is needed now, or could not go home. Group
 * by group: an open one keeps its own records alone. -1 where one that is needed is open, or where
 * nothing could be seen.
 */
int vh_adopt_leftovers(struct vh_task *t, struct vh_error *err) VH_CHECK;

#endif
