/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uses - walks the device's subtree once and hands on what it finds there: disks (block.c),
 * network interfaces (net.c, ties.c), USB devices (usb.c), displays (display.c).
 */
#include "lib/host/uses/uses.h"

#include <errno.h>

#include "lib/host/uses/use.h"

#include "lib/base/banned.h"

#define DEPTH_MAX 24 /* of a subtree; USB hubs nest at most 7 deep, each level adds two */

struct vh_usage *vh_uses_read_usage(const struct vh_root *root)
{
	struct vh_usage *u = vh_alloc(sizeof(*u));

	vh_block_tables_read(root, u);
	vh_kernel_users_read(root, u);
	vh_members_read(root, u);
	vh_net_read_usage(root, u);
	return u;
}

void vh_uses_free_usage(struct vh_usage *u)
{
	if (!u)
		return;
	for (size_t i = 0; i < u->n_mounts; i++) {
		free(u->mounts[i].source);
		free(u->mounts[i].at);
		free(u->mounts[i].more);
		free(u->mounts[i].pool);
	}
	vh_kernel_users_clear(u);
	vh_members_clear(u);
	for (size_t i = 0; i < u->n_routes4; i++)
		free(u->routes4[i].interface);
	for (size_t i = 0; i < u->n_addresses6; i++) {
		free(u->addresses6[i].interface);
		free(u->addresses6[i].text);
	}
	free(u->routes4);
	free(u->addresses6);
	free(u->nfs_root);
	free(u->mounts);
	vh_names_clear(&u->swaps);
	vh_names_clear(&u->routes);
	free(u);
}

/* What is not seen of a disk is a use as a disk, whatever else was not seen before. */
static void look_at_disk(struct vh_uses_ctx *ctx, const char *path, const char *name)
{
	bool before = ctx->complete;

	ctx->complete = true;
	vh_block_look(ctx, path, name);
	if (!ctx->complete)
		ctx->dev->unseen_kinds |= VH_USE_BLOCK;
	ctx->complete &= before;
}

/* What hangs on it and may have parts of its own. */
static void look_at_part(struct vh_uses_ctx *ctx, const char *path, const char *name)
{
	if (vh_mediated_is_one(name)) /* which may look like a USB device: 5-... */
		vh_mediated_look(ctx, path, name);
	else if (vh_usb_is_device(name))
		vh_usb_look(ctx, path, name);
	else if (!strcmp(name, "bluetooth"))
		vh_usb_look_at_bluetooth(ctx, path);
	else if (!strcmp(name, "tty"))
		vh_serial_note(ctx, path);
	else if (vh_mediated_is_vdpa(name))
		vh_mediated_look_vdpa(ctx, name);
	else if (!ctx->virtio && vh_has_prefix(name, "virtio") && name[strlen("virtio")])
		ctx->virtio = vh_strdup(path);
}

static void walk(struct vh_uses_ctx *ctx, const char *path, int depth)
{
	_auto_names_ struct vh_names dirs = { 0 };
	struct vh_pci_addr other;

	if (depth > DEPTH_MAX || vh_root_list_dirs(ctx->root, &dirs, "%s", path) < 0) {
		vh_use_unseen(ctx, VH_USE_ANY, "uses of %s below '%s': %s",
			      vh_pci_str(&ctx->dev->addr).s, path,
			      depth > DEPTH_MAX ? "nested too deep" : strerror(errno));
		return;
	}
	for (size_t i = 0; i < dirs.count; i++) {
		const char *name = dirs.name[i];
		_auto_free_ char *sub = vh_printf("%s/%s", path, name);

		if (!strcmp(name, "power") || vh_pci_parse(name, &other) == 0)
			continue; /* behind a bridge: another function, asked for on its own */
		if (vh_flash_is_one(name)) {
			vh_flash_look(ctx, sub);
		} else if (vh_block_is_disk(ctx, sub, name)) {
			look_at_disk(ctx, sub, name);
			continue;
		}
		if (!strcmp(name, "net")) {
			vh_net_look(ctx, sub);
			continue;
		}
		look_at_part(ctx, sub, name);
		walk(ctx, sub, depth + 1);
	}
}

