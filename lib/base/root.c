/* SPDX-License-Identifier: GPL-2.0-or-later */
/* root - see root.h: how readers read. root-open.c opens, root-systems.c reacts. */
#include "lib/base/root-open.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "lib/base/strbuf.h"

#define LABEL_MAX 4096
#define READ_MAX (8u << 20) /* modules.dep of a distribution kernel is below 1 MiB */

void vh_root_close(struct vh_root *root)
{
	if (root->fd >= 0)
		close(root->fd);
	root->fd = -1;
	free(root->place);
	root->place = NULL;
}

/* The printf-style path of every accessor below; errno is kept by the caller's rules. */
#define FORMAT_PATH(path, fmt)               \
	_auto_free_ char *path = NULL;       \
	do {                                 \
		va_list ap;                  \
		va_start(ap, fmt);           \
		path = format_path(fmt, ap); \
		va_end(ap);                  \
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

/* Tells who watches; what was seen is unharmed by it, errno too. */
static void tell(const struct vh_root *root, enum vh_asked asked, const char *path, bool seen,
		 const void *data, size_t len)
{
	int saved = errno;

	if (!root->watch)
		return;
	root->watch->saw(root, asked, path, seen ? 0 : saved, data, len);
	errno = saved;
}

static ssize_t read_from(int fd, void *buf, size_t size)
{
	size_t len = 0;

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

ssize_t vh_root_read_bytes(const struct vh_root *root, void *buf, size_t size, const char *fmt, ...)
{
	_auto_close_ int fd = -1;
	ssize_t n;

	FORMAT_PATH(path, fmt);
	fd = vh_root_open_at(root, path, O_RDONLY | O_NOCTTY | O_NONBLOCK);
	n = read_from(fd, buf, size);
	tell(root, VH_ASKED_FILE, path, n >= 0, buf, n >= 0 ? (size_t)n : 0);
	return n;
}

/* What is opened is what was looked at, whoever puts something else in its place. */
static int open_file(const struct vh_root *root, const char *path)
{
	_auto_close_ int fd = vh_root_open_at(root, path, O_PATH);
	_auto_free_ char *self = NULL;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -1;
	if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		return -1;
	}
	self = vh_printf("/proc/self/fd/%d", fd);
	return open(self, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
}

ssize_t vh_root_read_file(const struct vh_root *root, void *buf, size_t size, const char *fmt, ...)
{
	_auto_close_ int fd = -1;
	ssize_t n;

	FORMAT_PATH(path, fmt);
	fd = open_file(root, path);
	n = read_from(fd, buf, size);
	tell(root, VH_ASKED_FILE, path, n >= 0, buf, n >= 0 ? (size_t)n : 0);
	return n;
}

/* There one call gives all of a file that fits its buffer (fs/sysfs/file.c:sysfs_kf_seq_show()): no
 * second one has to ask for the end. Other file systems below /sys promise nothing. */
static bool is_sysfs(const struct vh_root *root, const char *path)
{
	static const char *const places[] = { "sys/bus/", "sys/devices/", "sys/class/",
					      "sys/kernel/iommu_groups" };

	for (size_t i = 0; i < VH_COUNT(places) && !root->sysfs; i++)
		if (vh_has_prefix(path, places[i]))
			return true;
	return root->sysfs;
}

static char *read_all(const struct vh_root *root, const char *path, size_t *ret_len)
{
	size_t size = 4096, len = 0;
	_auto_free_ char *buf = NULL;
	_auto_close_ int fd = vh_root_open_at(root, path, O_RDONLY | O_NOCTTY | O_NONBLOCK);

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
		if (len + 1 < size && is_sysfs(root, path))
			break;
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
	*ret_len = len;
	return VH_STEAL(buf);
}

char *vh_root_read(const struct vh_root *root, const char *fmt, ...)
{
	size_t len = 0;
	char *text;

	FORMAT_PATH(path, fmt);
	text = read_all(root, path, &len);
	tell(root, VH_ASKED_FILE, path, text, text, len);
	return text;
}

/* A number fits one read(2), and attributes come whole with the first. */
static ssize_t read_once(const struct vh_root *root, void *buf, size_t size, const char *path)
{
	_auto_close_ int fd = vh_root_open_at(root, path, O_RDONLY | O_NOCTTY | O_NONBLOCK);
	ssize_t n;

	if (fd < 0)
		return -1;
	do
		n = read(fd, buf, size);
	while (n < 0 && errno == EINTR);
	return n;
}

int64_t vh_root_read_int(const struct vh_root *root, const char *fmt, ...)
{
	char text[64];
	uint64_t v;
	ssize_t n;

	FORMAT_PATH(path, fmt);
	n = read_once(root, text, sizeof(text), path);
	tell(root, VH_ASKED_FILE, path, n >= 0, text, n >= 0 ? (size_t)n : 0);
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

static char *read_link_at(const struct vh_root *root, const char *path)
{
	_auto_close_ int fd = -1;
	char target[PATH_MAX];
	ssize_t n;

	if (!strchr(path, '/')) { /* nothing on the way that could lead out */
		n = readlinkat(root->fd, path, target, sizeof(target));
	} else {
		fd = vh_root_open_at(root, path, O_PATH | O_NOFOLLOW);
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

static char *read_link(const struct vh_root *root, const char *path)
{
	char *target = read_link_at(root, path);

	tell(root, VH_ASKED_LINK, path, target, target, target ? strlen(target) : 0);
	return target;
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
	fd = vh_root_open_at(root, path, O_PATH | (follow ? 0 : O_NOFOLLOW));
	tell(root, VH_ASKED_PATH, path, fd >= 0, NULL, 0);
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
	fd = vh_root_open_at(root, path, O_PATH | (follow ? 0 : O_NOFOLLOW));
	if (fd < 0)
		return NULL;
	self = vh_printf("/proc/self/fd/%d", fd);
	n = getxattr(self, "security.selinux", label, LABEL_MAX);
	if (n < 0)
		return NULL;
	label[n] = 0; /* it may end with one of its own */
	return vh_strdup(label);
}

static bool is_there(const struct vh_root *root, const char *path)
{
	_auto_close_ int fd = -1;
	struct stat st;

	/* a plain name that is not a link needs not be opened */
	if (!strchr(path, '/')) {
		if (fstatat(root->fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return false;
		if (!S_ISLNK(st.st_mode))
			return true;
	}
	fd = vh_root_open_at(root, path, O_PATH);
	return fd >= 0;
}

bool vh_root_exists(const struct vh_root *root, const char *fmt, ...)
{
	bool there;

	FORMAT_PATH(path, fmt);
	there = is_there(root, path);
	tell(root, VH_ASKED_PATH, path, there, NULL, 0);
	return there;
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

static void tell_names(const struct vh_root *root, enum vh_asked asked, const char *path, bool seen,
		       const struct vh_names *names)
{
	_auto_strbuf_ struct vh_strbuf all = { 0 };

	for (size_t i = 0; root->watch && seen && i < names->count; i++)
		vh_strbuf_add_mem(&all, names->name[i], strlen(names->name[i]) + 1);
	tell(root, asked, path, seen, all.data, all.len);
}

/* Not readdir(3): its fstat, fcntl and malloc of a buffer are half the cost of a directory of
 * sysfs, and `list` reads thousands. Up to the end, also where another entry would have fitted: a
 * process that is frozen, as all are when the host suspends, gets a part (fs/readdir.c, filldir64()). */
static int list_in(const struct vh_root *root, const char *path, bool dirs_only,
		   struct vh_names *ret)
{
	_auto_close_ int fd = vh_root_open_at(root, path, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
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

static int list(const struct vh_root *root, const char *path, bool dirs_only, struct vh_names *ret)
{
	int rc = list_in(root, path, dirs_only, ret);

	tell_names(root, dirs_only ? VH_ASKED_DIRS : VH_ASKED_LIST, path, rc == 0, rc ? NULL : ret);
	return rc;
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
	fd = vh_root_open_at(root, path, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
	n = fd < 0 ? 0 : 1;
	while (n > 0 && !names.count && (n = getdents64(fd, buf, sizeof(buf))) > 0)
		add_names(buf, (size_t)n, false, &names);
	tell_names(root, VH_ASKED_LIST, path, fd >= 0 && n >= 0, &names);
	return names.count > 0;
}

int vh_root_enter(const struct vh_root *root, struct vh_root *ret, const char *fmt, ...)
{
	int fd;

	FORMAT_PATH(path, fmt);
	fd = vh_root_open_at(root, path, O_PATH | O_DIRECTORY);
	if (fd < 0)
		return -1;
	*ret = *root;
	ret->fd = fd;
	ret->sysfs = is_sysfs(root, path);
	if (root->watch) /* of a descriptor the kernel alone would know it */
		ret->place = root->place ? vh_printf("%s/%s", root->place, path) : VH_STEAL(path);
	return 0;
}

static int open_dir(const struct vh_root *root, const char *path)
{
	int fd = vh_root_open_at(root, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW), followed;

	if (fd >= 0 || errno != ENOTDIR || root->live)
		return fd;
	/* a link: to itself, or to somewhere else? */
	followed = vh_root_open_at(root, path, O_PATH | O_DIRECTORY);
	if (followed >= 0) {
		close(followed);
		errno = ENOTDIR;
	}
	return -1;
}

int vh_root_open_dir(const struct vh_root *root, const char *fmt, ...)
{
	int fd;

	FORMAT_PATH(path, fmt);
	fd = open_dir(root, path);
	tell(root, VH_ASKED_PATH, path, fd >= 0, NULL, 0);
	return fd;
}

char *vh_root_read_routes(const struct vh_root *root)
{
	char *text;

	if (!root->ops->routes)
		return vh_root_read(root, "routes");
	text = root->ops->routes(root);
	tell(root, VH_ASKED_FILE, "routes", text, text, text ? strlen(text) : 0);
	return text;
}

int vh_root_hold(const struct vh_root *root, const char *name)
{
	return root->ops->hold ? root->ops->hold(root, name) : -EOPNOTSUPP;
}

int vh_root_try_exclusive(const struct vh_root *root, const char *name)
{
	int rc = root->ops->try_exclusive(root, name);

	errno = -rc;
	tell(root, VH_ASKED_EXCLUSIVE, name, rc == 0, NULL, 0);
	return rc;
}

void vh_root_saw_link(const struct vh_root *root, const char *target, const char *fmt, ...)
{
	int saved = errno;

	if (!root->watch)
		return;
	FORMAT_PATH(path, fmt);
	root->watch->saw(root, VH_ASKED_LINK, path, 0, target, strlen(target));
	errno = saved;
}

void vh_root_saw_file(const struct vh_root *root, int error, const char *text, size_t len,
		      const char *fmt, ...)
{
	int saved = errno;

	if (!root->watch)
		return;
	FORMAT_PATH(path, fmt);
	root->watch->saw(root, VH_ASKED_FILE, path, error, text, len);
	errno = saved;
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

void vh_root_waits(const struct vh_root *root, const char *fmt, ...)
{
	_auto_free_ char *what = NULL;
	va_list ap;

	if (!root->listener)
		return;
	va_start(ap, fmt);
	what = vh_vprintf(fmt, ap);
	va_end(ap);
	root->listener->waits(root->listener->ctx, what);
}

int vh_root_open_live(struct vh_root *ret, bool acts, struct vh_error *err)
{
	int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return vh_fail(err, VH_E_SYS, errno, NULL, "cannot open '/'");
	*ret = (struct vh_root){ .fd = fd,
				 .ops = acts ? &vh_root_systems_live : &vh_root_systems_look,
				 .live = true };
	return 0;
}

int vh_root_open_tree(struct vh_root *ret, const char *dir, struct vh_error *err)
{
	int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return vh_fail(err, VH_E_SYS, errno, NULL, "cannot open '%s'", dir);
	*ret = (struct vh_root){ .fd = fd, .ops = &vh_root_systems_tree };
	return 0;
}
