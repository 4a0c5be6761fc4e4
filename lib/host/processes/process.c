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

/* What this process has open of the files: *ret_file is the first that is found. UNKNOWN: we may
 * not look. One that has ended has nothing open. */
static enum vh_tri has_open(const struct vh_root *root, const char *pid,
			    const struct vh_names *files, const char **ret_file)
{
	_auto_names_ struct vh_names fds = { 0 };
	enum vh_tri answer = VH_NO;

	if (vh_root_list(root, &fds, "proc/%s/fd", pid) < 0)
		return errno == ENOENT || errno == ESRCH ? VH_NO : VH_UNKNOWN;
	for (size_t i = 0; i < fds.count; i++) {
		_auto_free_ char *target = vh_root_readlink(root, "proc/%s/fd/%s", pid, fds.name[i]);

		/* listing takes less permission than reading (ptrace_may_access()) */
		if (!target && errno != ENOENT && errno != ESRCH)
			answer = VH_UNKNOWN;
		for (size_t k = 0; k < files->count; k++) {
			if (!vh_streq(target, files->name[k]))
				continue;
			*ret_file = files->name[k];
			return VH_YES;
		}
	}
	return answer;
}

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

/* The first that has one of them open: *ret_file. */
static enum vh_tri find_holder(const struct vh_root *root, const struct vh_names *files,
			       char **ret_who, const char **ret_file)
{
	int64_t deadline = vh_now_ms() + LOOK_MS;
	_auto_names_ struct vh_names pids = { 0 };
	enum vh_tri answer = VH_NO;
	uint64_t pid;

	*ret_who = NULL;
	if (vh_root_list(root, &pids, "proc") < 0)
		return VH_UNKNOWN;
	for (size_t i = 0; files->count && i < pids.count; i++) {
		enum vh_tri one;

		if (vh_parse_uint(pids.name[i], 10, INT32_MAX, &pid) < 0)
			continue;
		if (vh_now_ms() > deadline)
			return VH_UNKNOWN;
		one = has_open(root, pids.name[i], files, ret_file);
		if (one == VH_YES) {
			*ret_who = describe(root, pids.name[i]);
			return VH_YES;
		}
		if (one == VH_UNKNOWN)
			answer = VH_UNKNOWN;
	}
	return answer;
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

enum vh_tri vh_process_holding_group(const struct vh_root *root, int group, char **ret_who,
				     char **ret_nodes)
{
	_auto_names_ struct vh_names files = { 0 };
	enum vh_tri answer;
	const char *file;

	add_group_files(root, group, &files);
	answer = find_holder(root, &files, ret_who, &file);
	if (ret_nodes)
		*ret_nodes = answer == VH_YES ? vh_strdup(file) : nodes_of(root, &files);
	return answer;
}

enum vh_tri vh_process_holding_devices(const struct vh_root *root, int group)
{
	_auto_names_ struct vh_names files = { 0 };
	_auto_free_ char *who = NULL;
	const char *file;

	if (!vh_root_exists(root, "dev/vfio/devices")) /* no CONFIG_VFIO_DEVICE_CDEV, or none yet */
		return VH_NO;
	add_group_files(root, group, &files);
	if (files.count < 2)
		return VH_NO;
	return find_holder(root, &(struct vh_names){ files.name + 1, files.count - 1 }, &who, &file);
}

char *vh_process_behind_group(const struct vh_root *root, int group, char **ret_nodes)
{
	char *iommu = (char[]){ "/dev/iommu" };
	const struct vh_names files = { &iommu, 1 };
	_auto_free_ char *maybe = NULL, *nodes = NULL;
	const char *file;
	char *who;

	if (vh_process_holding_group(root, group, &who, &nodes) != VH_YES) {
		who = NULL;
		if (find_holder(root, &files, &maybe, &file) == VH_YES) {
			who = vh_printf("perhaps %s, which has /dev/iommu open", maybe);
			free(nodes);
			nodes = vh_strdup(file);
		}
	}
	if (ret_nodes)
		*ret_nodes = VH_STEAL(nodes);
	return who;
}
