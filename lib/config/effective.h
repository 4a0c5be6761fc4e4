/* SPDX-License-Identifier: GPL-2.0-or-later */
/* effective - the configuration that is in effect for one domain. */
#ifndef VH_EFFECTIVE_H
#define VH_EFFECTIVE_H

#include "lib/config/config.h"

struct vh_domain;

/*
 * What holds for a domain: its sections (the one of its UUID wins over that of its name) over
 * [defaults], and what its own metadata tightens. Borrows from `c`: it is not cleared, and ends
 * with it. uuid may be NULL; vh_config_for_name() is for where there is no XML.
 */
struct vh_config vh_config_for(const struct vh_config *c, const struct vh_domain *d);
struct vh_config vh_config_for_name(const struct vh_config *c, const char *name, const char *uuid);

#endif
