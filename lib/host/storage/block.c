/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * block - disks: mounted, swap, with a file that is in use, held by dm, md, bcache or loop,
 * exported, or opened exclusively by what cannot be seen.
 */
#include "lib/host/uses/use.h"

#include <errno.h>

#include "lib/base/printable.h"
#include "lib/base/shell.h"
#include "lib/base/size.h"
#include "lib/base/unit.h"
#include "lib/host/uses/subsystem.h"

#include "lib/base/banned.h"

#define LOOKS_MAX 10000 /* at block devices; a tree that is made up could have any number of ways */
#define STACK_MAX 16    /* dm on md on dm ...; thin volumes alone are three */

/* A block device below a disk, or on top of it. */
struct node {
	const char *path; /* in sysfs */
	char *name;       /* below /dev */
	char *file, *mapper, *dev;
	const char *via; /* "" or " (through md0)" */
	int depth;
};

static void look_at_node(struct vh_uses_ctx *ctx, const char *path, const char *name,
			 const char *via, int depth);
static void look_at_partitions(struct vh_uses_ctx *ctx, const char *path, const char *via,
			       int depth);

/* --- one block device ------------------------------------------------------------------------ */

static bool is_called(const struct node *n, const char *list)
{
	return vh_use_is_in_list(list, n->file) || vh_use_is_in_list(list, n->mapper);
}

static bool is_mounted_by(const struct vh_uses_ctx *ctx, const struct node *n,
			  const struct vh_mount *m)
{
	_auto_free_ char *numbers = vh_printf("%u:%u", m->major, m->minor);

	return vh_streq(n->dev, numbers) || is_called(n, m->source) || is_called(n, m->more) ||
	       vh_members_are_of(ctx->usage, n->file, m);
}

/* A file that the kernel has open: swap, the file of a loop, an export. */
static void look_at_files(struct vh_uses_ctx *ctx, const struct vh_mount *m, const struct node *n)
{
	const struct vh_usage *usage = ctx->usage;

	for (size_t i = 0; i < usage->swaps.count; i++) {
		const char *file = usage->swaps.name[i];
		_auto_free_ char *shown = NULL, *word = NULL;
		struct vh_use *u;

		if (usage->swaps_on[i] != m)
			continue;
		shown = vh_printable(file, 80);
		word = vh_shell_quote(file);
		u = vh_use_add(ctx, VH_USE_BLOCK, "%s holds the swap file %s", n->name, shown);
		u->vital = true;
		u->rank = vh_mounts_rank(ctx->usage->mounts, m) + 1;
		if (!vh_has_suffix(file, " (deleted)")) { /* swapoff takes a path, and it has none */
			u->fix = vh_printf("swapoff %s", word);
			u->by = vh_unit_of_path(file, "swap");
		}
	}
	for (size_t i = 0; i < usage->n_kernel_users; i++) {
		const struct vh_kernel_user *k = &usage->kernel_users[i];
		_auto_free_ char *shown = NULL, *path = NULL, *through = NULL;
		size_t before = ctx->dev->n_uses;
		bool layer;
		struct vh_use *u;

		if (k->on != m)
			continue;
		if (k->block) {
			path = vh_printf("sys/class/block/%s", k->block);
			through = vh_printf(" (through %s)", k->block);
			look_at_node(ctx, path, k->block, through, n->depth + 1);
		}
		for (size_t b = before; b < ctx->dev->n_uses; b++) /* all that before this */
			ctx->dev->uses[b].rank += vh_mounts_rank(ctx->usage->mounts, m) + 1;
		/* a live system: what it is made of was mounted before its root */
		layer = k->block && ctx->dev->n_uses == before && vh_mounts_hide_layers(usage);
		shown = vh_printable(k->device, 80);
		u = vh_use_add(ctx, VH_USE_BLOCK, "%s holds the file %s, %s%s", n->name, shown,
			       k->text, layer ? ", maybe a part of the root file system" : "");
		u->vital = u->guess = layer;
		u->rank = vh_mounts_rank(ctx->usage->mounts, m) + 1;
		u->fix = layer ? NULL : vh_strdup(k->fix);
	}
}

void vh_block_look_at_files(struct vh_uses_ctx *ctx, const struct vh_mount *m, const char *name)
{
	_auto_free_ char *copy = vh_strdup(name);
	const struct node n = { .name = copy, .via = "" };

	look_at_files(ctx, m, &n);
}

