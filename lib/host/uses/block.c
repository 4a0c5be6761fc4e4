/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * block - disks: mounted, swap, held by dm, md or loop, or opened exclusively (ZFS, btrfs
 * members, other mount namespaces).
 */
#include "lib/host/uses/use.h"

#include <errno.h>

#include "lib/base/printable.h"

#include "lib/base/banned.h"

#define STACK_MAX 8 /* dm on md on dm ... */

/* --- the tables ----------------------------------------------------------------------------- */

/* mountinfo and swaps write blanks as \040 (fs/seq_file.c:mangle_path()). In place. */
static char *unescape(char *s)
{
	char *to = s;

	for (char *p = s; *p; p++) {
		uint64_t c;
		char octal[4] = { 0 };

		if (*p == '\\')
			memcpy(octal, p + 1, strnlen(p + 1, 3));
		if (octal[2] && vh_parse_uint(octal, 8, 255, &c) == 0) {
			*to++ = (char)c;
			p += 3;
		} else {
			*to++ = *p;
		}
	}
	*to = 0;
	return s;
}

/* 36 35 98:0 /root /mnt/at rw,noatime master:1 - ext4 /dev/sda1 rw (proc(5)) */
static void read_mounts(char *text, struct vh_usage *u)
{
	char *line;

	while ((line = strsep(&text, "\n"))) {
		char *fields = line, *dash = strstr(line, " - "), *word[5] = { 0 };
		char *tail, *type, *source;
		struct vh_mount *m;
		uint64_t major, minor;
		char *numbers;

		if (!dash)
			continue;
		*dash = 0;
		for (size_t i = 0; i < 5; i++)
			word[i] = strsep(&fields, " ");
		tail = dash + 3;
		type = strsep(&tail, " ");
		source = strsep(&tail, " ");
		numbers = word[2];
		if (!word[4] || !source || vh_parse_uint(strsep(&numbers, ":"), 10, UINT32_MAX, &major) ||
		    vh_parse_uint(numbers, 10, UINT32_MAX, &minor))
			continue;
		m = VH_APPEND(u->mounts, u->n_mounts);
		m->major = (unsigned int)major;
		m->minor = (unsigned int)minor;
		m->source = vh_strdup(unescape(source));
		m->at = vh_strdup(unescape(word[4]));
		vh_shares_note(m, type, tail);
	}
}

/* Filename Type Size Used Priority; the first line is the heading */
static void read_swaps(char *text, struct vh_usage *u)
{
	char *line = strsep(&text, "\n");

	while ((line = strsep(&text, "\n"))) {
		char *name = strsep(&line, " \t");

		if (*name == '/')
			*VH_APPEND(u->swaps.name, u->swaps.count) = vh_strdup(unescape(name));
	}
}

static void read_loops(const struct vh_root *root, struct vh_usage *u)
{
	_auto_names_ struct vh_names names = { 0 };

	if (vh_root_list(root, &names, "sys/block") < 0)
		return;
	for (size_t i = 0; i < names.count; i++) {
		char *backing;

		if (!vh_has_prefix(names.name[i], "loop"))
			continue;
		backing = vh_root_read(root, "sys/block/%s/loop/backing_file", names.name[i]);
		if (backing)
			*VH_APPEND(u->loops, u->n_loops) =
				(struct vh_loop){ vh_strdup(names.name[i]), backing };
	}
}

void vh_block_read_usage(const struct vh_root *root, struct vh_usage *u)
{
	_auto_free_ char *mounts = vh_root_read(root, "proc/self/mountinfo");
	_auto_free_ char *swaps = vh_root_read(root, "proc/swaps");

	u->mounts_read = mounts != NULL;
	u->swaps_read = swaps != NULL || errno == ENOENT; /* a kernel without swap */
	if (mounts)
		read_mounts(mounts, u);
	if (swaps)
		read_swaps(swaps, u);
	read_loops(root, u);
}

/* --- one block device ------------------------------------------------------------------------ */

/* The name below /dev: sysfs writes a slash as an exclamation mark (drivers/base/core.c). */
static char *node_name(const char *name)
{
	char *node = vh_strdup(name);

	for (char *p = node; *p; p++)
		if (*p == '!')
			*p = '/';
	return node;
}

