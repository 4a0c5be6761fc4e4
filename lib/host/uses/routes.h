/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * routes - where packets leave the host: the routes of all tables, the host's own addresses. Read
 * when the first interface is looked at, for a card that is none does not ask.
 */
#ifndef VH_ROUTES_H
#define VH_ROUTES_H

#include "lib/base/root.h"

#define VH_ROUTE_UNKNOWN "?" /* the interface of a next hop that could not be resolved */

enum vh_route_table { VH_ROUTE_DEFAULT = 253, VH_ROUTE_MAIN = 254, VH_ROUTE_LOCAL = 255 };

struct vh_route {
	char *interface;
	uint32_t table, metric;
	bool six, gateway;
	bool local;             /* an address of the host itself */
	unsigned char dest[16]; /* as on the wire; of IPv4 the first four */
	unsigned int length;    /* of the prefix, in bits */
};

/* What an interface is that runs over no other that sysfs would tell. */
enum vh_link_kind {
	VH_LINK_OTHER = 0, /* a port of hardware, a bridge, a VLAN ... */
	VH_LINK_PPP,
	VH_LINK_TUNNEL,
	VH_LINK_PLAIN, /* Ethernet of software alone, such as a bridge of Open vSwitch */
	VH_LINK_PAIR,  /* veth: its other end may be a port of a bridge */
};
struct vh_link {
	char *name, *remote; /* a tunnel's other end, or NULL */
	enum vh_link_kind kind;
	int64_t over; /* the index of the interface below a tunnel; 0: none is told */
};

struct vh_routes {
	bool asked;
	const char *unread;   /* the file that could not be read; NULL: none */
	bool all;             /* they are those of every table */
	bool cut;             /* there are more, none of which is a default route */
	bool unknown_default; /* where a default route leads is not told */
	struct vh_route *list;
	size_t count;
	struct vh_address {
		char *interface, *text; /* of global scope, IPv6 */
	} * addresses6;
	size_t n_addresses6;
	bool links_asked;
	struct vh_link *links; /* those that have routes */
	size_t n_links;
	struct vh_names pppoe; /* the interfaces that carry PPPoE */
};

struct vh_usage;
/* Never NULL; read now, if not before. */
struct vh_routes *vh_routes_of(const struct vh_root *root, const struct vh_usage *usage);
void vh_routes_free(struct vh_routes *routes);
VH_DEFINE_AUTO(vh_routes, vh_routes_free)

/* Does it lead everywhere? VPNs write parts of everything: halves of IPv4 (OpenVPN's def1), ::/3,
 * 2000::/4 and 3000::/4, what WireGuard's clients leave over when they spare a network. */
bool vh_routes_is_default(const struct vh_route *r);
/*
 * The interfaces by which a server is reached: "192.0.2.9", "[2001:db8::1]:3260",
 * "fe80::1%eth0"; "lo" for the host itself. `may`: by which it is reached if a rule sends it to a
 * table of its own, for rules are not read. false: cannot be told (a name, or no route).
 */
bool vh_routes_to(const struct vh_routes *routes, const char *server, struct vh_names *sure,
		  struct vh_names *may) VH_CHECK;
/* The address alone, without port, brackets and scope; a name as it is. Caller frees. */
char *vh_routes_bare(const char *server) VH_CHECK;
/* The interface that has this address of the host, or whose network it is in; NULL: none. */
const char *vh_routes_owner(const struct vh_routes *routes, const char *address);

#endif
