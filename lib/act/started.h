/* SPDX-License-Identifier: GPL-2.0-or-later */
/* started - what is written down when a guest runs. */
#ifndef VH_STARTED_H
#define VH_STARTED_H

#include "lib/act/act.h"

/* Writes down which devices stand at the addresses that a domain names (lib/state/record.h). */
int vh_started_record(const struct vh_root *root, const struct vh_domain *d,
		      struct vh_error *err) VH_CHECK;

#endif
