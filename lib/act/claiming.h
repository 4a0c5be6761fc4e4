/* SPDX-License-Identifier: GPL-2.0-or-later */
/* claiming - writes down what a start or a detach is about to take, and undoes it. */
#ifndef VH_CLAIMING_H
#define VH_CLAIMING_H

#include "lib/act/task.h"

/* Looks and judges once more under the global lock, and writes the claim; no write of the kernel's
 * happens. With t->first_bind the claim has those devices alone that get their group by being
 * bound. */
int vh_claiming_write(struct vh_task *t, struct vh_findings *out, struct vh_error *err) VH_CHECK;

/* Brings home what this call took, which is marked; what was in the claim before stays in it. -1:
 * that could not be done fully; `err` keeps what it says, and has the code of that. */
int vh_claiming_undo(struct vh_task *t, struct vh_error *err);

#endif
