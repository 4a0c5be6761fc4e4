/* SPDX-License-Identifier: GPL-2.0-or-later */
/* net - default routes, addresses, bridge and bond ports, VLANs on top, what is up. */
#include "lib/host/uses/use.h"

#include <arpa/inet.h>
#include <errno.h>

#include "lib/base/shell.h"
#include "lib/base/strbuf.h"
#include "lib/host/uses/ways.h"

#include "lib/base/banned.h"

/* One interface below the function, while it is looked at. */
struct port {
	const char *path, *name;
	char *word;                   /* the name for `ip link set` */
	const struct vh_route *route; /* the default route by it, or NULL */
	struct vh_ways ways;
	bool busy; /* somebody may work over it: it has a default route or an address */
};

/* --- the lines to type ---------------------------------------------------------------------------- */

static bool is_managed(const struct vh_uses_ctx *ctx, const char *path)
{
	int64_t index = vh_root_read_int(ctx->root, "%s/ifindex", path);
	_auto_free_ char *device = vh_root_read(ctx->root, "run/NetworkManager/devices/%lld",
						(long long)index);

	return index > 0 && device && strstr(device, "managed=true");
}

#define CUTS "   # cuts off whoever works over it"

/* NetworkManager would bring an interface that it manages up again. */
static char *down_line(const struct vh_uses_ctx *ctx, const char *path, const char *name, bool busy)
{
	/* nmcli has no way to name one that begins with a minus */
	bool managed = *name != '-' && is_managed(ctx, path);
	_auto_free_ char *word = managed ? vh_shell_quote(name) : vh_shell_interface(name);

	return vh_printf("%s %s%s%s", managed ? "nmcli device disconnect" : "ip link set", word,
			 managed ? "" : " down", busy ? CUTS : "");
}

static char *down_fix(const struct vh_uses_ctx *ctx, const struct port *p)
{
	return down_line(ctx, p->path, p->name, p->busy);
}

/* What runs over the port keeps its routes when the port goes down. */
static char *way_down_fix(const struct vh_uses_ctx *ctx, const char *name, bool busy)
{
	_auto_free_ char *path = vh_printf("sys/class/net/%s", name);

	return down_line(ctx, path, name, busy);
}

/* The last line is the one that ends the use; before it, what makes that harmless: a way of the
 * same kind, in the same table. */
static char *after_moving(const struct port *p, char *last)
{
	const struct vh_route *r = p->route;
	bool main = !r || r->table == VH_ROUTE_MAIN;
	_auto_free_ char *table = main ? vh_strdup("") : vh_printf(" table %u", r->table);
	_auto_free_ char *line = last;

	return vh_printf("give the host another way out first: "
			 "ip %sroute replace default via GATEWAY dev INTERFACE%s\n"
			 "or, from its console: %s",
			 r && r->six ? "-6 " : "", table, line);
}

/* --- what uses it -------------------------------------------------------------------------------- */

/* Of the main table, if it has one; NULL: none. */
static const struct vh_route *default_route(const struct vh_routes *routes, const char *interface)
{
	const struct vh_route *found = NULL;

	for (size_t i = 0; i < routes->count; i++) {
		const struct vh_route *r = &routes->list[i];

		if (!vh_routes_is_default(r) || strcmp(r->interface, interface) != 0)
			continue;
		if (r->table == VH_ROUTE_MAIN)
			return r;
		found = found ? found : r;
	}
	return found;
}

/* A tunnel that only may run over it is a warning: so is an address, and it has one. */
static void look_at_default_routes(struct vh_uses_ctx *ctx, struct port *p)
{
	const struct vh_routes *routes = vh_routes_of(ctx->root, ctx->usage);

	for (size_t i = 0; i < p->ways.count; i++) {
		const struct vh_way *w = &p->ways.list[i];
		const struct vh_route *r = default_route(routes, w->name);
		_auto_free_ char *table = NULL;
		struct vh_use *u;

		if (!r || (w->may && p->busy))
			continue;
		table = r->table == VH_ROUTE_MAIN ? vh_strdup("")
						  : vh_printf(" (table %u)", r->table);
		if (!i)
			u = vh_use_add(ctx, VH_USE_NETWORK, "%s: default route%s", p->name, table);
		else
			u = vh_use_add(ctx, VH_USE_NETWORK,
				       "%s %s %s, which has the default route%s", p->name,
				       w->may ? "may carry" : "carries", w->name, table);
		u->weak = w->may;
		p->busy = true;
		p->route = r;
		u->fix = after_moving(p, i ? way_down_fix(ctx, w->name, true) : down_fix(ctx, p));
	}
}

