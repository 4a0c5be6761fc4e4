/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * root - see root.h. Owns every open of the project. Inside a root no link leads out of it
 * and no magic link is followed (openat2); where that call is missing (Linux before 5.6, or a
 * seccomp filter) plain openat() serves, with the same result on the live system.
 */
#include "lib/base/root.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <time.h>

#define RETRIES 64
#define LABEL_MAX 4096
#define READ_MAX (8u << 20) /* modules.dep of a distribution kernel is below 1 MiB */

void vh_names_clear(struct vh_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->name[i]);
	free(names->name);
	memset(names, 0, sizeof(*names));
}

bool vh_names_has(const struct vh_names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (vh_streq(names->name[i], name))
			return true;
	return false;
}

void vh_root_close(struct vh_root *root)
{
	if (root->fd >= 0)
		close(root->fd);
	root->fd = -1;
}

/* In a tree that is no live system, a link to itself stands for what its source could not read
 * (lib/manifest/parse.h). */
static int note_unread(const struct vh_root *root, int fd)
{
	if (fd < 0 && errno == ELOOP && !root->live)
		errno = EACCES;
	return fd;
}

static int open_in(const struct vh_root *root, const char *path, uint64_t flags)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	int fd = -1;

#ifndef VH_NO_OPENAT2
	/* EAGAIN: a rename or mount elsewhere while a ".." was looked up; see openat2(2) */
	for (int i = 0; i < RETRIES; i++) {
		fd = (int)syscall(SYS_openat2, root->fd, path, &how, sizeof(how));
		if (fd >= 0 || errno != EAGAIN)
			break;
	}
	if (fd >= 0 || (errno != ENOSYS && errno != EPERM))
		return note_unread(root, fd);
#endif
	return note_unread(root, openat(root->fd, path, (int)how.flags));
}

/* The printf-style path of every accessor below; errno is kept by the caller's rules. */
#define FORMAT_PATH(path, fmt)                 \
	_auto_free_ char *path = NULL;         \
	do {                                   \
		va_list ap;                    \
		va_start(ap, fmt);             \
		path = format_path(fmt, ap);   \
		va_end(ap);                    \
	} while (0)

VH_PRINTF(1, 0) static char *format_path(const char *fmt, va_list ap)
{
	char *path = NULL;

	if (!strchr(fmt, '%')) /* most attributes */
		return vh_strdup(fmt);
	if (vasprintf(&path, fmt, ap) < 0)
		path = vh_strdup(""); /* opens as ENOENT */
	return path;
}

