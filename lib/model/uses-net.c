/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses-net - default routes, bridge and bond ports, VLANs on top, interfaces that are up. */
#include "lib/model/uses-impl.h"

#include <linux/if.h>
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

/* Iface Destination Gateway Flags RefCnt Use Metric Mask (net/ipv4/fib_trie.c) */
static void read_routes4(char *text, struct vh_names *ret)
{
	char *w[11];
	size_t n;

	while ((n = next_words(&text, w, VH_COUNT(w))))
		if (n != SIZE_MAX && n >= 8 && all_zero(w[1]) && all_zero(w[7]))
			*VH_APPEND(ret->name, ret->count) = vh_strdup(w[0]);
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

void vh_usage_read_net(const struct vh_root *root, struct vh_usage *u)
{
	_auto_free_ char *v4 = vh_root_read(root, "proc/net/route");
	_auto_free_ char *v6 = vh_root_read(root, "proc/net/ipv6_route");

	u->routes_read = v4 != NULL; /* a kernel without IPv6 is no gap */
	if (v4)
		read_routes4(v4, &u->routes);
	if (v6)
		read_routes6(v6, &u->routes);
}

static bool is_up(const struct vh_root *root, const char *path)
{
	int64_t flags = vh_root_read_int(root, "%s/flags", path);

	return flags > 0 && (flags & IFF_UP);
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
		if (is_up(ctx->root, up))
			vh_use_add(ctx, VH_USE_NETWORK, "%s is under %s, which is up", name, upper)
				->fix = vh_printf("ip link set %s down", upper);
	}
}

static void look_at_interface(struct vh_uses_ctx *ctx, const char *path, const char *name)
{
	_auto_free_ char *master = vh_root_link_name(ctx->root, "%s/master", path);
	size_t before = ctx->dev->n_uses;

	if (!ctx->usage->routes_read) {
		vh_host_not_checked(ctx->host, "default routes: /proc/net/route is not readable");
		ctx->complete = false;
	}
	for (size_t i = 0; i < ctx->usage->routes.count; i++) {
		if (strcmp(ctx->usage->routes.name[i], name))
			continue;
		vh_use_add(ctx, VH_USE_NETWORK, "%s: default route", name)->fix =
			vh_printf("ip link set %s down", name);
		break;
	}
	if (master)
		vh_use_add(ctx, VH_USE_NETWORK, "%s is a port of %s", name, master)->fix =
			vh_printf("ip link set %s nomaster", name);
	look_at_uppers(ctx, path, name, master);
	if (ctx->dev->n_uses == before && is_up(ctx->root, path)) {
		struct vh_use *u = vh_use_add(ctx, VH_USE_NETWORK, "%s is up", name);

		u->peer_only = true;
		u->fix = vh_printf("ip link set %s down", name);
	}
}

void vh_net_look(struct vh_uses_ctx *ctx, const char *path)
{
	_auto_names_ struct vh_names names = { 0 };

	if (vh_root_list_dirs(ctx->root, &names, "%s", path) < 0 || !names.count) {
		vh_host_not_checked(ctx->host, "the interface of %s: it is not in this network "
				    "namespace", vh_pci_str(&ctx->dev->addr).s);
		ctx->complete = false;
	}
	for (size_t i = 0; i < names.count; i++) {
		_auto_free_ char *sub = vh_printf("%s/%s", path, names.name[i]);

		look_at_interface(ctx, sub, names.name[i]);
	}
}
