/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uses - see uses.h. Walks the device's subtree once and tells kernel objects by their subsystem,
 * never by what a name looks like: disks (block.c), interfaces (net.c), USB devices (usb.c), and
 * every node that a process can have open (nodes.c, parties.c).
 */
#include "lib/host/uses/uses.h"

#include <errno.h>

#include "lib/host/uses/subsystem.h"
#include "lib/host/uses/use.h"

#include "lib/base/banned.h"

#define DEPTH_MAX 24 /* of a subtree; USB hubs nest at most 7 deep, each level adds two */

struct vh_usage *vh_uses_read_usage(const struct vh_root *root)
{
	struct vh_usage *u = vh_alloc(sizeof(*u));

	vh_block_read_usage(root, u);
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
	}
	for (size_t i = 0; i < u->n_loops; i++) {
		free(u->loops[i].name);
		free(u->loops[i].backing);
	}
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
	free(u->loops);
	vh_names_clear(&u->swaps);
	vh_names_clear(&u->routes);
	free(u);
}

/* --- the walk ---------------------------------------------------------------------------------- */

/* A device on a USB port by its place, where nothing else says it: below a root hub. */
static bool is_below_hub(const char *path)
{
	const char *at = path;

	while ((at = strstr(at, "/usb"))) {
		at += strlen("/usb");
		if (*at >= '0' && *at <= '9')
			return true;
	}
	return false;
}

/*
 * The subsystem of a kernel object: the kernel says it for all that has a node, and it is asked
 * for what is named like a USB device (i2c clients and Thunderbolt routers are, too). Trees may
 * not have it: there an object stands in a directory of its class. NULL: none of these.
 */
static char *subsystem_of(const struct vh_uses_ctx *ctx, const char *path, const char *name,
			  const char *class, const char *numbers)
{
	_auto_free_ char *sub = vh_printf("%s/%s", path, name), *said = NULL;
	bool usb = vh_usb_is_device(name);

	if (numbers || usb)
		said = vh_root_link_name(ctx->root, "%s/subsystem", sub);
	if (said)
		return VH_STEAL(said);
	if (usb && (is_below_hub(path) || vh_root_exists(ctx->root, "%s/idVendor", sub)))
		return vh_strdup("usb");
	if (vh_subsystem_find(class) && (numbers || !ctx->root->live))
		return vh_strdup(class);
	return numbers ? vh_strdup(class) : NULL;
}

/* What stands above: the class of which the directory is, or the object. */
struct place {
	const char *class;
	bool on_usb, on_sound;
	int depth;
};

static void walk(struct vh_uses_ctx *ctx, const char *path, const struct place *at);

static void look_at_node(struct vh_uses_ctx *ctx, const char *sub, const char *subsystem,
			 const char *numbers, const struct place *at)
{
	bool input = !strcmp(subsystem, "input");

	if (input && at->on_sound) /* it says that a plug was pulled */
		return;
	vh_nodes_add(ctx, sub, input && at->on_usb ? VH_SUBSYSTEM_USB_INPUT : subsystem, numbers);
}

static void look_at(struct vh_uses_ctx *ctx, const char *path, const char *name,
		    const struct place *at)
{
	_auto_free_ char *sub = vh_printf("%s/%s", path, name);
	_auto_free_ char *numbers = vh_root_read(ctx->root, "%s/dev", sub);
	_auto_free_ char *subsystem = subsystem_of(ctx, path, name, at->class, numbers);
	struct place below = *at;

	if ((!subsystem || !vh_subsystem_find(subsystem) || !strcmp(subsystem, "block") ||
	     !strcmp(subsystem, "nvme")) &&
	    vh_block_is_disk(ctx, sub, name)) {
		vh_block_look(ctx, sub, name);
		vh_nodes_of_disk(ctx, sub, name);
		return;
	}
	if (!strcmp(name, "net")) {
		vh_net_look(ctx, sub);
		return;
	}
	if (subsystem && !ctx->host->uses_untold)
		look_at_node(ctx, sub, subsystem, numbers, at);
	below.on_sound |= vh_streq(subsystem, "sound");
	if (vh_streq(subsystem, "usb") && vh_usb_is_device(name)) {
		below.on_usb = true;
		vh_usb_look(ctx, sub, name);
	}
	if (vh_streq(subsystem, "thunderbolt"))
		vh_usb_look_thunderbolt(ctx, sub, name);
	/* an object has those of its own class without a directory between (drivers/base/core.c:
	 * get_device_parent()) */
	below.class = name;
	if (vh_subsystem_find(subsystem) && !vh_subsystem_find(name) && strcmp(subsystem, "usb") != 0)
		below.class = subsystem;
	below.depth++;
	walk(ctx, sub, &below);
}

static void walk(struct vh_uses_ctx *ctx, const char *path, const struct place *at)
{
	_auto_names_ struct vh_names dirs = { 0 };
	struct vh_pci_addr other;

	if (at->depth > DEPTH_MAX || vh_root_list_dirs(ctx->root, &dirs, "%s", path) < 0) {
		vh_host_not_checked(ctx->host, "uses of %s below '%s': %s",
				    vh_pci_str(&ctx->dev->addr).s, path,
				    at->depth > DEPTH_MAX ? "nested too deep" : strerror(errno));
		ctx->complete = false;
		return;
	}
	for (size_t i = 0; i < dirs.count; i++)
		/* behind a bridge: another function, asked for on its own */
		if (strcmp(dirs.name[i], "power") != 0 && vh_pci_parse(dirs.name[i], &other) < 0)
			look_at(ctx, path, dirs.name[i], at);
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
		walk(&ctx, d->path, &(struct place){ .class = "pci" });
	if (d->driver && !host->uses_untold)
		vh_nodes_of_nvidia(&ctx);
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
