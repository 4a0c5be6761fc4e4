/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fake-tree - see fake-tree.h. */
#include "tests/fake/fake-tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/file.h>
#include <sys/stat.h>

static void must(bool good, const char *what, const char *path)
{
	if (good)
		return;
	fprintf(stderr, "test harness: cannot %s '%s': %s\n", what, path, strerror(errno));
	abort();
}

#define FORMAT(var, fmt)                          \
	_auto_free_ char *var = NULL;             \
	do {                                      \
		va_list ap;                       \
		va_start(ap, fmt);                \
		if (vasprintf(&var, fmt, ap) < 0) \
			abort();                  \
		va_end(ap);                       \
	} while (0)

static void mkdirs(const struct vh_root *root, const char *path)
{
	_auto_free_ char *copy = vh_strdup(path);

	for (char *s = copy; (s = strchr(s, '/')); s++) {
		*s = '\0';
		must(!mkdirat(root->fd, copy, 0755) || errno == EEXIST, "make", copy);
		*s = '/';
	}
	must(!mkdirat(root->fd, copy, 0755) || errno == EEXIST, "make", copy);
}

void fake_mkdirs(const struct vh_root *root, const char *fmt, ...)
{
	FORMAT(path, fmt);
	mkdirs(root, path);
}

static void mkdirs_above(const struct vh_root *root, const char *path)
{
	const char *slash = strrchr(path, '/');
	_auto_free_ char *above = vh_strndup(path, slash ? (size_t)(slash - path) : 0);

	if (*above)
		mkdirs(root, above);
}

/* Opens for writing; makes the directories only when they are missing. */
static int open_out(const struct vh_root *root, const char *path, int flags)
{
	int fd = openat(root->fd, path, flags | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0 && errno == ENOENT) {
		mkdirs_above(root, path);
		fd = openat(root->fd, path, flags | O_CREAT | O_CLOEXEC, 0644);
	}
	must(fd >= 0, "open", path);
	return fd;
}

void fake_put(const struct vh_root *root, const char *path, const char *fmt, ...)
{
	_auto_free_ char *temp = vh_printf("%s.%d.new", path, (int)getpid());
	_auto_close_ int fd = open_out(root, temp, O_WRONLY | O_TRUNC);

	FORMAT(text, fmt);
	must(write(fd, text, strlen(text)) == (ssize_t)strlen(text), "write", temp);
	must(!renameat(root->fd, temp, root->fd, path), "rename", path);
}

void fake_append(const struct vh_root *root, const char *path, const char *text)
{
	_auto_close_ int fd = open_out(root, path, O_WRONLY | O_APPEND);

	must(write(fd, text, strlen(text)) == (ssize_t)strlen(text), "write", path);
}

void fake_link(const struct vh_root *root, const char *path, const char *to)
{
	char target[4096] = "";
	size_t common = 0, len = 0;

	for (size_t i = 0; path[i] && path[i] == to[i]; i++)
		if (path[i] == '/')
			common = i + 1;
	for (const char *s = path + common; (s = strchr(s, '/')); s++)
		len += (size_t)snprintf(target + len, sizeof(target) - len, "../");
	snprintf(target + len, sizeof(target) - len, "%s", to + common);
	mkdirs_above(root, path);
	must(!symlinkat(target, root->fd, path), "link", path);
}

static void remove_in(int dir, const char *name)
{
	struct dirent *e;
	DIR *d;
	int fd;

	if (!unlinkat(dir, name, 0) || errno == ENOENT || errno == ENOTDIR)
		return;
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	must(fd >= 0, "open", name);
	d = fdopendir(fd);
	must(d, "list", name);
	while ((e = readdir(d)))
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			remove_in(dirfd(d), e->d_name);
	closedir(d);
	must(!unlinkat(dir, name, AT_REMOVEDIR) || errno == ENOENT, "remove", name);
}

void fake_remove(const struct vh_root *root, const char *fmt, ...)
{
	FORMAT(path, fmt);
	remove_in(root->fd, path);
}

void fake_rename(const struct vh_root *root, const char *from, const char *to)
{
	mkdirs_above(root, to);
	must(!renameat(root->fd, from, root->fd, to), "rename", from);
}

int fake_count_up(const struct vh_root *root, const char *path)
{
	int64_t n = vh_root_read_int(root, "%s", path);

	if (n < 0)
		n = 0;
	fake_put(root, path, "%d\n", (int)n + 1);
	return (int)n;
}

static int lock_file(const struct vh_root *root, const char *path, int how)
{
	int fd = open_out(root, path, O_RDWR);

	while (flock(fd, how) < 0)
		must(errno == EINTR, "lock", path);
	return fd;
}

int fake_lock(const struct vh_root *root, const char *path)
{
	return lock_file(root, path, LOCK_EX);
}

int fake_lock_shared(const struct vh_root *root, const char *path)
{
	return lock_file(root, path, LOCK_SH);
}

int fake_try_lock(const struct vh_root *root, const char *path)
{
	int fd = open_out(root, path, O_RDWR), error;

	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	error = errno == EWOULDBLOCK ? EBUSY : errno;
	close(fd);
	return -error;
}
