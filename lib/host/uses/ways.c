/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ways - see ways.h. */
#include "lib/host/uses/ways.h"

#include <arpa/inet.h>
#include <linux/if_arp.h>

#include "lib/base/banned.h"

#define WAYS_MAX 4096 /* VLANs of a port; what hostile trees could loop is bounded by names */

/* --- what an interface is ---------------------------------------------------------------------- */

static bool has_begin(const char *name, const char *const *begins)
{
	for (; *begins; begins++)
		if (vh_has_prefix(name, *begins))
			return true;
	return false;
}

/* Where the source has no more than the name: an older snapshot. */
static enum vh_link_kind kind_by_name(const char *name)
{
	static const char *const tunnels[] = { "tun",  "tap",   "wg",  "gre",    "sit",
					       "ipip", "vxlan", "vti", "ip6tnl", NULL };

	if (vh_has_prefix(name, "ppp"))
		return VH_LINK_PPP;
	return has_begin(name, tunnels) ? VH_LINK_TUNNEL : VH_LINK_PLAIN;
}

static enum vh_link_kind kind_of(const struct vh_root *root, const char *path, const char *name)
{
	static const char *const tunnels[] = {
		"DEVTYPE=wireguard", "DEVTYPE=vxlan",   "DEVTYPE=geneve",    "DEVTYPE=gtp",
		"DEVTYPE=bareudp",   "DEVTYPE=l2tpeth", "DEVTYPE=amneziawg", NULL,
	};
	_auto_free_ char *uevent = NULL;

	switch (vh_root_read_int(root, "%s/type", path)) {
	case -1:
		return kind_by_name(name);
	case ARPHRD_PPP:
		return VH_LINK_PPP;
	case ARPHRD_ETHER:
		break;
	case ARPHRD_TUNNEL:
	case ARPHRD_TUNNEL6:
	case ARPHRD_SIT:
	case ARPHRD_IPGRE:
	case ARPHRD_IP6GRE:
	case ARPHRD_NONE: /* tun, WireGuard, XFRM */
	case ARPHRD_RAWIP:
		return VH_LINK_TUNNEL;
	default:
		return VH_LINK_OTHER;
	}
	/* one bound to no interface has none below: GRE with Ethernet in it (net/ipv4/ip_tunnel.c:
	 * ip_tunnel_get_iflink()) */
	if (vh_root_exists(root, "%s/tun_flags", path) || !vh_root_read_int(root, "%s/iflink", path))
		return VH_LINK_TUNNEL;
	uevent = vh_root_read(root, "%s/uevent", path);
	for (size_t i = 0; uevent && tunnels[i]; i++)
		if (strstr(uevent, tunnels[i]))
			return VH_LINK_TUNNEL;
	return VH_LINK_PLAIN;
}

/* GRE, IPIP and SIT have the other end as their broadcast address: 0a:09:00:02, or the sixteen of
 * IPv6; zeros where there is none. */
static char *remote_of(const struct vh_root *root, const char *path)
{
	_auto_free_ char *text = vh_root_read(root, "%s/broadcast", path);
	unsigned char byte[16] = { 0 };
	char shown[INET6_ADDRSTRLEN];
	char *rest = text, *word;
	size_t n = 0;
	uint64_t v, any = 0;

	while ((word = strsep(&rest, ":"))) {
		if (n == sizeof(byte) || vh_parse_uint(word, 16, 255, &v) < 0)
			return NULL;
		byte[n++] = (unsigned char)v;
		any |= v;
	}
	if ((n != 4 && n != 16) || !any ||
	    !inet_ntop(n == 4 ? AF_INET : AF_INET6, byte, shown, sizeof(shown)))
		return NULL;
	return vh_strdup(shown);
}

/* dummy and ifb are what they seem to be: they have no medium, and do not ask who has an address. A
 * bridge of Open vSwitch does (net/openvswitch/vport-internal_dev.c). */
static bool has_no_medium(const struct vh_root *root, const char *path, const char *name)
{
	static const char *const begins[] = { "dummy", "ifb", NULL };
	int64_t flags = vh_root_read_int(root, "%s/flags", path);

	return flags < 0 ? has_begin(name, begins) : flags & IFF_NOARP;
}

static bool has_lower(const struct vh_root *root, const char *path)
{
	_auto_names_ struct vh_names names = { 0 };

	VH_IGNORE(vh_root_list(root, &names, "%s", path));
	for (size_t i = 0; i < names.count; i++)
		if (vh_has_prefix(names.name[i], "lower_") || !strcmp(names.name[i], "bridge") ||
		    !strcmp(names.name[i], "bonding"))
			return true;
	return false;
}

