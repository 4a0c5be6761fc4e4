/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake-tree - what tests change in an expanded host: files, links and directories below
 * root->fd, by relative printf-style paths. Reading is lib/base/root's. What a test cannot do
 * ends it: these functions abort.
 */
#ifndef FAKE_TREE_H
#define FAKE_TREE_H

#include "lib/base/root.h"

/* Writes a file as a whole: readers see the old text or the new one. Makes directories. */
void fake_put(const struct vh_root *root, const char *path, const char *fmt, ...) VH_PRINTF(3, 4);
void fake_append(const struct vh_root *root, const char *path, const char *text);
void fake_mkdirs(const struct vh_root *root, const char *fmt, ...) VH_PRINTF(2, 3);
/* A relative link at `path` to `to`, both from the root of the tree. */
void fake_link(const struct vh_root *root, const char *path, const char *to);
/* A file, a link, or a directory with all that is in it; nothing there is fine. */
void fake_remove(const struct vh_root *root, const char *fmt, ...) VH_PRINTF(2, 3);
void fake_rename(const struct vh_root *root, const char *from, const char *to);
/* The number in a file, 0 where there is none; and the file gets the next one. */
int fake_count_up(const struct vh_root *root, const char *path);
/* An exclusive lock on a file, waited for; close the descriptor to unlock. */
int fake_lock(const struct vh_root *root, const char *path);
/* The same, shared with others who hold it so. */
int fake_lock_shared(const struct vh_root *root, const char *path);

/* The same, exclusive, at once: a descriptor, or a negative errno (-EBUSY). */
int fake_try_lock(const struct vh_root *root, const char *path);

#endif
