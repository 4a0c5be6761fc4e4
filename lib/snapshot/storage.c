/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * storage - what is kept of mounts, swap, loops, routes, addresses and iSCSI sessions: the
 * tables in which addresses, names of servers and of people stand. They are written from what
 * the readers have understood of them, so that nothing else can be in it.
 */
#include "lib/snapshot/kept.h"

#include <arpa/inet.h>
#include <linux/route.h>

#include "lib/base/strbuf.h"
#include "lib/base/root-routes.h"
#include "lib/host/uses/routes.h"
#include "lib/host/uses/ties.h"
#include "lib/host/uses/use.h"

#include "lib/base/banned.h"

/* A scope stays: it is the name of an interface. */
static char *scrub_server(struct vh_keeping *k, const char *text)
{
	_auto_free_ char *bare = vh_routes_bare(text);
	_auto_free_ char *server = vh_scrub_server(&k->scrub, bare);
	const char *scope = strcmp(bare, text) ? strchr(text, '%') : NULL;

	if (!scope)
		return VH_STEAL(server);
	return vh_printf("%s%.*s", server, (int)strcspn(scope, "]:/ ,"), scope);
}

/* --- mounts and swap --------------------------------------------------------------------------- */

/* Blanks and the like as \040 (fs/seq_file.c:mangle_path()). */
static void put_mangled(struct vh_strbuf *to, const char *path)
{
	for (; *path; path++) {
		if (strchr(" \t\n\\", *path))
			vh_strbuf_addf(to, "\\%03o", (unsigned char)*path);
		else
			vh_strbuf_add_mem(to, path, 1);
	}
}

/* May a file lie on it that the kernel has open? */
static bool has_file(const struct vh_usage *u, const char *at)
{
	size_t n = strcmp(at, "/") ? strlen(at) : 0;

	for (size_t i = 0; i < u->swaps.count; i++)
		if (!strncmp(u->swaps.name[i], at, n) && u->swaps.name[i][n] == '/')
			return true;
	for (size_t i = 0; i < u->n_kernel_users; i++)
		if (!strncmp(u->kernel_users[i].device, at, n) && u->kernel_users[i].device[n] == '/')
			return true;
	return false;
}

/* Does a folder lie on it that the root file system is made of? */
static bool has_layer(const struct vh_usage *u, const struct vh_mount *m)
{
	for (size_t i = 0; i < u->n_mounts; i++) {
		_auto_names_ struct vh_names dirs = { 0 };

		if (!vh_streq(u->mounts[i].type, "overlay"))
			continue;
		vh_mounts_layers(&u->mounts[i], &dirs);
		for (size_t d = 0; d < dirs.count; d++)
			if (vh_mounts_of(u, dirs.name[d]) == m)
				return true;
	}
	return false;
}

/* rpool/ROOT/debian by the name of its pool alone; where the system lies in it. */
static char *pool_of(struct vh_keeping *k, const struct vh_mount *m)
{
	return m->pool && vh_use_is_vital_mount(m->at) ? vh_scrub_pool(&k->scrub, m->pool) : NULL;
}

/* Further devices, but for those whose names are serial numbers. */
static void put_more(struct vh_strbuf *to, const char *more)
{
	size_t n;

	for (; more && *more; more += n + (more[n] == ':')) {
		_auto_free_ char *device = NULL;

		n = strcspn(more, ":");
		device = vh_strndup(more, n);
		if (!vh_has_prefix(device, "/dev/") || vh_has_prefix(device, "/dev/disk/"))
			continue;
		vh_strbuf_add(to, ",logdev=");
		put_mangled(to, device);
	}
}

/* The folders, as far as they tell what the root lies on. */
static void put_overlay(struct vh_keeping *k, const struct vh_mount *m, struct vh_strbuf *to)
{
	_auto_names_ struct vh_names dirs = { 0 };

	vh_mounts_layers(m, &dirs);
	for (size_t i = 0; i < dirs.count; i++) {
		_auto_free_ char *dir = vh_scrub_path(&k->scrub, dirs.name[i]);

		vh_strbuf_addf(to, ",datadir+=%s", dir);
	}
}

