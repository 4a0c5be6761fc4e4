/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * storage - mounts, swap, loops, routes, addresses and iSCSI sessions: the tables in
 * which addresses, names of servers and of people stand.
 */
#include "lib/snapshot/copy.h"

#include <arpa/inet.h>
#include <linux/route.h>

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

/* May the swap file lie on it? */
static bool has_swap_file(const struct vh_usage *u, const char *at)
{
	size_t n = strcmp(at, "/") ? strlen(at) : 0;

	for (size_t i = 0; i < u->swaps.count; i++)
		if (!strncmp(u->swaps.name[i], at, n) && u->swaps.name[i][n] == '/')
			return true;
	return false;
}

/* Those of block devices, as far as uses-block.c reads them; of the file systems of the network
 * only an NFS root, for its server. */
static void put_mounts(struct vh_snap *s)
{
	const struct vh_usage *u = s->usage;
	_auto_strbuf_ struct vh_strbuf to = { 0 };
	unsigned int id = 20;

	for (size_t i = 0; i < u->n_mounts; i++) {
		const struct vh_mount *m = &u->mounts[i];
		bool is_root = u->nfs_root && !strcmp(m->at, "/");
		_auto_free_ char *at = vh_scrub_path(&s->scrub, m->at);
		bool is_block = vh_has_prefix(m->source, "/dev/");

		if (!m->major && !is_block && !is_root && !has_swap_file(u, m->at))
			continue;
		vh_strbuf_addf(&to, "%s%u 1 %u:%u / ", to.len ? "\n" : "", id++, m->major, m->minor);
		put_mangled(&to, at);
		vh_strbuf_addf(&to, " rw - %s ", is_root ? "nfs4" : "fs");
		put_mangled(&to, is_block ? m->source : "none");
		if (is_root) {
			_auto_free_ char *server = vh_scrub_server(&s->scrub, u->nfs_root);

			vh_strbuf_addf(&to, " rw,addr=%s", server);
		} else {
			vh_strbuf_add(&to, " rw");
		}
	}
	if (u->mounts_read)
		vh_snap_put(&s->lines, 'f', "proc/self/mountinfo", to.data ? to.data : "");
	else
		free(vh_snap_read(s->root, &s->lines, "proc/self/mountinfo"));
}

static void put_swaps(struct vh_snap *s)
{
	_auto_free_ char *text = vh_snap_read(s->root, &s->lines, "proc/swaps");
	_auto_strbuf_ struct vh_strbuf to = { 0 };

	vh_strbuf_add(&to, "Filename\tType\tSize\tUsed\tPriority");
	for (size_t i = 0; i < s->usage->swaps.count; i++) {
		_auto_free_ char *name = vh_scrub_path(&s->scrub, s->usage->swaps.name[i]);

		vh_strbuf_add(&to, "\n");
		put_mangled(&to, name);
		vh_strbuf_add(&to, "\tany\t0\t0\t-2");
	}
	if (text)
		vh_snap_put(&s->lines, 'f', "proc/swaps", to.data);
}

static void put_loops(struct vh_snap *s)
{
	for (size_t i = 0; i < s->usage->n_loops; i++) {
		const struct vh_loop *l = &s->usage->loops[i];
		_auto_free_ char *path = vh_printf("sys/block/%s/loop/backing_file", l->name);

		if (vh_has_prefix(l->backing, "/dev/"))
			vh_snap_put(&s->lines, 'f', path, l->backing);
	}
}

/* --- routes and addresses ---------------------------------------------------------------------- */