static void look_at_mounts(struct vh_uses_ctx *ctx, const struct node *n)
{
	for (size_t i = 0; i < ctx->usage->n_mounts; i++) {
		const struct vh_mount *m = &ctx->usage->mounts[i];
		_auto_free_ char *at = NULL;
		struct vh_use *u;

		if (!is_mounted_by(ctx, n, m))
			continue;
		vh_things_mount(ctx, m);
		at = vh_printable(m->at, 80);
		u = vh_use_add(ctx, VH_USE_BLOCK, "%s is mounted at %s%s", n->name, at, n->via);
		u->vital = vh_use_is_vital_mount(m->at) ||
			   vh_mounts_is_below_root(ctx->usage, m->at);
		u->one = m;
		u->rank = vh_mounts_rank(ctx->usage->mounts, m);
		u->fix = u->vital ? NULL : vh_mounts_umount(ctx->usage, m);
		u->by = u->vital ? NULL : vh_unit_of_path(m->at, "mount");
		look_at_files(ctx, m, n);
	}
}

static void look_at_swap(struct vh_uses_ctx *ctx, const struct node *n)
{
	for (size_t i = 0; i < ctx->usage->swaps.count; i++) {
		const char *file = ctx->usage->swaps.name[i];
		_auto_free_ char *word = NULL;
		struct vh_use *u;

		if (!is_called(n, file))
			continue;
		word = vh_shell_quote(file);
		u = vh_use_add(ctx, VH_USE_BLOCK, "%s is swap%s", n->name, n->via);
		u->vital = true;
		u->rank = 1;
		u->fix = vh_printf("swapoff %s", word);
		u->by = vh_unit_of_path(file, "swap");
	}
}

/* Volumes that others are made of cannot be ended themselves, and have these in their names, which
 * others must not have (lvm2: lib/metadata/metadata.c). One that ends has a layer of its own, which
 * its UUID names: "LVM-", two of 32 characters, "-tpool". */
static void cut_to_visible(char *volume, const char *dm_uuid)
{
	static const char *const parts[] = { "_tdata",   "_tmeta", "_rimage", "_rmeta", "_mimage",
					     "_mlog",    "_cdata", "_cmeta",  "_corig", "_cvol",
					     "_wcorig",  "_vdata", "_iorig",  "_imeta", "_pmspare",
					     "_vorigin", "_cpool" };
	const size_t own = strlen("LVM-") + 64;

	if (strlen(dm_uuid) > own && vh_has_suffix(volume, dm_uuid + own))
		volume[strlen(volume) - strlen(dm_uuid + own)] = 0;
	for (size_t i = 0; i < VH_COUNT(parts); i++) {
		char *part = strstr(strchr(volume, '/') + 1, parts[i]);

		if (part)
			*part = 0;
	}
}

/* What ends a holder: device-mapper by the prefix of its UUID, the others by their name. */
static char *holder_fix(const char *holder, const char *dm_name, const char *dm_uuid)
{
	_auto_free_ char *word = dm_name ? vh_shell_operand(dm_name) : vh_shell_quote(holder);
	_auto_free_ char *volume = NULL, *volumes_word = NULL;
	const char *number = holder + strcspn(holder, "0123456789");

	if (vh_has_prefix(holder, "md"))
		return vh_printf("mdadm --stop /dev/%s", word);
	if (vh_has_prefix(holder, "bcache"))
		return vh_printf("echo 1 > /sys/block/%s/bcache/stop", word);
	if (vh_has_prefix(holder, "drbd"))
		return vh_printf("drbdsetup detach %.*s", (int)strspn(number, "0123456789"), number);
	if (!dm_name)
		return NULL;
	if (dm_uuid && vh_has_prefix(dm_uuid, "LVM-")) {
		volume = vh_things_volume(dm_name);
		if (volume)
			cut_to_visible(volume, dm_uuid);
		volumes_word = vh_shell_operand(volume ? volume : dm_name);
		return vh_printf(volume ? "lvchange -an %s" : "dmsetup remove %s", volumes_word);
	}
	if (dm_uuid && vh_has_prefix(dm_uuid, "CRYPT-"))
		return vh_printf("cryptsetup close %s", word);
	if (dm_uuid && vh_has_prefix(dm_uuid, "mpath-"))
		return vh_printf("multipath -f %s", word);
	return vh_printf("dmsetup remove %s", word);
}