/* The servers of one of the network; the tag of a virtio one; what the root's overlay is made of. */
static void put_share(struct vh_keeping *k, const struct vh_mount *m, struct vh_strbuf *to)
{
	_auto_names_ struct vh_names servers = { 0 };
	bool overlay = !strcmp(m->type, "overlay");
	const char *at = strstr(m->options, "trans=");
	_auto_free_ char *tag = vh_scrub_target(&k->scrub, m->source);

	if (at && strncmp(at, "trans=virtio", strlen("trans=virtio")) == 0)
		at = NULL;
	vh_strbuf_addf(to, " rw - %s ", m->type);
	put_mangled(to, strcmp(m->type, "virtiofs") != 0 && (strcmp(m->type, "9p") != 0 || at)
				? "none"
				: tag);
	vh_strbuf_add(to, " rw");
	if (overlay)
		put_overlay(k, m, to);
	else if (vh_shares_is_of_network(m))
		vh_shares_servers(m, &servers);
	for (size_t i = 0; i < servers.count; i++) {
		_auto_free_ char *server = scrub_server(k, servers.name[i]);

		vh_strbuf_addf(to, ",addr=%s", server);
	}
	if (at && !strcmp(m->type, "9p"))
		vh_strbuf_add(to, ",trans=tcp");
}

/* What memory of guests can lie in (lib/host/backing): huge pages, and a file system of memory at
 * or above libvirt's directory for it. */
static void put_memory(struct vh_keeping *k, const char *text, unsigned int *id,
		       struct vh_strbuf *to)
{
	static const char dir[] = "/var/lib/libvirt/qemu/ram";
	_auto_free_ char *copy = vh_strdup(text);
	char *rest = copy, *line;

	while ((line = strsep(&rest, "\n"))) {
		_auto_free_ char *at = NULL, *path = NULL;
		char *end = strstr(line, " - "), *size;
		bool huge = end && vh_has_prefix(end, " - hugetlbfs ");
		size_t n;

		if ((!huge && !(end && vh_has_prefix(end, " - tmpfs "))) ||
		    sscanf(line, "%*s %*s %*s %*s %ms", &at) != 1)
			continue;
		n = strlen(at);
		if (!huge && (strncmp(at, dir, n) != 0 || (dir[n] && dir[n] != '/')))
			continue;
		path = vh_scrub_path(&k->scrub, at);
		size = huge ? strstr(end, "pagesize=") : NULL;
		vh_strbuf_addf(to, "%s%u 1 0:1 / %s rw - %s none rw%s%.*s", to->len ? "\n" : "",
			       (*id)++, path, huge ? "hugetlbfs" : "tmpfs", size ? "," : "",
			       size ? (int)strspn(size, "pagesize=0123456789KMG") : 0,
			       size ? size : "");
	}
}

/* Those of block devices, as far as block.c reads them, and of servers as far as shares.c does. */
void vh_storage_mounts(struct vh_keeping *k, const char *text, size_t len, struct vh_taken *t)
{
	const struct vh_usage *u = k->usage;
	_auto_strbuf_ struct vh_strbuf to = { 0 };
	unsigned int id = 20;

	(void)len;
	for (size_t i = 0; i < u->n_mounts; i++) {
		const struct vh_mount *m = &u->mounts[i];
		_auto_free_ char *at = vh_scrub_path(&k->scrub, m->at), *pool = pool_of(k, m);
		bool is_block = vh_has_prefix(m->source, "/dev/") &&
				!vh_has_prefix(m->source, "/dev/disk/"); /* serial numbers */

		if (!m->major && !is_block && !m->type && !pool && !has_file(u, m->at) &&
		    !has_layer(u, m))
			continue;
		vh_strbuf_addf(&to, "%s%u 1 %u:%u / ", to.len ? "\n" : "", id++, m->major, m->minor);
		put_mangled(&to, at);
		if (m->type) {
			put_share(k, m, &to);
			continue;
		}
		vh_strbuf_addf(&to, " rw - %s ", pool ? "zfs" : "fs");
		put_mangled(&to, pool ? pool : is_block ? m->source : "none");
		vh_strbuf_add(&to, " rw");
		put_more(&to, m->more);
	}
	put_memory(k, text, &id, &to);
	vh_kept_put(t, vh_strbuf_steal(&to));
}