static void put_routes4(struct vh_snap *s)
{
	const struct vh_usage *u = s->usage;
	_auto_strbuf_ struct vh_strbuf to = { 0 };

	vh_strbuf_add(&to, "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask");
	for (size_t i = 0; i < u->n_routes4; i++) {
		const struct vh_route *r = &u->routes4[i];
		struct in_addr dest = vh_scrub_ip4(&s->scrub, (struct in_addr){ r->dest });

		vh_strbuf_addf(&to, "\n%s\t%08X\t00000000\t%04X\t0\t0\t0\t%08X", r->interface,
			       dest.s_addr & r->mask, r->connected ? RTF_UP : RTF_UP | RTF_GATEWAY,
			       r->mask);
	}
	if (u->routes_read)
		vh_snap_put(&s->lines, 'f', "proc/net/route", to.data);
	else
		free(vh_snap_read(s->root, &s->lines, "proc/net/route"));
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
static void put_routes6(struct vh_snap *s)
{
	static const char zero[] = "00000000000000000000000000000000";
	_auto_strbuf_ struct vh_strbuf to = { 0 };

	for (size_t i = 0; i < s->usage->routes.count; i++) {
		const char *name = s->usage->routes.name[i];

		if (!has_route4(s->usage, name))
			vh_strbuf_addf(&to,
				       "%s%s 00 %s 00 %s 00000000 00000000 00000000 00000003 %s",
				       to.len ? "\n" : "", zero, zero, zero, name);
	}
	if (to.len)
		vh_snap_put(&s->lines, 'f', "proc/net/ipv6_route", to.data);
}

static void put_addresses6(struct vh_snap *s)
{
	_auto_strbuf_ struct vh_strbuf to = { 0 };

	for (size_t i = 0; i < s->usage->n_addresses6; i++) {
		const struct vh_address *a = &s->usage->addresses6[i];
		struct in6_addr addr;

		if (inet_pton(AF_INET6, a->text, &addr) != 1)
			continue;
		addr = vh_scrub_ip6(&s->scrub, &addr);
		vh_strbuf_add(&to, to.len ? "\n" : "");
		for (size_t k = 0; k < sizeof(addr); k++)
			vh_strbuf_addf(&to, "%02x", addr.s6_addr[k]);
		vh_strbuf_addf(&to, " 00 40 00 80 %s", a->interface);
	}
	if (to.len)
		vh_snap_put(&s->lines, 'f', "proc/net/if_inet6", to.data);
}

/* --- iSCSI ------------------------------------------------------------------------------------- */

/* Directories in the place of links: readers list them, and go to sys/class/block for the disks. */
static void put_unit(struct vh_snap *s, const char *unit)
{
	_auto_free_ char *dir = vh_printf("%s/block", unit);
	_auto_names_ struct vh_names disks = { 0 };

	VH_IGNORE(vh_root_list(s->root, &disks, "%s", dir)); /* none */
	for (size_t i = 0; i < disks.count; i++) {
		_auto_free_ char *at = vh_printf("%s/%s", dir, disks.name[i]);
		_auto_free_ char *disk = vh_snap_real_path(s, "block", disks.name[i]);

		vh_snap_put(&s->lines, 'd', at, NULL);
		vh_snap_disk(s, disk, disks.name[i], &s->lines);
	}
}

/* .../session1/target3:0:0/3:0:0:1/block/sdb, see look_at_disks() of uses-storage.c */
static void put_session_disks(struct vh_snap *s, const char *session)
{
	_auto_free_ char *device = vh_printf("sys/class/iscsi_session/%s/device", session);
	_auto_names_ struct vh_names targets = { 0 };

	VH_IGNORE(vh_root_list(s->root, &targets, "%s", device)); /* it has just ended */
	for (size_t i = 0; i < targets.count; i++) {
		_auto_free_ char *target = vh_printf("%s/%s", device, targets.name[i]);
		_auto_names_ struct vh_names units = { 0 };

		if (!vh_has_prefix(targets.name[i], "target"))
			continue;
		VH_IGNORE(vh_root_list_dirs(s->root, &units, "%s", target));
		for (size_t k = 0; k < units.count; k++) {
			_auto_free_ char *unit = vh_printf("%s/%s", target, units.name[k]);

			put_unit(s, unit);
		}
	}
}

static void put_iscsi(struct vh_snap *s)
{
	_auto_names_ struct vh_names names = { 0 };

	VH_IGNORE(vh_root_list(s->root, &names, "sys/class/iscsi_connection")); /* none */
	for (size_t i = 0; i < names.count; i++) {
		_auto_free_ char *path = vh_printf(
			"sys/class/iscsi_connection/%s/persistent_address", names.name[i]);
		_auto_free_ char *server = vh_snap_read(s->root, &s->lines, path);
		_auto_free_ char *as = server ? vh_scrub_server(&s->scrub, server) : NULL;
		_auto_free_ char *session = NULL, *name = NULL, *target = NULL, *shown = NULL;
		unsigned int number;

		if (!as || sscanf(names.name[i], "connection%u:", &number) != 1)
			continue;
		vh_snap_put(&s->lines, 'f', path, as);
		session = vh_printf("session%u", number);
		name = vh_printf("sys/class/iscsi_session/%s/targetname", session);
		target = vh_snap_read(s->root, &s->lines, name);
		shown = target ? vh_scrub_target(&s->scrub, target) : NULL;
		if (shown)
			vh_snap_put(&s->lines, 'f', name, shown);
		put_session_disks(s, session);
	}
}

void vh_snap_storage(struct vh_snap *s)
{
	put_mounts(s);
	put_swaps(s);
	put_loops(s);
	put_routes4(s);
	put_routes6(s);
	put_addresses6(s);
	put_iscsi(s);
}
