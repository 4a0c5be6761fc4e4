/* SPDX-License-Identifier: GPL-2.0-or-later */
/* block-tables - what is mounted, and what is swap: the tables of /proc. */
#include "lib/host/uses/use.h"

#include <errno.h>

#include "lib/base/shell.h"

#include "lib/base/banned.h"

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

/* XFS with a log or a realtime section elsewhere (fs/xfs/xfs_super.c), JFS, and what is like it. */
static void note_more_devices(struct vh_mount *m, char *options)
{
	static const char *const keys[] = { "logdev=", "rtdev=", "jdev=" };
	char *option;

	while ((option = strsep(&options, ","))) {
		for (size_t i = 0; i < VH_COUNT(keys); i++) {
			_auto_free_ char *before = NULL;

			if (!vh_has_prefix(option, keys[i]))
				continue;
			before = m->more;
			m->more = vh_printf("%s%s%s", before ? before : "", before ? ":" : "",
					    option + strlen(keys[i]));
		}
	}
}

/* Of file systems in disks and memory of the host; not of others, known or not: FUSE, automounts. */
static bool is_local(const char *type)
{
	static const char *const types[] = { "ext2",  "ext3",     "ext4",     "xfs",     "btrfs",
					     "zfs",   "bcachefs", "f2fs",     "jfs",     "vfat",
					     "exfat", "ntfs3",    "iso9660",  "udf",     "squashfs",
					     "erofs", "tmpfs",    "devtmpfs", "overlay", "rootfs" };

	for (size_t i = 0; i < VH_COUNT(types); i++)
		if (!strcmp(type, types[i]))
			return true;
	return false;
}

/* 36 35 98:0 /root /mnt/at rw,noatime master:1 - ext4 /dev/sda1 rw (proc(5)) */
void vh_block_tables_parse(char *text, struct vh_mount **ret, size_t *ret_count)
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
		if (!word[4] || !source ||
		    vh_parse_uint(strsep(&numbers, ":"), 10, UINT32_MAX, &major) ||
		    vh_parse_uint(numbers, 10, UINT32_MAX, &minor))
			continue;
		m = VH_APPEND(*ret, *ret_count);
		m->major = (unsigned int)major;
		m->minor = (unsigned int)minor;
		m->source = vh_strdup(unescape(source));
		m->at = vh_strdup(unescape(word[4]));
		m->local = is_local(type);
		if (!strcmp(type, "zfs"))
			m->pool = vh_strndup(m->source, strcspn(m->source, "/"));
		vh_mounts_note(m, type, tail);
		if (tail && !m->type)
			note_more_devices(m, tail);
	}
}

/* Filename Type Size Used Priority; the first line is the heading */
static void read_swaps(char *text, struct vh_usage *u)
{
	static const char deleted[] = " (deleted)"; /* fs/d_path.c */
	char *line = strsep(&text, "\n");

	while ((line = strsep(&text, "\n"))) {
		char *name = unescape(strsep(&line, " \t"));

		if (*name != '/')
			continue;
		/* of a node that was made again: it is the same device, and that name ends it */
		if (vh_has_prefix(name, "/dev/") && vh_has_suffix(name, deleted))
			name[strlen(name) - strlen(deleted)] = 0;
		*VH_APPEND(u->swaps.name, u->swaps.count) = vh_strdup(name);
	}
}

void vh_block_tables_clear(struct vh_mount *mounts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(mounts[i].source);
		free(mounts[i].at);
		free(mounts[i].more);
		free(mounts[i].pool);
		free(mounts[i].type);
		free(mounts[i].options);
	}
	free(mounts);
}

/* btrfs has numbers of its own, and names a member as it was found: by a link (/dev/vg/lv), maybe. */
static void resolve_members(const struct vh_root *root, struct vh_usage *u)
{
	for (size_t i = 0; i < u->n_mounts; i++) {
		struct vh_mount *m = &u->mounts[i];
		_auto_free_ char *name = NULL;

		if (m->major || !vh_has_prefix(m->source, "/dev/"))
			continue;
		name = vh_root_link_name(root, "%s", m->source + 1);
		if (!name)
			continue;
		free(m->source);
		m->source = vh_printf("/dev/%s", name);
	}
}

void vh_block_tables_read(const struct vh_root *root, struct vh_usage *u)
{
	_auto_free_ char *mounts = vh_root_read(root, "proc/self/mountinfo");
	_auto_free_ char *swaps = vh_root_read(root, "proc/swaps");

	u->mounts_read = mounts != NULL;
	u->swaps_read = swaps != NULL || errno == ENOENT; /* a kernel without swap */
	if (mounts)
		vh_block_tables_parse(mounts, &u->mounts, &u->n_mounts);
	resolve_members(root, u);
	if (swaps)
		read_swaps(swaps, u);
	u->swaps_on = vh_alloc((u->swaps.count + 1) * sizeof(const struct vh_mount *));
	for (size_t i = 0; i < u->swaps.count; i++)
		if (!vh_has_prefix(u->swaps.name[i], "/dev/"))
			u->swaps_on[i] = vh_mounts_of(u, u->swaps.name[i]);
}