/* The service that systemd makes of a line of /etc/crypttab; by hand there is none of that name. */
static char *holder_unit(const char *dm_name, const char *dm_uuid)
{
	_auto_free_ char *end = NULL;

	if (!dm_name || !dm_uuid || !vh_has_prefix(dm_uuid, "CRYPT-"))
		return NULL;
	end = vh_unit_of_path(dm_name, "service");
	return vh_printf("systemd-cryptsetup@%s", end);
}

static void look_at_unseen(struct vh_uses_ctx *ctx, const char *path, const char *name);

/* Of what is known as in use already: that something cannot be told as well makes it no worse. */
static void look_at_unseen_above(struct vh_uses_ctx *ctx, const char *path, const char *name)
{
	bool complete = ctx->complete;
	unsigned int kinds = ctx->dev->unseen_kinds;

	look_at_unseen(ctx, path, name);
	ctx->complete = complete;
	ctx->dev->unseen_kinds = kinds;
}

/* What is on the holder first: it has to end first. */
static void look_at_holder(struct vh_uses_ctx *ctx, const struct node *n, const char *holder)
{
	_auto_free_ char *up = vh_printf("sys/class/block/%s", holder);
	_auto_free_ char *dm_name = vh_root_read(ctx->root, "%s/dm/name", up);
	_auto_free_ char *dm_uuid = vh_root_read(ctx->root, "%s/dm/uuid", up);
	_auto_free_ char *shown = vh_printable(dm_name ? dm_name : holder, 60);
	_auto_free_ char *through = vh_printf(" (through %s)", shown);
	size_t before = ctx->dev->n_uses;
	struct vh_use *u;

	look_at_node(ctx, up, holder, through, n->depth + 1);
	if (ctx->dev->n_uses == before) /* ZFS on it, or btrfs? */
		look_at_unseen_above(ctx, up, holder);
	u = vh_use_add(ctx, VH_USE_BLOCK, "%s is held by %s%s", n->name, shown, n->via);
	u->fix = holder_fix(holder, dm_name, dm_uuid);
	u->by = holder_unit(dm_name, dm_uuid);
}

/* With metadata of the firmware (imsm, ddf) a disk is in a container and in an array, which has to
 * end before: "external:imsm", "external:/md127/0" (drivers/md/md.c:metadata_show()). */
static bool is_md_container(const struct vh_root *root, const char *holder)
{
	static const char external[] = "external:";
	_auto_free_ char *version = vh_root_read(root, "sys/class/block/%s/md/metadata_version",
						 holder);

	return version && vh_has_prefix(version, external) && version[strlen(external)] != '/' &&
	       version[strlen(external)] != '-';
}

/* What bcache makes has the directory of its disk as its own, by a link, with the link to itself
 * in it (drivers/md/bcache/super.c:bch_cached_dev_run()). */
static void look_at_holders(struct vh_uses_ctx *ctx, const struct node *n)
{
	_auto_names_ struct vh_names holders = { 0 };
	_auto_free_ char *bcache = vh_root_link_name(ctx->root, "%s/bcache/dev", n->path);

	if (vh_root_list(ctx->root, &holders, "%s/holders", n->path) < 0 && errno != ENOENT)
		vh_use_unseen(ctx, VH_USE_BLOCK, "who holds %s: %s", n->name, strerror(errno));
	for (int containers = 0; containers < 2; containers++)
		for (size_t i = 0; i < holders.count; i++)
			if (is_md_container(ctx->root, holders.name[i]) == containers)
				look_at_holder(ctx, n, holders.name[i]);
	if (bcache && strcmp(bcache, n->name) != 0 && !vh_names_has(&holders, bcache))
		look_at_holder(ctx, n, bcache);
}

/* bdev0 is .../block/sdf1/bcache, of a backing disk, with a link to the device that it makes;
 * volume0 is .../block/bcache1/bcache, of the device itself. */
static char *cached_device(const struct vh_root *root, const char *set, const char *link)
{
	_auto_free_ char *target = vh_root_readlink(root, "sys/fs/bcache/%s/%s", set, link);
	char *slash = target ? strrchr(target, '/') : NULL;
	const char *name;

	if (!slash)
		return NULL;
	*slash = 0;
	slash = strrchr(target, '/');
	name = slash ? slash + 1 : target;
	if (vh_has_prefix(link, "bdev"))
		return vh_root_link_name(root, "sys/class/block/%s/bcache/dev", name);
	return vh_has_prefix(link, "volume") ? vh_strdup(name) : NULL;
}

