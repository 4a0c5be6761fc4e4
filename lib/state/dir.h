/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dir - a directory into which nobody but root may have written, and its files: read only if
 * they are root's too, written whole or not at all.
 */
#ifndef VH_DIR_H
#define VH_DIR_H

#include "lib/base/root.h"
#include "lib/base/strbuf.h"

struct vh_dir {
	const struct vh_root *root; /* borrowed */
	const char *path;           /* below it */
	const char *remedy;         /* what to do about a file that cannot be trusted */
	int fd;                     /* -1: not there */
};

/* Sets ret->fd; the rest is set before. With `create` makes the directory (0700) where it is
 * missing. Refuses one that is a link, or that others may write to. Without `create`, a missing
 * one is an empty one. */
int vh_dir_open(struct vh_dir *ret, bool create, struct vh_error *err) VH_CHECK;
void vh_dir_close(struct vh_dir *d);

/* Holds the directory against others who want to write, until it is closed; waits until
 * `deadline` (vh_now_ms()). */
int vh_dir_lock(const struct vh_dir *d, int64_t deadline, struct vh_error *err) VH_CHECK;

/* `ret` stays empty when there is no such file. */
int vh_dir_read(const struct vh_dir *d, const char *name, struct vh_strbuf *ret,
		struct vh_error *err) VH_CHECK;
/* By way of the file `temp`, and a rename: whole or not at all, whoever is killed. There is no
 * fsync(), which no time bounds: after a power failure a file on a disk may be cut, and is then
 * one that cannot be trusted. */
int vh_dir_write(const struct vh_dir *d, const char *temp, const char *name, const char *text,
		 struct vh_error *err) VH_CHECK;
/* Where there are `max` files of this suffix, the oldest goes. */
void vh_dir_make_room(const struct vh_dir *d, const char *suffix, size_t max);

#endif
