/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * root - the system as a directory: everything read from /sys, /proc, /etc, /run, /lib and
 * /dev is reached through a struct vh_root, by relative printf-style paths. Real runs hold
 * a descriptor of "/", tests and snapshots one of an expanded fixture tree.
 *
 * Where the kernel would react (a write to sysfs, loading a module, opening a VFIO group),
 * the call goes through `ops`: the live ones, the static ones of a tree that is only read,
 * or the fake kernel of tests/.
 */
#ifndef VH_ROOT_H
#define VH_ROOT_H

#include "lib/base/error.h"
#include "lib/base/names.h"

struct vh_root;
struct vh_reader;

struct vh_root_ops {
	/* One write(2) of `value` to an attribute. 0 or a negative errno. May block for ever. */
	int (*write)(const struct vh_root *root, const char *path, const char *value);
	/* Loads a kernel module by its name; with `anyway` though that is blacklisted, else 0 says
	 * nothing then. 0 or a negative errno. Blocks while it loads. */
	int (*load_module)(const struct vh_root *root, const char *name, bool anyway);
	/* Can /dev/vfio/GROUP be opened now? 0: yes (closed again at once); -EBUSY: somebody
	 * holds it; -ENOENT: no such node; other negative errno: cannot tell. */
	int (*try_group)(const struct vh_root *root, int group);
	/* Would an exclusive open of the block device /dev/NAME succeed? 0, -EBUSY; -EOPNOTSUPP:
	 * who only looks does not try; -ENODATA: it is not recorded; or another negative errno:
	 * cannot tell. */
	int (*try_exclusive)(const struct vh_root *root, const char *name);
	/* Opens /dev/NAME exclusively, for reading, so that nobody can mount it until the
	 * descriptor is closed: that, or as above. NULL: nobody who acts has this root. */
	int (*hold)(const struct vh_root *root, const char *name);
	/* Every route of every table (lib/base/root-routes.h); NULL, errno set. Without it a file
	 * `routes` of the tree has them. */
	char *(*routes)(const struct vh_root *root);
	/* systemctl VERB UNIT...: start or stop, until that is done. Called in a child only. 0 or a
	 * negative errno, or it becomes systemctl and its exit status counts. */
	int (*unit)(const struct vh_root *root, const char *verb, const struct vh_names *units);
	/* Unloads a module, unless it is in use. 0 or a negative errno. Called in a child only. */
	int (*unload_module)(const struct vh_root *root, const char *name);
	/* What systemd says of units, as lib/base/systemd.h; NULL: nothing. Without it the files
	 * units/NAME of the tree have it. */
	char *(*units)(const struct vh_root *root, const struct vh_names *names);
	/* Called before and after each step that a crash could separate from the next one
	 * ("rename file"), and each time that something is waited for ("wait for a lock"); NULL
	 * but in tests, which may die in it. */
	void (*step)(const struct vh_root *root, const char *what);
};

/* What a reader asked, for a watcher (lib/snapshot/recorder.c). */
enum vh_asked {
	VH_ASKED_FILE,      /* the text, or its beginning */
	VH_ASKED_LINK,      /* the target */
	VH_ASKED_LIST,      /* the names, each ended by a NUL */
	VH_ASKED_DIRS,      /* those of directories */
	VH_ASKED_PATH,      /* is it there? */
	VH_ASKED_EXCLUSIVE, /* of a block device below dev/ */
};
struct vh_root_watch {
	/* `error`: 0, or the errno with which it failed; there is no data then. May be called in
	 * children, and may change errno. */
	void (*saw)(const struct vh_root *root, enum vh_asked asked, const char *path, int error,
		    const void *data, size_t len);
	void *data;
};

/* Is told what is waited for, before each wait: "driver nvme to release 0000:06:00.0". */
struct vh_root_listener {
	void (*waits)(void *ctx, const char *what);
	void *ctx;
};

struct vh_root {
	int fd;
	const struct vh_root_ops *ops;
	void *data;               /* of ops */
	bool live;                /* this machine now: processes and locks mean something */
	bool ordinary;            /* ... by a user who sees less of it than root */
	bool sysfs;               /* it was entered in a place where is_sysfs() holds (root.c) */
	struct vh_reader *reader; /* that is asked what may block; NULL: a child for each question */
	const struct vh_root_watch *watch;       /* NULL but while a snapshot is taken */
	const struct vh_root_listener *listener; /* NULL but where somebody sits at a terminal */
	char *place; /* watched: where below the watched root it was entered; NULL: it is that one */
};

/* The machine we run on: who does not act cannot write either, and opens no disk exclusively. And a
 * tree that is only read (writes answer -EROFS). */
int vh_root_open_live(struct vh_root *ret, bool acts, struct vh_error *err) VH_CHECK;
int vh_root_open_tree(struct vh_root *ret, const char *dir, struct vh_error *err) VH_CHECK;
void vh_root_close(struct vh_root *root);
#define _auto_root_ __attribute__((cleanup(vh_root_close)))

/* The directory of `root` as a root of its own, for many short paths below it; links that lead
 * out of it can be read and not followed. 0 or -1, errno set. Ends with vh_root_close(). */
int vh_root_enter(const struct vh_root *root, struct vh_root *ret, const char *fmt, ...)
	VH_PRINTF(3, 4) VH_CHECK;

/*
 * The whole file (at most 8 MiB), without the newline at its end; NULL on
 * failure with errno set. Caller frees.
 */
