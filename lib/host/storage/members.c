/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * members - disks that are part of a file system or pool of several: btrfs, ZFS, an external
 * journal. Their kernel modules open each exclusively, and the mount names one at most.
 */
#include "lib/host/uses/use.h"

#include <errno.h>

#include "lib/base/printable.h"
#include "lib/base/shell.h"

#include "lib/base/banned.h"

#define BTRFS "sys/fs/btrfs"
#define POOLS "proc/spl/kstat/zfs"

/* --- several disks, one mount ------------------------------------------------------------------ */

static void add_device(const struct vh_root *root, struct vh_names *to, const char *name)
{
	_auto_free_ char *dm_name = vh_root_read(root, "sys/class/block/%s/dm/name", name);

	*VH_APPEND(to->name, to->count) = vh_printf("/dev/%s", name);
	if (dm_name)
		*VH_APPEND(to->name, to->count) = vh_printf("/dev/mapper/%s", dm_name);
}

void vh_members_read(const struct vh_root *root, struct vh_usage *u)
{
	_auto_names_ struct vh_names all = { 0 };

	if (vh_root_list(root, &all, BTRFS) < 0 && errno != ENOENT)
		vh_names_note(&u->blind, BTRFS ": %s", strerror(errno));
	for (size_t i = 0; i < all.count; i++) {
		_auto_names_ struct vh_names devices = { 0 };
		struct vh_names *one;

		if (vh_root_list(root, &devices, BTRFS "/%s/devices", all.name[i]) < 0)
			continue; /* `features` */
		one = VH_APPEND(u->btrfs, u->n_btrfs);
		for (size_t k = 0; k < devices.count; k++)
			add_device(root, one, devices.name[k]);
	}
}

void vh_members_clear(struct vh_usage *u)
{
	for (size_t i = 0; i < u->n_btrfs; i++)
		vh_names_clear(&u->btrfs[i]);
	free(u->btrfs);
}

bool vh_members_share(const struct vh_usage *u, const char *file, const char *source)
{
	for (size_t i = 0; i < u->n_btrfs; i++)
		if (vh_names_has(&u->btrfs[i], file) && vh_names_has(&u->btrfs[i], source))
			return true;
	return false;
}

/* /dev/root, where the kernel itself has mounted it, or a link that leads nowhere by now. */
static bool is_unknown_name(const char *source)
{
	return !strcmp(source, "/dev/root") || vh_has_prefix(source, "/dev/disk/");
}

/* btrfs has numbers of its own, and names one of its members; by a name that says nothing it may be
 * any that is mounted. */
bool vh_members_are_of(const struct vh_usage *u, const char *file, const struct vh_mount *m)
{
	return vh_members_share(u, file, m->source) ||
	       (!m->major && is_unknown_name(m->source) && vh_members_share(u, file, file));
}

/* --- what is on it, as udev says ---------------------------------------------------------------- */

/* Of a file in /run/udev/data. */
static char *udev_value(const char *data, const char *key)
{
	_auto_free_ char *line = vh_printf("\nE:%s=", key);
	const char *at = data ? strstr(data, line) : NULL;

	return at ? vh_strndup(at + strlen(line), strcspn(at + strlen(line), "\n")) : NULL;
}

static char *udev_data(const struct vh_uses_ctx *ctx, const char *path)
{
	_auto_free_ char *dev = vh_root_read(ctx->root, "%s/dev", path);

	return dev ? vh_root_read(ctx->root, "run/udev/data/b%s", dev) : NULL;
}

char *vh_members_signature(const struct vh_uses_ctx *ctx, const char *path)
{
	_auto_free_ char *data = udev_data(ctx, path);

	return udev_value(data, "ID_FS_TYPE");
}

/* Blanks in a pool's name are \x20 in the one, and _ in the other. */
char *vh_members_pool(const char *udev)
{
	char *name = udev_value(udev, "ID_FS_LABEL_ENC");

	if (!name)
		return udev_value(udev, "ID_FS_LABEL");
	vh_printable_undo(name);
	return name;
}

/* A cache of a pool (l2arc) has no name on it. */
static bool is_of_zfs(const char *udev)
{
	_auto_free_ char *type = udev_value(udev, "ID_FS_TYPE");
	_auto_free_ char *part = udev_value(udev, "ID_PART_ENTRY_TYPE");

	return vh_streq(type, "zfs_member") || vh_streq(part, VH_ZFS_PARTITION);
}