/* Whether the process may write to sysfs (lib/host/libvirt/hardening.c): the options of what is at /sys. */
static void put_sysfs(struct vh_strbuf *to, const char *text)
{
	const char *last = NULL;

	for (const char *at = text; (at = strstr(at, " /sys r")); at++)
		last = at + strlen(" /sys ");
	if (last)
		vh_strbuf_addf(to, "22 1 0:21 / /sys %.2s - sysfs sysfs rw", last);
}

/* Of another mount namespace: the disks that it has and we do not, and how it has sysfs. */
void vh_storage_namespace(struct vh_keeping *k, const char *text, size_t len, struct vh_taken *t)
{
	_auto_free_ char *copy = vh_strndup(text, len);
	_auto_strbuf_ struct vh_strbuf to = { 0 };
	struct vh_mount *mounts = NULL;
	size_t count = 0;

	put_sysfs(&to, copy);
	vh_block_tables_parse(copy, &mounts, &count);
	for (size_t i = 0; i < count; i++) {
		const struct vh_mount *m = &mounts[i];
		_auto_free_ char *at = vh_scrub_path(&k->scrub, m->at);
		bool is_block = vh_has_prefix(m->source, "/dev/") &&
				!vh_has_prefix(m->source, "/dev/disk/");

		if (vh_openers_is_known(k->usage, m) || (!m->major && !is_block && !m->more))
			continue;
		vh_strbuf_addf(&to, "%s20 1 %u:%u / ", to.len ? "\n" : "", m->major, m->minor);
		put_mangled(&to, at);
		vh_strbuf_add(&to, " rw - fs ");
		put_mangled(&to, is_block ? m->source : "none");
		vh_strbuf_add(&to, " rw");
		put_more(&to, m->more);
	}
	vh_block_tables_clear(mounts, count);
	if (to.len)
		vh_kept_put(t, vh_strbuf_steal(&to));
}

/* proc/spl/kstat/zfs/POOL/state: that the pool is imported, by the name that udev's data have. */
void vh_storage_pool(struct vh_keeping *k, const char *text, size_t len, struct vh_taken *t)
{
	const char *from = strrchr(t->path, '/');
	_auto_free_ char *dir = vh_strndup(t->path, (size_t)(from - t->path));
	char *pool = strrchr(dir, '/') + 1;
	_auto_free_ char *shown = vh_scrub_pool(&k->scrub, pool);

	(void)text, (void)len;
	pool[-1] = 0;
	free(t->path);
	t->path = vh_printf("%s/%s/state", dir, shown);
	vh_kept_put(t, vh_strdup("ONLINE"));
}

void vh_storage_swaps(struct vh_keeping *k, const char *text, size_t len, struct vh_taken *t)
{
	_auto_strbuf_ struct vh_strbuf to = { 0 };

	(void)text, (void)len;
	vh_strbuf_add(&to, "Filename\tType\tSize\tUsed\tPriority");
	for (size_t i = 0; i < k->usage->swaps.count; i++) {
		_auto_free_ char *name = vh_scrub_path(&k->scrub, k->usage->swaps.name[i]);

		if (vh_has_prefix(name, "/dev/disk/"))
			continue;
		vh_strbuf_add(&to, "\n");
		put_mangled(&to, name);
		vh_strbuf_add(&to, "\tany\t0\t0\t-2");
	}
	vh_kept_put(t, vh_strbuf_steal(&to));
}