char *vh_root_read(const struct vh_root *root, const char *fmt, ...) VH_PRINTF(2, 3) VH_CHECK;
/* At most `size` bytes, as they are. Returns the number read, or -1 with errno set. */
ssize_t vh_root_read_bytes(const struct vh_root *root, void *buf, size_t size, const char *fmt, ...)
	VH_PRINTF(4, 5) VH_CHECK;
/* The same, only of a regular file (else EINVAL), for a name that a domain gives: merely to open a
 * device may do something. Opening a watchdog starts it, opening a tape rewinds it. */
ssize_t vh_root_read_file(const struct vh_root *root, void *buf, size_t size, const char *fmt, ...)
	VH_PRINTF(4, 5) VH_CHECK;
/* A number in an attribute, in any C base; -1 with errno set. */
int64_t vh_root_read_int(const struct vh_root *root, const char *fmt, ...) VH_PRINTF(2, 3) VH_CHECK;
/* What a link points to, as it is written; and only its last component. NULL, errno set. */
char *vh_root_readlink(const struct vh_root *root, const char *fmt, ...) VH_PRINTF(2, 3) VH_CHECK;
char *vh_root_link_name(const struct vh_root *root, const char *fmt, ...) VH_PRINTF(2, 3) VH_CHECK;
bool vh_root_exists(const struct vh_root *root, const char *fmt, ...) VH_PRINTF(2, 3) VH_CHECK;
struct stat;
/* lstat(2), or stat(2) with `follow`; of a link's target inside the root. 0 or -1, errno set. */
int vh_root_stat(const struct vh_root *root, struct stat *ret, bool follow, const char *fmt, ...)
	VH_PRINTF(4, 5) VH_CHECK;
/* The SELinux context of a file, or of the link itself without `follow`; NULL, errno set. Caller
 * frees. */
char *vh_root_label(const struct vh_root *root, bool follow, const char *fmt, ...)
	VH_PRINTF(3, 4) VH_CHECK;
/* The names in a directory without "." and "..", sorted by strcmp(). 0 or -1, errno set. */
int vh_root_list(const struct vh_root *root, struct vh_names *ret, const char *fmt, ...)
	VH_PRINTF(3, 4) VH_CHECK;
/* Is anything in the directory? Costs the same however much there is. */
bool vh_root_has_entries(const struct vh_root *root, const char *fmt, ...) VH_PRINTF(2, 3) VH_CHECK;
/* The names, directories only; links to directories do not count. */
int vh_root_list_dirs(const struct vh_root *root, struct vh_names *ret, const char *fmt, ...)
	VH_PRINTF(3, 4) VH_CHECK;
/* A descriptor of a directory, O_CLOEXEC, last component not followed; -1, errno set. */
int vh_root_open_dir(const struct vh_root *root, const char *fmt, ...) VH_PRINTF(2, 3) VH_CHECK;

/* Every route of every table, in the words of lib/base/root-routes.h; NULL, errno set. Caller
 * frees. */
char *vh_root_read_routes(const struct vh_root *root) VH_CHECK;
/* What systemd says of each unit: KEY=VALUE lines; ret[i] NULL: nothing is known of it. Caller
 * frees each. */
void vh_root_read_units(const struct vh_root *root, const struct vh_names *units, char **ret);
/* Would an exclusive open of the block device /dev/NAME succeed? As ops->try_exclusive(). */
int vh_root_try_exclusive(const struct vh_root *root, const char *name) VH_CHECK;
/* A descriptor that keeps the block device /dev/NAME, or a negative errno: as ops->hold(). Only for
 * children of lib/act that take the device from its driver. */
int vh_root_hold(const struct vh_root *root, const char *name) VH_CHECK;
/* What a process has open. `type` 'c' or 'b': a device of these numbers; 0: something else, or it
 * cannot be told. `target`: the text of the link, which in a container means little. */
struct vh_open {
	char type;
	unsigned int major, minor;
	const char *target;
};
/* Returns what a watcher is to take for the link's target, or NULL: it is of no interest. */
typedef const char *vh_open_fn(void *ctx, const struct vh_open *o);
/* Calls `fn` for every device and every file of sysfs and the like that process `pid` has open;
 * `paths`: of devices the target is wanted, too. UNKNOWN: not all could be looked at; YES: they
 * were, or the process has ended. */
enum vh_tri vh_root_each_open(const struct vh_root *root, const char *pid, bool paths,
			      vh_open_fn *fn, void *ctx) VH_CHECK;
/* Tells the watcher of a link that was read by its directory's descriptor; keeps errno. */
void vh_root_saw_link(const struct vh_root *root, const char *target, const char *fmt, ...)
	VH_PRINTF(3, 4);
/* Tells the watcher of a file that was read by its directory's descriptor; keeps errno. */
void vh_root_saw_file(const struct vh_root *root, int error, const char *text, size_t len,
		      const char *fmt, ...) VH_PRINTF(5, 6);

/* One write to a kernel attribute, in this process: only for children (lib/base/child) and
 * only from lib/act. Returns 0 or a negative errno. */
int vh_root_write(const struct vh_root *root, const char *value, const char *fmt, ...)
	VH_PRINTF(3, 4) VH_CHECK;

/* Announces a step to a test that wants to die there. */
void vh_root_step(const struct vh_root *root, const char *what);
/* Tells the listener, if there is one, what will be waited for now. */
void vh_root_waits(const struct vh_root *root, const char *fmt, ...) VH_PRINTF(2, 3);

#endif
