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

static bool is_network(const char *type)
{
	static const char *const types[] = { "nfs",  "nfs4",   "cifs",           "smb3",
					     "ceph", "lustre", "fuse.glusterfs", "afs" };

	for (size_t i = 0; i < VH_COUNT(types); i++)
		if (!strcmp(type, types[i]))
			return true;
	return false;
}

/* Of mounts of this kind the options tell more. */
void vh_shares_note(struct vh_mount *m, const char *type, char *options)
{
	bool is_root_overlay = !strcmp(type, "overlay") && !strcmp(m->at, "/");

	if (!is_network(type) && strcmp(type, "9p") != 0 && strcmp(type, "virtiofs") != 0 &&
	    !is_root_overlay)
		return;
	m->type = vh_strdup(type);
	m->options = vh_strdup(options ? options : "");
}

/* The value of the next option KEY=VALUE from *at on, NULL at the end. Caller frees. */
static char *next_option(const char **at, const char *key)
{
	size_t n = strlen(key);

	while (**at) {
		const char *word = *at;
		size_t len = strcspn(word, ",");

		*at += len + (word[len] == ',');
		if (len > n && !strncmp(word, key, n) && word[n] == '=')
			return vh_strndup(word + n + 1, len - n - 1);
	}
	return NULL;
}

static void add_all(struct vh_names *to, const char *list, const char *separators)
{
	while (*list) {
		size_t n = strcspn(list, separators);

		if (n)
			vh_names_note(to, "%.*s", (int)n, list);
		list += n + (list[n] != 0);
	}
}

/* host:/path, [2001:db8::1]:/path, //host/share, a:6789,b:6789:/, 10.0.0.1@tcp:/fs */
static void add_of_source(struct vh_names *to, const char *source)
{
	const char *end = source;
	_auto_free_ char *servers = NULL;

	while (*source == '/' || *source == '\\')
		source++;
	end = strstr(source, ":/");
	servers = vh_strndup(source, end ? (size_t)(end - source) : strcspn(source, "/\\@"));
	add_all(to, servers, ",");
}

void vh_shares_servers(const struct vh_mount *m, struct vh_names *ret)
{
	static const char *const keys[] = { "addr", "mon_addr" };

	for (size_t i = 0; i < VH_COUNT(keys); i++) {
		const char *at = m->options;
		char *value;

		while ((value = next_option(&at, keys[i]))) {
			add_all(ret, value, "/");
			free(value);
		}
	}
	if (!ret->count)
		add_of_source(ret, m->source);
}

static char *transport_of(const struct vh_mount *m)
{
	const char *at = m->options;

	return next_option(&at, "trans");
}

/* 9p by TCP names its server as the source. */
bool vh_shares_is_of_network(const struct vh_mount *m)
{
	_auto_free_ char *transport = NULL;

	if (!m->type || strcmp(m->type, "9p") != 0)
		return m->type && is_network(m->type);
	transport = transport_of(m);
	return transport && (!strcmp(transport, "tcp") || !strcmp(transport, "rdma"));
}

void vh_shares_overlay_dirs(const struct vh_mount *m, struct vh_names *ret)
{
	static const char *const keys[] = { "lowerdir", "lowerdir+", "datadir+", "upperdir" };

	for (size_t k = 0; k < VH_COUNT(keys); k++) {
		const char *from = m->options;
		char *value;

		while ((value = next_option(&from, keys[k]))) {
			add_all(ret, value, ":");
			free(value);
		}
	}
}

bool vh_shares_is_below_root(const struct vh_usage *u, const char *at)
{
	size_t n = strlen(at);

	for (size_t i = 0; n > 1 && i < u->n_mounts; i++) {
		const struct vh_mount *m = &u->mounts[i];
		_auto_names_ struct vh_names dirs = { 0 };

		if (!m->type || strcmp(m->type, "overlay") != 0)
			continue;
		vh_shares_overlay_dirs(m, &dirs);
		for (size_t d = 0; d < dirs.count; d++)
			if (vh_has_prefix(dirs.name[d], at) &&
			    (!dirs.name[d][n] || dirs.name[d][n] == '/'))
				return true;
	}
	return false;
}