/* A device by the kernel's name for it, a file by that of its mount. */
void vh_storage_user(struct vh_keeping *k, const char *text, size_t len, struct vh_taken *t)
{
	_auto_free_ char *line = vh_strndup(text, strcspn(text, "\n"));
	const struct vh_mount *m = NULL;

	(void)len;
	for (size_t i = 0; i < k->usage->n_kernel_users; i++) {
		const struct vh_kernel_user *user = &k->usage->kernel_users[i];
		const char *device = user->device;

		if (strcmp(user->given, line) != 0)
			continue;
		if (vh_has_prefix(device, "/dev/disk/"))
			return; /* not there any more, and the name is a serial number */
		if (vh_has_prefix(device, "/dev/")) {
			vh_kept_put(t, vh_strdup(device));
			return;
		}
		m = vh_mounts_of(k->usage, device);
		if (m) {
			_auto_free_ char *at = vh_scrub_path(&k->scrub, m->at);

			vh_kept_put(t, vh_printf("%s%sfile", at, at[1] ? "/" : ""));
		}
		return;
	}
}

void vh_storage_numbers(struct vh_keeping *k, const char *text, size_t len, struct vh_taken *t)
{
	const char *at = strstr(text, "Major: ");
	unsigned int major, minor;

	(void)k, (void)len;
	if (at && sscanf(at, "Major: %u Minor: %u", &major, &minor) == 2)
		vh_kept_put(t, vh_printf("Major: %u Minor: %u", major, minor));
}

/* --- routes and addresses ---------------------------------------------------------------------- */

/* The host's own address, or its network's, without the bits that the prefix does not have. */
static void scrub_dest(struct vh_keeping *k, const struct vh_route *r, unsigned char ret[16])
{
	struct in6_addr six;
	struct in_addr four;

	memset(ret, 0, 16);
	if (r->length <= VH_ROUTES_DEFAULT_BITS) { /* of everything, or of a large part */
		memcpy(ret, r->dest, 16);
	} else if (r->six) {
		memcpy(&six, r->dest, sizeof(six));
		six = vh_scrub_ip6(&k->scrub, &six);
		memcpy(ret, &six, sizeof(six));
	} else {
		memcpy(&four, r->dest, sizeof(four));
		four = vh_scrub_ip4(&k->scrub, four);
		memcpy(ret, &four, sizeof(four));
	}
	for (unsigned int bit = r->length; bit < (r->six ? 128 : 32); bit++)
		ret[bit / 8] &= (unsigned char)~(0x80 >> bit % 8);
}

/* Of gateways only that there is one. */
void vh_storage_routes(struct vh_keeping *k, const char *text, size_t len, struct vh_taken *t)
{
	const struct vh_routes *routes = k->usage->routes;
	_auto_strbuf_ struct vh_strbuf to = { 0 };

	(void)text, (void)len;
	for (size_t i = 0; i < routes->count; i++) {
		const struct vh_route *r = &routes->list[i];
		unsigned char dest[16];
		char shown[INET6_ADDRSTRLEN];

		scrub_dest(k, r, dest);
		if (!inet_ntop(r->six ? AF_INET6 : AF_INET, dest, shown, sizeof(shown)))
			continue;
		vh_strbuf_addf(&to, "%s%u %s/%u %s %s", to.len ? "\n" : "", r->table, shown,
			       r->length,
			       r->local      ? "local"
			       : !r->gateway ? "-"
			       : r->six      ? "::"
					     : "0.0.0.0",
			       r->interface);
		if (r->metric)
			vh_strbuf_addf(&to, " %u", r->metric);
	}
	if (routes->cut)
		vh_strbuf_add(&to, "\ncut");
	vh_kept_put(t, vh_strbuf_steal(&to));
}

/* As a number of a little-endian machine, whatever this one is. */
static void put_little(struct vh_strbuf *to, const unsigned char bytes[4])
{
	for (size_t i = 4; i-- > 0;)
		vh_strbuf_addf(to, "%02X", bytes[i]);
}

