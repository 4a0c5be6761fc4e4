/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * root-routes - every route of every table. The files of /proc/net know the main table, and of
 * several next hops the first; only the kernel's own messages (rtnetlink(7)) tell the rest.
 *
 * One line for each next hop:
 *
 *     TABLE DEST/LENGTH VIA INTERFACE [METRIC]
 *
 * TABLE is a number; VIA is the gateway's address, "-" where there is none, or "local" for an
 * address of the host itself; INTERFACE is "?" where the next hop is an object that could not be
 * resolved. Routes that lead nowhere (blackhole, broadcast) are left out. The line "cut" says that
 * there are more, none of which leads everywhere.
 */
#ifndef VH_ROOT_ROUTES_H
#define VH_ROOT_ROUTES_H

#include "lib/base/root.h"

/* A prefix of so many bits or fewer leads to so much that it counts as a default route. */
#define VH_ROUTES_DEFAULT_BITS 4

/* Asks this machine's kernel; NULL, errno set. Caller frees. */
char *vh_root_routes_dump(const struct vh_root *root) VH_CHECK;

#endif
