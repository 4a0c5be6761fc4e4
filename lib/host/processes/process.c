/* SPDX-License-Identifier: GPL-2.0-or-later */
/* process - who is who from /proc/PID/stat, and who has a file open from /proc/PID/fd. */
#include "lib/host/processes/process.h"

#include <errno.h>

#include "lib/base/printable.h"
#include "lib/base/strbuf.h"

#include "lib/base/banned.h"

#define ANCESTORS 8
#define LOOK_MS 3000 /* at the descriptors of all processes */

struct stat_line {
	char comm[64];
	int64_t parent, start;
};

/* pid (comm) state ppid ... the 22nd is the start time; comm may hold blanks and brackets, so
 * that the last bracket counts (proc(5)). */
static int read_stat(const struct vh_root *root, int64_t pid, struct stat_line *ret)
{
	_auto_free_ char *text = vh_root_read(root, "proc/%lld/stat", (long long)pid);
	char *open = text ? strchr(text, '(') : NULL, *close = text ? strrchr(text, ')') : NULL;
	char *rest, *word;
	uint64_t v;

	if (!open || !close || close < open)
		return -1;
	*close = 0;
	snprintf(ret->comm, sizeof(ret->comm), "%s", open + 1);
	ret->parent = ret->start = 0;
	rest = close + 1;
	for (int field = 2; (word = strsep(&rest, " ")); field++) {
		if (vh_parse_uint(word, 10, INT64_MAX, &v) < 0)
			continue;
		if (field == 4)
			ret->parent = (int64_t)v;
		if (field == 22)
			ret->start = (int64_t)v;
	}
	return ret->start ? 0 : -1;
}

/* Of ourselves and those above, who are there: a read that fails is tried again. */
static int read_stat_of(const struct vh_root *root, int64_t pid, struct stat_line *ret)
{
	int rc = -1;

	for (int tries = 0; rc < 0 && tries < 3; tries++)
		rc = read_stat(root, pid, ret);
	return rc;
}

struct vh_process vh_process_daemon(const struct vh_root *root)
{
	struct vh_process parent = { .pid = getppid() }, at = parent;
	struct stat_line s;

	for (int i = 0; i < ANCESTORS && at.pid > 0 && read_stat_of(root, at.pid, &s) == 0; i++) {
		at.start = s.start;
		if (!strcmp(s.comm, "libvirtd") || !strcmp(s.comm, "virtqemud"))
			return at;
		/* of another name it is the last one below process 1: scripts in between end */
		if (i == 0 || at.pid > 1)
			parent = at;
		at.pid = s.parent;
	}
	return parent;
}

bool vh_process_is_gone(const struct vh_root *root, const struct vh_process *p)
{
	struct stat_line s;

	if (p->pid <= 0)
		return true;
	if (read_stat(root, p->pid, &s) < 0) /* what cannot be read may well live */
		return !vh_root_exists(root, "proc/%lld", (long long)p->pid) && errno == ENOENT;
	return p->start && p->start != s.start;
}

/* The start is in clock ticks since boot, and proc/stat says when that was. */
int64_t vh_process_started_at(const struct vh_root *root, int64_t pid)
{
	_auto_free_ char *text = vh_root_read(root, "proc/stat");
	char *at = text ? strstr(text, "\nbtime ") : NULL;
	long ticks = sysconf(_SC_CLK_TCK);
	struct stat_line s;
	uint64_t boot;

	if (!at || ticks <= 0 || read_stat(root, pid, &s) < 0)
		return -1;
	at += strlen("\nbtime ");
	at[strcspn(at, "\n")] = 0;
	return vh_parse_uint(at, 10, INT64_MAX / 2, &boot) < 0 ? -1
							       : (int64_t)boot + s.start / ticks;
}

char *vh_process_comm(const struct vh_root *root, int64_t pid)
{
	struct stat_line s;

	return read_stat(root, pid, &s) < 0 ? NULL : vh_strdup(s.comm);
}

