/* SPDX-License-Identifier: GPL-2.0-or-later */
/* write - see write.h. */
#include "lib/boot/write.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "lib/base/banned.h"

#define TEMP ".vfio-hook.new"

void vh_boot_write_clear(struct vh_boot_written *w)
{
	vh_boot_files_clear(&w->before);
}

/* The directory of a file, made where it is missing; -1 with errno set. */
static int open_parent(const struct vh_root *root, const char *path, bool create)
{
	_auto_free_ char *copy = vh_strdup(path);
	int fd = -1;

	*strrchr(copy, '/') = 0;
	for (char *end = copy;; end++) {
		char c;

		end += strcspn(end, "/");
		c = *end;
		*end = 0;
		if (fd >= 0 && create && mkdirat(fd, strrchr(copy, '/') + 1, 0755) < 0 &&
		    errno != EEXIST) {
			close(fd);
			return -1;
		}
		if (fd >= 0)
			close(fd);
		fd = vh_root_open_dir(root, "%s", copy);
		*end = c;
		if (fd < 0 || !c)
			return fd;
	}
}

/* What is put back is as old as it was: `verify` compares it with the image. */
static int set_time(int fd, int64_t when)
{
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = when } };

	return when ? futimens(fd, times) : 0;
}

static int write_to(int dir, const char *name, const struct vh_boot_file *f)
{
	_auto_close_ int fd = -1;

	(void)unlinkat(dir, TEMP, 0); /* of a run that was killed */
	fd = openat(dir, TEMP, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd >= 0 && vh_write_all(fd, f->content, strlen(f->content)) == 0 &&
	    fchmod(fd, f->mode) == 0 && set_time(fd, f->when) == 0 && fsync(fd) == 0 &&
	    renameat(dir, TEMP, dir, name) == 0) {
		(void)fsync(dir); /* not every file system can, and the name is there already */
		return 0;
	}
	return -1;
}

/* A directory that has only ever held our files goes with the last of them. */
static void remove_parent(const struct vh_root *root, const char *path)
{
	_auto_free_ char *parent = vh_strndup(path, strrchr(path, '/') - path);
	_auto_close_ int up = -1;

	if (!strstr(strrchr(parent, '/'), "vfio-hook"))
		return;
	up = open_parent(root, parent, false);
	if (up >= 0)
		(void)unlinkat(up, strrchr(parent, '/') + 1, AT_REMOVEDIR);
}

static int put(const struct vh_root *root, const struct vh_boot_file *f, struct vh_error *err)
{
	const char *name = strrchr(f->path, '/') + 1;
	_auto_close_ int dir = open_parent(root, f->path, f->content != NULL);
	int saved;

	if (f->content && dir >= 0 && write_to(dir, name, f) == 0)
		return 0;
	if (!f->content && ((dir < 0 && errno == ENOENT) ||
			    (dir >= 0 && (unlinkat(dir, name, 0) == 0 || errno == ENOENT)))) {
		remove_parent(root, f->path);
		return 0;
	}
	saved = errno;
	if (dir >= 0)
		(void)unlinkat(dir, TEMP, 0);
	return vh_fail(err, VH_E_SYS, saved,
		       saved == EROFS ? "make it writable for a moment: mount -o remount,rw /" : NULL,
		       "cannot %s '/%s'", f->content ? "write" : "remove", f->path);
}

/* What stands there now has to be ours, or nothing. */
static int keep(const struct vh_root *root, const struct vh_boot_file *f,
		struct vh_boot_file *ret, struct vh_error *err)
{
	char *text = vh_root_read(root, "%s", f->path);
	char *marked = text ? strstr(text, VH_BOOT_BINDING_MARK) : NULL;
	struct stat st;

	*ret = (struct vh_boot_file){ .path = f->path, .mode = f->mode };
	if (!text && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (!text)
		return vh_fail(err, VH_E_SYS, errno, NULL, "cannot read '/%s'", f->path);
	if (marked)
		ret->content = vh_printf("%s\n", text); /* reading took the newline away */
	free(text);
	if (marked && vh_root_stat(root, &st, true, "%s", f->path) == 0)
		ret->when = st.st_mtim.tv_sec;
	if (marked)
		return 0;
	ret->path = NULL; /* stays as it is, also when something is undone */
	return !f->content ? 0
			   : vh_fail(err, VH_E_REFUSED, 0, "move it out of the way",
				     "'/%s' is not ours", f->path);
}

/* The first `count` of them, in the other direction. */
static int undo(const struct vh_boot_written *w, size_t count, struct vh_error *err)
{
	int rc = 0;

	while (count-- > 0)
		if (w->before.list[count].path && put(w->root, &w->before.list[count], err) < 0)
			rc = -1;
	return rc;
}

int vh_boot_write_undo(const struct vh_boot_written *w, struct vh_error *err)
{
	return undo(w, w->before.count, err);
}

int vh_boot_write(const struct vh_root *root, const struct vh_boot_files *files,
		  struct vh_boot_written *ret, struct vh_error *err)
{
	_auto_error_ struct vh_error second = { 0 };

	ret->root = root;
	for (size_t i = 0; i < files->count; i++)
		if (keep(root, &files->list[i], VH_APPEND(ret->before.list, ret->before.count),
			 err) < 0)
			return -1;
	for (size_t i = 0; i < files->count; i++) {
		/* nothing to take away, or not ours */
		if (!files->list[i].content && !ret->before.list[i].content)
			continue;
		if (put(root, &files->list[i], err) == 0)
			continue;
		if (undo(ret, i, &second) < 0)
			vh_wrap(err, "%s; and what was written before it stays", second.what);
		return -1;
	}
	return 0;
}
