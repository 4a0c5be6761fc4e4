/* SPDX-License-Identifier: GPL-2.0-or-later */
/* use - what the files of `uses` share: the tables of /proc, parsed, and notes of uses. */
#ifndef VH_USE_H
#define VH_USE_H

#include "lib/base/strbuf.h"
#include "lib/host/uses/uses.h"

struct vh_usage {
	struct vh_mount {
		unsigned int major, minor;
		char *source, *at;    /* as in mountinfo, octal escapes undone */
		char *more;           /* further devices, with ':' between them, or NULL */
		char *pool;           /* of ZFS, or NULL */
		char *type, *options; /* of those that shares.c looks at; else NULL */
		bool local;           /* looking up a name in it waits for nobody else */
	} * mounts;
	size_t n_mounts;
	struct vh_kernel_user {
		char *given, *device;      /* a path, as written and with links resolved */
		unsigned int major, minor; /* of it, where that is told; else 0 */
		char *block;               /* the block device that it makes: "loop0", or NULL */
		const struct vh_mount *on; /* that the file lies on, or NULL */
		char *text, *fix;          /* "exported by ..."; fix may be NULL */
	} * kernel_users;
	size_t n_kernel_users;
	struct vh_names *btrfs; /* of each that is mounted the devices, each by all its names */
	size_t n_btrfs;
	struct vh_routes *routes;         /* routes.h; read when first asked for ... */
	struct vh_ties *ties;             /* ... and ties.h */
	struct vh_namespaces *namespaces; /* ... and openers.c: what others have mounted; ... */
	struct vh_zvols *zvols;           /* ... and volumes of ZFS */
	struct vh_names swaps;            /* /dev/sda2, or a file */
	const struct vh_mount **swaps_on; /* ... and what each file lies on, or NULL */
	bool mounts_read, swaps_read;
	struct vh_names blind; /* tables of what the kernel does with disks that are not readable */
};

struct vh_uses_ctx {
	const struct vh_root *root;
	const struct vh_usage *usage;
	struct vh_host *host;
	struct vh_pci_dev *dev;
	struct vh_names ttys; /* ports below it: "ttyS4" */
	char *virtio;         /* the directory of its virtio device, or NULL */
	bool complete;
	unsigned int looks; /* at block devices, so far */
};

struct vh_use *vh_use_add(struct vh_uses_ctx *ctx, enum vh_use_kind kind, const char *fmt, ...)
	VH_PRINTF(3, 4);
/* Uses of these kinds may be there and could not be seen, for this reason. */
void vh_use_unseen(struct vh_uses_ctx *ctx, unsigned int kinds, const char *fmt, ...)
	VH_PRINTF(3, 4);
#define VH_USE_ANY (~0u)
#define VH_ZFS_PARTITION "6a898cc3-1dd2-11b2-99a6-080020736631" /* of GPT */
#define VH_USE_RANK_FIRST (UINT32_MAX / 2) /* deeper than a mount point can be */
/* What was found after a mark, or could not be seen, is taken back: it turned out not to be the
 * function's. */
struct vh_use_mark {
	size_t uses, carries, nodes, things, unseen, not_checked;
	unsigned int unseen_kinds;
	bool complete;
};
struct vh_use_mark vh_use_mark(const struct vh_uses_ctx *ctx);
void vh_use_forget(struct vh_uses_ctx *ctx, const struct vh_use_mark *since);
/* Is it the system itself that is mounted there? No configuration allows that to go. */
bool vh_use_is_vital_mount(const char *at);
/* Is the file one of a list with ':' between them, which may be NULL? */
bool vh_use_is_in_list(const char *list, const char *file);

void vh_block_tables_read(const struct vh_root *root, struct vh_usage *u);
/* Adds what a mountinfo has, which is cut; ends with vh_block_tables_clear(). */
void vh_block_tables_parse(char *text, struct vh_mount **ret, size_t *ret_count);
void vh_block_tables_clear(struct vh_mount *mounts, size_t count);
/* The file system that a file lies on: the longest mount point, of those the last. */
const struct vh_mount *vh_mounts_of(const struct vh_usage *usage, const char *file);
/* How deep a mount of a table lies: the inner ones have to be unmounted first. */
unsigned int vh_mounts_rank(const struct vh_mount *table, const struct vh_mount *m);
/* What has to go before `m` can be unmounted, and that: what is mounted below it, from wherever.
 * NULL: its folder was deleted, and no path leads to it. Caller frees. */
char *vh_mounts_umount(const struct vh_usage *usage, const struct vh_mount *m) VH_CHECK;
bool vh_mounts_is_network(const char *type);
/* File systems of a server, and overlays: keeps what a mount's line has of it; `options` is
 * cut. */
