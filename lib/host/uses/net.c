/* SPDX-License-Identifier: GPL-2.0-or-later */
/* net - default routes, addresses, bridge and bond ports, VLANs on top, what is up. */
#include "lib/host/uses/use.h"

#include <arpa/inet.h>
#include <linux/route.h>

#include "lib/base/banned.h"

/* Splits the next line off *text and its words off that line; returns how many, 0 at the end. */
static size_t next_words(char **text, char **words, size_t max)
{
	char *line = strsep(text, "\n"), *word;
	size_t n = 0;

	if (!line)
		return 0;
	while (n < max && (word = strsep(&line, " \t")))
		if (*word)
			words[n++] = word;
	return n ? n : SIZE_MAX; /* an empty line is not the end */
}

static bool all_zero(const char *s)
{
	return s[strspn(s, "0")] == 0;
}

/* Iface Destination Gateway Flags RefCnt Use Metric Mask, addresses in the byte order of the
 * wire (net/ipv4/fib_trie.c) */
static void read_routes4(char *text, struct vh_usage *u)
{
	char *w[11];
	size_t n;

	while ((n = next_words(&text, w, VH_COUNT(w)))) {
		uint64_t dest, mask, flags;
		struct vh_route *r;

		if (n == SIZE_MAX || n < 8 || vh_parse_uint(w[1], 16, UINT32_MAX, &dest) < 0 ||
		    vh_parse_uint(w[7], 16, UINT32_MAX, &mask) < 0 ||
		    vh_parse_uint(w[3], 16, UINT32_MAX, &flags) < 0 || (flags & RTF_REJECT))
			continue;
		if (!dest && !mask)
			*VH_APPEND(u->routes.name, u->routes.count) = vh_strdup(w[0]);
		r = VH_APPEND(u->routes4, u->n_routes4);
		r->interface = vh_strdup(w[0]);
		r->dest = (uint32_t)dest;
		r->mask = (uint32_t)mask;
		r->connected = !(flags & RTF_GATEWAY);
	}
}

/* dest prefix src prefix nexthop metric refcnt use flags iface (net/ipv6/route.c) */
static void read_routes6(char *text, struct vh_names *ret)
{
	char *w[10];
	size_t n;

	while ((n = next_words(&text, w, VH_COUNT(w)))) {
		uint64_t flags;

		if (n == SIZE_MAX || n < 10 || !all_zero(w[0]) || !all_zero(w[1]) ||
		    vh_parse_uint(w[8], 16, UINT32_MAX, &flags) < 0)
			continue;
		if (!(flags & RTF_REJECT) && strcmp(w[9], "lo"))
			*VH_APPEND(ret->name, ret->count) = vh_strdup(w[9]);
	}
}

/* address ifindex prefix scope flags name; 00 is the global scope (net/ipv6/addrconf.c) */
static void read_addresses6(char *text, struct vh_usage *u)
{
	char *w[6];
	size_t n;

	while ((n = next_words(&text, w, VH_COUNT(w)))) {
		struct in6_addr addr;
		char shown[INET6_ADDRSTRLEN];
		struct vh_address *a;
		uint64_t byte;

		if (n == SIZE_MAX || n < 6 || strlen(w[0]) != 32 || strcmp(w[3], "00"))
			continue;
		for (size_t i = 0; i < sizeof(addr); i++) {
			char digits[3] = { w[0][2 * i], w[0][2 * i + 1], 0 };

			if (vh_parse_uint(digits, 16, 255, &byte) < 0)
				byte = 0;
			addr.s6_addr[i] = (uint8_t)byte;
		}
		if (!inet_ntop(AF_INET6, &addr, shown, sizeof(shown)))
			continue;
		a = VH_APPEND(u->addresses6, u->n_addresses6);
		*a = (struct vh_address){ vh_strdup(w[5]), vh_strdup(shown) };
	}
}

void vh_net_read_usage(const struct vh_root *root, struct vh_usage *u)
{
	_auto_free_ char *v4 = vh_root_read(root, "proc/net/route");
	_auto_free_ char *v6 = vh_root_read(root, "proc/net/ipv6_route");
	_auto_free_ char *addresses = vh_root_read(root, "proc/net/if_inet6");

	u->routes_read = v4 != NULL; /* a kernel without IPv6 is no gap */
	if (v4)
		read_routes4(v4, u);
	if (v6)
		read_routes6(v6, &u->routes);
	if (addresses)
		read_addresses6(addresses, u);
}

