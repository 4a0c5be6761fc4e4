/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trail - where a path of sysfs leads, and over which links: the directory of a device has many
 * names there, and a manifest has each file once. Elsewhere a path stays as it was asked for.
 */
#ifndef VH_TRAIL_H
#define VH_TRAIL_H

#include "lib/base/root.h"

struct vh_trail {
	char *path;
	struct vh_names links; /* "AT", then where it leads; both below the root */
};
void vh_trail_clear(struct vh_trail *t);
#define _auto_trail_ __attribute__((cleanup(vh_trail_clear)))

struct vh_trails; /* links that were looked at, each once */
struct vh_trails *vh_trails_new(const struct vh_root *root) VH_CHECK;
void vh_trails_free(struct vh_trails *t);
VH_DEFINE_AUTO(vh_trails, vh_trails_free)

/* `last`: a link at the end is followed as well. */
void vh_trail_follow(struct vh_trails *known, const char *path, bool last, struct vh_trail *ret);
/* The path without ".", and with each ".." taken back; `target` is relative to `dir`. */
char *vh_trail_join(const char *dir, const char *target) VH_CHECK;

#endif