/* The file system that a file lies on: the longest mount point, of those the last. */
static const struct vh_mount *mount_of(const struct vh_usage *usage, const char *file)
{
	const struct vh_mount *best = NULL;
	size_t longest = 0;

	for (size_t i = 0; i < usage->n_mounts; i++) {
		const char *at = usage->mounts[i].at;
		size_t n = strcmp(at, "/") ? strlen(at) : 0;

		if (n < longest || strncmp(file, at, n) != 0 || file[n] != '/')
			continue;
		longest = n;
		best = &usage->mounts[i];
	}
	return best;
}

static void look_at_swap_files(struct vh_uses_ctx *ctx, const struct vh_mount *m, const char *node)
{
	for (size_t i = 0; i < ctx->usage->swaps.count; i++) {
		const char *file = ctx->usage->swaps.name[i];
		_auto_free_ char *shown = NULL;
		struct vh_use *u;

		if (vh_has_prefix(file, "/dev/") || mount_of(ctx->usage, file) != m)
			continue;
		shown = vh_printable(file, 80);
		u = vh_use_add(ctx, VH_USE_BLOCK, "%s holds the swap file %s", node, shown);
		u->vital = true;
		u->fix = vh_printf("swapoff %s", shown);
	}
}

/* Where it is mounted; `via` says on what ("" or " (through md0)"). */
static void look_at_mounts(struct vh_uses_ctx *ctx, const char *path, const char *node,
			   const char *via)
{
	_auto_free_ char *dev = vh_root_read(ctx->root, "%s/dev", path);
	_auto_free_ char *file = vh_printf("/dev/%s", node);
	_auto_free_ char *dm_name = vh_root_read(ctx->root, "%s/dm/name", path);
	_auto_free_ char *mapper = vh_printf("/dev/mapper/%s", dm_name ? dm_name : "");

	for (size_t i = 0; i < ctx->usage->n_mounts; i++) {
		const struct vh_mount *m = &ctx->usage->mounts[i];
		_auto_free_ char *numbers = vh_printf("%u:%u", m->major, m->minor);
		_auto_free_ char *at = NULL;
		struct vh_use *u;

		/* btrfs has numbers of its own, and only names its first member */
		if (!vh_streq(dev, numbers) && strcmp(m->source, file) &&
		    strcmp(m->source, mapper))
			continue;
		at = vh_printable(m->at, 80);
		u = vh_use_add(ctx, VH_USE_BLOCK, "%s is mounted at %s%s", node, at, via);
		u->vital = vh_use_is_vital_mount(m->at) ||
			   vh_shares_is_below_root(ctx->usage, m->at);
		u->fix = u->vital ? NULL : vh_printf("umount %s", at);
		look_at_swap_files(ctx, m, node);
	}
}

static void look_at_swap(struct vh_uses_ctx *ctx, const char *node, const char *via)
{
	_auto_free_ char *file = vh_printf("/dev/%s", node);

	for (size_t i = 0; i < ctx->usage->swaps.count; i++) {
		struct vh_use *u;

		if (strcmp(ctx->usage->swaps.name[i], file))
			continue;
		u = vh_use_add(ctx, VH_USE_BLOCK, "%s is swap%s", node, via);
		u->vital = true;
		u->fix = vh_printf("swapoff %s", file);
	}
}

/* What ends a device-mapper or md device, by the prefix of its UUID. */
static char *holder_fix(const char *holder, const char *dm_name, const char *dm_uuid)
{
	if (vh_has_prefix(holder, "md"))
		return vh_printf("mdadm --stop /dev/%s", holder);
	if (dm_uuid && vh_has_prefix(dm_uuid, "LVM-"))
		return vh_printf("lvchange --activate n /dev/mapper/%s", dm_name);
	if (dm_uuid && vh_has_prefix(dm_uuid, "CRYPT-"))
		return vh_printf("cryptsetup close %s", dm_name);
	if (dm_uuid && vh_has_prefix(dm_uuid, "mpath-"))
		return vh_printf("multipath -f %s", dm_name);
	return dm_name ? vh_printf("dmsetup remove %s", dm_name) : NULL;
}

