/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * survey - asks of a host all that a reading command would ask: for a snapshot, which keeps what
 * was asked for.
 */
#ifndef VH_SURVEY_H
#define VH_SURVEY_H

#include "lib/host/host.h"

/* For struct vh_snapshot_options. `ctx` is not used. */
void vh_survey(void *ctx, const struct vh_root *root, const struct vh_host *host);

#endif
