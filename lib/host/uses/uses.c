/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uses - see uses.h. Walks the device's subtree once and looks at what it finds there: disks
 * (uses-block.c), network interfaces (uses-net.c), USB devices (uses-usb.c), displays.
 */
#include "lib/host/uses/uses.h"

#include <errno.h>

#include "lib/host/uses/routes.h"
#include "lib/host/uses/ties.h"
#include "lib/host/uses/use.h"

#include "lib/base/banned.h"

#define DEPTH_MAX 24 /* of a subtree; USB hubs nest at most 7 deep, each level adds two */

struct vh_usage *vh_uses_read_usage(const struct vh_root *root)
{
	struct vh_usage *u = vh_alloc(sizeof(*u));

	vh_block_read_usage(root, u);
	u->routes = vh_alloc(sizeof(*u->routes));
	u->ties = vh_alloc(sizeof(*u->ties));
	return u;
}

void vh_uses_free_usage(struct vh_usage *u)
{
	if (!u)
		return;
	for (size_t i = 0; i < u->n_mounts; i++) {
		free(u->mounts[i].source);
		free(u->mounts[i].at);
		free(u->mounts[i].type);
		free(u->mounts[i].options);
	}
	for (size_t i = 0; i < u->n_loops; i++) {
		free(u->loops[i].name);
		free(u->loops[i].backing);
	}
	vh_routes_free(u->routes);
	vh_ties_free(u->ties);
	free(u->mounts);
	free(u->loops);
	vh_names_clear(&u->swaps);
	free(u);
}

static void walk(struct vh_uses_ctx *ctx, const char *path, int depth)
{
	_auto_names_ struct vh_names dirs = { 0 };
	struct vh_pci_addr other;

	if (depth > DEPTH_MAX || vh_root_list_dirs(ctx->root, &dirs, "%s", path) < 0) {
		vh_host_not_checked(ctx->host, "uses of %s below '%s': %s",
				    vh_pci_str(&ctx->dev->addr).s, path,
				    depth > DEPTH_MAX ? "nested too deep" : strerror(errno));
		ctx->complete = false;
		return;
	}
	for (size_t i = 0; i < dirs.count; i++) {
		const char *name = dirs.name[i];
		_auto_free_ char *sub = vh_printf("%s/%s", path, name);

		if (!strcmp(name, "power") || vh_pci_parse(name, &other) == 0)
			continue; /* behind a bridge: another function, asked for on its own */
		if (vh_block_is_disk(ctx, sub, name)) {
			vh_block_look(ctx, sub, name);
			continue;
		}
		if (!strcmp(name, "net")) {
			vh_net_look(ctx, sub);
			continue;
		}
		if (!strcmp(name, "fc_host"))
			vh_ties_look_fc(ctx, sub);
		if (vh_shares_is_virtio(name))
			vh_shares_look_virtio(ctx, sub, name);
		if (vh_usb_is_device(name))
			vh_usb_look(ctx, sub, name);
		walk(ctx, sub, depth + 1);
	}
}

void vh_uses_read(const struct vh_root *root, const struct vh_usage *usage, struct vh_host *host,
		  struct vh_pci_dev *d)
{
	struct vh_uses_ctx ctx = {
		.root = root, .usage = usage, .host = host, .dev = d, .complete = true,
	};

	if (!root->live && vh_root_exists(root, "%s/" VH_MANIFEST_UNANSWERED, d->path)) {
		vh_host_not_checked(host, "%s: its driver did not answer when the snapshot was taken",
				    vh_pci_str(&d->addr).s);
		d->uses_read = VH_NO;
		return;
	}
	/* without a host driver there is nothing below it that the host could use */
	if (d->driver && !vh_host_is_tolerated(d))
		walk(&ctx, d->path, 0);
	if ((vh_pci_is_display(d->class) ||
	     VH_PCI_BASE_CLASS(d->class) == VH_PCI_BASE_CLASS_MULTIMEDIA) &&
	    d->driver && !vh_host_is_tolerated(d) && !host->uses_untold)
		vh_display_look(&ctx);
	if (vh_pci_is_display(d->class) && d->driver && !d->on_vfio)
		vh_use_add(&ctx, VH_USE_DISPLAY, "it is a display of the host%s",
			   d->boot_vga ? ", the one it booted with" : "")
			->peer_only = true;
	if (host->uses_untold && d->driver)
		ctx.complete = false;
	d->uses_read = ctx.complete ? VH_YES : VH_UNKNOWN;
}