static void look_at_node(struct vh_uses_ctx *ctx, const char *path, const char *name,
			 const char *via, int depth);
static bool look_exclusively(struct vh_uses_ctx *ctx, const char *name);

static void look_at_holders(struct vh_uses_ctx *ctx, const char *path, const char *node,
			    const char *via, int depth)
{
	_auto_names_ struct vh_names holders = { 0 };

	if (vh_root_list(ctx->root, &holders, "%s/holders", path) < 0)
		return;
	for (size_t i = 0; i < holders.count; i++) {
		const char *holder = holders.name[i];
		_auto_free_ char *up = vh_printf("sys/class/block/%s", holder);
		_auto_free_ char *dm_name = vh_root_read(ctx->root, "%s/dm/name", up);
		_auto_free_ char *dm_uuid = vh_root_read(ctx->root, "%s/dm/uuid", up);
		_auto_free_ char *shown = vh_printable(dm_name ? dm_name : holder, 60);
		_auto_free_ char *through = vh_printf(" (through %s)", shown);
		struct vh_use *u;
		size_t before;

		u = vh_use_add(ctx, VH_USE_BLOCK, "%s is held by %s%s", node, shown, via);
		u->fix = holder_fix(holder, dm_name, dm_uuid);
		before = ctx->dev->n_uses;
		if (depth < STACK_MAX)
			look_at_node(ctx, up, holder, through, depth + 1);
		if (ctx->dev->n_uses == before) /* ZFS on it, or btrfs? */
			VH_IGNORE(look_exclusively(ctx, holder)); /* the disk is in use already */
	}
	for (size_t i = 0; i < ctx->usage->n_loops; i++) {
		const struct vh_loop *l = &ctx->usage->loops[i];

		if (vh_has_prefix(l->backing, "/dev/") && !strcmp(l->backing + 5, node))
			vh_use_add(ctx, VH_USE_BLOCK, "%s is held by %s%s", node, l->name, via)
				->fix = vh_printf("losetup --detach /dev/%s", l->name);
	}
}

static void look_at_node(struct vh_uses_ctx *ctx, const char *path, const char *name,
			 const char *via, int depth)
{
	_auto_free_ char *node = node_name(name);

	look_at_mounts(ctx, path, node, via);
	look_at_swap(ctx, node, via);
	look_at_holders(ctx, path, node, via, depth);
}

/* Who opens a disk exclusively, and is not seen otherwise, may well be the root file system:
 * no configuration allows that. Returns false when it cannot be told. */
static bool look_exclusively(struct vh_uses_ctx *ctx, const char *name)
{
	_auto_free_ char *node = node_name(name);
	int rc = vh_root_try_exclusive(ctx->root, node);

	if (rc == -EBUSY)
		vh_use_add(ctx, VH_USE_BLOCK,
			   "%s is opened exclusively (ZFS, btrfs, or another mount namespace)",
			   node)
			->vital = true;
	if (rc == 0 || rc == -EBUSY || rc == -ENOMEDIUM || rc == -ENXIO)
		return true;
	vh_host_not_checked(ctx->host, "exclusive openers of /dev/%s: %s", node,
			    rc == -ENODATA ? "not recorded" : strerror(-rc));
	return false;
}

/*
 * For a peer, which nobody named: what udev found on it (udev-builtin-blkid.c). Who does not run
 * udev has to look himself.
 */
static void look_at_signature(struct vh_uses_ctx *ctx, const char *path, const char *name)
{
	_auto_free_ char *node = node_name(name);
	_auto_free_ char *dev = vh_root_read(ctx->root, "%s/dev", path);
	_auto_free_ char *data = vh_root_read(ctx->root, "run/udev/data/b%s", dev ? dev : "");
	static const char key[] = "\nE:ID_FS_TYPE=";
	_auto_free_ char *type = NULL, *shown = NULL;
	char *at = data ? strstr(data, key) : NULL;

	if (!data)
		vh_use_add(ctx, VH_USE_BLOCK, "%s may hold data: udev knows nothing of it", node)
			->peer_only = true;
	if (!at)
		return;
	at += strlen(key);
	type = vh_strndup(at, strcspn(at, "\n"));
	shown = vh_printable(type, 40);
	vh_use_add(ctx, VH_USE_BLOCK, "%s holds data (%s)", node, shown)->peer_only = true;
}

