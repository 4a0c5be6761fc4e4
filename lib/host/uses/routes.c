/* SPDX-License-Identifier: GPL-2.0-or-later */
/* routes - see routes.h. */
#include "lib/host/uses/routes.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/ipv6_route.h>
#include <linux/route.h>

#include "lib/base/root-routes.h"
#include "lib/host/uses/use.h"

#include "lib/base/banned.h"

#define RTF_LOCAL_6 0x80000000u /* linux/ipv6_route.h has it since 4.1 */

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

static struct vh_route *add(struct vh_routes *to, const char *interface)
{
	struct vh_route *r = VH_APPEND(to->list, to->count);

	r->interface = vh_strdup(interface);
	return r;
}

/* TABLE DEST/LENGTH VIA INTERFACE [METRIC] (lib/base/root-routes.h) */
static void read_all(char *text, struct vh_routes *to)
{
	char *w[5];
	size_t n;

	while ((n = next_words(&text, w, VH_COUNT(w)))) {
		uint64_t table, length, metric = 0;
		unsigned char dest[16] = { 0 };
		char *bits, *addr;
		struct vh_route *r;

		if (n == 1 && !strcmp(w[0], "cut"))
			to->cut = true;
		if (n == SIZE_MAX || n < 4)
			continue;
		bits = w[1];
		addr = strsep(&bits, "/");
		if (vh_parse_uint(w[0], 10, UINT32_MAX, &table) < 0 || !bits ||
		    vh_parse_uint(bits, 10, strchr(addr, ':') ? 128 : 32, &length) < 0 ||
		    inet_pton(strchr(addr, ':') ? AF_INET6 : AF_INET, addr, dest) != 1 ||
		    (n > 4 && vh_parse_uint(w[4], 10, UINT32_MAX, &metric) < 0))
			continue;
		r = add(to, w[3]);
		r->table = (uint32_t)table;
		r->metric = (uint32_t)metric;
		r->six = strchr(addr, ':');
		r->local = !strcmp(w[2], "local");
		r->gateway = !r->local && strcmp(w[2], "-") != 0;
		memcpy(r->dest, dest, sizeof(dest));
		r->length = (unsigned int)length;
		to->unknown_default |= !strcmp(w[3], VH_ROUTE_UNKNOWN) && vh_routes_is_default(r);
	}
}

/* Iface Destination Gateway Flags RefCnt Use Metric Mask, addresses in the byte order of the
 * wire (net/ipv4/fib_trie.c) */
static void read_main4(char *text, struct vh_routes *to)
{
	char *w[11];
	size_t n;

	while ((n = next_words(&text, w, VH_COUNT(w)))) {
		uint64_t dest, mask, flags, metric;
		uint32_t wire;
		struct vh_route *r;

		if (n == SIZE_MAX || n < 8 || vh_parse_uint(w[1], 16, UINT32_MAX, &dest) < 0 ||
		    vh_parse_uint(w[7], 16, UINT32_MAX, &mask) < 0 ||
		    vh_parse_uint(w[6], 10, UINT32_MAX, &metric) < 0 ||
		    vh_parse_uint(w[3], 16, UINT32_MAX, &flags) < 0 || (flags & RTF_REJECT))
			continue;
		r = add(to, w[0]);
		r->table = VH_ROUTE_MAIN;
		r->metric = (uint32_t)metric;
		wire = (uint32_t)dest;
		memcpy(r->dest, &wire, sizeof(wire));
		r->length = (unsigned int)__builtin_popcount((uint32_t)mask);
		r->gateway = flags & RTF_GATEWAY;
	}
}

/* 32 digits; what is none counts as 0. */
static void parse_hex6(const char *text, unsigned char ret[16])
{
	memset(ret, 0, 16);
	for (size_t i = 0; i < 16 && text[2 * i] && text[2 * i + 1]; i++) {
		char digits[3] = { text[2 * i], text[2 * i + 1], 0 };
		uint64_t byte;

		if (vh_parse_uint(digits, 16, 255, &byte) == 0)
			ret[i] = (unsigned char)byte;
	}
}

/* dest prefix src prefix nexthop metric refcnt use flags iface (net/ipv6/route.c); of the group
 * addresses, ff00::/8, nothing depends */
static void read_main6(char *text, struct vh_routes *to)
{
	char *w[10];
	size_t n;

	while ((n = next_words(&text, w, VH_COUNT(w)))) {
		uint64_t flags, metric, length;
		struct vh_route *r;

		if (n == SIZE_MAX || n < 10 || vh_parse_uint(w[8], 16, UINT32_MAX, &flags) < 0 ||
		    vh_parse_uint(w[5], 16, UINT32_MAX, &metric) < 0 ||
		    vh_parse_uint(w[1], 16, 128, &length) < 0 || (flags & RTF_REJECT) ||
		    !strncasecmp(w[0], "ff", 2))
			continue;
		r = add(to, w[9]);
		r->six = true;
		r->local = (flags & RTF_LOCAL_6) || !strcmp(w[9], "lo");
		r->table = r->local ? VH_ROUTE_LOCAL : VH_ROUTE_MAIN;
		r->metric = (uint32_t)metric;
		parse_hex6(w[0], r->dest);
		r->length = (unsigned int)length;
		r->gateway = flags & RTF_GATEWAY;
	}
}

