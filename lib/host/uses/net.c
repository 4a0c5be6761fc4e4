/* SPDX-License-Identifier: GPL-2.0-or-later */
/* net - default routes, addresses, bridge and bond ports, VLANs on top, what is up. */
#include "lib/host/uses/use.h"

#include <arpa/inet.h>
#include <errno.h>

#include "lib/base/printable.h"
#include "lib/base/shell.h"
#include "lib/base/strbuf.h"
#include "lib/host/libvirt/libvirt-files.h"
#include "lib/host/uses/ways.h"
#include "lib/xml/xml.h"

#include "lib/base/banned.h"

/* One interface below the function, while it is looked at. */
struct port {
	const char *path, *name;
	char *word; /* the name for `ip link set` */
	struct vh_ways ways;
	const struct vh_route *out; /* the default route by it, or NULL */
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

/* "-6 route replace 2000::/4", "route replace default": a route instead of this one. */
static char *replacement(const struct vh_route *r)
{
	char shown[INET6_ADDRSTRLEN];

	if (!r || !r->length ||
	    !inet_ntop(r->six ? AF_INET6 : AF_INET, r->dest, shown, sizeof(shown)))
		return vh_printf("%sroute replace default", r && r->six ? "-6 " : "");
	return vh_printf("%sroute replace %s/%u", r->six ? "-6 " : "", shown, r->length);
}

/* The last line is the one that ends the use; before it, what makes that harmless: a way of the
 * same kind, in the same table. */
static char *after_moving(const struct vh_route *r, char *last)
{
	_auto_free_ char *line = last, *route = replacement(r), *table = NULL;

	if (r && r->table != VH_ROUTE_MAIN)
		table = vh_printf(" table %u", r->table);
	return vh_printf("give the host another way out first: "
			 "ip %s via GATEWAY dev INTERFACE%s\nor, from its console: %s",
			 route, table ? table : "", line);
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
		p->out = p->out ? p->out : r;
		u->fix = after_moving(r, i ? way_down_fix(ctx, w->name, true) : down_fix(ctx, p));
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

	for (size_t i = 1; !busy && i < p->ways.count; i++)
		busy = has_address(routes, p->ways.list[i].name);
	u = vh_use_add(ctx, VH_USE_NETWORK, "%s is a port of %s", p->name,
		       ovs ? "Open vSwitch" : master);
	if (ovs && *p->name == '-') /* ovs-vsctl takes it, and what is behind --, for its own */
		return;
	name = vh_shell_quote(p->name);
	line = ovs ? vh_printf("ovs-vsctl del-port %s%s", name, busy ? CUTS : "")
		   : vh_printf("ip link set %s nomaster%s", p->word, busy ? CUTS : "");
	u->fix = p->busy ? after_moving(p->out, line) : line;
}

struct search {
	const char *interface;
	char *domain, *uuid; /* that has it: its name, or its UUID */
};

/* <interface><target dev='macvtap0'/> */
static void look_in_domain(void *ctx, const xmlNode *domain, const char *uuid)
{
	const xmlNode *d = vh_xml_child(vh_xml_child(domain, "devices"), "interface");
	_auto_free_ char *name = vh_xml_text(vh_xml_child(domain, "name"));
	struct search *s = ctx;

	for (; d && !s->domain; d = vh_xml_next(d, "interface")) {
		const char *dev = vh_xml_attr(vh_xml_child(d, "target"), "dev");

		if (!dev || strcmp(dev, s->interface) != 0)
			continue;
		s->domain = vh_strdup(name ? name : uuid);
		s->uuid = vh_strdup(uuid);
	}
}

/* libvirt calls those that it makes for guests macvtapN; that they are up is the guest's doing. */
static bool look_at_guest(struct vh_uses_ctx *ctx, const struct port *p, const char *upper)
{
	_auto_free_ char *shown = NULL, *word = NULL;
	struct search s = { .interface = upper };

	if (!vh_has_prefix(upper, "macvtap"))
		return false;
	VH_IGNORE(vh_libvirt_files_each(ctx->root, look_in_domain, &s)); /* then it is up */
	if (!s.domain)
		return false;
	shown = vh_printable(s.domain, 64);
	word = vh_shell_domain(s.domain, s.uuid);
	vh_use_add(ctx, VH_USE_NETWORK, "%s is under %s, which the running guest '%s' has", p->name,
		   upper, shown)
		->fix = vh_printf("virsh shutdown %s", word);
	free(s.domain);
	free(s.uuid);
	return true;
}

static void look_at_upper(struct vh_uses_ctx *ctx, const struct port *p, const char *upper)
{
	const struct vh_routes *routes = vh_routes_of(ctx->root, ctx->usage);
	_auto_free_ char *path = vh_printf("sys/class/net/%s", upper);

	if (vh_use_net_is_up(ctx->root, path) != VH_YES || look_at_guest(ctx, p, upper))
		return;
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

/* 169.254.0.0/16 is what a host gives itself (RFC 3927), from 224.0.0.0 on are groups. */
static bool is_own_network(const struct vh_route *r)
{
	return !r->gateway && r->length && r->dest[0] < 224 &&
	       !(r->dest[0] == 169 && r->dest[1] == 254);
}

/* "an address in 192.0.2.0/24", as its route tells, or "the address 192.0.2.9" where none does
 * and the host's own addresses are told. IPv4; NULL: none. */
static char *address4(const struct vh_routes *routes, const char *name)
{
	_auto_free_ char *alone = NULL;

	for (size_t i = 0; i < routes->count; i++) {
		const struct vh_route *r = &routes->list[i];
		char shown[INET_ADDRSTRLEN];

		if (r->six || strcmp(r->interface, name) != 0 || !is_own_network(r) ||
		    !inet_ntop(AF_INET, r->dest, shown, sizeof(shown)))
			continue;
		if (!r->local)
			return vh_printf("an address in %s/%u", shown, r->length);
		if (!alone)
			alone = vh_printf("the address %s", shown);
	}
	return VH_STEAL(alone);
}

/* An address that others may know: for a device that was named no more than a warning. */
static void look_at_addresses(struct vh_uses_ctx *ctx, struct port *p)
{
	const struct vh_routes *routes = vh_routes_of(ctx->root, ctx->usage);
	_auto_free_ char *address = address4(routes, p->name);
	struct vh_use *u = NULL;

	for (size_t i = 0; !address && !u && i < routes->n_addresses6; i++)
		if (!strcmp(routes->addresses6[i].interface, p->name))
			u = vh_use_add(ctx, VH_USE_NETWORK, "%s has the address %s", p->name,
				       routes->addresses6[i].text);
	if (address)
		u = vh_use_add(ctx, VH_USE_NETWORK, "%s has %s", p->name, address);
	if (!u)
		return;
	u->weak = true;
	p->busy = true;
	u->fix = down_fix(ctx, p);
}

static void note_untold(struct vh_uses_ctx *ctx)
{
	const struct vh_routes *routes = vh_routes_of(ctx->root, ctx->usage);

	if (routes->unread && !ctx->host->uses_untold)
		vh_use_unseen(ctx, VH_USE_NETWORK, "default routes: %s is not readable",
			      routes->unread);
	if (!routes->unread && !routes->all && ctx->root->live)
		vh_host_not_checked(ctx->host,
				    "default routes of other tables than the main one: the "
				    "kernel does not tell them");
	if (routes->unknown_default)
		vh_use_unseen(ctx, VH_USE_NETWORK,
			      "where a default route leads: its next hop could not be resolved");
	if (routes->cut)
		vh_host_not_checked(ctx->host, "some routes: there are too many");
}

static void look_whether_up(struct vh_uses_ctx *ctx, const struct port *p)
{
	enum vh_tri up = vh_use_net_is_up(ctx->root, p->path);
	struct vh_use *u;

	if (up == VH_UNKNOWN && errno != ENOENT)
		vh_use_unseen(ctx, VH_USE_NETWORK, "whether '%s' is up: %s", p->name,
			      strerror(errno));
	if (up != VH_YES)
		return;
	u = vh_use_add(ctx, VH_USE_NETWORK, "%s is up", p->name);
	u->peer_only = true;
	u->fix = down_fix(ctx, p);
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
	if (ctx->dev->n_uses == before)
		look_whether_up(ctx, p);
}

/* What namespaces hide: the directory of a class is there while the driver has one, and one of
 * another namespace is not seen in it (drivers/base/core.c:cleanup_glue_dir(), fs/kernfs tags). */
static const struct {
	const char *class, *what, *back;
} tagged[] = {
	{ "net", "its interface", "move it back: ip -n NAMESPACE link set INTERFACE netns 1" },
	{ "ieee80211", "its Wi-Fi radio",
	  "move it back: ip netns exec NAMESPACE iw phy PHY set netns 1" },
	/* rdma(8) takes no process for a namespace, and ours has no name */
	{ "infiniband", "its RDMA device", "delete the network namespace that it is in" },
};

void vh_net_look_at_namespaces(struct vh_uses_ctx *ctx, const char *path, const char *class)
{
	_auto_names_ struct vh_names names = { 0 };
	size_t i = 0;

	while (i < VH_COUNT(tagged) && strcmp(tagged[i].class, class) != 0)
		i++;
	if (i == VH_COUNT(tagged) || ctx->host->uses_untold ||
	    vh_root_list_dirs(ctx->root, &names, "%s", path) < 0 || names.count)
		return;
	vh_use_add(ctx, VH_USE_NETWORK, "%s is in another network namespace (a container's)",
		   tagged[i].what)
		->fix = vh_printf("end the container that has it, or %s", tagged[i].back);
}

void vh_net_look(struct vh_uses_ctx *ctx, const char *path)
{
	_auto_names_ struct vh_names names = { 0 };
	int rc = vh_root_list_dirs(ctx->root, &names, "%s", path);

	if (rc < 0)
		vh_use_unseen(ctx, VH_USE_NETWORK, "the interface of %s: %s",
			      vh_pci_str(&ctx->dev->addr).s, strerror(errno));
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
