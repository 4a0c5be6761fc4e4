/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * root-systems - what the kinds of root do where the kernel would react: the machine we run on, for
 * who acts and for who only looks, and a tree that is only read.
 */
#include "lib/base/root-open.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#include "lib/base/root-routes.h"
#include "lib/base/systemd.h"

/* --- the live system ------------------------------------------------------------------- */

/* A sysfs attribute takes one write(2); an O_CREAT or O_TRUNC would hide a mistyped path. */
static int live_write(const struct vh_root *root, const char *path, const char *value)
{
	_auto_close_ int fd = vh_root_open_at(root, path, O_WRONLY);
	size_t len = strlen(value);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, value, len);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}

/* The kernel's own, where that is set to one, knows systems that have it elsewhere. Whether the
 * kernel loads modules by itself is another question. */
static void become_kernels_modprobe(const struct vh_root *root, char *const argv[],
				    char *const env[])
{
	_auto_close_ int fd = vh_root_open_at(root, "proc/sys/kernel/modprobe", O_RDONLY);
	char path[256] = "";
	ssize_t n = fd < 0 ? 0 : read(fd, path, sizeof(path) - 1);

	path[n > 0 ? n : 0] = 0;
	path[strcspn(path, "\n")] = 0;
	if (*path == '/' && vh_has_suffix(path, "/modprobe"))
		execve(path, argv, env);
}

static void become_modprobe(const struct vh_root *root, char *const argv[])
{
	static const char *const places[] = { "/sbin/modprobe", "/usr/sbin/modprobe",
					      "/usr/bin/modprobe" };
	char *const env[] = { (char[]){ "PATH=/usr/sbin:/usr/bin:/sbin:/bin" }, NULL };

	become_kernels_modprobe(root, argv, env);
	for (size_t i = 0; i < VH_COUNT(places); i++)
		execve(places[i], argv, env);
}

/* Called in a child only: becomes modprobe. */
static int live_load_module(const struct vh_root *root, const char *name, bool anyway)
{
	char *const argv[] = { (char[]){ "modprobe" }, (char[]){ "-b" }, (char[]){ "--" },
			       (char *)name, NULL };
	char *const forced[] = { argv[0], argv[2], argv[3], NULL };

	become_modprobe(root, anyway ? forced : argv);
	return -errno;
}

/* Without what it depends on, which modprobe -r would unload as well; and never by force. */
static int live_unload_module(const struct vh_root *root, const char *name)
{
	(void)root;
	return syscall(SYS_delete_module, name, O_NONBLOCK) < 0 ? -errno : 0;
}

static int live_unit(const struct vh_root *root, const char *verb, const struct vh_names *units)
{
	(void)root;
	return vh_systemd_call(verb, units);
}

static char *live_units(const struct vh_root *root, const struct vh_names *names)
{
	(void)root;
	return vh_systemd_show(names);
}

static int live_try_group(const struct vh_root *root, int group)
{
	_auto_free_ char *path = vh_printf("dev/vfio/%d", group);
	_auto_close_ int fd = vh_root_open_at(root, path, O_RDWR);

	return fd < 0 ? -errno : 0;
}

/*
 * The kernel refuses O_EXCL where a file system, swap, md, dm, ZFS or loop holds the device
 * (block/bdev.c, bd_prepare_to_claim()). Only ever for reading. Who tries it at the same moment,
 * another vfio-hook for one, is gone the next moment; who stays holds it.
 */
static int live_hold(const struct vh_root *root, const char *name)
{
	static const struct timespec moment = { 0, 10 * 1000 * 1000 };
	const int flags = O_RDONLY | O_EXCL | O_NONBLOCK | O_NOFOLLOW;
	_auto_free_ char *path = vh_printf("dev/%s", name);
	int fd = vh_root_open_at(root, path, flags);

	for (int i = 0; fd < 0 && errno == EBUSY && i < 3; i++) {
		(void)nanosleep(&moment, NULL); /* a shorter one does no harm */
		fd = vh_root_open_at(root, path, flags);
	}
	return fd < 0 ? -errno : fd;
}

static int live_try_exclusive(const struct vh_root *root, const char *name)
{
	_auto_close_ int fd = live_hold(root, name);
	struct stat st;

	if (fd < 0)
		return fd;
	return fstat(fd, &st) == 0 && S_ISBLK(st.st_mode) ? 0 : -ENOTBLK;
}

const struct vh_root_ops vh_root_systems_live = {
	.write = live_write,
	.load_module = live_load_module,
	.try_group = live_try_group,
	.try_exclusive = live_try_exclusive,
	.hold = live_hold,
	.routes = vh_root_routes_dump,
	.unit = live_unit,
	.unload_module = live_unload_module,
	.units = live_units,
};

/* --- the live system, which is only looked at ------------------------------------------- */

/* Who opens a disk exclusively, be it for a moment, makes a mount of it fail in that moment. */
static int look_try_exclusive(const struct vh_root *root, const char *name)
{
	(void)root, (void)name;
	return -EOPNOTSUPP;
}

/* --- a tree that is only read ------------------------------------------------------------ */

static int tree_write(const struct vh_root *root, const char *path, const char *value)
{
	(void)root, (void)path, (void)value;
	return -EROFS;
}

static int tree_load_module(const struct vh_root *root, const char *name, bool anyway)
{
	(void)root, (void)name, (void)anyway;
	return -EROFS;
}

static int tree_unload_module(const struct vh_root *root, const char *name)
{
	(void)root, (void)name;
	return -EROFS;
}

static int tree_unit(const struct vh_root *root, const char *verb, const struct vh_names *units)
{
	(void)root, (void)verb, (void)units;
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
	_auto_free_ char *path = vh_printf("dev/%s", name);
	_auto_close_ int fd = vh_root_open_at(root, path, O_RDONLY | O_NOCTTY | O_NONBLOCK);
	char said[16] = "";
	ssize_t n = fd < 0 ? 0 : read(fd, said, sizeof(said) - 1);

	if (n > 0 && said[n - 1] == '\n')
		said[n - 1] = 0;
	if (!strcmp(said, "held"))
		return -EBUSY;
	return !strcmp(said, "free") ? 0 : -ENODATA;
}

const struct vh_root_ops vh_root_systems_tree = {
	.write = tree_write,
	.load_module = tree_load_module,
	.try_group = tree_try_group,
	.try_exclusive = tree_try_exclusive,
	.unit = tree_unit,
	.unload_module = tree_unload_module,
};

const struct vh_root_ops vh_root_systems_look = {
	.write = tree_write,
	.load_module = tree_load_module,
	.try_group = tree_try_group,
	.try_exclusive = look_try_exclusive,
	.routes = vh_root_routes_dump,
	.unit = tree_unit,
	.unload_module = tree_unload_module,
	.units = live_units,
};