void vh_mounts_note(struct vh_mount *m, const char *type, char *options);
/* The value of the next option KEY=VALUE from *at on, NULL at the end. Caller frees. */
char *vh_mounts_next_option(const char **at, const char *key) VH_CHECK;
/* The words of a list, each once. */
void vh_mounts_add_all(struct vh_names *to, const char *list, const char *separators);
/* The folders that an overlay is made of. */
void vh_mounts_layers(const struct vh_mount *m, struct vh_names *ret);
/* Does the root file system, or another vital one, lie on it, which is an overlay? */
bool vh_mounts_is_below_root(const struct vh_usage *u, const char *at);
/* Was the root put together out of sight (a live system, a container)? */
bool vh_mounts_hide_layers(const struct vh_usage *u);

/* Who has the block device /dev/`node` open exclusively, seen without opening it: adds the use, and
 * says whether there is one. */
bool vh_openers_look(struct vh_uses_ctx *ctx, const char *path, const char *node);
struct vh_namespaces *vh_openers_new(void) VH_CHECK;
void vh_openers_free(struct vh_namespaces *n);
/* Is it mounted in our own namespace too? */
bool vh_openers_is_known(const struct vh_usage *u, const struct vh_mount *m);

/* Volumes of ZFS. Is /dev/NODE, or a link to it, one of this pool, or may it be? And the nodes of
 * a pool's volumes. NULL: whichever pool it is. */
struct vh_zvols *vh_zvols_new(void) VH_CHECK;
void vh_zvols_free(struct vh_zvols *z);
bool vh_zvols_may_be_of(const struct vh_uses_ctx *ctx, const char *node, const char *pool);
/* What udev says of one; NULL: nothing. Caller frees. */
char *vh_zvols_pool_of(const char *udev) VH_CHECK;
void vh_zvols_look(struct vh_uses_ctx *ctx, const char *pool);
/* Memory of the host on a card: CXL, a dax device, virtio-mem. `path` is its directory. */
void vh_ram_look(struct vh_uses_ctx *ctx, const char *path, const char *name, const char *subsystem);
/* What targets export by a node that is not a disk: "/dev/st0". */
void vh_block_look_at_exports(struct vh_uses_ctx *ctx, const char *node);
/* The files on a mount that the kernel has open; `name` is of what it lies on. */
void vh_block_look_at_files(struct vh_uses_ctx *ctx, const struct vh_mount *m, const char *name);

/* Loops, exports and the like. */
void vh_kernel_users_read(const struct vh_root *root, struct vh_usage *u);
void vh_kernel_users_clear(struct vh_usage *u);

/* File systems of several disks. */
void vh_members_read(const struct vh_root *root, struct vh_usage *u);
void vh_members_clear(struct vh_usage *u);
/* Are two devices (paths below /dev) members of one file system? */
bool vh_members_share(const struct vh_usage *u, const char *file, const char *source);
/* Is the device one of what is mounted there, as far as that is told? */
bool vh_members_are_of(const struct vh_usage *u, const char *file, const struct vh_mount *m);
/* What udev found on the block device with this directory, or NULL. Caller frees. */
char *vh_members_signature(const struct vh_uses_ctx *ctx, const char *path) VH_CHECK;
/* The pool that the member is of, by what udev says; NULL: unknown. Caller frees. */
char *vh_members_pool(const char *udev) VH_CHECK;
/* By its label a member of a pool that is imported, where nobody could try: adds the use, and says
 * whether it is. */
bool vh_members_suspect(struct vh_uses_ctx *ctx, const char *path, const char *node);
void vh_members_add_journal(struct vh_uses_ctx *ctx, const char *node);
/* Somebody has it open exclusively: adds who, if what is on it tells; and else that it is unknown. */
bool vh_members_explain(struct vh_uses_ctx *ctx, const char *path, const char *node);
void vh_members_unknown(struct vh_uses_ctx *ctx, const char *path, const char *node);