ssize_t vh_root_read_bytes(const struct vh_root *root, void *buf, size_t size, const char *fmt, ...)
{
	_auto_close_ int fd = -1;
	size_t len = 0;

	FORMAT_PATH(path, fmt);
	fd = open_in(root, path, O_RDONLY | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return -1;
	while (len < size) {
		ssize_t n = read(fd, (char *)buf + len, size - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		len += n;
	}
	return (ssize_t)len;
}

char *vh_root_read(const struct vh_root *root, const char *fmt, ...)
{
	size_t size = 4096, len = 0;
	_auto_free_ char *buf = NULL;
	_auto_close_ int fd = -1;

	FORMAT_PATH(path, fmt);
	fd = open_in(root, path, O_RDONLY | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return NULL;
	buf = vh_realloc_array(NULL, size, 1);
	for (;;) {
		ssize_t n = read(fd, buf + len, size - len - 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return NULL;
		if (n == 0)
			break;
		len += n;
		if (len + 1 < size)
			continue;
		if (size >= READ_MAX) {
			errno = EFBIG;
			return NULL;
		}
		size *= 2;
		buf = vh_realloc_array(buf, size, 1);
	}
	if (len && buf[len - 1] == '\n')
		len--;
	buf[len] = 0;
	return VH_STEAL(buf);
}

/* A number fits one read(2), and attributes come whole with the first. */
int64_t vh_root_read_int(const struct vh_root *root, const char *fmt, ...)
{
	_auto_close_ int fd = -1;
	char text[64];
	uint64_t v;
	ssize_t n;

	FORMAT_PATH(path, fmt);
	fd = open_in(root, path, O_RDONLY | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return -1;
	do
		n = read(fd, text, sizeof(text));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -1;
	if (n && text[n - 1] == '\n')
		n--;
	if (n == sizeof(text)) {
		errno = EINVAL;
		return -1;
	}
	text[n] = 0;
	if (vh_parse_uint(text, 0, INT64_MAX, &v) < 0) {
		errno = EINVAL;
		return -1;
	}
	return (int64_t)v;
}

static char *read_link(const struct vh_root *root, const char *path)
{
	_auto_close_ int fd = -1;
	char target[PATH_MAX];
	ssize_t n;

	if (!strchr(path, '/')) { /* nothing on the way that could lead out */
		n = readlinkat(root->fd, path, target, sizeof(target));
	} else {
		fd = open_in(root, path, O_PATH | O_NOFOLLOW);
		if (fd < 0)
			return NULL;
		n = readlinkat(fd, "", target, sizeof(target));
	}
	if (n < 0 || (size_t)n == sizeof(target)) {
		/* of what is open and no link the kernel says ENOENT */
		errno = n < 0 ? (errno == ENOENT && fd >= 0 ? EINVAL : errno) : ENAMETOOLONG;
		return NULL;
	}
	return vh_strndup(target, n);
}

char *vh_root_readlink(const struct vh_root *root, const char *fmt, ...)
{
	FORMAT_PATH(path, fmt);
	return read_link(root, path);
}

char *vh_root_link_name(const struct vh_root *root, const char *fmt, ...)
{
	_auto_free_ char *target = NULL;
	const char *slash;

	FORMAT_PATH(path, fmt);
	target = read_link(root, path);
	if (!target)
		return NULL;
	slash = strrchr(target, '/');
	return vh_strdup(slash ? slash + 1 : target);
}

int vh_root_stat(const struct vh_root *root, struct stat *ret, bool follow, const char *fmt, ...)
{
	_auto_close_ int fd = -1;

	FORMAT_PATH(path, fmt);
	fd = open_in(root, path, O_PATH | (follow ? 0 : O_NOFOLLOW));
	return fd < 0 ? -1 : fstat(fd, ret);
}

/* A descriptor of a path only has no attributes to ask for; by its name in /proc it has, and a
 * link that was not followed is not followed there either. */
char *vh_root_label(const struct vh_root *root, bool follow, const char *fmt, ...)
{
	_auto_close_ int fd = -1;
	_auto_free_ char *self = NULL;
	char label[LABEL_MAX + 1];
	ssize_t n;

	FORMAT_PATH(path, fmt);
	fd = open_in(root, path, O_PATH | (follow ? 0 : O_NOFOLLOW));
	if (fd < 0)
		return NULL;
	self = vh_printf("/proc/self/fd/%d", fd);
	n = getxattr(self, "security.selinux", label, LABEL_MAX);
	if (n < 0)
		return NULL;
	label[n] = 0; /* it may end with one of its own */
	return vh_strdup(label);
}

bool vh_root_exists(const struct vh_root *root, const char *fmt, ...)
{
	_auto_close_ int fd = -1;
	struct stat st;

	FORMAT_PATH(path, fmt);
	/* a plain name that is no link needs not be opened */
	if (!strchr(path, '/')) {
		if (fstatat(root->fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return false;
		if (!S_ISLNK(st.st_mode))
			return true;
	}
	fd = open_in(root, path, O_PATH);
	return fd >= 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Adds the names that getdents64(2) has put into `buf`. */
static void add_names(const char *buf, size_t len, bool dirs_only, struct vh_names *to)
{
	for (size_t at = 0; at < len;) {
		const struct dirent64 *entry = (const struct dirent64 *)(const void *)(buf + at);
		const char *name = entry->d_name;

		at += entry->d_reclen;
		if (!strcmp(name, ".") || !strcmp(name, "..") ||
		    (dirs_only && entry->d_type != DT_DIR))
			continue;
		*VH_APPEND(to->name, to->count) = vh_strdup(name);
	}
}

/* Not readdir(3): its fstat, fcntl and malloc of a buffer are half the cost of a directory of
 * sysfs, and `list` reads thousands. */
static int list(const struct vh_root *root, const char *path, bool dirs_only, struct vh_names *ret)
{
	_auto_close_ int fd = open_in(root, path, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
	_auto_names_ struct vh_names names = { 0 };
	char buf[16384] __attribute__((aligned(__alignof__(struct dirent64))));
	ssize_t n;

	if (fd < 0)
		return -1;
	while ((n = getdents64(fd, buf, sizeof(buf))) > 0)
		add_names(buf, (size_t)n, dirs_only, &names);
	if (n < 0)
		return -1;
	if (names.count)
		qsort(names.name, names.count, sizeof(*names.name), by_name);
	*ret = names;
	memset(&names, 0, sizeof(names));
	return 0;
}

int vh_root_list(const struct vh_root *root, struct vh_names *ret, const char *fmt, ...)
{
	FORMAT_PATH(path, fmt);
	return list(root, path, false, ret);
}

int vh_root_list_dirs(const struct vh_root *root, struct vh_names *ret, const char *fmt, ...)
{
	FORMAT_PATH(path, fmt);
	return list(root, path, true, ret);
}

bool vh_root_has_entries(const struct vh_root *root, const char *fmt, ...)
{
	_auto_names_ struct vh_names names = { 0 };
	_auto_close_ int fd = -1;
	char buf[1024] __attribute__((aligned(__alignof__(struct dirent64))));
	ssize_t n;

	FORMAT_PATH(path, fmt);
	fd = open_in(root, path, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
	n = fd < 0 ? 0 : getdents64(fd, buf, sizeof(buf));
	if (n > 0)
		add_names(buf, (size_t)n, false, &names);
	return names.count > 0;
}

int vh_root_enter(const struct vh_root *root, struct vh_root *ret, const char *fmt, ...)
{
	int fd;

	FORMAT_PATH(path, fmt);
	fd = open_in(root, path, O_PATH | O_DIRECTORY);
	if (fd < 0)
		return -1;
	*ret = *root;
	ret->fd = fd;
	return 0;
}

int vh_root_open_dir(const struct vh_root *root, const char *fmt, ...)
{
	int fd, followed;

	FORMAT_PATH(path, fmt);
	fd = open_in(root, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	if (fd >= 0 || errno != ENOTDIR || root->live)
		return fd;
	/* a link: to itself, or to somewhere else? */
	followed = open_in(root, path, O_PATH | O_DIRECTORY);
	if (followed >= 0) {
		close(followed);
		errno = ENOTDIR;
	}
	return -1;
}

int vh_root_write(const struct vh_root *root, const char *value, const char *fmt, ...)
{
	int rc;

	FORMAT_PATH(path, fmt);
	vh_root_step(root, path);
	rc = root->ops->write(root, path, value);
	vh_root_step(root, "written");
	return rc;
}

void vh_root_step(const struct vh_root *root, const char *what)
{
	if (root->ops->step)
		root->ops->step(root, what);
}

/* --- the live system ------------------------------------------------------------------- */

/* A sysfs attribute takes one write(2); an O_CREAT or O_TRUNC would hide a mistyped path. */
static int live_write(const struct vh_root *root, const char *path, const char *value)
{
	_auto_close_ int fd = open_in(root, path, O_WRONLY);
	size_t len = strlen(value);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, value, len);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}

/* Called in a child only: becomes modprobe. */
static int live_load_module(const struct vh_root *root, const char *name)
{
	(void)root;
	execle("/sbin/modprobe", "modprobe", "--", name, (char *)NULL,
	       (char *[]){ (char[]){ "PATH=/usr/sbin:/usr/bin:/sbin:/bin" }, NULL });
	return -errno;
}

static int live_try_group(const struct vh_root *root, int group)
{
	_auto_free_ char *path = vh_printf("dev/vfio/%d", group);
	_auto_close_ int fd = open_in(root, path, O_RDWR);

	return fd < 0 ? -errno : 0;
}

/*
 * The kernel refuses O_EXCL where a file system, swap, md, dm, ZFS or loop holds the device
 * (block/bdev.c, bd_prepare_to_claim()). Only ever for reading. Who tries it at the same moment,
 * another vfio-hook for one, is gone the next moment; who stays holds it.
 */
static int live_try_exclusive(const struct vh_root *root, const char *name)
{
	static const struct timespec moment = { 0, 10 * 1000 * 1000 };
	const int flags = O_RDONLY | O_EXCL | O_NONBLOCK | O_NOFOLLOW;
	_auto_free_ char *path = vh_printf("dev/%s", name);
	_auto_close_ int fd = open_in(root, path, flags);
	struct stat st;

	for (int i = 0; fd < 0 && errno == EBUSY && i < 3; i++) {
		(void)nanosleep(&moment, NULL); /* a shorter one does no harm */
		fd = open_in(root, path, flags);
	}
	if (fd < 0)
		return -errno;
	return fstat(fd, &st) == 0 && S_ISBLK(st.st_mode) ? 0 : -ENOTBLK;
}

static const struct vh_root_ops live_ops = {
	.write = live_write,
	.load_module = live_load_module,
	.try_group = live_try_group,
	.try_exclusive = live_try_exclusive,
};

int vh_root_open_live(struct vh_root *ret, struct vh_error *err)
{
	int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return vh_fail(err, VH_E_SYS, errno, NULL, "cannot open '/'");
	*ret = (struct vh_root){ .fd = fd, .ops = &live_ops, .live = true };
	return 0;
}

/* --- a tree that is only read ------------------------------------------------------------ */

static int tree_write(const struct vh_root *root, const char *path, const char *value)
{
	(void)root, (void)path, (void)value;
	return -EROFS;
}

static int tree_load_module(const struct vh_root *root, const char *name)
{
	(void)root, (void)name;
	return -EROFS;
}

static int tree_try_group(const struct vh_root *root, int group)
{
	(void)root, (void)group;
	return -EROFS;
}

/* A manifest says what an exclusive open would: dev/NAME holds "held" or "free". */
static int tree_try_exclusive(const struct vh_root *root, const char *name)
{
	_auto_free_ char *said = vh_root_read(root, "dev/%s", name);

	if (said && !strcmp(said, "held"))
		return -EBUSY;
	return said && !strcmp(said, "free") ? 0 : -ENODATA;
}

static const struct vh_root_ops tree_ops = {
	.write = tree_write,
	.load_module = tree_load_module,
	.try_group = tree_try_group,
	.try_exclusive = tree_try_exclusive,
};

int vh_root_open_tree(struct vh_root *ret, const char *dir, struct vh_error *err)
{
	int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return vh_fail(err, VH_E_SYS, errno, NULL, "cannot open '%s'", dir);
	*ret = (struct vh_root){ .fd = fd, .ops = &tree_ops };
	return 0;
}