void vh_storage_routes4(struct vh_keeping *k, const char *text, size_t len, struct vh_taken *t)
{
	const struct vh_routes *routes = k->usage->routes;
	_auto_strbuf_ struct vh_strbuf to = { 0 };

	(void)text, (void)len;
	vh_strbuf_add(&to, "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask");
	for (size_t i = 0; i < routes->count; i++) {
		const struct vh_route *r = &routes->list[i];
		unsigned char bytes[16], mask_bytes[4];
		uint32_t mask;

		if (r->six)
			continue;
		mask = r->length ? htonl(UINT32_MAX << (32 - r->length)) : 0;
		scrub_dest(k, r, bytes);
		memcpy(mask_bytes, &mask, sizeof(mask));
		vh_strbuf_addf(&to, "\n%s\t", r->interface);
		put_little(&to, bytes);
		vh_strbuf_addf(&to, "\t00000000\t%04X\t0\t0\t%u\t",
			       r->gateway ? RTF_UP | RTF_GATEWAY : RTF_UP, r->metric);
		put_little(&to, mask_bytes);
	}
	vh_kept_put(t, vh_strbuf_steal(&to));
}

void vh_storage_routes6(struct vh_keeping *k, const char *text, size_t len, struct vh_taken *t)
{
	static const char zero[] = "00000000000000000000000000000000";
	const struct vh_routes *routes = k->usage->routes;
	_auto_strbuf_ struct vh_strbuf to = { 0 };

	(void)text, (void)len;
	for (size_t i = 0; i < routes->count; i++) {
		const struct vh_route *r = &routes->list[i];
		unsigned char bytes[16];

		if (!r->six)
			continue;
		scrub_dest(k, r, bytes);
		vh_strbuf_add(&to, to.len ? "\n" : "");
		for (size_t n = 0; n < sizeof(bytes); n++)
			vh_strbuf_addf(&to, "%02x", bytes[n]);
		vh_strbuf_addf(&to, " %02x %s 00 %s %08x 00000000 00000000 %08x %s", r->length,
			       zero, zero, r->metric,
			       (r->local ? 0x80000000u : 0) | RTF_UP | (r->gateway ? RTF_GATEWAY : 0),
			       r->interface);
	}
	if (to.len)
		vh_kept_put(t, vh_strbuf_steal(&to));
}

void vh_storage_addresses6(struct vh_keeping *k, const char *text, size_t len, struct vh_taken *t)
{
	_auto_strbuf_ struct vh_strbuf to = { 0 };

	(void)text, (void)len;
	for (size_t i = 0; i < k->usage->routes->n_addresses6; i++) {
		const struct vh_address *a = &k->usage->routes->addresses6[i];
		struct in6_addr addr;

		if (inet_pton(AF_INET6, a->text, &addr) != 1)
			continue;
		addr = vh_scrub_ip6(&k->scrub, &addr);
		vh_strbuf_add(&to, to.len ? "\n" : "");
		for (size_t n = 0; n < sizeof(addr); n++)
			vh_strbuf_addf(&to, "%02x", addr.s6_addr[n]);
		vh_strbuf_addf(&to, " 00 40 00 80 %s", a->interface);
	}
	if (to.len)
		vh_kept_put(t, vh_strbuf_steal(&to));
}

/* --- iSCSI ------------------------------------------------------------------------------------- */

void vh_storage_server(struct vh_keeping *k, const char *text, size_t len, struct vh_taken *t)
{
	(void)len;
	vh_kept_put(t, scrub_server(k, text));
}

void vh_storage_target(struct vh_keeping *k, const char *text, size_t len, struct vh_taken *t)
{
	(void)len;
	vh_kept_put(t, vh_scrub_target(&k->scrub, text));
}

/* --- NVMe over Fabrics, nbd, rbd, tunnels -------------------------------------------------------- */

/* traddr=...,host_traddr=... of a controller: names of Fibre Channel ports are whole, for those of
 * the function are to be found among them. */
