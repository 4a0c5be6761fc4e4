/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * write - puts the files of lib/boot/files where they belong, each whole or not at all, and
 * all of them or none: what was there before is kept until vh_boot_write_clear().
 */
#ifndef VH_BOOT_WRITE_H
#define VH_BOOT_WRITE_H

#include "lib/boot/files.h"

/* What was there before; `content` NULL: nothing. Borrows from the files written. */
struct vh_boot_written {
	const struct vh_root *root;
	struct vh_boot_files before;
};
void vh_boot_write_clear(struct vh_boot_written *w);
#define _auto_boot_written_ __attribute__((cleanup(vh_boot_write_clear)))

/* A file of somebody else at one of the places is an error, before anything is changed. */
int vh_boot_write(const struct vh_root *root, const struct vh_boot_files *files,
		  struct vh_boot_written *ret, struct vh_error *err) VH_CHECK;
/* Everything as it was. */
int vh_boot_write_undo(const struct vh_boot_written *w, struct vh_error *err) VH_CHECK;

#endif
