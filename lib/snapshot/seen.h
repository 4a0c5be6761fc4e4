/* SPDX-License-Identifier: GPL-2.0-or-later */
/* seen - the notes of a recorder in the terms of a manifest: each path once, by its own name. */
#ifndef VH_SEEN_H
#define VH_SEEN_H

#include "lib/snapshot/kept.h"
#include "lib/snapshot/recorder.h"

struct vh_seen {
	enum vh_asked asked;
	int error;
	char *path;       /* as in a manifest */
	const char *data; /* the recorder's */
	size_t len;
	char *target; /* of a link, as a manifest writes it */
	bool is_dir;
	struct vh_names links; /* that led there: "AT", then where it leads, as in a manifest */
};
struct vh_sight {
	struct vh_seen *list; /* sorted by path */
	size_t count;
};

/* `root` is the one below the recorder. */
void vh_seen_read(const struct vh_recorder *r, const struct vh_root *root, const struct vh_host *h,
		  struct vh_sight *ret);
void vh_seen_clear(struct vh_sight *s);
#define _auto_sight_ __attribute__((cleanup(vh_seen_clear)))

/* NULL: nobody has asked. */
const struct vh_seen *vh_seen_find(const struct vh_sight *s, enum vh_asked asked, const char *path);
/* Of an attribute of a function. */
const struct vh_seen *vh_seen_of(const struct vh_sight *s, enum vh_asked asked,
				 const struct vh_pci_dev *d, const char *name);
/* A path of sysfs as a manifest writes it: from the last PCI function on the way. */
char *vh_seen_path(const struct vh_host *h, const char *path) VH_CHECK;
/* It was not there, or went away before it could be read. */
bool vh_seen_is_absent(const struct vh_seen *s);

#endif