void vh_storage_fabric(struct vh_keeping *k, const char *text, size_t len, struct vh_taken *t)
{
	static const char *const keys[] = { "traddr", "host_traddr", "src_addr", "host_iface" };
	_auto_free_ char *copy = vh_strndup(text, len);
	_auto_strbuf_ struct vh_strbuf to = { 0 };
	char *rest = copy, *word;

	while ((word = strsep(&rest, ",\n"))) {
		char *value = strchr(word, '=');

		if (!value)
			continue;
		*value++ = 0;
		for (size_t i = 0; i < VH_COUNT(keys); i++) {
			_auto_free_ char *server = NULL;

			if (strcmp(word, keys[i]) != 0)
				continue;
			server = vh_has_prefix(value, "nn-") || !strcmp(word, "host_iface")
					 ? vh_strdup(value)
					 : scrub_server(k, value);
			vh_strbuf_addf(&to, "%s%s=%s", to.len ? "," : "", word, server);
		}
	}
	vh_kept_put(t, vh_strbuf_steal(&to));
}

/* Of the processes that were asked for only those that serve nbd, and of them the server. */
void vh_storage_nbd(struct vh_keeping *k, const char *text, size_t len, struct vh_taken *t)
{
	_auto_free_ char *server = vh_ties_nbd_server(text, len), *scrubbed = NULL;
	static const char name[] = "nbd-client";

	if (!server || !*server) {
		vh_kept_put(t, vh_strdup(server ? "?" : "-"));
		return;
	}
	scrubbed = scrub_server(k, server);
	t->len = sizeof(name) + strlen(scrubbed) + 1;
	t->text = vh_alloc(t->len + 1);
	memcpy(t->text, name, sizeof(name));
	memcpy(t->text + sizeof(name), scrubbed, strlen(scrubbed) + 1);
}

/* 10.0.0.5:0/2834 */
void vh_storage_client(struct vh_keeping *k, const char *text, size_t len, struct vh_taken *t)
{
	_auto_free_ char *line = vh_strndup(text, strcspn(text, "\n"));

	(void)len;
	vh_kept_put(t, scrub_server(k, line));
}

/* The other end of a tunnel: bytes in hex. */
void vh_storage_remote(struct vh_keeping *k, const char *text, size_t len, struct vh_taken *t)
{
	unsigned char byte[16] = { 0 };
	_auto_free_ char *copy = vh_strndup(text, len);
	_auto_strbuf_ struct vh_strbuf to = { 0 };
	char *rest = copy, *word;
	size_t n = 0;
	uint64_t v;
	struct vh_route r = { 0 };

	while ((word = strsep(&rest, ":\n")) && n < sizeof(byte))
		if (vh_parse_uint(word, 16, 255, &v) == 0)
			byte[n++] = (unsigned char)v;
	if (n != 4 && n != 16)
		return; /* an Ethernet address */
	r.six = n == 16;
	r.length = (unsigned int)n * 8;
	memcpy(r.dest, byte, sizeof(byte));
	scrub_dest(k, &r, byte);
	for (size_t i = 0; i < n; i++)
		vh_strbuf_addf(&to, "%s%02x", i ? ":" : "", byte[i]);
	vh_kept_put(t, vh_strbuf_steal(&to));
}

/* Of a session the interface: the last word of each line but the first. */
void vh_storage_pppoe(struct vh_keeping *k, const char *text, size_t len, struct vh_taken *t)
{
	_auto_free_ char *copy = vh_strndup(text, len);
	_auto_strbuf_ struct vh_strbuf to = { 0 };
	char *rest = copy, *line;

	(void)k;
	VH_IGNORE(strsep(&rest, "\n"));
	vh_strbuf_add(&to, "Id       Address              Device");
	while ((line = strsep(&rest, "\n"))) {
		char name[16];
		unsigned int byte[6];
		int end = 0;

		if (sscanf(line, "%*8[0-9A-F] %2x:%2x:%2x:%2x:%2x:%2x %15[^ \t\n]%n", &byte[0],
			   &byte[1], &byte[2], &byte[3], &byte[4], &byte[5], name, &end) == 7 &&
		    !line[end])
			vh_strbuf_addf(&to, "\n00000001 00:00:00:00:00:00    %s", name);
	}
	vh_kept_put(t, vh_strbuf_steal(&to));
}
