/* SPDX-License-Identifier: GPL-2.0-or-later */
/* use - what the files of `uses` share; nobody else includes it. */
#ifndef VH_USE_H
#define VH_USE_H

#include "lib/base/strbuf.h"
#include "lib/host/uses/uses.h"

struct vh_usage {
	struct vh_mount {
		unsigned int major, minor;
		char *source, *at;    /* as in mountinfo, octal escapes undone */
		char *type, *options; /* of those that shares.c looks at; else NULL */
	} * mounts;
	size_t n_mounts;
	struct vh_loop {
		char *name, *backing;
	} * loops;
	size_t n_loops;
	struct vh_routes *routes; /* routes.h; read when first asked for ... */
	struct vh_ties *ties;     /* ... and ties.h */
	struct vh_names swaps;    /* /dev/sda2, or a file */
	bool mounts_read, swaps_read;
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

void vh_block_read_usage(const struct vh_root *root, struct vh_usage *u);

/* Is the directory `path` a whole disk, or the hidden path of an NVMe multipath disk? */
bool vh_block_is_disk(struct vh_uses_ctx *ctx, const char *path, const char *name);
void vh_block_look(struct vh_uses_ctx *ctx, const char *path, const char *name);
/* Processes that have the nodes of a display or audio function open, and the console. */
void vh_display_look(struct vh_uses_ctx *ctx);
/* A device on a USB port, and one that is. */
bool vh_usb_is_device(const char *name);
void vh_usb_look(struct vh_uses_ctx *ctx, const char *path, const char *name);
/* Those that no configuration allows to go: the system stands on them. */
bool vh_use_is_vital_mount(const char *at);
struct vh_ways;
/* Disks that are reached through an interface: iSCSI, nbd, rbd, ATA over Ethernet. */
void vh_ties_look(struct vh_uses_ctx *ctx, const struct vh_ways *ways);
/* NVMe over Fibre Channel by the ports in a directory "fc_host". */
void vh_ties_look_fc(struct vh_uses_ctx *ctx, const char *path);
/* File systems of a server: keeps what of a mount's line tells of it; `options` is cut. */
void vh_shares_note(struct vh_mount *m, const char *type, char *options);
/* Does the root file system lie on it, which is an overlay? */
bool vh_shares_is_below_root(const struct vh_usage *u, const char *at);
/* The folders that an overlay is made of. */
void vh_shares_overlay_dirs(const struct vh_mount *m, struct vh_names *ret);
/* The addresses or names of the servers of a mount of the network. */
bool vh_shares_is_of_network(const struct vh_mount *m);
void vh_shares_servers(const struct vh_mount *m, struct vh_names *ret);
void vh_shares_look(struct vh_uses_ctx *ctx, const struct vh_ways *ways);
/* 9p and virtiofs of a virtio device of the function: `path` ends with virtioN. */
bool vh_shares_is_virtio(const char *name);
void vh_shares_look_virtio(struct vh_uses_ctx *ctx, const char *path, const char *name);
/* Is the interface with this directory up? */
enum vh_tri vh_use_net_is_up(const struct vh_root *root, const char *path);
/* `path` is a directory "net" whose entries are interfaces. */
void vh_net_look(struct vh_uses_ctx *ctx, const char *path);

#endif
