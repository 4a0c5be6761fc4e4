/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What processes have open (root.h). On a running system devices are told by their numbers, for
 * containers have a /dev of their own; in a tree that is only read, by the text of the link.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "lib/base/root-open.h"

#include "lib/base/banned.h"

/* "/dev/char/226:1": how a tree says what is open by another name, or in a container */
static void parse_numbers(const char *target, struct vh_open *o)
{
	static const char *const ways[] = { "/dev/char/", "/dev/block/" };
	unsigned int major, minor;
	int end = 0;

	for (size_t i = 0; i < VH_COUNT(ways); i++) {
		const char *at = target + strlen(ways[i]);

		if (!vh_has_prefix(target, ways[i]) ||
		    sscanf(at, "%u:%u%n", &major, &minor, &end) != 2 || at[end])
			continue;
		*o = (struct vh_open){ i ? 'b' : 'c', major, minor, target };
	}
}

static enum vh_tri each_in_tree(const struct vh_root *root, const char *pid, vh_open_fn *fn,
				void *ctx)
{
	_auto_names_ struct vh_names fds = { 0 };
	enum vh_tri seen = VH_YES;

	if (vh_root_list(root, &fds, "proc/%s/fd", pid) < 0)
		return errno == ENOENT || errno == ESRCH ? VH_YES : VH_UNKNOWN;
	for (size_t i = 0; i < fds.count; i++) {
		_auto_free_ char *target = vh_root_readlink(root, "proc/%s/fd/%s", pid, fds.name[i]);
		struct vh_open o = { .target = target };

		if (target) {
			parse_numbers(target, &o);
			VH_IGNORE(fn(ctx, &o)); /* the watcher was told */
		} else if (errno != ENOENT && errno != ESRCH) {
			seen = VH_UNKNOWN;
		}
	}
	return seen;
}

/* What nobody needs to ask a server for: a network file system may never answer. */
static int look(int fd, const char *name, struct vh_open *o, bool *ret_file)
{
	struct statx st;

	*ret_file = false;
	if (statx(fd, name, AT_STATX_DONT_SYNC, STATX_TYPE, &st) < 0)
		return -1;
	if (S_ISCHR(st.stx_mode) || S_ISBLK(st.stx_mode)) {
		o->type = S_ISCHR(st.stx_mode) ? 'c' : 'b';
		o->major = st.stx_rdev_major;
		o->minor = st.stx_rdev_minor;
	}
	*ret_file = S_ISREG(st.stx_mode) && !st.stx_dev_major; /* sysfs, proc, and some more */
	return 0;
}

/* One descriptor. UNKNOWN: it is there, and may not be looked at. */
static enum vh_tri look_at(const struct vh_root *root, const char *pid, int fd, const char *name,
			   bool paths, vh_open_fn *fn, void *ctx)
{
	struct vh_open o = { 0 };
	char target[PATH_MAX];
	const char *told;
	bool file;
	ssize_t n;
	int rc = look(fd, name, &o, &file);

	/* listing takes less permission than reading (ptrace_may_access()) */
	if (rc < 0 && errno != ENOENT && errno != ESRCH)
		return VH_UNKNOWN;
	if (rc < 0 || file || (o.type && paths)) {
		n = readlinkat(fd, name, target, sizeof(target) - 1);
		if (n < 0)
			return errno == ENOENT || errno == ESRCH ? VH_YES : VH_UNKNOWN;
		target[n] = 0;
		o.target = target;
	}
	if (!o.type && !o.target)
		return VH_YES;
	told = fn(ctx, &o);
	if (told && root->watch)
		vh_root_saw_link(root, told, "proc/%s/fd/%s", pid, name);
	return VH_YES;
}

static enum vh_tri each_live(const struct vh_root *root, const char *pid, bool paths,
			     vh_open_fn *fn, void *ctx)
{
	_auto_free_ char *path = vh_printf("proc/%s/fd", pid);
	_auto_close_ int fd = vh_root_open_at(root, path, O_RDONLY | O_DIRECTORY);
	char buf[16384] __attribute__((aligned(__alignof__(struct dirent64))));
	ssize_t n;

	if (fd < 0)
		return errno == ENOENT || errno == ESRCH ? VH_YES : VH_UNKNOWN;
	while ((n = getdents64(fd, buf, sizeof(buf))) > 0) {
		for (ssize_t at = 0; at < n;) {
			const struct dirent64 *d = (const struct dirent64 *)(buf + at);

			at += d->d_reclen;
			if (d->d_name[0] != '.' &&
			    look_at(root, pid, fd, d->d_name, paths, fn, ctx) == VH_UNKNOWN)
				return VH_UNKNOWN; /* nor may the others */
		}
	}
	return n < 0 && errno != ENOENT && errno != ESRCH ? VH_UNKNOWN : VH_YES;
}

enum vh_tri vh_root_each_open(const struct vh_root *root, const char *pid, bool paths,
			      vh_open_fn *fn, void *ctx)
{
	_auto_names_ struct vh_names names = { 0 };
	enum vh_tri seen;

	if (!root->live)
		return each_in_tree(root, pid, fn, ctx);
	seen = each_live(root, pid, paths, fn, ctx);
	if (seen == VH_UNKNOWN && root->watch) /* who reads the snapshot may not either */
		VH_IGNORE(vh_root_list(root, &names, "proc/%s/fd", pid));
	return seen;
}
