/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * backend - which system the programs act on. The installed ones link backend.c: the live
 * machine, nothing else, no option and no environment. The test programs link the same
 * objects with tests/fake/backend-fake.c in its place.
 */
#ifndef VH_BACKEND_H
#define VH_BACKEND_H

#include "lib/base/journal.h"
#include "lib/base/root.h"

/* `acts`: devices are moved; else it is only looked at. */
int vh_backend_open(struct vh_root *ret, bool acts, struct vh_error *err) VH_CHECK;
/* May this process act (is it root)? A session daemon's hook is not. */
bool vh_backend_privileged(void);
/* One entry for the system's log. Never waits. */
void vh_backend_log(const struct vh_entry *e);

#endif