/* address ifindex prefix scope flags name; 00 is the global scope (net/ipv6/addrconf.c) */
static void read_addresses6(char *text, struct vh_routes *to)
{
	char *w[6];
	size_t n;

	while ((n = next_words(&text, w, VH_COUNT(w)))) {
		unsigned char addr[16];
		char shown[INET6_ADDRSTRLEN];

		if (n == SIZE_MAX || n < 6 || strlen(w[0]) != 32 || strcmp(w[3], "00"))
			continue;
		parse_hex6(w[0], addr);
		if (inet_ntop(AF_INET6, addr, shown, sizeof(shown)))
			*VH_APPEND(to->addresses6, to->n_addresses6) =
				(struct vh_address){ vh_strdup(w[5]), vh_strdup(shown) };
	}
}

static void read_main(const struct vh_root *root, struct vh_routes *to)
{
	_auto_free_ char *v4 = vh_root_read(root, "proc/net/route");
	_auto_free_ char *v6 = vh_root_read(root, "proc/net/ipv6_route");

	/* a kernel without IPv6 is not a gap */
	to->unread = !v4                      ? "/proc/net/route"
		     : !v6 && errno != ENOENT ? "/proc/net/ipv6_route"
					      : NULL;
	if (v4)
		read_main4(v4, to);
	if (v6)
		read_main6(v6, to);
}

struct vh_routes *vh_routes_of(const struct vh_root *root, const struct vh_usage *usage)
{
	struct vh_routes *to = usage->routes;
	_auto_free_ char *all = NULL, *addresses = NULL;

	if (to->asked)
		return to;
	to->asked = true;
	all = vh_root_read_routes(root);
	to->all = all;
	if (all)
		read_all(all, to);
	else
		read_main(root, to);
	addresses = vh_root_read(root, "proc/net/if_inet6");
	if (addresses)
		read_addresses6(addresses, to);
	else if (errno != ENOENT && !to->unread)
		to->unread = "/proc/net/if_inet6";
	return to;
}

void vh_routes_free(struct vh_routes *routes)
{
	if (!routes)
		return;
	for (size_t i = 0; i < routes->count; i++)
		free(routes->list[i].interface);
	for (size_t i = 0; i < routes->n_addresses6; i++) {
		free(routes->addresses6[i].interface);
		free(routes->addresses6[i].text);
	}
	for (size_t i = 0; i < routes->n_links; i++) {
		free(routes->links[i].name);
		free(routes->links[i].remote);
	}
	free(routes->list);
	free(routes->addresses6);
	free(routes->links);
	vh_names_clear(&routes->pppoe);
	free(routes);
}

/* Parts that together are everything count each: nobody owns a sixteenth of the Internet. From
 * 224.0.0.0 and f000:: on are groups and what is kept back, which is often bound to a card. */
bool vh_routes_is_default(const struct vh_route *r)
{
	bool reserved = r->length == VH_ROUTES_DEFAULT_BITS && r->dest[0] >= (r->six ? 0xf0 : 0xe0);

	return !r->local && r->length <= VH_ROUTES_DEFAULT_BITS && !reserved &&
	       strcmp(r->interface, "lo") != 0;
}

struct address {
	bool six;
	unsigned char byte[16];
};

/* Of what is behind it: "]:3260", ":3260/0", "%eth0". */
static bool parse_address(const char *text, struct address *ret)
{
	bool bracket = *text == '[';
	_auto_free_ char *copy = vh_strdup(text + bracket);
	char *end = copy + strcspn(copy, "]%/ ");
	struct address a = { 0 };
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };

	*end = 0;
	if (inet_pton(AF_INET6, copy, a.byte) == 1) {
		a.six = true;
		/* ::ffff:192.0.2.9 goes by IPv4 */
		if (!memcmp(a.byte, mapped, sizeof(mapped))) {
			memmove(a.byte, a.byte + 12, 4);
			a.six = false;
		}
		*ret = a;
		return true;
	}
	copy[strcspn(copy, ":")] = 0;
	*ret = a;
	return inet_pton(AF_INET, copy, ret->byte) == 1;
}

char *vh_routes_bare(const char *server)
{
	char shown[INET6_ADDRSTRLEN];
	struct address a;

	if (!parse_address(server, &a) ||
	    !inet_ntop(a.six ? AF_INET6 : AF_INET, a.byte, shown, sizeof(shown)))
		return vh_strdup(server);
	return vh_strdup(shown);
}

