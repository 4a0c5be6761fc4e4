/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses-impl - what the files of `uses` share; nobody else includes it. */
#ifndef VH_USES_IMPL_H
#define VH_USES_IMPL_H

#include "lib/base/strbuf.h"
#include "lib/model/uses.h"

struct vh_usage {
	struct vh_mount {
		unsigned int major, minor;
		char *source, *at; /* as in mountinfo, octal escapes undone */
	} *mounts;
	size_t n_mounts;
	struct vh_loop {
		char *name, *backing;
	} *loops;
	size_t n_loops;
	struct vh_names swaps;  /* /dev/sda2, or a file */
	struct vh_names routes; /* interfaces with a default route, v4 or v6 */
	bool mounts_read, swaps_read, routes_read;
};

struct vh_uses_ctx {
	const struct vh_root *root;
	const struct vh_usage *usage;
	struct vh_host *host;
	struct vh_pci_dev *dev;
	bool complete;
};

struct vh_use *vh_use_add(struct vh_uses_ctx *ctx, enum vh_use_kind kind, const char *fmt, ...)
	VH_PRINTF(3, 4);

void vh_usage_read_block(const struct vh_root *root, struct vh_usage *u);
void vh_usage_read_net(const struct vh_root *root, struct vh_usage *u);

/* Is the directory `path` a whole disk, or the hidden path of an NVMe multipath disk? */
bool vh_block_is_disk(struct vh_uses_ctx *ctx, const char *path, const char *name);
void vh_block_look(struct vh_uses_ctx *ctx, const char *path, const char *name);
/* Processes that have the nodes of a display or audio function open. */
void vh_display_look(struct vh_uses_ctx *ctx);
/* `path` is a directory "net" whose entries are interfaces. */
void vh_net_look(struct vh_uses_ctx *ctx, const char *path);

#endif
