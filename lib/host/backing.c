/* SPDX-License-Identifier: GPL-2.0-or-later */
/* backing - see backing.h. The files are small, and none of them blocks. */
#include "lib/host/backing.h"

#include "lib/host/libvirt/qemu-conf.h"

#include "lib/base/banned.h"

#define MEMORY_DIR \
	"/var/lib/libvirt/qemu/ram" /* libvirt appends /ram to the folder of its driver */

/* --- libvirt's directory ----------------------------------------------------------------------- */

char *vh_backing_dir(const struct vh_root *root)
{
	_auto_free_ char *value = vh_qemu_conf_value(root, "memory_backing_dir");
	char *rest = value, *dir = value ? vh_qemu_conf_quoted(&rest) : NULL;

	/* libvirt makes a folder of its own below (virQEMUDriverConfigLoadMemoryEntry()) */
	return dir && *dir ? vh_printf("%s/libvirt/qemu", dir) : vh_strdup(MEMORY_DIR);
}

/* --- mounts ------------------------------------------------------------------------------------ */

struct mount {
	char *at, *type, *options;
};

/* ID PARENT MAJOR:MINOR ROOT AT OPTIONS [MORE...] - TYPE SOURCE OPTIONS; cuts the line. */
static bool parse_mount(char *line, struct mount *ret)
{
	char *rest = line, *word = NULL;

	*ret = (struct mount){ NULL, NULL, NULL };
	for (int i = 0; i < 5; i++)
		word = strsep(&rest, " ");
	ret->at = word;
	while ((word = strsep(&rest, " ")) && strcmp(word, "-") != 0)
		continue;
	ret->type = strsep(&rest, " ");
	word = strsep(&rest, " ");
	ret->options = rest;
	return ret->at && ret->type && word;
}

static bool is_below(const char *path, const char *at)
{
	size_t n = strcmp(at, "/") ? strlen(at) : 0;

	return !strncmp(path, at, n) && (path[n] == '/' || !path[n]);
}

char *vh_backing_type(const struct vh_root *root, const char *path)
{
	_auto_free_ char *text = vh_root_read(root, "proc/self/mountinfo"), *type = NULL;
	char *rest = text, *line;
	size_t longest = 0;

	while ((line = strsep(&rest, "\n"))) {
		struct mount m;

		if (!parse_mount(line, &m) || !is_below(path, m.at) || strlen(m.at) < longest)
			continue;
		longest = strlen(m.at);
		free(type);
		type = vh_strdup(m.type);
	}
	return VH_STEAL(type);
}

/* "rw,pagesize=1024M" (fs/hugetlbfs/inode.c:hugetlbfs_show_options()) */
static uint64_t page_kib_of(const char *options)
{
	const char *at = options ? strstr(options, "pagesize=") : NULL;
	unsigned long long n = 0;
	char unit = 0;

	if (!at || sscanf(at + strlen("pagesize="), "%llu%c", &n, &unit) != 2)
		return 0;
	switch (unit) {
	case 'K':
		return n;
	case 'M':
		return n << 10;
	case 'G':
		return n << 20;
	default:
		return 0;
	}
}

static bool is_configured(const char *value, const char *at)
{
	_auto_free_ char *copy = vh_strdup(value);
	char *rest = copy, *one;

	while ((one = vh_qemu_conf_quoted(&rest)))
		if (!strcmp(one, at))
			return true;
	return false;
}

int vh_backing_huge_mounts(const struct vh_root *root, struct vh_huge_mounts *ret)
{
	_auto_free_ char *text = vh_root_read(root, "proc/self/mountinfo");
	_auto_free_ char *value = vh_qemu_conf_value(root, "hugetlbfs_mount");
	char *rest = text, *line;

	if (!text)
		return -1;
	ret->configured = value != NULL;
	while ((line = strsep(&rest, "\n"))) {
		struct vh_huge_mount *added;
		struct mount m;

		if (!parse_mount(line, &m) || strcmp(m.type, "hugetlbfs") != 0 ||
		    (value && !is_configured(value, m.at)))
			continue;
		added = VH_APPEND(ret->list, ret->count);
		added->at = vh_strdup(m.at);
		added->page_kib = page_kib_of(m.options);
	}
	return 0;
}

void vh_backing_huge_clear(struct vh_huge_mounts *m)
{
	for (size_t i = 0; i < m->count; i++)
		free(m->list[i].at);
	free(m->list);
	memset(m, 0, sizeof(*m));
}