static bool is_ovs(const struct vh_uses_ctx *ctx, const struct port *p, const char *master)
{
	return master && (!strcmp(master, "ovs-system") ||
			  vh_root_exists(ctx->root, "%s/upper_ovs-system", p->path));
}

/* The master has an address of its own: over it people work. */
static bool has_address(const struct vh_routes *routes, const char *interface)
{
	for (size_t i = 0; i < routes->count; i++)
		if (!strcmp(routes->list[i].interface, interface))
			return true;
	return false;
}

static void look_at_master(struct vh_uses_ctx *ctx, const struct port *p, const char *master)
{
	const struct vh_routes *routes = vh_routes_of(ctx->root, ctx->usage);
	bool ovs = is_ovs(ctx, p, master), busy = p->busy;
	_auto_free_ char *name = NULL;
	struct vh_use *u;
	char *line;

	for (size_t i = 1; i < p->ways.count; i++)
		busy |= has_address(routes, p->ways.list[i].name);
	u = vh_use_add(ctx, VH_USE_NETWORK, "%s is a port of %s", p->name,
		       ovs ? "Open vSwitch" : master);
	if (ovs && *p->name == '-') /* ovs-vsctl takes it, and what is behind --, for its own */
		return;
	name = vh_shell_quote(p->name);
	line = ovs ? vh_printf("ovs-vsctl del-port %s%s", name, busy ? CUTS : "")
		   : vh_printf("ip link set %s nomaster%s", p->word, busy ? CUTS : "");
	u->fix = p->busy ? after_moving(p, line) : line;
}

static void look_at_upper(struct vh_uses_ctx *ctx, const struct port *p, const char *upper)
{
	const struct vh_routes *routes = vh_routes_of(ctx->root, ctx->usage);
	_auto_free_ char *path = vh_printf("sys/class/net/%s", upper);

	if (vh_use_net_is_up(ctx->root, path) == VH_YES)
		vh_use_add(ctx, VH_USE_NETWORK, "%s is under %s, which is up", p->name, upper)->fix =
			way_down_fix(ctx, upper, has_address(routes, upper));
}

static void look_at_uppers(struct vh_uses_ctx *ctx, const struct port *p, const char *master)
{
	_auto_names_ struct vh_names names = { 0 };

	for (size_t i = 1; i < p->ways.count; i++)
		if (p->ways.list[i].session)
			look_at_upper(ctx, p, p->ways.list[i].name);
	if (vh_root_list(ctx->root, &names, "%s", p->path) < 0)
		return;
	for (size_t i = 0; i < names.count; i++) {
		const char *upper = names.name[i] + strlen("upper_");

		if (vh_has_prefix(names.name[i], "upper_") && !vh_streq(upper, master))
			look_at_upper(ctx, p, upper);
	}
}

/* The network in which the interface has an IPv4 address, as its route tells; 169.254.0.0/16 is
 * what a host gives itself (RFC 3927). NULL: none. */
static char *network4(const struct vh_routes *routes, const char *name)
{
	static const unsigned char link_local[2] = { 169, 254 };

	for (size_t i = 0; i < routes->count; i++) {
		const struct vh_route *r = &routes->list[i];
		char shown[INET_ADDRSTRLEN];

		if (r->six || r->local || r->gateway || !r->length ||
		    strcmp(r->interface, name) != 0 ||
		    !memcmp(r->dest, link_local, sizeof(link_local)) ||
		    !inet_ntop(AF_INET, r->dest, shown, sizeof(shown)))
			continue;
		return vh_printf("%s/%u", shown, r->length);
	}
	return NULL;
}