static void look_at_link(const struct vh_root *root, const char *name, struct vh_link *ret)
{
	_auto_free_ char *path = vh_printf("sys/class/net/%s", name);
	_auto_free_ char *target = vh_root_readlink(root, "%s", path);
	int64_t own;

	*ret = (struct vh_link){ .name = vh_strdup(name) };
	if ((target && !strstr(target, "devices/virtual/")) || !strcmp(name, "lo"))
		return;
	ret->kind = kind_of(root, path, name);
	own = vh_root_read_int(root, "%s/ifindex", path);
	ret->over = vh_root_read_int(root, "%s/iflink", path);
	if (ret->over == own || ret->over < 0)
		ret->over = 0;
	if (ret->kind == VH_LINK_PLAIN &&
	    (!target || has_lower(root, path) || (!ret->over && has_no_medium(root, path, name))))
		ret->kind = VH_LINK_OTHER;
	else if (ret->kind == VH_LINK_PLAIN && ret->over)
		ret->kind = VH_LINK_PAIR;
	if (ret->kind == VH_LINK_TUNNEL)
		ret->remote = remote_of(root, path);
}

static bool has_link(const struct vh_routes *routes, const char *name)
{
	for (size_t i = routes->n_links; i > 0; i--) /* those of one stand together */
		if (!strcmp(routes->links[i - 1].name, name))
			return true;
	return false;
}

/* Id Address Device (drivers/net/ppp/pppoe.c) */
static void read_pppoe(const struct vh_root *root, struct vh_names *ret)
{
	_auto_free_ char *text = vh_root_read(root, "proc/net/pppoe");
	char *rest = text, *line;

	while ((line = strsep(&rest, "\n"))) {
		char *last = strrchr(line, ' ');

		if (last && last[1] && strcmp(last + 1, "Device"))
			vh_names_note(ret, "%s", last + 1);
	}
}

/* Of the interfaces that have routes: nothing else can lead anywhere. */
static void read_links(const struct vh_root *root, struct vh_routes *routes)
{
	bool any_ppp = false;

	if (routes->links_asked)
		return;
	routes->links_asked = true;
	for (size_t i = 0; i < routes->count; i++) {
		const char *name = routes->list[i].interface;

		if (has_link(routes, name))
			continue;
		look_at_link(root, name, VH_APPEND(routes->links, routes->n_links));
		any_ppp |= routes->links[routes->n_links - 1].kind == VH_LINK_PPP;
	}
	if (any_ppp)
		read_pppoe(root, &routes->pppoe);
}

/* --- what runs over one ------------------------------------------------------------------------- */

static const struct vh_way *find(const struct vh_ways *ways, const char *interface)
{
	for (size_t i = 0; i < ways->count; i++)
		if (!strcmp(ways->list[i].name, interface))
			return &ways->list[i];
	return NULL;
}

static void add(struct vh_ways *to, const char *name, bool may)
{
	if (to->count < WAYS_MAX && !find(to, name))
		*VH_APPEND(to->list, to->count) = (struct vh_way){ .name = vh_strdup(name),
								   .may = may };
}

/* The directory of the first is that below the function. */
static void add_uppers(const struct vh_uses_ctx *ctx, const char *path, struct vh_ways *to,
		       size_t of)
{
	_auto_free_ char *dir = of ? vh_printf("sys/class/net/%s", to->list[of].name) : NULL;
	_auto_names_ struct vh_names names = { 0 };

	if (vh_root_list(ctx->root, &names, "%s", of ? dir : path) < 0)
		return;
	for (size_t i = 0; i < names.count; i++)
		if (vh_has_prefix(names.name[i], "upper_"))
			add(to, names.name[i] + strlen("upper_"), to->list[of].may);
	if (!of) {
		_auto_free_ char *master = vh_root_link_name(ctx->root, "%s/master", path);

		if (master)
			add(to, master, false);
	}
}

/* Each is read once, however many tunnels ask. */
static bool has_index(const struct vh_uses_ctx *ctx, struct vh_ways *ways, int64_t index)
{
	for (size_t i = 0; index && i < ways->count; i++) {
		struct vh_way *w = &ways->list[i];

		if (!w->index)
			w->index = vh_root_read_int(ctx->root, "sys/class/net/%s/ifindex", w->name);
		if (w->index == index)
			return true;
	}
	return false;
}

static bool leads_out(const struct vh_routes *routes, const struct vh_ways *ways)
{
	for (size_t i = 0; i < routes->count; i++) {
		const struct vh_route *r = &routes->list[i];
		const struct vh_way *w;

		if (!r->gateway && !vh_routes_is_default(r))
			continue;
		w = find(ways, r->interface);
		if (w && !w->may)
			return true;
	}
	return false;
}

/* Without a PPPoE session it is a tunnel (L2TP, PPTP, SSTP) or a modem, whose line a process has
 * open. */
static void add_ppp(const struct vh_routes *routes, const struct vh_link *l, struct vh_ways *to)
{
	if (!routes->pppoe.count && leads_out(routes, to))
		add(to, l->name, true);
	for (size_t i = 0; i < routes->pppoe.count; i++) {
		const struct vh_way *w = find(to, routes->pppoe.name[i]);
		size_t before = to->count;

		if (w)
			add(to, l->name, w->may);
		if (to->count != before)
			to->list[before].session = true;
	}
}

