/* SPDX-License-Identifier: GPL-2.0-or-later */
/* effective - the configuration that is in effect for one domain. */
#ifndef VH_EFFECTIVE_H
#define VH_EFFECTIVE_H

#include "lib/config/config.h"

/*
 * What is in effect for a domain: its sections (the one of its UUID wins over that of its name)
 * over [defaults], and over both what its own metadata tightens, peers='require'. Borrows from
 * `c`: it is not cleared, and ends with it. name and uuid may be NULL.
 */
struct vh_config vh_effective_for(const struct vh_config *c, const char *name, const char *uuid,
				  bool require_peers);

#endif
