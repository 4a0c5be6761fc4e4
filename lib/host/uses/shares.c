/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shares - file systems that somebody else has: a server of the network (NFS, CIFS, Ceph, 9p ...),
 * or the host of this guest (9p and virtiofs on virtio).
 */
#include "lib/host/uses/use.h"

#include "lib/base/printable.h"
#include "lib/base/shell.h"
#include "lib/host/uses/ways.h"

#include "lib/base/banned.h"

#define VIRTIO_9P 9 /* linux/virtio_ids.h */
#define VIRTIO_FS 0x1a

/* 10.0.0.1@o2ib,10.1.0.1@tcp1:10.0.0.2@o2ib: the servers of a Lustre, each by its networks. In
 * place: addresses with commas. */
static void forget_networks(char *servers)
{
	char *to = servers;

	for (const char *p = servers; *p;) {
		size_t host = strcspn(p, "@,:"), rest = host + strcspn(p + host, ",:");

		memmove(to, p, host);
		to += host;
		p += rest;
		if (*p++)
			*to++ = ',';
		else
			break;
	}
	*to = 0;
}

/* host:/path, [2001:db8::1]:/path, //host/share, a:6789,b:6789:/; of sshfs somebody@host:/path */
static void add_of_source(struct vh_names *to, const char *source, const char *type)
{
	bool user = !strcmp(type, "fuse.sshfs");
	const char *end = source;
	_auto_free_ char *servers = NULL;

	while (*source == '/' || *source == '\\')
		source++;
	if (user && strchr(source, '@'))
		source = strchr(source, '@') + 1;
	end = strstr(source, ":/");
	servers = vh_strndup(source, end ? (size_t)(end - source) : strcspn(source, "/\\@"));
	if (!strcmp(type, "lustre"))
		forget_networks(servers);
	vh_mounts_add_all(to, servers, ",");
}

void vh_shares_servers(const struct vh_mount *m, struct vh_names *ret)
{
	static const char *const keys[] = { "addr", "mon_addr" };

	for (size_t i = 0; i < VH_COUNT(keys); i++) {
		const char *at = m->options;
		char *value;

		while ((value = vh_mounts_next_option(&at, keys[i]))) {
			vh_mounts_add_all(ret, value, "/");
			free(value);
		}
	}
	if (!ret->count)
		add_of_source(ret, m->source, m->type);
}

static char *transport_of(const struct vh_mount *m)
{
	const char *at = m->options;

	return vh_mounts_next_option(&at, "trans");
}

/* 9p by TCP names its server as the source. */
bool vh_shares_is_of_network(const struct vh_mount *m)
{
	_auto_free_ char *transport = NULL;

	if (!m->type || strcmp(m->type, "9p") != 0)
		return m->type && vh_mounts_is_network(m->type);
	transport = transport_of(m);
	return transport && (!strcmp(transport, "tcp") || !strcmp(transport, "rdma"));
}

/* Adds the uses of files on it that the kernel has open: swap, images with file systems in them. */
static bool is_vital(struct vh_uses_ctx *ctx, const struct vh_mount *m)
{
	_auto_free_ char *shown = vh_printable(m->at, 80);
	size_t before = ctx->dev->n_uses;
	bool vital = vh_use_is_vital_mount(m->at) || vh_mounts_is_below_root(ctx->usage, m->at);

	vh_block_look_at_files(ctx, m, shown);
	for (size_t i = before; i < ctx->dev->n_uses; i++)
		vital |= ctx->dev->uses[i].vital && !ctx->dev->uses[i].fix;
	return vital;
}

/* --- by a network --------------------------------------------------------------------------------- */

static enum vh_lead lead_to(const struct vh_uses_ctx *ctx, const struct vh_ways *ways,
			    const struct vh_names *servers)
{
	enum vh_lead all = servers->count ? VH_LEAD_NO : VH_LEAD_UNKNOWN;

	for (size_t i = 0; i < servers->count; i++) {
		enum vh_lead one = vh_ways_lead_to(ctx, ways, servers->name[i]);

		all = one > all ? one : all;
	}
	return all;
}

static void add_use(struct vh_uses_ctx *ctx, const struct vh_mount *m, const char *interface,
		    const char *server, bool vital, bool sure)
{
	bool nfs = vh_has_prefix(m->type, "nfs");
	_auto_free_ char *shown = vh_printable(server, 223);
	_auto_free_ char *at = vh_printable(m->at, 4096);
	struct vh_use *u;

	if (!strcmp(m->at, "/"))
		u = vh_use_add(ctx, VH_USE_NETWORK,
			       "%s: the root file system is on the %s server %s%s", interface,
			       nfs ? "NFS" : m->type, shown,
			       sure ? "" : ", which may be reached by it");
	else
		u = vh_use_add(ctx, VH_USE_NETWORK, "%s %s the %s file system mounted at %s, of %s",
			       interface, sure ? "carries" : "may carry", nfs ? "NFS" : m->type, at,
			       shown);
	u->vital = vital;
	u->guess = !sure;
	u->rank = vh_mounts_rank(ctx->usage->mounts, m);
	u->fix = vital ? NULL : vh_mounts_umount(ctx->usage, m);
}

