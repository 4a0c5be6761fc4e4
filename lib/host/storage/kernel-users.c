/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel-users - what the kernel itself does with a disk, or with a file on it, without a holder
 * that the disk names: loops, targets that export it, zram that writes back to it.
 */
#include "lib/host/uses/use.h"

#include <errno.h>

#include "lib/base/printable.h"
#include "lib/base/shell.h"

#include "lib/base/banned.h"

/*
 * One line for each kind. `dirs` has '*' for a whole name, or at the end of one; `device` is the
 * file in such a directory with the path of a device or a file, `on` says by 0 that it is not in
 * use. `text` and `fix` are written with %s for the last name of the directory, and %p for the
 * directory; `makes`: the last name is a block device, which is looked at as well.
 */
static const struct kind {
	const char *dirs, *device, *on, *text, *fix;
	bool makes, numbers; /* numbers: a file `info` has Major and Minor */
	bool serves;         /* somebody else works with it, who loses it by `fix` */
} kinds[] = {
	{ .dirs = "sys/block/loop*",
	  .device = "loop/backing_file",
	  .text = "held by %s",
	  .fix = "losetup --detach /dev/%s",
	  .makes = true },
	{ .dirs = "sys/block/zram*",
	  .device = "backing_dev",
	  .text = "what %s writes back to",
	  .fix = "echo 1 > /sys/block/%s/reset",
	  .makes = true },
	{ .dirs = "sys/kernel/config/nvmet/subsystems/*/namespaces/*",
	  .device = "device_path",
	  .on = "enable",
	  .text = "exported by the NVMe target (%p)",
	  .serves = true,
	  .fix = "echo 0 > %p/enable" },
	{ .dirs = "sys/kernel/config/nvmet/subsystems/*/passthru",
	  .device = "device_path",
	  .on = "enable",
	  .text = "exported by the NVMe target (%p)",
	  .serves = true,
	  .fix = "echo 0 > %p/enable" },
	{ .dirs = "sys/kernel/config/target/core/iblock_*/*",
	  .device = "udev_path",
	  .on = "enable",
	  .text = "exported by the target LIO (%s)",
	  .serves = true,
	  .fix = "targetcli /backstores/block delete %s",
	  .numbers = true },
	{ .dirs = "sys/kernel/config/target/core/fileio_*/*",
	  .device = "udev_path",
	  .on = "enable",
	  .text = "exported by the target LIO (%s)",
	  .serves = true,
	  .fix = "targetcli /backstores/fileio delete %s" },
	{ .dirs = "sys/kernel/config/target/core/pscsi_*/*",
	  .device = "udev_path",
	  .on = "enable",
	  .text = "exported by the target LIO (%s)",
	  .serves = true,
	  .fix = "targetcli /backstores/pscsi delete %s" },
	{ .dirs = "sys/kernel/config/usb_gadget/*/functions/mass_storage*/lun*",
	  .device = "file",
	  .text = "shown to another machine as a USB stick (%p)",
	  .serves = true,
	  .fix = "echo > %p/file" },
	{ .dirs = "sys/kernel/scst_tgt/devices/*",
	  .device = "filename",
	  .text = "exported by the target SCST (%s)" },
};

/* The template with the name and the directory in it, each made fit for its place. */
static char *fill(const char *template, const char *name, const char *dir,
		  char *(*make)(const char *))
{
	_auto_free_ char *whole = vh_printf("/%s", dir), *path = NULL, *word = make(name);
	const char *in_path = strstr(template, "%p");
	struct vh_strbuf sb = { 0 };

	/* what follows on the directory belongs to the same word */
	if (in_path && in_path[2] == '/') {
		_auto_free_ char *longer = vh_printf("%s%s", whole, in_path + 2);

		path = make(longer);
		vh_strbuf_add_mem(&sb, template, (size_t)(in_path - template));
		vh_strbuf_add(&sb, path);
		return vh_strbuf_steal(&sb);
	}
	path = make(whole);
	for (const char *p = template; *p; p++) {
		if (*p != '%') {
			vh_strbuf_add_mem(&sb, p, 1);
			continue;
		}
		vh_strbuf_add(&sb, *++p == 'p' ? path : word);
	}
	return vh_strbuf_steal(&sb);
}

static char *shown(const char *name)
{
	return vh_printable(name, 120);
}

/* /dev/disk/by-id/... and /dev/VG/LV are links to the kernel's name. */
static char *resolved(const struct vh_root *root, const char *device)
{
	_auto_free_ char *name = NULL;

	if (!vh_has_prefix(device, "/dev/"))
		return vh_strdup(device);
	name = vh_root_link_name(root, "%s", device + 1);
	return name ? vh_printf("/dev/%s", name) : vh_strdup(device);
}

/* Major: 8 Minor: 64 (drivers/target/target_core_iblock.c:iblock_show_configfs_dev_params()) */
static void read_numbers(const struct vh_root *root, const char *dir, struct vh_kernel_user *user)
{
	_auto_free_ char *info = vh_root_read(root, "%s/info", dir);
	const char *at = info ? strstr(info, "Major: ") : NULL;

	if (at && sscanf(at, "Major: %u Minor: %u", &user->major, &user->minor) != 2)
		user->major = user->minor = 0;
}

static void look_into(const struct vh_root *root, const struct kind *k, const char *dir,
		      struct vh_usage *u)
{
	_auto_free_ char *device = vh_root_read(root, "%s/%s", dir, k->device);
	const char *name = strrchr(dir, '/') + 1;
	struct vh_kernel_user found = { 0 }, *user;
	_auto_free_ char *fix = NULL;