static bool is_system(const struct vh_usage *u, const struct vh_mount *m)
{
	return vh_use_is_vital_mount(m->at) || vh_shares_is_below_root(u, m->at);
}

/* The lines that end the swap in its files, each with its end; NULL: none. */
static char *swapoff_lines(const struct vh_usage *u, const struct vh_mount *m)
{
	struct vh_strbuf sb = { 0 };

	for (size_t i = 0; i < u->swaps.count; i++) {
		_auto_free_ char *word = NULL;

		if (vh_mounts_of(u, u->swaps.name[i]) != m)
			continue;
		word = vh_shell_quote(u->swaps.name[i]);
		vh_strbuf_addf(&sb, "swapoff %s\n", word);
	}
	return sb.len ? vh_strbuf_steal(&sb) : NULL;
}

static bool is_vital(const struct vh_usage *u, const struct vh_mount *m)
{
	_auto_free_ char *swapoff = swapoff_lines(u, m);

	return swapoff || is_system(u, m);
}

/* Swap can be ended, the system cannot. */
static void judge(const struct vh_usage *usage, const struct vh_mount *m, struct vh_use *u)
{
	_auto_free_ char *swapoff = swapoff_lines(usage, m);
	_auto_free_ char *umount = vh_mounts_umount(usage, m);

	u->vital = is_vital(usage, m);
	u->rank = vh_mounts_rank(m);
	if (!is_system(usage, m) && umount) /* NULL: no path leads to it */
		u->fix = vh_printf("%s%s", swapoff ? swapoff : "", umount);
}

/* --- by a network --------------------------------------------------------------------------------- */

static enum vh_tri is_by(const struct vh_uses_ctx *ctx, const struct vh_ways *ways,
			 const struct vh_names *servers)
{
	enum vh_tri all = servers->count ? VH_NO : VH_UNKNOWN;

	for (size_t i = 0; i < servers->count; i++) {
		enum vh_tri one = vh_ways_lead_to(ctx, ways, servers->name[i]);

		if (one == VH_YES)
			return VH_YES;
		if (one == VH_UNKNOWN)
			all = VH_UNKNOWN;
	}
	return all;
}

static void add_use(struct vh_uses_ctx *ctx, const struct vh_mount *m, const char *interface,
		    const char *server, bool sure)
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
	judge(ctx->usage, m, u);
}

void vh_shares_look(struct vh_uses_ctx *ctx, const struct vh_ways *ways)
{
	const struct vh_usage *usage = ctx->usage;

	for (size_t i = 0; i < usage->n_mounts; i++) {
		const struct vh_mount *m = &usage->mounts[i];
		_auto_names_ struct vh_names servers = { 0 };
		_auto_free_ char *what = NULL;
		const char *server;
		enum vh_tri by;

		if (!vh_shares_is_of_network(m))
			continue;
		vh_shares_servers(m, &servers);
		by = is_by(ctx, ways, &servers);
		if (by == VH_NO || (by == VH_UNKNOWN && vh_ways_is_down(ctx, ways)))
			continue;
		server = servers.count ? servers.name[0] : "an unknown server";
		if (by == VH_YES)
			vh_things_mount(ctx, m);
		if (by == VH_YES || is_vital(usage, m)) {
			add_use(ctx, m, ways->list[0].name, server, by == VH_YES);
			continue;
		}
		what = vh_printf("a file system of type %s", m->type);
		vh_ways_untold(ctx, server, what);
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
		u = vh_use_add(ctx, VH_USE_BLOCK, "the %s file system '%s' %s mounted at %s", type,
			       source, tag ? "is" : "may be of it, which is", at);
		judge(ctx->usage, m, u);
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