/* Is the directory `path` a whole disk, or the hidden path of an NVMe multipath disk? */
bool vh_block_is_disk(struct vh_uses_ctx *ctx, const char *path, const char *name);
void vh_block_look(struct vh_uses_ctx *ctx, const char *path, const char *name);
/* The console and what of the kernel holds a display. */
void vh_display_look(struct vh_uses_ctx *ctx);
/* Is the console drawn on one of these framebuffers ("/dev/fb0") of the function? */
void vh_display_look_at_console(struct vh_uses_ctx *ctx, const struct vh_names *framebuffers);
/* Who draws on a display by the framebuffer of the firmware. */
void vh_boot_screen_look(struct vh_uses_ctx *ctx);
/* The console on a serial port: `path` is a directory "tty"; and after the walk. */
void vh_serial_note(struct vh_uses_ctx *ctx, const char *path);
void vh_serial_look(struct vh_uses_ctx *ctx);
/* A mediated device (its name is a UUID), and who has it. */
bool vh_mediated_is_one(const char *name);
void vh_mediated_look(struct vh_uses_ctx *ctx, const char *path, const char *uuid);
/* A flash (mtd0), which is not a disk, and one that is. */
bool vh_flash_is_one(const char *name);
void vh_flash_look(struct vh_uses_ctx *ctx, const char *path);
/* A device on a USB port, and one that is. */
bool vh_usb_is_device(const char *name);
void vh_usb_look(struct vh_uses_ctx *ctx, const char *path, const char *name);
/* An adapter, on USB or not, and the keyboards that are connected by it. */
void vh_usb_look_at_bluetooth(struct vh_uses_ctx *ctx, const char *path);
/* nvme0c1n2 is one path to the disk nvme0n2, whose name is returned; NULL: it is something else.
 * Caller frees. */
char *vh_nodes_head(const char *name) VH_CHECK;
/* The node of the kernel object at `path`, with its numbers ("226:1", or NULL). */
void vh_nodes_add(struct vh_uses_ctx *ctx, const char *path, const char *subsystem,
		  const char *numbers);
/* One whose path below /dev is known. */
void vh_nodes_add_file(struct vh_uses_ctx *ctx, const char *file, const char *subsystem,
		       const char *numbers);
/* That of a block device on top of a disk of the function; `numbers` as above. */
void vh_nodes_above(struct vh_uses_ctx *ctx, const char *name, const char *numbers);
/* Those of a disk and its partitions, and those of NVIDIA's drivers. */
void vh_nodes_of_disk(struct vh_uses_ctx *ctx, const char *path, const char *name);
void vh_nodes_of_tied(struct vh_uses_ctx *ctx, const char *path, const char *name);
void vh_nodes_of_nvidia(struct vh_uses_ctx *ctx);

/* What a domain may name of it (things.c): a node; a block device by all its names; a file system;
 * a pool of ZFS and what is mounted of it; an interface; a USB device; what tells by its name what
 * it is. */
void vh_things_node(struct vh_uses_ctx *ctx, const char *path, const char *numbers, bool block);
void vh_things_block(struct vh_uses_ctx *ctx, const char *file, const char *dm_name,
		     const char *numbers);
/* A volume of LVM by its name in device-mapper, as its tools call it: what stands before the single
 * hyphen is the group, others are doubled (lvm(8)). NULL: it is none. Caller frees. */
char *vh_things_volume(const char *dm_name) VH_CHECK;
void vh_things_mount(struct vh_uses_ctx *ctx, const struct vh_mount *m);
void vh_things_pool(struct vh_uses_ctx *ctx, const char *pool);
void vh_things_interface(struct vh_uses_ctx *ctx, const char *name);
void vh_things_usb(struct vh_uses_ctx *ctx, const char *path, const char *name);
void vh_things_by_name(struct vh_uses_ctx *ctx, const char *name);

/* Who has nodes of which devices open: one look for all of them. */
struct vh_parties;
struct vh_parties *vh_parties_read(const struct vh_root *root, const struct vh_host *h) VH_CHECK;
void vh_parties_free(struct vh_parties *p);
/* Has a process this node of device number `dev` open that opens disks exclusively? That anybody
 * has it open does not prove it: a file system that cannot be seen may be who has it so. */
bool vh_parties_have_exclusively(const struct vh_parties *p, size_t dev, const char *node);
/* Adds the uses of device number `dev` of the host. */
void vh_parties_look(struct vh_parties *p, struct vh_uses_ctx *ctx, size_t dev);

/* What hangs on a Thunderbolt controller. */
void vh_usb_look_thunderbolt(struct vh_uses_ctx *ctx, const char *path, const char *name);

struct vh_ways;
/* Disks that are reached through an interface: iSCSI, nbd, rbd, ATA over Ethernet. */
void vh_ties_look(struct vh_uses_ctx *ctx, const struct vh_ways *ways);
/* NVMe over Fibre Channel by the ports in a directory "fc_host". */
void vh_ties_look_fc(struct vh_uses_ctx *ctx, const char *path);
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
/* `path` is a directory of `class`: is what belongs into it in another network namespace? */
void vh_net_look_at_namespaces(struct vh_uses_ctx *ctx, const char *path, const char *class);

#endif
