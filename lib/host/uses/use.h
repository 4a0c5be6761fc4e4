/* SPDX-License-Identifier: GPL-2.0-or-later */
/* use - what the files of `uses` share; nobody else includes it. */
#ifndef VH_USE_H
#define VH_USE_H

#include "lib/base/strbuf.h"
#include "lib/host/uses/uses.h"

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
	struct vh_route {
		char *interface;
		uint32_t dest, mask; /* as on the wire; the default route has none of both */
		bool connected; /* no gateway: the interface has an address there */
	} *routes4;
	size_t n_routes4;
	struct vh_address {
		char *interface, *text; /* of global scope, IPv6 */
	} *addresses6;
	size_t n_addresses6;
	char *nfs_root;         /* the server that has the root file system, or NULL */
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

void vh_block_read_usage(const struct vh_root *root, struct vh_usage *u);
void vh_net_read_usage(const struct vh_root *root, struct vh_usage *u);

/* nvme0c1n2 is one path to the disk nvme0n2, whose name is returned; NULL: it is something else.
 * Caller frees. */
char *vh_block_head(const char *name);
/* Is the directory `path` a whole disk, or the hidden path of an NVMe multipath disk? */
bool vh_block_is_disk(struct vh_uses_ctx *ctx, const char *path, const char *name);
void vh_block_look(struct vh_uses_ctx *ctx, const char *path, const char *name);
/* The console and what of the kernel holds a display. */
void vh_display_look(struct vh_uses_ctx *ctx);
/* A device on a USB port, and one that is. */
bool vh_usb_is_device(const char *name);
void vh_usb_look(struct vh_uses_ctx *ctx, const char *path, const char *name);
/* The node of the kernel object at `path`, with its numbers ("226:1", or NULL). */
void vh_nodes_add(struct vh_uses_ctx *ctx, const char *path, const char *subsystem,
		  const char *numbers);
/* Those of a disk and its partitions, and those of NVIDIA's drivers. */
void vh_nodes_of_disk(struct vh_uses_ctx *ctx, const char *path, const char *name);
void vh_nodes_of_nvidia(struct vh_uses_ctx *ctx);

/* Who has nodes of which devices open: one look for all of them. */
struct vh_parties;
struct vh_parties *vh_parties_read(const struct vh_root *root, const struct vh_host *h) VH_CHECK;
void vh_parties_free(struct vh_parties *p);
/* Adds the uses of device number `dev` of the host. */
void vh_parties_look(const struct vh_parties *p, struct vh_uses_ctx *ctx, size_t dev);

/* What hangs on a Thunderbolt controller. */
void vh_usb_look_thunderbolt(struct vh_uses_ctx *ctx, const char *path, const char *name);

/* Disks that are reached through an interface. */
void vh_ties_look(struct vh_uses_ctx *ctx, const char *interface);
/* Is the interface with this directory up? */
enum vh_tri vh_use_net_is_up(const struct vh_root *root, const char *path);
/* `path` is a directory "net" whose entries are interfaces. */
void vh_net_look(struct vh_uses_ctx *ctx, const char *path);

#endif