/* Is the line one of the text's? */
static bool has_line(const char *text, const char *line, size_t n)
{
	for (size_t k; text && *text; text += k + (text[k] == '\n')) {
		k = strcspn(text, "\n");
		if (k == n && !memcmp(text, line, n))
			return true;
	}
	return false;
}

/* A use's lines without those that stand before, but for the last, which ends the use itself. */
static char *without_repeated(const struct vh_pci_dev *d, size_t number)
{
	const char *line = d->uses[number].fix;
	struct vh_strbuf sb = { 0 };

	for (const char *end; (end = strchr(line, '\n')); line = end + 1) {
		bool known = false;

		for (size_t i = 0; i < number && !known; i++)
			known = has_line(d->uses[i].fix, line, (size_t)(end - line));
		if (!known)
			vh_strbuf_add_mem(&sb, line, (size_t)(end - line) + 1);
	}
	vh_strbuf_add(&sb, line);
	return vh_strbuf_steal(&sb);
}

/* A mirror leads twice to what is on it. */
static void drop_repeated(struct vh_pci_dev *d)
{
	size_t kept = 0;

	for (size_t i = 0; i < d->n_uses; i++) {
		size_t same = 0;

		while (same < kept && strcmp(d->uses[same].text, d->uses[i].text) != 0)
			same++;
		if (same == kept) {
			d->uses[kept++] = d->uses[i];
			continue;
		}
		free(d->uses[i].text);
		free(d->uses[i].fix);
	}
	d->n_uses = kept;
}

/* What has to end first stands first: inner mounts before outer ones, all before what they are on. */
static void sort_uses(struct vh_pci_dev *d)
{
	drop_repeated(d);
	for (size_t i = 1; i < d->n_uses; i++) {
		struct vh_use one = d->uses[i];
		size_t at = i;

		for (; at && d->uses[at - 1].rank < one.rank; at--)
			d->uses[at] = d->uses[at - 1];
		d->uses[at] = one;
	}
	for (size_t i = 0; i < d->n_uses; i++) {
		char *lines = d->uses[i].rank && d->uses[i].fix ? without_repeated(d, i) : NULL;

		if (lines) {
			free(d->uses[i].fix);
			d->uses[i].fix = lines;
		}
	}
}

/* What is a matter of the whole function. The kernel draws, and prints, without its driver too. */
static void look_at_whole(struct vh_uses_ctx *ctx)
{
	struct vh_pci_dev *d = ctx->dev;
	bool on_driver = d->driver && !vh_host_is_tolerated(d);
	bool is_display = vh_pci_is_display(d->class);

	if ((is_display || VH_PCI_BASE_CLASS(d->class) == VH_PCI_BASE_CLASS_MULTIMEDIA) &&
	    on_driver && !ctx->host->uses_untold)
		vh_display_look(ctx);
	if (is_display && !ctx->host->uses_untold)
		vh_boot_screen_look(ctx);
	if (!d->on_vfio && !ctx->host->uses_untold)
		vh_serial_look(ctx);
	if (is_display && d->driver && !d->on_vfio)
		vh_use_add(ctx, VH_USE_DISPLAY, "it is a display of the host%s",
			   d->boot_vga ? ", the one it booted with" : "")
			->peer_only = true;
}

void vh_uses_read(const struct vh_root *root, const struct vh_usage *usage, struct vh_host *host,
		  struct vh_pci_dev *d)
{
	struct vh_uses_ctx ctx = {
		.root = root,
		.usage = usage,
		.host = host,
		.dev = d,
		.complete = true,
	};

	if (!root->live && vh_root_exists(root, "%s/" VH_MANIFEST_UNANSWERED, d->path)) {
		vh_host_not_checked(host,
				    "%s: its driver did not answer when the snapshot was taken",
				    vh_pci_str(&d->addr).s);
		d->uses_read = VH_NO;
		return;
	}
	/* without a host driver there is nothing below it that the host could use */
	if (d->driver && !vh_host_is_tolerated(d))
		walk(&ctx, d->path, 0);
	look_at_whole(&ctx);
	if (host->uses_untold && d->driver)
		ctx.complete = false;
	sort_uses(d);
	if (!ctx.complete && !d->unseen_kinds)
		d->unseen_kinds = VH_USE_ANY;
	vh_names_clear(&ctx.ttys);
	free(ctx.virtio);
	d->uses_read = ctx.complete ? VH_YES : VH_UNKNOWN;
}