/* --- disks ------------------------------------------------------------------------------------ */

/* nvme0c1n2 is one path to the disk nvme0n2, which lives elsewhere (drivers/nvme/host/core.c,
 * nvme_alloc_ns()). Returns the disk's name, or NULL. */
static char *multipath_head(const char *name)
{
	unsigned int subsystem, controller, ns;
	int end = 0;

	if (sscanf(name, "nvme%uc%un%u%n", &subsystem, &controller, &ns, &end) != 3 || name[end])
		return NULL;
	return vh_printf("nvme%un%u", subsystem, ns);
}

bool vh_block_is_disk(struct vh_uses_ctx *ctx, const char *path, const char *name)
{
	_auto_free_ char *head = multipath_head(name);

	return head || (vh_root_exists(ctx->root, "%s/dev", path) &&
			vh_root_exists(ctx->root, "%s/size", path));
}

/* Adds the uses of the partitions of a disk, and to `unused` those that have none. */
static void look_at_partitions(struct vh_uses_ctx *ctx, const char *path,
			       const struct vh_names *dirs, struct vh_names *unused)
{
	for (size_t i = 0; i < dirs->count; i++) {
		_auto_free_ char *sub = vh_printf("%s/%s", path, dirs->name[i]);
		size_t before = ctx->dev->n_uses;

		if (!vh_root_exists(ctx->root, "%s/partition", sub))
			continue;
		look_at_node(ctx, sub, dirs->name[i], "", 0);
		if (ctx->dev->n_uses == before)
			*VH_APPEND(unused->name, unused->count) = vh_strdup(dirs->name[i]);
	}
}

/* disk sda (500 GB) */
static char *disk_text(const struct vh_uses_ctx *ctx, const char *path, const char *name)
{
	_auto_free_ char *node = node_name(name);
	int64_t sectors = vh_root_read_int(ctx->root, "%s/size", path);

	if (sectors < 1953125) /* below a GB, and an empty drive */
		return vh_printf("disk %s", node);
	return vh_printf("disk %s (%lld GB)", node, (long long)(sectors / 1953125));
}

void vh_block_look(struct vh_uses_ctx *ctx, const char *path, const char *name)
{
	_auto_free_ char *head = multipath_head(name);
	_auto_free_ char *head_path = head ? vh_printf("sys/class/block/%s", head) : NULL;
	_auto_names_ struct vh_names dirs = { 0 }, unused = { 0 };
	size_t before = ctx->dev->n_uses, of_parts;

	if (head) {
		path = head_path;
		name = head;
	}
	if (!ctx->host->uses_untold && (!ctx->usage->mounts_read || !ctx->usage->swaps_read)) {
		vh_host_not_checked(ctx->host, "mounts and swap: /proc is not readable");
		ctx->complete = false;
	}
	*VH_APPEND(ctx->dev->carries.name, ctx->dev->carries.count) = disk_text(ctx, path, name);
	if (ctx->host->uses_untold)
		return;
	look_at_node(ctx, path, name, "", 0);
	of_parts = ctx->dev->n_uses;
	if (vh_root_list_dirs(ctx->root, &dirs, "%s", path) < 0)
		ctx->complete = false;
	look_at_partitions(ctx, path, &dirs, &unused);
	/* beside a partition that is in use, another may be so unseen */
	for (size_t i = 0; ctx->dev->n_uses != of_parts && i < unused.count; i++)
		VH_IGNORE(look_exclusively(ctx, unused.name[i])); /* the disk is in use already */
	if (ctx->dev->n_uses != before)
		return;
	/* of a disk that is free as a whole the partitions are free too */
	if (!look_exclusively(ctx, name))
		ctx->complete = false;
	look_at_signature(ctx, path, name);
	for (size_t i = 0; i < dirs.count; i++) {
		_auto_free_ char *sub = vh_printf("%s/%s", path, dirs.name[i]);

		if (vh_root_exists(ctx->root, "%s/partition", sub))
			look_at_signature(ctx, sub, dirs.name[i]);
	}
}
