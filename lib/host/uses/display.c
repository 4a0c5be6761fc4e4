/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * display - what of the kernel draws on a display function: the console, nvidia_drm. Processes
 * that have its nodes open are found by the scan for all nodes (parties.c).
 */
#include "lib/host/uses/use.h"

#include <errno.h>

#include "lib/base/banned.h"

/* "fb0": those that the walk has found, wherever: below the function, its virtio device, an
 * adapter on a USB port. */
static void add_framebuffers(const struct vh_uses_ctx *ctx, struct vh_names *to)
{
	for (size_t i = 0; i < ctx->dev->n_devnodes; i++) {
		const struct vh_devnode *n = &ctx->dev->devnodes[i];

		if (!strcmp(n->subsystem, "graphics"))
			*VH_APPEND(to->name, to->count) = vh_strdup(strrchr(n->path, '/') + 1);
	}
}

/* --- the console ------------------------------------------------------------------------- */

/* The framebuffers of the machine are numbered as they came; -1: none. */
static int64_t first_framebuffer(const struct vh_root *root)
{
	_auto_names_ struct vh_names names = { 0 };
	int64_t first = -1;

	VH_IGNORE(vh_root_list(root, &names, "sys/class/graphics"));
	for (size_t i = 0; i < names.count; i++) {
		uint64_t n;

		if (vh_has_prefix(names.name[i], "fb") &&
		    vh_parse_uint(names.name[i] + 2, 10, INT32_MAX, &n) == 0 &&
		    (first < 0 || (int64_t)n < first))
			first = (int64_t)n;
	}
	return first;
}

/* The virtual console that is drawn on framebuffers, if it is: "(M) frame buffer device"
 * (drivers/tty/vt/vt.c). NULL: it is not. */
static char *bound_console(struct vh_uses_ctx *ctx)
{
	_auto_names_ struct vh_names names = { 0 };

	if (vh_root_list(ctx->root, &names, "sys/class/vtconsole") < 0) {
		if (errno != ENOENT)
			vh_use_unseen(ctx, VH_USE_DISPLAY, "where the console is drawn: %s",
				      strerror(errno));
		else if (!ctx->root->live)
			vh_host_not_checked(ctx->host, "where the console is drawn: not recorded");
	}
	for (size_t i = 0; i < names.count; i++) {
		_auto_free_ char *name = vh_root_read(ctx->root, "sys/class/vtconsole/%s/name",
						      names.name[i]);

		if (name && strstr(name, "frame buffer") &&
		    vh_root_read_int(ctx->root, "sys/class/vtconsole/%s/bind", names.name[i]) == 1)
			return vh_strdup(names.name[i]);
	}
	return NULL;
}

/* fbcon=font:TER16x32,map:10: the digits, one for each console in turn
 * (fbcon.c:fb_console_setup()). NULL: nobody said so. */
static const char *map_of(const char *cmdline)
{
	static const char key[] = "fbcon=", option[] = "map:";
	const char *found = NULL;

	for (const char *at = cmdline; at && *at; at += strcspn(at, " \t\n")) {
		at += strspn(at, " \t\n");
		if (!vh_has_prefix(at, key))
			continue;
		for (at += strlen(key);; at++) {
			if (vh_has_prefix(at, option) && at[4] >= '0' && at[4] <= '9')
				found = at + strlen(option);
			at += strcspn(at, ", \t\n");
			if (*at != ',')
				break;
		}
	}
	return found;
}

/* The kernel draws on the first framebuffer, or on that of the display it booted with (fbcon.c:
 * fbcon_select_primary()), if no map says where; which one it is, is to be read nowhere. */
static bool may_have_console(const struct vh_uses_ctx *ctx, int64_t number, int64_t first)
{
	const char *map = map_of(ctx->host->cmdline);
	size_t digits = map ? strspn(map, "0123456789") : 0;

	if (map)
		return number < 10 && memchr(map, '0' + (int)number, digits);
	return number == first || ctx->dev->boot_vga;
}

void vh_display_look_at_console(struct vh_uses_ctx *ctx, const struct vh_names *framebuffers)
{
	_auto_free_ char *console = framebuffers->count ? bound_console(ctx) : NULL;
	int64_t first = console ? first_framebuffer(ctx->root) : -1;

	for (size_t i = 0; console && i < framebuffers->count; i++) {
		const char *fb = framebuffers->name[i];
		struct vh_use *u;
		uint64_t n;

		if (vh_parse_uint(fb + 2, 10, INT32_MAX, &n) < 0 ||
		    !may_have_console(ctx, (int64_t)n, first))
			continue;
		u = vh_use_add(ctx, VH_USE_DISPLAY, "the console is drawn on it (%s)", fb);
		u->fix = vh_printf("echo 0 > /sys/class/vtconsole/%s/bind   # 1 brings it back",
				   console);
		u->by = vh_strdup("console:");
		return;
	}
}

/* --- NVIDIA's own driver ----------------------------------------------------------------- */

/* Its unbinding waits for ever for nvidia_drm, which holds the card as a client of its own
 * (NVIDIA/open-gpu-kernel-modules, issue 1119). */
static void look_at_nvidia(struct vh_uses_ctx *ctx)
{
	static const char *const options[] = { "modeset", "fbdev" };
	struct vh_pci_name name = vh_pci_str(&ctx->dev->addr);
	_auto_strbuf_ struct vh_strbuf on = { 0 };
	struct vh_use *u;

	vh_host_not_checked(ctx->host,
			    "NVIDIA's persistence mode, which may hold %s: "
			    "nvidia-smi -q -i %s shows it",
			    name.s, name.s);
	for (size_t i = 0; i < VH_COUNT(options); i++) {
		_auto_free_ char *value = vh_root_read(
			ctx->root, "sys/module/nvidia_drm/parameters/%s", options[i]);
		_auto_free_ char *word = vh_printf("%s=1", options[i]);

		if (value && (*value == 'Y' || *value == '1'))
			vh_strbuf_join(&on, " ", word);
		if (!value && errno != ENOENT)
			vh_host_not_checked(ctx->host, "option '%s' of nvidia_drm: %s", options[i],
					    strerror(errno));
	}
	if (!on.len)
		return;
	u = vh_use_add(ctx, VH_USE_DISPLAY, "nvidia_drm holds it (%s)", on.data);
	u->fix = vh_strdup("systemctl stop display-manager nvidia-persistenced; "
			   "modprobe -r nvidia_drm nvidia_modeset nvidia_uvm nvidia");
	u->by = vh_strdup("module:nvidia_drm");
}

void vh_display_look(struct vh_uses_ctx *ctx)
{
	_auto_names_ struct vh_names framebuffers = { 0 };

	add_framebuffers(ctx, &framebuffers);
	vh_display_look_at_console(ctx, &framebuffers);
	if (vh_pci_is_display(ctx->dev->class) && vh_streq(ctx->dev->driver, "nvidia"))
		look_at_nvidia(ctx);
}
