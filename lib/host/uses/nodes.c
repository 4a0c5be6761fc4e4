/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nodes - the character and block nodes below a function, by whatever subsystem: a process that
 * has one open uses the function (parties.c).
 */
#include "lib/host/uses/use.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "lib/host/uses/subsystem.h"

#include "lib/base/banned.h"

#define SWITCHES_MAX 16 /* NVSwitches of a machine; there are 6 in the largest */

static struct vh_devnode *add(struct vh_uses_ctx *ctx, const char *subsystem, char *path)
{
	struct vh_devnode *n = VH_APPEND(ctx->dev->devnodes, ctx->dev->n_devnodes);

	n->path = path;
	n->subsystem = vh_strdup(subsystem);
	n->block = !strcmp(subsystem, "block");
	return n;
}

/* "226:1" */
static void number(struct vh_devnode *n, const char *text)
{
	int end = 0;

	n->numbered = text && sscanf(text, "%u:%u%n", &n->major, &n->minor, &end) == 2 && !text[end];
}

/* MAJOR=226, MINOR=1, DEVNAME=dri/card1 */
static char *devname(const struct vh_root *root, const char *path)
{
	static const char key[] = "DEVNAME=";
	_auto_free_ char *text = vh_root_read(root, "%s/uevent", path);
	const char *at = text;

	while (at && !vh_has_prefix(at, key)) {
		at = strchr(at, '\n');
		at = at ? at + 1 : NULL;
	}
	if (!at)
		return NULL;
	at += strlen(key);
	at += vh_has_prefix(at, "/dev/") ? strlen("/dev/") : 0;
	return vh_printf("/dev/%.*s", (int)strcspn(at, "\n"), at);
}

void vh_nodes_add(struct vh_uses_ctx *ctx, const char *path, const char *subsystem,
		  const char *numbers)
{
	const char *name = strrchr(path, '/') + 1;
	char *node;

	if (!vh_subsystem_counts(vh_subsystem_find(subsystem), name)) {
		node = vh_subsystem_node(subsystem, name);
		vh_things_node(ctx, node, numbers, false);
		free(node);
		return;
	}
	node = devname(ctx->root, path);
	number(add(ctx, subsystem, node ? node : vh_subsystem_node(subsystem, name)), numbers);
}

void vh_nodes_add_file(struct vh_uses_ctx *ctx, const char *file, const char *subsystem,
		       const char *numbers)
{
	number(add(ctx, subsystem, vh_strdup(file)), numbers);
}

/* nvme0c1n2 is one path to the disk nvme0n2, which lives elsewhere (drivers/nvme/host/core.c,
 * nvme_alloc_ns()). Returns the disk's name, or NULL. */
char *vh_nodes_head(const char *name)
{
	unsigned int subsystem, controller, ns;
	int end = 0;

	if (sscanf(name, "nvme%uc%un%u%n", &subsystem, &controller, &ns, &end) != 3 || name[end])
		return NULL;
	return vh_printf("nvme%un%u", subsystem, ns);
}

/* A volume, or the like, that lies on a disk of the function: a guest may have it as its own. */
void vh_nodes_above(struct vh_uses_ctx *ctx, const char *name, const char *numbers)
{
	_auto_free_ char *path = vh_subsystem_node("block", name);
	struct vh_devnode *n;

	for (size_t i = 0; i < ctx->dev->n_devnodes; i++)
		if (ctx->dev->devnodes[i].block && !strcmp(ctx->dev->devnodes[i].path, path))
			return;
	n = add(ctx, "block", VH_STEAL(path));
	n->above = true;
	number(n, numbers);
}

/* Of a disk with several paths the node that takes commands of NVMe is elsewhere, too: ng0n1. */
static void add_generic(struct vh_uses_ctx *ctx, const char *head)
{
	_auto_free_ char *name = vh_printf("ng%s", head + strlen("nvme"));
	_auto_free_ char *numbers = vh_root_read(ctx->root, "sys/class/nvme-generic/%s/dev", name);

	if (numbers)
		number(add(ctx, "nvme-generic", vh_printf("/dev/%s", name)), numbers);
}

/* Who has a whole disk or a partition open may not have said so to the kernel: QEMU does not. */
void vh_nodes_of_disk(struct vh_uses_ctx *ctx, const char *path, const char *name)
{
	_auto_free_ char *head = vh_nodes_head(name);
	_auto_free_ char *disk = head ? vh_printf("sys/class/block/%s", head) : vh_strdup(path);
	_auto_free_ char *numbers = vh_root_read(ctx->root, "%s/dev", disk);
	_auto_names_ struct vh_names dirs = { 0 };

	number(add(ctx, "block", vh_subsystem_node("block", head ? head : name)), numbers);
	if (head)
		add_generic(ctx, head);
	VH_IGNORE(vh_root_list_dirs(ctx->root, &dirs, "%s", disk)); /* vh_block_look() says why */
	for (size_t i = 0; i < dirs.count; i++) {
		_auto_free_ char *part = NULL;

		if (!vh_root_exists(ctx->root, "%s/%s/partition", disk, dirs.name[i]))
			continue;
		part = vh_root_read(ctx->root, "%s/%s/dev", disk, dirs.name[i]);
		number(add(ctx, "block", vh_subsystem_node("block", dirs.name[i])), part);
	}
}

/* Of a disk that the function does not have itself: it is reached by it. */
void vh_nodes_of_tied(struct vh_uses_ctx *ctx, const char *path, const char *name)
{
	size_t before = ctx->dev->n_devnodes;

	vh_nodes_of_disk(ctx, path, name);
	for (size_t i = before; i < ctx->dev->n_devnodes; i++)
		ctx->dev->devnodes[i].above = ctx->dev->devnodes[i].block;
}

/* --- NVIDIA's own drivers, which have no kernel objects for their nodes ------------------------ */

static void add_unlisted(struct vh_uses_ctx *ctx, const char *subsystem, char *path)
{
	struct vh_devnode *n = add(ctx, subsystem, path);
	struct stat st;

	if (!ctx->root->live || vh_root_stat(ctx->root, &st, true, "%s", path + 1) < 0 ||
	    !S_ISCHR(st.st_mode))
		return;
	n->numbered = true;
	n->major = major(st.st_rdev);
	n->minor = minor(st.st_rdev);
}

/* /dev/nvidiaN, the N from the GPU's file in /proc; nvidiactl is everybody's. */
static void add_gpu(struct vh_uses_ctx *ctx)
{
	static const char label[] = "Device Minor:";
	_auto_free_ char *text = vh_root_read(ctx->root, "proc/driver/nvidia/gpus/%s/information",
					      vh_pci_str(&ctx->dev->addr).s);
	char *at = text ? strstr(text, label) : NULL;
	uint64_t minor;

	if (!at)
		return;
	at += strlen(label);
	at += strspn(at, " \t");
	at[strcspn(at, " \t\n")] = 0;
	if (vh_parse_uint(at, 10, 255, &minor) == 0)
		add_unlisted(ctx, "nvidia", vh_printf("/dev/nvidia%d", (int)minor));
}

void vh_nodes_of_nvidia(struct vh_uses_ctx *ctx)
{
	if (vh_streq(ctx->dev->driver, "nvidia"))
		add_gpu(ctx);
	if (!vh_streq(ctx->dev->driver, "nvidia-nvswitch"))
		return;
	/* which is whose is to be read nowhere, and the fabric needs them all */
	for (int i = 0; i < SWITCHES_MAX; i++)
		add_unlisted(ctx, "nvidia-nvswitch", vh_printf("/dev/nvidia-nvswitch%d", i));
}
