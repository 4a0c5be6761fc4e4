/* SPDX-License-Identifier: GPL-2.0-or-later */
/* recheck - judging a start for which nothing is claimed. */
#ifndef VH_RECHECK_H
#define VH_RECHECK_H

#include "lib/act/act.h"

/* Judges a domain whose devices are not taken by us: one that names none, or, with `policy`, the
 * XML at `start begin` without its devices. Findings and codes as in vh_prepare(). */
int vh_recheck_case(const struct vh_act *act, const struct vh_domain *d, bool policy,
		    struct vh_findings *out, struct vh_error *err) VH_CHECK;

#endif
