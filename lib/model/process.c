/* SPDX-License-Identifier: GPL-2.0-or-later */
/* process - see process.h. */
#include "lib/model/process.h"

#include <errno.h>

#include "lib/base/strbuf.h"

#include "lib/base/banned.h"

#define ANCESTORS 8

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

struct vh_process vh_process_daemon(const struct vh_root *root)
{
	struct vh_process parent = { .pid = getppid() }, at = parent;
	struct stat_line s;

	for (int i = 0; i < ANCESTORS && at.pid > 1 && read_stat(root, at.pid, &s) == 0; i++) {
		at.start = s.start;
		if (!strcmp(s.comm, "libvirtd") || !strcmp(s.comm, "virtqemud"))
			return at;
		if (i == 0)
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

/* Does this process have a descriptor of the file? */
static bool has_open(const struct vh_root *root, const char *pid, const char *file)
{
	_auto_names_ struct vh_names fds = { 0 };

	if (vh_root_list(root, &fds, "proc/%s/fd", pid) < 0)
		return false;
	for (size_t i = 0; i < fds.count; i++) {
		_auto_free_ char *target = vh_root_readlink(root, "proc/%s/fd/%s", pid, fds.name[i]);

		if (vh_streq(target, file))
			return true;
	}
	return false;
}

char *vh_process_holding_group(const struct vh_root *root, int group)
{
	_auto_free_ char *file = vh_printf("/dev/vfio/%d", group);
	_auto_names_ struct vh_names pids = { 0 };
	struct stat_line s;
	uint64_t pid;

	if (vh_root_list(root, &pids, "proc") < 0)
		return NULL;
	for (size_t i = 0; i < pids.count; i++) {
		_auto_free_ char *comm = NULL;

		if (vh_parse_uint(pids.name[i], 10, INT32_MAX, &pid) < 0 ||
		    !has_open(root, pids.name[i], file))
			continue;
		if (read_stat(root, (int64_t)pid, &s) < 0)
			return vh_printf("process %s", pids.name[i]);
		comm = vh_printable(s.comm, 40);
		return vh_printf("process %s (%s)", pids.name[i], comm);
	}
	return NULL;
}