int64_t vh_process_parent(const struct vh_root *root, int64_t pid)
{
	struct stat_line s;

	return read_stat(root, pid, &s) < 0 ? -1 : s.parent;
}

/* --- who has a file open --------------------------------------------------------------------- */

/* Files of which any is looked for; the first process that has one open is the answer. */
struct search {
	struct vh_names files; /* below /dev */
	enum vh_tri open;
	char *who;
	const char *file; /* which it has open */
};

static char *describe(const struct vh_root *root, const char *pid)
{
	_auto_free_ char *comm = NULL;
	struct stat_line s;
	uint64_t n;

	if (vh_parse_uint(pid, 10, INT32_MAX, &n) < 0 || read_stat(root, (int64_t)n, &s) < 0)
		return vh_printf("process %s", pid);
	comm = vh_printable_line(s.comm);
	return vh_printf("process %s (%s)", pid, comm);
}

/* Returns how many searches end with this file. */
static size_t note(const struct vh_root *root, const char *pid, const char *target,
		   struct search *list, size_t count)
{
	size_t found = 0;

	if (!target || !vh_has_prefix(target, "/dev/"))
		return 0;
	for (size_t i = 0; i < count; i++) {
		struct search *s = &list[i];

		for (size_t k = 0; s->open != VH_YES && k < s->files.count; k++) {
			if (strcmp(target, s->files.name[k]) != 0)
				continue;
			s->open = VH_YES;
			s->file = s->files.name[k];
			s->who = describe(root, pid);
			found++;
		}
	}
	return found;
}

/* At what this process has open; `left`: searches that have not ended. UNKNOWN: we may not look at
 * all of it. One that has ended has nothing open. */
static enum vh_tri look_at(const struct vh_root *root, const char *pid, struct search *list,
			   size_t count, size_t *left)
{
	_auto_root_ struct vh_root dir = { .fd = -1 };
	_auto_names_ struct vh_names fds = { 0 };
	enum vh_tri seen = VH_YES;

	if (vh_root_list(root, &fds, "proc/%s/fd", pid) < 0 ||
	    vh_root_enter(root, &dir, "proc/%s/fd", pid) < 0)
		return errno == ENOENT || errno == ESRCH ? VH_YES : VH_UNKNOWN;
	for (size_t i = 0; i < fds.count && *left; i++) {
		_auto_free_ char *target = vh_root_readlink(&dir, "%s", fds.name[i]);

		/* listing takes less permission than reading (ptrace_may_access()) */
		if (!target && errno != ENOENT && errno != ESRCH)
			seen = VH_UNKNOWN;
		*left -= note(root, pid, target, list, count);
	}
	return seen;
}

/* Once through all processes, however much is looked for. */
static void find_holders(const struct vh_root *root, struct search *list, size_t count)
{
	int64_t deadline = vh_now_ms() + LOOK_MS;
	_auto_names_ struct vh_names pids = { 0 };
	enum vh_tri seen = VH_YES;
	size_t left = count;
	uint64_t pid;

	if (count && vh_root_list(root, &pids, "proc") < 0)
		seen = VH_UNKNOWN;
	for (size_t i = 0; left && i < pids.count; i++) {
		if (vh_parse_uint(pids.name[i], 10, INT32_MAX, &pid) < 0)
			continue;
		if (vh_now_ms() > deadline) {
			seen = VH_UNKNOWN;
			break;
		}
		if (look_at(root, pids.name[i], list, count, &left) == VH_UNKNOWN)
			seen = VH_UNKNOWN;
	}
	for (size_t i = 0; i < count; i++)
		if (list[i].open != VH_YES)
			list[i].open = seen == VH_YES ? VH_NO : VH_UNKNOWN;
}