/* Does the host's own system lie in the pool, or may it? */
static bool is_vital_pool(const struct vh_uses_ctx *ctx, const char *pool)
{
	const struct vh_usage *u = ctx->usage;

	if (!u->mounts_read || !u->swaps_read)
		return true;
	for (size_t i = 0; i < u->n_mounts; i++)
		if (vh_use_is_vital_mount(u->mounts[i].at) &&
		    (u->mounts[i].pool ? !pool || !strcmp(u->mounts[i].pool, pool)
				       : vh_zvols_may_be_of(ctx, u->mounts[i].source, pool)))
			return true;
	for (size_t i = 0; i < u->swaps.count; i++)
		if (vh_zvols_may_be_of(ctx, u->swaps.name[i], pool))
			return true;
	return false;
}

void vh_members_add_journal(struct vh_uses_ctx *ctx, const char *node)
{
	struct vh_use *u = vh_use_add(ctx, VH_USE_BLOCK,
				      "%s is the journal of a file system on another disk", node);

	u->vital = u->guess = true; /* of which, is to be read nowhere */
}

static void add_member(struct vh_uses_ctx *ctx, const char *node, const char *pool)
{
	_auto_free_ char *shown = vh_printable(pool ? pool : "unknown", 60);
	_auto_free_ char *word = pool ? vh_shell_operand(pool) : NULL;
	struct vh_use *u;

	if (pool)
		vh_things_pool(ctx, pool);
	u = vh_use_add(ctx, VH_USE_BLOCK, "%s is a member of the ZFS pool '%s'", node, shown);
	u->vital = is_vital_pool(ctx, pool);
	u->guess = u->vital && (!pool || !ctx->usage->mounts_read || !ctx->usage->swaps_read);
	if (!u->vital)
		u->fix = word ? vh_printf("zpool export %s", word)
			      : vh_strdup("zpool status   # names it; then zpool export");
	vh_zvols_look(ctx, pool);
}

bool vh_members_explain(struct vh_uses_ctx *ctx, const char *path, const char *node)
{
	_auto_free_ char *data = udev_data(ctx, path), *pool = NULL;
	_auto_free_ char *type = udev_value(data, "ID_FS_TYPE");
	_auto_free_ char *word = NULL;

	if (vh_streq(type, "jbd")) {
		vh_members_add_journal(ctx, node);
		return true;
	}
	if (vh_streq(type, "bcache")) { /* which has made no device of it yet */
		word = vh_shell_quote(node);
		vh_use_add(ctx, VH_USE_BLOCK, "%s is registered with bcache", node)->fix =
			vh_printf("echo 1 > /sys/class/block/%s/bcache/stop", word);
		return true;
	}
	if (!is_of_zfs(data))
		return false;
	pool = vh_members_pool(data);
	add_member(ctx, node, pool);
	return true;
}

/* ZFS has a folder for each pool that is imported; where it has none, what is mounted tells. */
static bool is_imported(const struct vh_uses_ctx *ctx, const char *pool)
{
	_auto_names_ struct vh_names names = { 0 };
	_auto_free_ char *state = NULL;

	for (size_t i = 0; i < ctx->usage->n_mounts; i++)
		if (ctx->usage->mounts[i].pool &&
		    (!pool || !strcmp(ctx->usage->mounts[i].pool, pool)))
			return true;
	if (pool && *pool && !strchr(pool, '/')) {
		state = vh_root_read(ctx->root, POOLS "/%s/state", pool);
		return state != NULL;
	}
	VH_IGNORE(vh_root_list_dirs(ctx->root, &names, POOLS)); /* the module is not loaded */
	return names.count > 0;
}

bool vh_members_suspect(struct vh_uses_ctx *ctx, const char *path, const char *node)
{
	_auto_free_ char *data = udev_data(ctx, path), *pool = NULL;

	if (!is_of_zfs(data))
		return false;
	pool = vh_members_pool(data);
	if (!is_imported(ctx, pool))
		return false;
	add_member(ctx, node, pool);
	return true;
}

/* It may well be the root file system: no configuration allows that. */
void vh_members_unknown(struct vh_uses_ctx *ctx, const char *path, const char *node)
{
	_auto_free_ char *dev = vh_root_read(ctx->root, "%s/dev", path);
	_auto_free_ char *type = vh_members_signature(ctx, path), *file = vh_printf("/dev/%s", node);
	_auto_free_ char *shown = vh_printable(type ? type : "", 40), *word = vh_shell_quote(file);
	struct vh_use *u;

	if (vh_members_share(ctx->usage, file, file)) {
		u = vh_use_add(ctx, VH_USE_BLOCK,
			       "%s is a member of a btrfs that is mounted where it cannot be seen",
			       node);
	} else {
		u = vh_use_add(ctx, VH_USE_BLOCK,
			       "%s%s%s%s is opened exclusively, and it cannot be told by whom",
			       node, type ? " (" : "", shown, type ? ")" : "");
		u->unexplained = vh_strdup(file);
	}
	u->vital = true;
	u->fix = vh_printf("fuser -v %s; grep -l ' %s ' /proc/[0-9]*/mountinfo   # names who", word,
			   dev ? dev : node);
}