/* A cache of bcache: the devices that it caches. */
static void look_at_cache(struct vh_uses_ctx *ctx, const struct node *n)
{
	_auto_names_ struct vh_names links = { 0 };
	_auto_free_ char *set = vh_root_link_name(ctx->root, "%s/bcache/set", n->path);
	_auto_free_ char *word = NULL;

	if (!set)
		return;
	VH_IGNORE(vh_root_list(ctx->root, &links, "sys/fs/bcache/%s", set));
	for (size_t i = 0; i < links.count; i++) {
		const char *link = links.name[i];
		_auto_free_ char *name = NULL, *up = NULL, *through = NULL;

		name = cached_device(ctx->root, set, link);
		if (!name)
			continue;
		up = vh_printf("sys/class/block/%s", name);
		through = vh_printf(" (through %s)", name);
		look_at_node(ctx, up, name, through, n->depth + 1);
	}
	word = vh_shell_quote(set);
	vh_use_add(ctx, VH_USE_BLOCK, "%s is a cache of bcache%s", n->name, n->via)->fix =
		vh_printf("echo 1 > /sys/fs/bcache/%s/stop", word);
}

/* Exports, loops, zram. */
static void look_at_kernel_users(struct vh_uses_ctx *ctx, const struct node *n)
{
	for (size_t i = 0; i < ctx->usage->n_kernel_users; i++) {
		const struct vh_kernel_user *k = &ctx->usage->kernel_users[i];
		_auto_free_ char *numbers = vh_printf("%u:%u", k->major, k->minor);
		_auto_free_ char *up = NULL, *through = NULL;

		if (!is_called(n, k->device) && !is_called(n, k->given) &&
		    !(k->major && vh_streq(n->dev, numbers)))
			continue;
		if (k->block) {
			up = vh_printf("sys/class/block/%s", k->block);
			through = vh_printf(" (through %s)", k->block);
			look_at_node(ctx, up, k->block, through, n->depth + 1);
		}
		vh_use_add(ctx, VH_USE_BLOCK, "%s is %s%s", n->name, k->text, n->via)->fix =
			vh_strdup(k->fix);
	}
}

static void look_at_node(struct vh_uses_ctx *ctx, const char *path, const char *name,
			 const char *via, int depth)
{
	_auto_free_ char *node = vh_subsystem_file_name(name), *file = vh_printf("/dev/%s", node);
	_auto_free_ char *dm_name = vh_root_read(ctx->root, "%s/dm/name", path);
	_auto_free_ char *mapper = vh_printf("/dev/mapper/%s", dm_name ? dm_name : "");
	_auto_free_ char *dev = vh_root_read(ctx->root, "%s/dev", path);
	_auto_free_ char *itself = vh_printf(" (through %s)", node);
	const struct node n = { path, node, file, mapper, dev, strcmp(via, itself) ? via : "", depth };

	if (depth > STACK_MAX || ++ctx->looks > LOOKS_MAX) {
		vh_use_unseen(ctx, VH_USE_BLOCK, "what lies on %s: %s", node,
			      depth > STACK_MAX ? "nested too deep" : "too much to look at");
		return;
	}
	vh_things_block(ctx, file, dm_name, dev);
	if (depth) {
		vh_nodes_above(ctx, name, dev);
		look_at_partitions(ctx, path, via, depth);
	}
	look_at_mounts(ctx, &n);
	look_at_swap(ctx, &n);
	look_at_holders(ctx, &n);
	look_at_cache(ctx, &n);
	look_at_kernel_users(ctx, &n);
}

static int list_partitions(struct vh_uses_ctx *ctx, const char *path, struct vh_names *ret)
{
	_auto_names_ struct vh_names dirs = { 0 };
	int rc = vh_root_list_dirs(ctx->root, &dirs, "%s", path) < 0 ? -errno : 0;

	for (size_t i = 0; i < dirs.count; i++)
		if (vh_root_exists(ctx->root, "%s/%s/partition", path, dirs.name[i]))
			vh_names_note(ret, "%s", dirs.name[i]);
	return rc;
}

static bool is_free(int rc)
{
	return rc == 0 || rc == -ENOMEDIUM || rc == -ENXIO;
}

static bool is_untried(int rc)
{
	return rc == -EOPNOTSUPP || rc == -ENODATA;
}

/* What an exclusive open said of the device, which is not free: who may have it so? Says whether
 * that is known. */
static bool is_explained(struct vh_uses_ctx *ctx, const char *path, const char *node, int rc)
{
	if (vh_openers_look(ctx, path, node))
		return true;
	return rc == -EBUSY ? vh_members_explain(ctx, path, node)
			    : vh_members_suspect(ctx, path, node);
}