/* /dev/vfio/GROUP, and since Linux 6.6 a node for each device (vfio/vfio_main.c). */
static void add_group_files(const struct vh_root *root, int group, struct vh_names *files)
{
	_auto_names_ struct vh_names members = { 0 };

	*VH_APPEND(files->name, files->count) = vh_printf("/dev/vfio/%d", group);
	if (vh_root_list(root, &members, "sys/kernel/iommu_groups/%d/devices", group) < 0)
		return;
	for (size_t i = 0; i < members.count; i++) {
		_auto_names_ struct vh_names nodes = { 0 };

		if (vh_root_list(root, &nodes, "sys/kernel/iommu_groups/%d/devices/%s/vfio-dev",
				 group, members.name[i]) < 0)
			continue;
		for (size_t k = 0; k < nodes.count; k++)
			*VH_APPEND(files->name, files->count) = vh_printf("/dev/vfio/devices/%s",
									  nodes.name[k]);
	}
}

/* The class of groups is registered by vfio/group.c, that of devices by vfio/vfio_main.c. */
enum vh_tri vh_process_has_groups(const struct vh_root *root)
{
	if (vh_root_exists(root, "sys/class/vfio"))
		return VH_YES;
	return errno == ENOENT && vh_root_exists(root, "sys/class/vfio-dev") ? VH_NO : VH_UNKNOWN;
}

/* Of what may be open, all that there is: without CONFIG_VFIO_GROUP a group has no node. */
static char *nodes_of(const struct vh_root *root, const struct vh_names *files)
{
	size_t first = files->count > 1 && vh_process_has_groups(root) == VH_NO ? 1 : 0;
	_auto_strbuf_ struct vh_strbuf sb = { 0 };

	for (size_t i = first; i < files->count; i++)
		vh_strbuf_join(&sb, " ", files->name[i]);
	return vh_strbuf_steal(&sb);
}

/* Ends a search for the files of a group. */
static enum vh_tri tell(const struct vh_root *root, struct search *s, char **ret_who,
			char **ret_nodes)
{
	*ret_who = s->who;
	if (ret_nodes)
		*ret_nodes = s->open == VH_YES ? vh_strdup(s->file) : nodes_of(root, &s->files);
	vh_names_clear(&s->files);
	return s->open;
}

enum vh_tri vh_process_holding_group(const struct vh_root *root, int group, char **ret_who,
				     char **ret_nodes)
{
	struct search s = { 0 };

	add_group_files(root, group, &s.files);
	find_holders(root, &s, 1);
	return tell(root, &s, ret_who, ret_nodes);
}

void vh_process_holding_groups(const struct vh_root *root, struct vh_group_holder *list,
			       size_t count)
{
	_auto_free_ struct search *all = vh_alloc(count * sizeof(*all));

	for (size_t i = 0; i < count; i++)
		add_group_files(root, list[i].group, &all[i].files);
	find_holders(root, all, count);
	for (size_t i = 0; i < count; i++)
		list[i].open = tell(root, &all[i], &list[i].who, &list[i].nodes);
}

enum vh_tri vh_process_holding_devices(const struct vh_root *root, int group)
{
	_auto_names_ struct vh_names files = { 0 };
	struct search s = { 0 };

	if (!vh_root_exists(root, "dev/vfio/devices")) /* no CONFIG_VFIO_DEVICE_CDEV, or none yet */
		return VH_NO;
	add_group_files(root, group, &files);
	if (files.count < 2)
		return VH_NO;
	s.files = (struct vh_names){ files.name + 1, files.count - 1 };
	find_holders(root, &s, 1);
	free(s.who);
	return s.open;
}

char *vh_process_behind_group(const struct vh_root *root, int group, char **ret_nodes)
{
	char *iommu = (char[]){ "/dev/iommu" };
	struct search s = { .files = { &iommu, 1 } };
	_auto_free_ char *nodes = NULL;
	char *who;

	if (vh_process_holding_group(root, group, &who, &nodes) != VH_YES) {
		find_holders(root, &s, 1);
		if (s.open == VH_YES) {
			who = vh_printf("perhaps %s, which has /dev/iommu open", s.who);
			free(nodes);
			nodes = vh_strdup(s.file);
		}
	}
	free(s.who);
	if (ret_nodes)
		*ret_nodes = VH_STEAL(nodes);
	return who;
}
