/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * openers - who has a block device open exclusively, where neither our mounts nor a holder tell it:
 * file systems that are mounted in another mount namespace, or nowhere any more. To open the device
 * exclusively would tell all of them; but who tries it makes a mount fail that is tried in the same
 * moment, so that only a start does so (block.c).
 */
#include "lib/host/uses/use.h"

#include "lib/base/printable.h"
#include "lib/base/shell.h"
#include "lib/host/processes/holder.h"

#include "lib/base/banned.h"

/* What is mounted in one namespace, and not in ours. */
struct namespace
{
	int64_t pid;
	struct vh_mount *mounts;
	size_t n_mounts;
};
struct vh_namespaces {
	bool asked;
	struct namespace *list;
	size_t count;
};

struct vh_namespaces *vh_openers_new(void)
{
	return vh_alloc(sizeof(struct vh_namespaces));
}

void vh_openers_free(struct vh_namespaces *n)
{
	if (!n)
		return;
	for (size_t i = 0; i < n->count; i++)
		vh_block_tables_clear(n->list[i].mounts, n->list[i].n_mounts);
	free(n->list);
	free(n);
}

/* --- mounts of others ---------------------------------------------------------------------------- */

static bool is_of_disk(const struct vh_mount *m)
{
	return m->major || vh_has_prefix(m->source, "/dev/");
}

bool vh_openers_is_known(const struct vh_usage *u, const struct vh_mount *m)
{
	for (size_t i = 0; i < u->n_mounts; i++) {
		const struct vh_mount *own = &u->mounts[i];

		if (own->major == m->major && own->minor == m->minor &&
		    (m->major || !strcmp(own->source, m->source)))
			return true;
	}
	return false;
}

/* Most have nothing that we do not have: services with a /tmp of their own. */
static bool has_more(const struct vh_usage *u, const struct namespace *n)
{
	for (size_t i = 0; i < n->n_mounts; i++)
		if (is_of_disk(&n->mounts[i]) && !vh_openers_is_known(u, &n->mounts[i]))
			return true;
	return false;
}

static void read_namespace(const struct vh_root *root, const struct vh_usage *u, const char *pid)
{
	_auto_free_ char *text = vh_root_read(root, "proc/%s/mountinfo", pid);
	struct vh_namespaces *to = u->namespaces;
	struct namespace n = { 0 };
	uint64_t number;

	if (!text || vh_parse_uint(pid, 10, INT32_MAX, &number) < 0)
		return;
	n.pid = (int64_t)number;
	vh_block_tables_parse(text, &n.mounts, &n.n_mounts);
	if (has_more(u, &n))
		*VH_APPEND(to->list, to->count) = n;
	else
		vh_block_tables_clear(n.mounts, n.n_mounts);
}

/* Of each namespace the first process. A tree has the mounts of a process only where they are of
 * interest. */
static const struct vh_namespaces *namespaces(const struct vh_uses_ctx *ctx)
{
	const struct vh_root *root = ctx->root;
	struct vh_namespaces *to = ctx->usage->namespaces;
	_auto_names_ struct vh_names pids = { 0 }, seen = { 0 };
	_auto_free_ char *own = NULL;

	if (to->asked)
		return to;
	to->asked = true;
	own = root->live ? vh_root_readlink(root, "proc/self/ns/mnt") : NULL;
	VH_IGNORE(vh_root_list(root, &pids, "proc")); /* mounts are read elsewhere, and report it */
	for (size_t i = 0; i < pids.count; i++) {
		_auto_free_ char *ns = NULL;

		if (pids.name[i][strspn(pids.name[i], "0123456789")])
			continue;
		if (root->live) {
			ns = vh_root_readlink(root, "proc/%s/ns/mnt", pids.name[i]);
			if (!ns || vh_streq(ns, own) || vh_names_has(&seen, ns))
				continue;
			*VH_APPEND(seen.name, seen.count) = vh_strdup(ns);
		}
		read_namespace(root, ctx->usage, pids.name[i]);
	}
	return to;
}

/* Inner ones before outer ones, as they are there. The tool of the host does it, which the
 * namespace need not have. */
static char *umount_fix(const struct namespace *n, size_t own, const struct vh_holder *h)
{
	const char *outer = n->mounts[own].at;
	bool reached = strcmp(outer, "/") != 0 && !vh_has_suffix(outer, "//deleted");
	struct vh_strbuf sb = { 0 };

	for (size_t i = n->n_mounts; reached && i-- > own;) {
		const char *at = n->mounts[i].at;
		_auto_free_ char *word = NULL;

		if (!vh_is_at_or_below(at, outer))
			continue;
		word = vh_shell_quote(at);
		vh_strbuf_addf(&sb, "%sumount -N %lld %s", sb.len ? "\n" : "", (long long)n->pid,
			       word);
	}
	if (n->pid == 1)
		return vh_strbuf_steal(&sb);
	if (h->fix)
		vh_strbuf_addf(&sb, "%s%s", sb.len ? "\nor " : "", h->fix);
	else
		vh_strbuf_addf(&sb, "%send %s", sb.len ? "\nor " : "", h->who);
	return vh_strbuf_steal(&sb);
}