/* Who has it so, and is not seen otherwise, may well be the root file system: no configuration
 * allows that. */
static void judge_opener(struct vh_uses_ctx *ctx, const char *path, const char *node, int rc)
{
	if (is_free(rc) || is_explained(ctx, path, node, rc))
		return;
	if (rc == -EBUSY)
		vh_members_unknown(ctx, path, node);
	else if (is_untried(rc))
		vh_host_not_checked(ctx->host, "exclusive openers of /dev/%s: %s", node,
				    rc == -ENODATA ? "not recorded"
						   : "only a start or detach tries that");
	else
		vh_use_unseen(ctx, VH_USE_BLOCK, "exclusive openers of /dev/%s: %s", node,
			      strerror(-rc));
}

/* Of what is known as in use already, again. */
static void look_exclusively(struct vh_uses_ctx *ctx, const char *path, const char *name)
{
	_auto_free_ char *node = vh_subsystem_file_name(name);
	bool complete = ctx->complete;
	unsigned int kinds = ctx->dev->unseen_kinds;

	judge_opener(ctx, path, node, vh_root_try_exclusive(ctx->root, node));
	ctx->complete = complete;
	ctx->dev->unseen_kinds = kinds;
}

/* The partitions of a disk, or of what lies on one, which can have some too (md126p1, loop0p1).
 * Beside one that is in use, another may be so unseen. */
static void look_at_partitions(struct vh_uses_ctx *ctx, const char *path, const char *via, int depth)
{
	_auto_names_ struct vh_names parts = { 0 }, unused = { 0 };
	size_t before = ctx->dev->n_uses;
	int rc = list_partitions(ctx, path, &parts);

	if (rc < 0 && !(depth && rc == -ENOENT))
		vh_use_unseen(ctx, VH_USE_BLOCK, "the partitions of disk %s",
			      strrchr(path, '/') + 1);
	for (size_t i = 0; i < parts.count; i++) {
		_auto_free_ char *sub = vh_printf("%s/%s", path, parts.name[i]);
		size_t others = ctx->dev->n_uses;

		look_at_node(ctx, sub, parts.name[i], via, depth);
		if (ctx->dev->n_uses == others)
			vh_names_note(&unused, "%s", parts.name[i]);
	}
	for (size_t i = 0; ctx->dev->n_uses != before && i < unused.count; i++) {
		_auto_free_ char *sub = vh_printf("%s/%s", path, unused.name[i]);

		look_exclusively(ctx, sub, unused.name[i]);
	}
}

/* For a peer, which nobody named: what udev found on it (udev-builtin-blkid.c). Who does not run
 * udev has to look himself. */
static void look_at_signature(struct vh_uses_ctx *ctx, const char *path, const char *name)
{
	_auto_free_ char *node = vh_subsystem_file_name(name);
	_auto_free_ char *dev = vh_root_read(ctx->root, "%s/dev", path);
	_auto_free_ char *data = vh_root_read(ctx->root, "run/udev/data/b%s", dev ? dev : "");
	_auto_free_ char *type = vh_members_signature(ctx, path), *shown = NULL;

	if (!data)
		vh_use_add(ctx, VH_USE_BLOCK, "%s may hold data: udev knows nothing of it", node)
			->peer_only = true;
	if (!type)
		return;
	shown = vh_printable(type, 40);
	vh_use_add(ctx, VH_USE_BLOCK, "%s holds data (%s)", node, shown)->peer_only = true;
}

/* --- disks ------------------------------------------------------------------------------------ */

bool vh_block_is_disk(struct vh_uses_ctx *ctx, const char *path, const char *name)
{
	_auto_free_ char *head = vh_nodes_head(name);

	return head || (vh_root_exists(ctx->root, "%s/dev", path) &&
			vh_root_exists(ctx->root, "%s/size", path));
}

/* disk sda (465.8 GiB); an empty drive, and what is below a GiB, without its size */
static char *disk_text(const struct vh_uses_ctx *ctx, const char *path, const char *name)
{
	_auto_free_ char *node = vh_subsystem_file_name(name);
	int64_t kib = vh_root_read_int(ctx->root, "%s/size", path) / 2;
	_auto_free_ char *size = kib < 1 << 20 ? NULL : vh_size_text((uint64_t)kib, VH_BEST);

	return vh_printf("disk %s%s%s%s", node, size ? " (" : "", size ? size : "", size ? ")" : "");
}