	if (k->numbers)
		read_numbers(root, dir, &found);
	if (device)
		device[strcspn(device, "\n")] = 0;
	if ((!device || *device != '/') && !found.major)
		return; /* nothing is set, or "none" */
	if (k->on && vh_root_read_int(root, "%s/%s", dir, k->on) == 0)
		return;
	user = VH_APPEND(u->kernel_users, u->n_kernel_users);
	*user = found;
	user->given = vh_strdup(device ? device : "");
	user->device = resolved(root, user->given);
	user->text = fill(k->text, name, dir, shown);
	fix = k->fix ? fill(k->fix, name, dir, vh_shell_quote) : NULL;
	user->fix = fix && k->serves ? vh_printf("%s   # cuts off whoever works with it", fix)
				     : VH_STEAL(fix);
	user->block = k->makes ? vh_strdup(name) : NULL;
	if (*user->device == '/' && !vh_has_prefix(user->device, "/dev/"))
		user->on = vh_mounts_of(u, user->device);
}

/* What was listed last: the next kind often begins in the same directory. */
struct listed {
	char *dir;
	int error;
	struct vh_names names;
};

static void forget(struct listed *l)
{
	free(VH_STEAL(l->dir));
	vh_names_clear(&l->names);
}

static int list(const struct vh_root *root, const char *dir, struct listed *last,
		struct vh_names *ret)
{
	if (!vh_streq(last->dir, dir)) {
		forget(last);
		last->dir = vh_strdup(dir);
		last->error = vh_root_list(root, &last->names, "%s", dir) < 0 ? errno : 0;
	}
	vh_names_note_all(ret, &last->names);
	errno = last->error;
	return last->error ? -1 : 0;
}

/* `done` of the pattern is a directory that is there. */
static void expand(const struct vh_root *root, const struct kind *k, const char *done,
		   const char *pattern, struct listed *last, struct vh_usage *u)
{
	size_t n = strcspn(pattern, "/");
	_auto_free_ char *part = vh_strndup(pattern, n);
	_auto_names_ struct vh_names names = { 0 };
	char *star = strchr(part, '*');

	if (!star) {
		_auto_free_ char *next = vh_printf("%s%s%s", done, *done ? "/" : "", part);

		if (pattern[n])
			expand(root, k, next, pattern + n + 1, last, u);
		else
			look_into(root, k, next, u);
		return;
	}
	*star = 0;
	if (list(root, done, last, &names) < 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			vh_names_note(&u->blind, "%s: %s", done, strerror(errno));
		return;
	}
	for (size_t i = 0; i < names.count; i++) {
		_auto_free_ char *next = vh_printf("%s/%s", done, names.name[i]);

		if (!vh_has_prefix(names.name[i], part))
			continue;
		if (pattern[n])
			expand(root, k, next, pattern + n + 1, last, u);
		else
			look_into(root, k, next, u);
	}
}

/* --- Unraid ------------------------------------------------------------------------------------- */

/* The value of KEY.NUMBER=VALUE, borrowed; *ret_length may be 0. NULL: there is no such line. */
static const char *value_of(const char *text, const char *key, unsigned int number,
			    size_t *ret_length)
{
	_auto_free_ char *line = vh_printf("\n%s.%u=", key, number);
	const char *at = strstr(text, line);

	if (at)
		at += strlen(line);
	*ret_length = at ? strcspn(at, "\n") : 0;
	return at;
}

/*
 * The md of Unraid is not that of Linux. It makes a device of each disk's first partition, beside
 * parity, and nothing in /sys leads from the one to the other; its /proc/mdstat does:
 * diskName.1=md1p1 and rdevName.1=sdb.
 */
static void read_unraid(const struct vh_root *root, struct vh_usage *u)
{
	enum { DISKS_MAX = 256 };
	_auto_free_ char *text = NULL;
	bool any = false;

	for (size_t i = 0; i < u->n_mounts && !any; i++) /* of an array that is started some are */
		any = vh_has_prefix(u->mounts[i].source, "/dev/md");
	if (any)
		text = vh_root_read(root, "proc/mdstat");
	if (!text || !strstr(text, "\nrdevName.") || !strstr(text, "mdState=STARTED"))
		return;
	for (unsigned int i = 0; i < DISKS_MAX; i++) {
		size_t n, made_length;
		const char *disk = value_of(text, "rdevName", i, &n);
		const char *made = value_of(text, "diskName", i, &made_length);
		struct vh_kernel_user *user;

		if (!n)
			continue;
		user = VH_APPEND(u->kernel_users, u->n_kernel_users);
		user->given = vh_printf("/dev/%.*s", (int)n, disk);
		user->device = vh_strdup(user->given);
		user->text = vh_strdup("a disk of Unraid's array");
		user->fix = vh_strdup("stop the array: Main, Array Operation, in Unraid's web page");
		user->block = made_length ? vh_strndup(made, made_length) : NULL;
	}
}

void vh_kernel_users_read(const struct vh_root *root, struct vh_usage *u)
{
	struct listed last = { 0 };

	for (size_t i = 0; i < VH_COUNT(kinds); i++)
		expand(root, &kinds[i], "", kinds[i].dirs, &last, u);
	forget(&last);
	read_unraid(root, u);
}

void vh_kernel_users_clear(struct vh_usage *u)
{
	for (size_t i = 0; i < u->n_kernel_users; i++) {
		free(u->kernel_users[i].given);
		free(u->kernel_users[i].device);
		free(u->kernel_users[i].block);
		free(u->kernel_users[i].text);
		free(u->kernel_users[i].fix);
	}
	free(u->kernel_users);
}
