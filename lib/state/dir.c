/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dir - see dir.h. */
#include "lib/state/dir.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "lib/base/lock.h"

#include "lib/base/banned.h"

#define FILE_MAX (1u << 20)

/* Nobody but root, or the one who runs a test, may have written it. */
static bool is_private(const struct stat *st, mode_t type)
{
	bool ours = st->st_uid == 0 || st->st_uid == geteuid();

	return (st->st_mode & S_IFMT) == type && ours && !(st->st_mode & 022);
}

int vh_dir_open(struct vh_dir *ret, bool create, struct vh_error *err)
{
	_auto_free_ char *fix = NULL;
	struct stat st;
	int fd;

	ret->fd = -1;
	if (create && mkdirat(ret->root->fd, ret->path, 0700) < 0 && errno != EEXIST)
		return vh_fail(err, VH_E_SYS, errno, NULL, "cannot make '/%s'", ret->path);
	fd = vh_root_open_dir(ret->root, "%s", ret->path);
	if (fd < 0 && errno == ENOENT && !create)
		return 0;
	if (fd < 0)
		return vh_fail(err, VH_E_SYS, errno, NULL, "cannot open '/%s'", ret->path);
	if (fstat(fd, &st) < 0 || !is_private(&st, S_IFDIR)) {
		close(fd);
		fix = vh_printf("remove it, or: chown root: /%s; chmod 700 /%s", ret->path,
				ret->path);
		return vh_fail(err, VH_E_INPUT, 0, fix, "'/%s' may be written by others", ret->path);
	}
	ret->fd = fd;
	return 0;
}

void vh_dir_close(struct vh_dir *d)
{
	if (d->fd >= 0)
		close(d->fd);
	d->fd = -1;
}

int vh_dir_lock(const struct vh_dir *d, int64_t deadline, struct vh_error *err)
{
	int ms = 0;

	while (!vh_lock_take(d->fd, ms)) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return vh_fail(err, VH_E_SYS, errno, NULL, "cannot lock '/%s'", d->path);
		if (vh_now_ms() >= deadline)
			return vh_fail(err, VH_E_TIMEOUT, 0, NULL,
				       "'/%s' is locked by another vfio-hook", d->path);
		vh_root_step(d->root, "wait for a lock");
		ms = vh_lock_next(ms, deadline);
	}
	return 0;
}

static int read_named(const struct vh_dir *d, const char *name, struct vh_strbuf *ret,
		      struct vh_error *err)
{
	_auto_close_ int fd = -1;
	struct stat st;

	fd = openat(d->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return vh_fail(err, VH_E_SYS, errno, errno == ELOOP ? d->remedy : NULL,
			       "cannot open '/%s/%s'", d->path, name);
	if (fstat(fd, &st) < 0 || !is_private(&st, S_IFREG))
		return vh_fail(err, VH_E_INPUT, 0, d->remedy,
			       "'/%s/%s' was not written by vfio-hook", d->path, name);
	if (vh_strbuf_read_fd(ret, fd, FILE_MAX) != 0)
		return vh_fail(err, VH_E_INPUT, 0, d->remedy, "cannot read '/%s/%s'", d->path, name);
	vh_strbuf_add(ret, "");
	return 0;
}

int vh_dir_read(const struct vh_dir *d, const char *name, struct vh_strbuf *ret,
		struct vh_error *err)
{
	int rc;

	if (d->fd < 0)
		return 0;
	rc = read_named(d, name, ret, err);
	vh_root_saw_file(d->root,
			 rc < 0      ? EACCES
			 : ret->data ? 0
				     : ENOENT,
			 ret->data, ret->len, "%s/%s", d->path, name);
	return rc;
}

int vh_dir_write(const struct vh_dir *d, const char *temp, const char *name, const char *text,
		 struct vh_error *err)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	_auto_close_ int fd = -1;
	int saved;

	vh_root_step(d->root, "write file");
	fd = openat(d->fd, temp, flags, 0600);
	if (fd < 0 && errno == EEXIST) { /* what a crash may have left */
		(void)unlinkat(d->fd, temp, 0);
		fd = openat(d->fd, temp, flags, 0600);
	}
	if (fd >= 0 && vh_write_all(fd, text, strlen(text)) == 0) {
		vh_root_step(d->root, "rename file");
		if (renameat(d->fd, temp, d->fd, name) == 0) {
			vh_root_step(d->root, "file written");
			return 0;
		}
	}
	saved = errno;
	(void)unlinkat(d->fd, temp, 0);
	return vh_fail(err, VH_E_SYS, saved, NULL, "cannot write '/%s/%s'", d->path, name);
}

void vh_dir_make_room(const struct vh_dir *d, const char *suffix, size_t max)
{
	_auto_names_ struct vh_names names = { 0 };
	const char *oldest = NULL;
	time_t when = 0;
	size_t n = 0;
	struct stat st;

	if (vh_root_list(d->root, &names, "%s", d->path) < 0 || names.count < max)
		return;
	for (size_t i = 0; i < names.count; i++) {
		const char *name = names.name[i];

		if (!vh_has_suffix(name, suffix) ||
		    fstatat(d->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		n++;
		if (oldest && st.st_mtime >= when)
			continue;
		oldest = name;
		when = st.st_mtime;
	}
	if (oldest && n >= max)
		(void)unlinkat(d->fd, oldest, 0);
}