/* What process 1 has mounted is the host's own, wherever we are. */
static void add_mount(struct vh_uses_ctx *ctx, const char *node, const struct namespace *n, size_t i)
{
	const struct vh_mount *m = &n->mounts[i];
	_auto_free_ char *at = vh_printable(m->at, 80);
	_auto_holder_ struct vh_holder h = { 0 };
	struct vh_use *u;

	vh_holder_read(ctx->root, n->pid, &h);
	u = vh_use_add(ctx, VH_USE_BLOCK, "%s is mounted at %s in the mount namespace of %s%s%s",
		       node, at, h.who, h.of ? " of " : "", h.of ? h.of : "");
	u->vital = n->pid == 1 && vh_use_is_vital_mount(m->at);
	u->rank = vh_mounts_rank(n->mounts, m);
	if (!u->vital)
		u->fix = umount_fix(n, i, &h);
}

static bool is_same_mount(const struct vh_mount *a, const struct vh_mount *b)
{
	return a->major == b->major && a->minor == b->minor && !strcmp(a->source, b->source) &&
	       !strcmp(a->at, b->at);
}

/* What process 1 has mounted the others got from it, and it ends for them there. */
static bool is_copy(const struct vh_namespaces *all, size_t number, const struct vh_mount *m)
{
	const struct namespace *first = &all->list[0];

	for (size_t i = 0; number && first->pid == 1 && i < first->n_mounts; i++)
		if (is_same_mount(&first->mounts[i], m))
			return true;
	return false;
}

static bool look_at_namespaces(struct vh_uses_ctx *ctx, const char *path, const char *node)
{
	const struct vh_namespaces *all = namespaces(ctx);
	_auto_free_ char *dev = vh_root_read(ctx->root, "%s/dev", path);
	_auto_free_ char *file = vh_printf("/dev/%s", node);
	bool found = false;

	for (size_t i = 0; i < all->count; i++) {
		const struct namespace *n = &all->list[i];

		for (size_t k = 0; k < n->n_mounts; k++) {
			const struct vh_mount *m = &n->mounts[k];
			_auto_free_ char *numbers = vh_printf("%u:%u", m->major, m->minor);

			if (!vh_streq(dev, numbers) && !vh_use_is_in_list(m->source, file) &&
			    !vh_use_is_in_list(m->more, file) &&
			    !vh_members_share(ctx->usage, file, m->source))
				continue;
			found = true;
			if (!is_copy(all, i, m))
				add_mount(ctx, node, n, k);
		}
	}
	return found;
}

/* --- mounted nowhere ------------------------------------------------------------------------------ */

/* The kernel has a directory for each file system that lives, by the name of its device (fs/ext4/
 * sysfs.c, fs/xfs/xfs_mount.c): also where it was unmounted lazily, or its namespace has no
 * process. */
static bool look_at_file_systems(struct vh_uses_ctx *ctx, const char *path, const char *node)
{
	static const char *const places[] = { "sys/fs/ext4",   "sys/fs/xfs",   "sys/fs/f2fs",
					      "sys/fs/nilfs2", "sys/fs/erofs", "proc/fs/ntfs3" };
	const char *name = strrchr(path, '/') + 1;

	for (size_t i = 0; i < VH_COUNT(places); i++) {
		struct vh_use *u;

		if (!vh_root_exists(ctx->root, "%s/%s", places[i], name))
			continue;
		u = vh_use_add(ctx, VH_USE_BLOCK,
			       "%s has a file system (%s) that is mounted where it cannot be seen",
			       node, strrchr(places[i], '/') + 1);
		u->vital = u->guess = true; /* for all that can be told */
		return true;
	}
	return false;
}

/* Of a journal within a file system the name ends with the number of an inode (fs/jbd2/journal.c:
 * jbd2_journal_init_inode()). */
static bool look_at_journals(struct vh_uses_ctx *ctx, const char *path, const char *node)
{
	if (!vh_root_exists(ctx->root, "proc/fs/jbd2/%s", strrchr(path, '/') + 1))
		return false;
	vh_members_add_journal(ctx, node);
	return true;
}

bool vh_openers_look(struct vh_uses_ctx *ctx, const char *path, const char *node)
{
	return look_at_namespaces(ctx, path, node) || look_at_journals(ctx, path, node) ||
	       look_at_file_systems(ctx, path, node);
}