/* Swap in a file on it, which can be ended. */
static bool has_vital_since(const struct vh_uses_ctx *ctx, const struct vh_use_mark *since)
{
	for (size_t i = since->uses; i < ctx->dev->n_uses; i++)
		if (ctx->dev->uses[i].vital)
			return true;
	return false;
}

void vh_shares_look(struct vh_uses_ctx *ctx, const struct vh_ways *ways)
{
	const struct vh_usage *usage = ctx->usage;

	for (size_t i = 0; i < usage->n_mounts; i++) {
		const struct vh_mount *m = &usage->mounts[i];
		_auto_names_ struct vh_names servers = { 0 };
		struct vh_use_mark before = vh_use_mark(ctx);
		_auto_free_ char *what = NULL;
		const char *server;
		enum vh_lead lead;
		bool vital;

		if (!vh_shares_is_of_network(m))
			continue;
		vh_shares_servers(m, &servers);
		lead = lead_to(ctx, ways, &servers);
		if (lead == VH_LEAD_NO || (lead < VH_LEAD_MAY && vh_ways_is_down(ctx, ways)))
			continue;
		server = servers.count ? servers.name[0] : "an unknown server";
		vital = is_vital(ctx, m);
		if (lead >= VH_LEAD_MAY)
			vh_things_mount(ctx, m);
		if (lead >= VH_LEAD_MAY || vital || has_vital_since(ctx, &before)) {
			add_use(ctx, m, ways->list[0].name, server, vital, lead == VH_LEAD_YES);
			continue;
		}
		vh_use_forget(ctx, &before);
		if (!strcmp(m->type, "fuse.sshfs")) /* of a person, by a name as a rule */
			continue;
		what = vh_printf("a file system of type %s", m->type);
		vh_ways_untold(ctx, ways, lead, server, what);
	}
}

/* --- by virtio ------------------------------------------------------------------------------------ */

bool vh_shares_is_virtio(const char *name)
{
	static const char virtio[] = "virtio";

	return vh_has_prefix(name, virtio) && name[strlen(virtio)] &&
	       !name[strlen(virtio) + strspn(name + strlen(virtio), "0123456789")];
}

static void look_at_tag(struct vh_uses_ctx *ctx, const char *type, const char *tag)
{
	for (size_t i = 0; i < ctx->usage->n_mounts; i++) {
		const struct vh_mount *m = &ctx->usage->mounts[i];
		_auto_free_ char *transport = NULL, *source = NULL, *at = NULL;
		struct vh_use *u;
		bool vital;

		if (!vh_streq(m->type, type) || (tag && strcmp(m->source, tag) != 0) ||
		    vh_shares_is_of_network(m))
			continue;
		transport = transport_of(m);
		if (transport && strcmp(transport, "virtio") != 0)
			continue;
		if (tag)
			vh_things_mount(ctx, m);
		source = vh_printable(m->source, 100);
		at = vh_printable(m->at, 4096);
		vital = is_vital(ctx, m);
		u = vh_use_add(ctx, VH_USE_BLOCK, "the %s file system '%s' %s mounted at %s", type,
			       source, tag ? "is" : "may be of it, which is", at);
		u->vital = vital;
		u->guess = !tag;
		u->rank = vh_mounts_rank(ctx->usage->mounts, m);
		u->fix = u->vital ? NULL : vh_mounts_umount(ctx->usage, m);
	}
}

/* sys/fs/virtiofs is there since Linux 6.9: before, nothing says which tag is whose. */
static char *virtiofs_tag(const struct vh_uses_ctx *ctx, const char *name)
{
	_auto_names_ struct vh_names names = { 0 };

	VH_IGNORE(vh_root_list(ctx->root, &names, "sys/fs/virtiofs"));
	for (size_t i = 0; i < names.count; i++) {
		_auto_free_ char *device = vh_root_link_name(ctx->root, "sys/fs/virtiofs/%s/device",
							     names.name[i]);

		if (vh_streq(device, name))
			return vh_root_read(ctx->root, "sys/fs/virtiofs/%s/tag", names.name[i]);
	}
	return NULL;
}

void vh_shares_look_virtio(struct vh_uses_ctx *ctx, const char *path, const char *name)
{
	_auto_free_ char *tag = NULL;

	switch (vh_root_read_int(ctx->root, "%s/device", path)) {
	case VIRTIO_9P:
		tag = vh_root_read(ctx->root, "%s/mount_tag", path);
		look_at_tag(ctx, "9p", tag);
		break;
	case VIRTIO_FS:
		tag = virtiofs_tag(ctx, name);
		look_at_tag(ctx, "virtiofs", tag);
		break;
	default:
		break;
	}
}
