/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ways - what runs over an interface: the VLANs, bonds, bridges, teams, macvlans on top of it
 * (sysfs), a PPPoE session, the bridges of Open vSwitch, tunnels. Default routes and network
 * storage ask here alike, so that none of them knows of stacking.
 */
#ifndef VH_WAYS_H
#define VH_WAYS_H

#include "lib/host/uses/routes.h"
#include "lib/host/uses/use.h"

struct vh_way {
	char *name;
	int64_t index; /* of the interface; 0: not read yet, -1: not told */
	bool may;      /* a tunnel whose other end is not told: it may run over it */
	bool session;  /* PPPoE, which sysfs does not show to be on top */
};
struct vh_ways {
	struct vh_way *list; /* the interface itself is the first */
	size_t count;
	bool leads_out; /* a route by a gateway, or the default route, is among them */
};

/* Of the interface with the directory `path`. */
void vh_ways_read(const struct vh_uses_ctx *ctx, const char *path, const char *interface,
		  struct vh_ways *ret);
void vh_ways_clear(struct vh_ways *ways);

/* Is something reached that way? The higher, the surer. */
enum vh_lead {
	VH_LEAD_NO,
	VH_LEAD_RULE,    /* only if a rule sends it to a table of its own; another way is known */
	VH_LEAD_UNKNOWN, /* no route or address tells */
	VH_LEAD_MAY,     /* by a way that may run over the interface */
	VH_LEAD_YES,
};
enum vh_lead vh_ways_lead_to(const struct vh_uses_ctx *ctx, const struct vh_ways *ways,
			     const char *server);
enum vh_lead vh_ways_lead_by(const struct vh_ways *ways, const char *interface);
/* Is the interface known not to be up? Then nothing goes by it. */
bool vh_ways_is_down(const struct vh_uses_ctx *ctx, const struct vh_ways *ways);
/* Notes that it could not be told whether a server is reached that way, or that a rule may say so. */
void vh_ways_untold(struct vh_uses_ctx *ctx, const struct vh_ways *ways, enum vh_lead lead,
		    const char *server, const char *what);

#endif
