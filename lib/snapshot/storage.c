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
#include "lib/host/uses/use.h"

#include "lib/base/banned.h"

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

/* rpool/ROOT/debian by the name of its pool alone; where the system lies in it. */
static char *pool_of(struct vh_keeping *k, const struct vh_mount *m)
{
	return m->pool && vh_block_tables_is_vital(m->at) ? vh_scrub_pool(&k->scrub, m->pool) : NULL;
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

/* Those of block devices, as far as uses-block.c reads them; of the file systems of the network
 * only an NFS root, for its server. */
void vh_storage_mounts(struct vh_keeping *k, const char *text, size_t len, struct vh_taken *t)
{
	const struct vh_usage *u = k->usage;
	_auto_strbuf_ struct vh_strbuf to = { 0 };
	unsigned int id = 20;

	(void)text, (void)len;
	for (size_t i = 0; i < u->n_mounts; i++) {
		const struct vh_mount *m = &u->mounts[i];
		bool is_root = u->nfs_root && !strcmp(m->at, "/");
		_auto_free_ char *at = vh_scrub_path(&k->scrub, m->at), *pool = pool_of(k, m);
		bool is_block = vh_has_prefix(m->source, "/dev/") &&
				!vh_has_prefix(m->source, "/dev/disk/"); /* serial numbers */

		if (!m->major && !is_block && !is_root && !pool && !has_file(u, m->at))
			continue;
		vh_strbuf_addf(&to, "%s%u 1 %u:%u / ", to.len ? "\n" : "", id++, m->major, m->minor);
		put_mangled(&to, at);
		vh_strbuf_addf(&to, " rw - %s ", is_root ? "nfs4" : pool ? "zfs" : "fs");
		put_mangled(&to, pool ? pool : is_block ? m->source : "none");
		if (is_root) {
			_auto_free_ char *server = vh_scrub_server(&k->scrub, u->nfs_root);

			vh_strbuf_addf(&to, " rw,addr=%s", server);
		} else {
			vh_strbuf_add(&to, " rw");
			put_more(&to, m->more);
		}
	}
	vh_kept_put(t, vh_strbuf_steal(&to));
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
		m = vh_block_tables_mount_of(k->usage, device);
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

void vh_storage_routes4(struct vh_keeping *k, const char *text, size_t len, struct vh_taken *t)
{
	const struct vh_usage *u = k->usage;
	_auto_strbuf_ struct vh_strbuf to = { 0 };

	(void)text, (void)len;
	vh_strbuf_add(&to, "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask");
	for (size_t i = 0; i < u->n_routes4; i++) {
		const struct vh_route *r = &u->routes4[i];
		struct in_addr dest = vh_scrub_ip4(&k->scrub, (struct in_addr){ r->dest });

		vh_strbuf_addf(&to, "\n%s\t%08X\t00000000\t%04X\t0\t0\t0\t%08X", r->interface,
			       dest.s_addr & r->mask, r->connected ? RTF_UP : RTF_UP | RTF_GATEWAY,
			       r->mask);
	}
	vh_kept_put(t, vh_strbuf_steal(&to));
}

static bool has_route4(const struct vh_usage *u, const char *interface)
{
	for (size_t i = 0; i < u->n_routes4; i++)
		if (!u->routes4[i].dest && !u->routes4[i].mask &&
		    !strcmp(u->routes4[i].interface, interface))
			return true;
	return false;
}

/* Default routes alone are read. */
void vh_storage_routes6(struct vh_keeping *k, const char *text, size_t len, struct vh_taken *t)
{
	static const char zero[] = "00000000000000000000000000000000";
	_auto_strbuf_ struct vh_strbuf to = { 0 };

	(void)text, (void)len;
	for (size_t i = 0; i < k->usage->routes.count; i++) {
		const char *name = k->usage->routes.name[i];

		if (!has_route4(k->usage, name))
			vh_strbuf_addf(&to,
				       "%s%s 00 %s 00 %s 00000000 00000000 00000000 00000003 %s",
				       to.len ? "\n" : "", zero, zero, zero, name);
	}
	if (to.len)
		vh_kept_put(t, vh_strbuf_steal(&to));
}

void vh_storage_addresses6(struct vh_keeping *k, const char *text, size_t len, struct vh_taken *t)
{
	_auto_strbuf_ struct vh_strbuf to = { 0 };

	(void)text, (void)len;
	for (size_t i = 0; i < k->usage->n_addresses6; i++) {
		const struct vh_address *a = &k->usage->addresses6[i];
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
	vh_kept_put(t, vh_scrub_server(&k->scrub, text));
}

void vh_storage_target(struct vh_keeping *k, const char *text, size_t len, struct vh_taken *t)
{
	(void)len;
	vh_kept_put(t, vh_scrub_target(&k->scrub, text));
}