static bool matches(const struct vh_route *r, const struct address *a)
{
	size_t whole = r->length / 8, bits = r->length % 8;

	if (r->six != a->six || memcmp(r->dest, a->byte, whole) != 0)
		return false;
	return !bits || !((r->dest[whole] ^ a->byte[whole]) >> (8 - bits));
}

/* The tables that every packet is looked up in; the others ask for rules of their own. */
static bool is_common(const struct vh_route *r)
{
	return r->table >= VH_ROUTE_DEFAULT && r->table <= VH_ROUTE_LOCAL;
}

/* The longest prefix wins, of equal ones the lower metric. */
static bool is_better(const struct vh_route *r, const struct vh_route *than)
{
	return !than || r->length > than->length ||
	       (r->length == than->length && r->metric < than->metric);
}

static bool is_loopback(const struct address *a)
{
	static const unsigned char own[16] = { [15] = 1 };

	return a->six ? !memcmp(a->byte, own, sizeof(own)) : a->byte[0] == 127;
}

/* Those of one table that match, of which the nearest counts. */
struct nearest {
	uint32_t table; /* VH_ROUTE_MAIN stands for all that are common */
	const struct vh_route *best;
};
struct tables {
	struct nearest *list;
	size_t count;
};

static uint32_t table_of(const struct vh_route *r)
{
	return is_common(r) ? VH_ROUTE_MAIN : r->table;
}

static struct nearest *find_table(const struct tables *t, uint32_t table)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->list[i].table == table)
			return &t->list[i];
	return NULL;
}

static void note_match(struct tables *to, const struct vh_route *r)
{
	struct nearest *t = find_table(to, table_of(r));

	if (!t) {
		t = VH_APPEND(to->list, to->count);
		*t = (struct nearest){ table_of(r), NULL };
	}
	if (is_better(r, t->best))
		t->best = r;
}

/* The one table whose route is nearer than the common one is asked for a reason. Of several nobody
 * knows which it is, and one that is not nearer asks for a rule that is not read. */
static const struct nearest *nearer_one(const struct tables *t, const struct vh_route *common)
{
	const struct nearest *found = NULL;

	for (size_t i = 0; i < t->count; i++) {
		const struct nearest *n = &t->list[i];

		if (n->table == VH_ROUTE_MAIN || (common && n->best->length <= common->length))
			continue;
		if (found)
			return NULL;
		found = n;
	}
	return found;
}

/* Of each table the best, and its equals: the next hops of one route. */
static void note_hops(const struct vh_routes *routes, const struct address *a,
		      const struct tables *t, struct vh_names *sure, struct vh_names *may)
{
	const struct nearest *common = find_table(t, VH_ROUTE_MAIN);
	const struct nearest *nearer = nearer_one(t, common ? common->best : NULL);

	for (size_t i = 0; i < routes->count; i++) {
		const struct vh_route *r = &routes->list[i];
		const struct nearest *n = find_table(t, table_of(r));

		if (n && matches(r, a) && !is_better(n->best, r))
			vh_names_note(n == common || n == nearer ? sure : may, "%s", r->interface);
	}
	if (!sure->count && may->count == 1)
		vh_names_note(sure, "%s", may->name[0]); /* all agree */
}

bool vh_routes_to(const struct vh_routes *routes, const char *server, struct vh_names *sure,
		  struct vh_names *may)
{
	const char *scope = strchr(server, '%');
	const struct nearest *common;
	struct tables tables = { 0 };
	unsigned int length;
	struct address a;

	if (!parse_address(server, &a))
		return false;
	if (scope || is_loopback(&a)) {
		*VH_APPEND(sure->name,
			   sure->count) = scope ? vh_strndup(scope + 1, strcspn(scope + 1, "]:/ ,"))
						: vh_strdup("lo");
		return true;
	}
	for (size_t i = 0; i < routes->count; i++) {
		const struct vh_route *r = &routes->list[i];

		if (!matches(r, &a))
			continue;
		if (r->local) {
			*VH_APPEND(sure->name, sure->count) = vh_strdup("lo");
			free(tables.list);
			return true;
		}
		note_match(&tables, r);
	}
	note_hops(routes, &a, &tables, sure, may);
	common = find_table(&tables, VH_ROUTE_MAIN);
	length = common ? common->best->length : 0;
	free(tables.list);
	if (vh_names_has(sure, VH_ROUTE_UNKNOWN))
		return false;
	return (sure->count || may->count) && !(routes->cut && length <= VH_ROUTES_DEFAULT_BITS);
}

const char *vh_routes_owner(const struct vh_routes *routes, const char *address)
{
	const struct vh_route *best = NULL;
	struct address a;

	if (!parse_address(address, &a))
		return NULL;
	for (size_t i = 0; i < routes->count; i++) {
		const struct vh_route *r = &routes->list[i];

		if (r->gateway || vh_routes_is_default(r) || !matches(r, &a) ||
		    !strcmp(r->interface, "lo"))
			continue;
		if (is_better(r, best))
			best = r;
	}
	return best ? best->interface : NULL;
}