static void add_tunnel(const struct vh_uses_ctx *ctx, const struct vh_routes *routes,
		       const struct vh_link *l, struct vh_ways *to)
{
	enum vh_lead lead = l->remote ? vh_ways_lead_to(ctx, to, l->remote) : VH_LEAD_UNKNOWN;

	if (l->over) {
		if (has_index(ctx, to, l->over))
			add(to, l->name, false);
	} else if (lead != VH_LEAD_UNKNOWN) {
		if (lead != VH_LEAD_NO)
			add(to, l->name, lead != VH_LEAD_YES);
	} else if (leads_out(routes, to)) {
		add(to, l->name, true);
	}
}

void vh_ways_read(const struct vh_uses_ctx *ctx, const char *path, const char *interface,
		  struct vh_ways *ret)
{
	struct vh_routes *routes = vh_routes_of(ctx->root, ctx->usage);
	size_t at = 0, before;

	*ret = (struct vh_ways){ 0 };
	add(ret, interface, false);
	read_links(ctx->root, routes);
	do { /* a tunnel in a tunnel, a VLAN on it */
		for (; at < ret->count; at++)
			add_uppers(ctx, path, ret, at);
		before = ret->count;
		for (size_t i = 0; i < routes->n_links; i++) {
			const struct vh_link *l = &routes->links[i];

			if (l->kind == VH_LINK_PPP)
				add_ppp(routes, l, ret);
			else if (l->kind == VH_LINK_PLAIN && find(ret, "ovs-system"))
				add(ret, l->name, false);
			else if (l->kind == VH_LINK_PAIR && ret->count > 1)
				add(ret, l->name, true);
			else if (l->kind == VH_LINK_TUNNEL)
				add_tunnel(ctx, routes, l, ret);
		}
	} while (ret->count != before);
	ret->leads_out = leads_out(routes, ret);
}

void vh_ways_clear(struct vh_ways *ways)
{
	for (size_t i = 0; i < ways->count; i++)
		free(ways->list[i].name);
	free(ways->list);
	*ways = (struct vh_ways){ 0 };
}

enum vh_lead vh_ways_lead_by(const struct vh_ways *ways, const char *interface)
{
	const struct vh_way *w = find(ways, interface);

	return !w ? VH_LEAD_NO : w->may ? VH_LEAD_MAY : VH_LEAD_YES;
}

/* What each interface has by itself: link-local addresses and groups. */
static bool is_of_link(const struct vh_route *r)
{
	if (r->six)
		return r->dest[0] == 0xff || (r->dest[0] == 0xfe && (r->dest[1] & 0xc0) == 0x80);
	return r->length && (r->dest[0] >= 224 || (r->dest[0] == 169 && r->dest[1] == 254));
}

/* Can no server be behind them? The routes of others lead somewhere, and none is theirs. */
static bool lead_nowhere(const struct vh_routes *routes, const struct vh_ways *ways)
{
	bool others = false;

	if (routes->unread || routes->unknown_default || routes->cut)
		return false;
	for (size_t i = 0; i < routes->count; i++) {
		const struct vh_route *r = &routes->list[i];

		if (r->local || is_of_link(r) || !strcmp(r->interface, "lo"))
			continue;
		if (find(ways, r->interface) || !strcmp(r->interface, VH_ROUTE_UNKNOWN))
			return false;
		others = true;
	}
	return others;
}

enum vh_lead vh_ways_lead_to(const struct vh_uses_ctx *ctx, const struct vh_ways *ways,
			     const char *server)
{
	_auto_names_ struct vh_names sure = { 0 }, may = { 0 };
	const struct vh_routes *routes = vh_routes_of(ctx->root, ctx->usage);
	enum vh_lead lead = VH_LEAD_NO;

	if (!vh_routes_to(routes, server, &sure, &may))
		return lead_nowhere(routes, ways) ? VH_LEAD_NO : VH_LEAD_UNKNOWN;
	for (size_t i = 0; i < may.count; i++)
		if (find(ways, may.name[i]) || !strcmp(may.name[i], VH_ROUTE_UNKNOWN))
			lead = sure.count ? VH_LEAD_RULE : VH_LEAD_UNKNOWN;
	for (size_t i = 0; i < sure.count; i++) {
		enum vh_lead one = vh_ways_lead_by(ways, sure.name[i]);

		lead = one > lead ? one : lead;
	}
	return lead;
}

bool vh_ways_is_down(const struct vh_uses_ctx *ctx, const struct vh_ways *ways)
{
	_auto_free_ char *path = vh_printf("sys/class/net/%s", ways->list[0].name);

	return vh_use_net_is_up(ctx->root, path) == VH_NO;
}

void vh_ways_untold(struct vh_uses_ctx *ctx, const struct vh_ways *ways, enum vh_lead lead,
		    const char *server, const char *what)
{
	if (lead == VH_LEAD_RULE)
		vh_host_not_checked(ctx->host,
				    "routing rules, which may send packets for %s (%s) by %s",
				    server, what, ways->list[0].name);
	else
		vh_use_unseen(ctx, VH_USE_BLOCK | VH_USE_NETWORK,
			      "through which interface %s is reached (%s)", server, what);
}