/* By NVMe passthrough a target has the controller as a whole: /dev/nvme1 of .../nvme1/nvme1n1. */
static void look_at_controller(struct vh_uses_ctx *ctx, const char *path)
{
	for (size_t i = 0; i < ctx->usage->n_kernel_users; i++) {
		const struct vh_kernel_user *k = &ctx->usage->kernel_users[i];
		_auto_free_ char *part = NULL;

		if (!vh_has_prefix(k->device, "/dev/nvme"))
			continue;
		part = vh_printf("/%s/", k->device + strlen("/dev/"));
		if (strstr(path, part))
			vh_use_add(ctx, VH_USE_BLOCK, "%s is %s", k->device + strlen("/dev/"),
				   k->text)
				->fix = vh_strdup(k->fix);
	}
}

void vh_block_look_at_exports(struct vh_uses_ctx *ctx, const char *node)
{
	for (size_t i = 0; i < ctx->usage->n_kernel_users; i++) {
		const struct vh_kernel_user *k = &ctx->usage->kernel_users[i];

		if (!strcmp(k->device, node))
			vh_use_add(ctx, VH_USE_BLOCK, "%s is %s", node + strlen("/dev/"), k->text)
				->fix = vh_strdup(k->fix);
	}
}

/* Nothing is seen on it. The whole disk is busy also where a partition is: then that is named; of a
 * disk that is free as a whole the partitions are free too. */
static void look_at_unseen(struct vh_uses_ctx *ctx, const char *path, const char *name)
{
	_auto_free_ char *node = vh_subsystem_file_name(name);
	_auto_names_ struct vh_names parts = { 0 };
	int whole = vh_root_try_exclusive(ctx->root, node);
	size_t before = ctx->dev->n_uses;

	if (is_free(whole))
		return;
	VH_IGNORE(list_partitions(ctx, path, &parts)); /* look_at_partitions() says why */
	for (size_t i = 0; i < parts.count; i++) {
		_auto_free_ char *sub = vh_printf("%s/%s", path, parts.name[i]);
		_auto_free_ char *part = vh_subsystem_file_name(parts.name[i]);
		int rc = is_untried(whole) ? whole : vh_root_try_exclusive(ctx->root, part);

		if (rc == -EBUSY)
			judge_opener(ctx, sub, part, rc);
		else if (!is_free(rc))
			VH_IGNORE(is_explained(ctx, sub, part,
					       rc)); /* else that of the whole says it */
	}
	if (ctx->dev->n_uses == before)
		judge_opener(ctx, path, node, whole);
}

void vh_block_look(struct vh_uses_ctx *ctx, const char *path, const char *name)
{
	_auto_free_ char *head = vh_nodes_head(name);
	_auto_free_ char *head_path = head ? vh_printf("sys/class/block/%s", head) : NULL;
	_auto_names_ struct vh_names parts = { 0 };
	size_t before = ctx->dev->n_uses;

	if (!ctx->host->uses_untold && (!ctx->usage->mounts_read || !ctx->usage->swaps_read)) {
		vh_use_unseen(ctx, VH_USE_BLOCK, "mounts and swap: /proc is not readable");
	}
	if (!ctx->host->uses_untold && ctx->usage->blind.count)
		vh_use_unseen(ctx, VH_USE_BLOCK, "who uses disks: %s", ctx->usage->blind.name[0]);
	if (!ctx->host->uses_untold)
		look_at_controller(ctx, path);
	if (head) {
		path = head_path;
		name = head;
	}
	*VH_APPEND(ctx->dev->carries.name, ctx->dev->carries.count) = disk_text(ctx, path, name);
	if (ctx->host->uses_untold) {
		_auto_free_ char *node = vh_subsystem_file_name(name),
				 *file = vh_printf("/dev/%s", node);

		vh_things_block(ctx, file, NULL, NULL);
		return;
	}
	look_at_node(ctx, path, name, "", 0);
	look_at_partitions(ctx, path, "", 0);
	if (ctx->dev->n_uses != before)
		return;
	look_at_unseen(ctx, path, name);
	if (ctx->dev->n_uses != before)
		return;
	look_at_signature(ctx, path, name);
	VH_IGNORE(list_partitions(ctx, path, &parts)); /* look_at_partitions() says why */
	for (size_t i = 0; i < parts.count; i++) {
		_auto_free_ char *sub = vh_printf("%s/%s", path, parts.name[i]);

		look_at_signature(ctx, sub, parts.name[i]);
	}
}
