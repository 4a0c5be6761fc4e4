/* SPDX-License-Identifier: GPL-2.0-or-later */
/* compare - which of several hosts can start these domains, and if not why. */
#ifndef VH_COMPARE_H
#define VH_COMPARE_H

#include "cli/libvirt/domains.h"

/* Gives enum vh_exit: 2 when a host or a domain could not be looked at, 1 when a domain can start
 * on none of the hosts. */
int vh_compare(struct vh_cli *cli, struct vh_domains *domains, char **args, int count);

#endif