/* An address that others may know: for a device that was named no more than a warning. */
static void look_at_addresses(struct vh_uses_ctx *ctx, struct port *p)
{
	const struct vh_routes *routes = vh_routes_of(ctx->root, ctx->usage);
	_auto_free_ char *network = network4(routes, p->name);
	struct vh_use *u = NULL;

	for (size_t i = 0; !network && !u && i < routes->n_addresses6; i++)
		if (!strcmp(routes->addresses6[i].interface, p->name))
			u = vh_use_add(ctx, VH_USE_NETWORK, "%s has the address %s", p->name,
				       routes->addresses6[i].text);
	if (network)
		u = vh_use_add(ctx, VH_USE_NETWORK, "%s has an address in %s", p->name, network);
	if (!u)
		return;
	u->weak = true;
	p->busy = true;
	u->fix = down_fix(ctx, p);
}

static void note_untold(struct vh_uses_ctx *ctx)
{
	const struct vh_routes *routes = vh_routes_of(ctx->root, ctx->usage);

	if (!routes->read && !ctx->host->uses_untold) {
		vh_use_unseen(ctx, VH_USE_NETWORK,
			      "default routes: /proc/net/route is not readable");
	}
	if (routes->read && !routes->all && ctx->root->live)
		vh_host_not_checked(ctx->host,
				    "default routes of other tables than the main one: the "
				    "kernel does not tell them");
	if (routes->cut)
		vh_host_not_checked(ctx->host, "some routes: there are too many, or next hops are "
					       "objects of their own");
}

static void look_at_interface(struct vh_uses_ctx *ctx, struct port *p)
{
	_auto_free_ char *master = vh_root_link_name(ctx->root, "%s/master", p->path);
	size_t before = ctx->dev->n_uses;

	note_untold(ctx);
	vh_shares_look(ctx, &p->ways); /* ended before what they go by: a server is told of it */
	vh_ties_look(ctx, &p->ways);
	look_at_default_routes(ctx, p);
	if (master)
		look_at_master(ctx, p, master);
	look_at_uppers(ctx, p, master);
	if (ctx->dev->n_uses == before)
		look_at_addresses(ctx, p);
	if (ctx->dev->n_uses == before && vh_use_net_is_up(ctx->root, p->path) == VH_YES) {
		struct vh_use *u = vh_use_add(ctx, VH_USE_NETWORK, "%s is up", p->name);

		u->peer_only = true;
		u->fix = down_fix(ctx, p);
	}
}

/* The directory is there while the driver has an interface; in another namespace it is not seen
 * (drivers/base/core.c:cleanup_glue_dir(), fs/kernfs tags). */
static void look_at_none(struct vh_uses_ctx *ctx)
{
	vh_use_add(ctx, VH_USE_NETWORK,
		   "its interface is in another network namespace (a container's)")
		->fix = vh_strdup("end the container that has it, or move it back: "
				  "ip -n NAMESPACE link set INTERFACE netns 1");
}

void vh_net_look(struct vh_uses_ctx *ctx, const char *path)
{
	_auto_names_ struct vh_names names = { 0 };
	int rc = vh_root_list_dirs(ctx->root, &names, "%s", path);

	if (rc < 0) {
		vh_use_unseen(ctx, VH_USE_NETWORK, "the interface of %s: %s",
			      vh_pci_str(&ctx->dev->addr).s, strerror(errno));
	} else if (!names.count && !ctx->host->uses_untold) {
		look_at_none(ctx);
	}
	for (size_t i = 0; i < names.count; i++) {
		_auto_free_ char *sub = vh_printf("%s/%s", path, names.name[i]);
		struct port p = { .path = sub, .name = names.name[i] };

		vh_things_interface(ctx, names.name[i]);
		*VH_APPEND(ctx->dev->carries.name,
			   ctx->dev->carries.count) = vh_printf("interface %s", names.name[i]);
		p.word = vh_shell_interface(names.name[i]);
		vh_ways_read(ctx, sub, names.name[i], &p.ways);
		look_at_interface(ctx, &p);
		vh_ways_clear(&p.ways);
		free(p.word);
	}
}
