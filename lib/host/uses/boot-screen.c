/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * boot-screen - the framebuffer that the firmware left, and that the kernel draws on as long as no
 * driver of the card does (simpledrm, efifb, vesafb and their successors). Its device hangs below
 * the function since Linux 6.11; before, only its memory tells which function it is on.
 */
#include "lib/host/uses/use.h"

#include "lib/host/topology.h"
#include "lib/host/uses/subsystem.h"

#include "lib/base/banned.h"

/* simple-framebuffer.0, efi-framebuffer.0, vesa-framebuffer.0 (drivers/firmware/sysfb.c) */
static void add_devices(const struct vh_uses_ctx *ctx, const char *path, struct vh_names *to)
{
	_auto_names_ struct vh_names names = { 0 };

	if (vh_root_list_dirs(ctx->root, &names, "%s", path) < 0)
		return;
	for (size_t i = 0; i < names.count; i++)
		if (strstr(names.name[i], "-framebuffer."))
			*VH_APPEND(to->name, to->count) = vh_printf("%s/%s", path, names.name[i]);
}

/* Of a function with a driver what hangs below it was noted by the walk. */
static bool is_noted(const struct vh_pci_dev *d, const char *file)
{
	for (size_t i = 0; i < d->n_devnodes; i++)
		if (!strcmp(d->devnodes[i].path, file))
			return true;
	return false;
}

/* fb0, card0; not a connector (card0-Unknown-1). Who has one open is found with all others
 * (parties.c). */
static void add_nodes(struct vh_uses_ctx *ctx, const char *device, const char *class,
		      struct vh_names *ret)
{
	_auto_names_ struct vh_names names = { 0 };

	if (vh_root_list_dirs(ctx->root, &names, "%s/%s", device, class) < 0)
		return;
	for (size_t i = 0; i < names.count; i++) {
		_auto_free_ char *numbers = NULL, *node = vh_subsystem_node(class, names.name[i]);

		if (!vh_subsystem_counts(vh_subsystem_find(class), names.name[i]) ||
		    strchr(names.name[i], '-'))
			continue;
		*VH_APPEND(ret->name, ret->count) = vh_strdup(names.name[i]);
		if (is_noted(ctx->dev, node))
			continue;
		numbers = vh_root_read(ctx->root, "%s/%s/%s/dev", device, class, names.name[i]);
		vh_nodes_add_file(ctx, node, VH_SUBSYSTEM_BOOT_SCREEN, numbers);
	}
}

/* The devices that draw on the memory of the function. */
static void find_devices(struct vh_uses_ctx *ctx, struct vh_names *ret)
{
	_auto_names_ struct vh_names others = { 0 };
	_auto_free_ char *name = NULL;

	add_devices(ctx, ctx->dev->path, ret);
	if (ret->count)
		return;
	add_devices(ctx, "sys/devices/platform", &others);
	if (!others.count)
		return;
	name = vh_topology_framebuffer(ctx->root, ctx->host, ctx->dev);
	if (!name)
		return;
	*ret = others;
	others = (struct vh_names){ 0 };
}

void vh_boot_screen_look(struct vh_uses_ctx *ctx)
{
	_auto_names_ struct vh_names devices = { 0 }, framebuffers = { 0 }, cards = { 0 };
	size_t before = ctx->dev->n_uses;

	find_devices(ctx, &devices);
	for (size_t i = 0; i < devices.count; i++) {
		add_nodes(ctx, devices.name[i], "graphics", &framebuffers);
		add_nodes(ctx, devices.name[i], "drm", &cards);
	}
	vh_display_look_at_console(ctx, &framebuffers);
	/* on a VFIO driver its owner has given it up: boot-display warns */
	for (size_t i = before; ctx->dev->on_vfio && i < ctx->dev->n_uses; i++)
		ctx->dev->uses[i].weak = true;
}