static void look_at_uppers(struct vh_uses_ctx *ctx, const char *path, const char *name,
			   const char *master)
{
	_auto_names_ struct vh_names names = { 0 };

	if (vh_root_list(ctx->root, &names, "%s", path) < 0)
		return;
	for (size_t i = 0; i < names.count; i++) {
		const char *upper = names.name[i] + strlen("upper_");
		_auto_free_ char *up = NULL;

		if (!vh_has_prefix(names.name[i], "upper_") || vh_streq(upper, master))
			continue;
		up = vh_printf("sys/class/net/%s", upper);
		if (vh_use_net_is_up(ctx->root, up) == VH_YES)
			vh_use_add(ctx, VH_USE_NETWORK, "%s is under %s, which is up", name, upper)
				->fix = vh_printf("ip link set %s down", upper);
	}
}

/* NetworkManager would bring an interface that it manages up again. */
static char *down_fix(const struct vh_uses_ctx *ctx, const char *path, const char *name)
{
	int64_t index = vh_root_read_int(ctx->root, "%s/ifindex", path);
	_auto_free_ char *device = vh_root_read(ctx->root, "run/NetworkManager/devices/%lld",
						(long long)index);

	if (index > 0 && device && strstr(device, "managed=true"))
		return vh_printf("nmcli device disconnect %s", name);
	return vh_printf("ip link set %s down", name);
}

/* The network in which the interface has an IPv4 address, as its route tells; 169.254.0.0/16 is
 * what a host gives itself (RFC 3927). NULL: none. */
static char *network4(const struct vh_usage *usage, const char *name)
{
	static const unsigned char link_local[2] = { 169, 254 };

	for (size_t i = 0; i < usage->n_routes4; i++) {
		const struct vh_route *r = &usage->routes4[i];
		char shown[INET_ADDRSTRLEN];

		if (strcmp(r->interface, name) || !r->connected || !r->mask ||
		    !memcmp(&r->dest, link_local, sizeof(link_local)) ||
		    !inet_ntop(AF_INET, &r->dest, shown, sizeof(shown)))
			continue;
		return vh_printf("%s/%d", shown, __builtin_popcount(r->mask));
	}
	return NULL;
}

/* An address that others may know: for a device that was named no more than a warning. */
static void look_at_addresses(struct vh_uses_ctx *ctx, const char *path, const char *name)
{
	_auto_free_ char *network = network4(ctx->usage, name);
	struct vh_use *u = NULL;

	for (size_t i = 0; !network && !u && i < ctx->usage->n_addresses6; i++)
		if (!strcmp(ctx->usage->addresses6[i].interface, name))
			u = vh_use_add(ctx, VH_USE_NETWORK, "%s has the address %s", name,
				       ctx->usage->addresses6[i].text);
	if (network)
		u = vh_use_add(ctx, VH_USE_NETWORK, "%s has an address in %s", name, network);
	if (!u)
		return;
	u->weak = true;
	u->fix = down_fix(ctx, path, name);
}

static void look_at_interface(struct vh_uses_ctx *ctx, const char *path, const char *name)
{
	_auto_free_ char *master = vh_root_link_name(ctx->root, "%s/master", path);
	size_t before = ctx->dev->n_uses;

	if (!ctx->usage->routes_read && !ctx->host->uses_untold) {
		vh_use_unseen(ctx, VH_USE_NETWORK,
			      "default routes: /proc/net/route is not readable");
	}
	for (size_t i = 0; i < ctx->usage->routes.count; i++) {
		if (strcmp(ctx->usage->routes.name[i], name))
			continue;
		vh_use_add(ctx, VH_USE_NETWORK, "%s: default route", name)->fix = down_fix(ctx, path,
											   name);
		break;
	}
	if (master)
		vh_use_add(ctx, VH_USE_NETWORK, "%s is a port of %s", name, master)->fix =
			vh_printf("ip link set %s nomaster", name);
	look_at_uppers(ctx, path, name, master);
	vh_ties_look(ctx, name);
	if (ctx->dev->n_uses == before)
		look_at_addresses(ctx, path, name);
	if (ctx->dev->n_uses == before && vh_use_net_is_up(ctx->root, path) == VH_YES) {
		struct vh_use *u = vh_use_add(ctx, VH_USE_NETWORK, "%s is up", name);

		u->peer_only = true;
		u->fix = down_fix(ctx, path, name);
	}
}

void vh_net_look(struct vh_uses_ctx *ctx, const char *path)
{
	_auto_names_ struct vh_names names = { 0 };

	if (vh_root_list_dirs(ctx->root, &names, "%s", path) < 0 || !names.count) {
		vh_use_unseen(ctx, VH_USE_NETWORK,
			      "the interface of %s: it is not in this network namespace",
			      vh_pci_str(&ctx->dev->addr).s);
	}
	for (size_t i = 0; i < names.count; i++) {
		_auto_free_ char *sub = vh_printf("%s/%s", path, names.name[i]);

		*VH_APPEND(ctx->dev->carries.name,
			   ctx->dev->carries.count) = vh_printf("interface %s", names.name[i]);
		look_at_interface(ctx, sub, names.name[i]);
	}
}
