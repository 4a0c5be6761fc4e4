/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uses-display - who draws or plays on a display or audio function: processes that have its
 * nodes open. A sound server keeps the control node open for ever and lets go of it when the
 * card goes, so only the nodes that carry sound count.
 */
#include "lib/model/uses-impl.h"

#include "lib/model/process.h"

#include "lib/base/banned.h"

static void add_nodes(const struct vh_uses_ctx *ctx, const char *dir, const char *const *prefixes,
		      const char *node, struct vh_names *to)
{
	_auto_names_ struct vh_names names = { 0 };

	if (vh_root_list_dirs(ctx->root, &names, "%s/%s", ctx->dev->path, dir) < 0)
		return;
	for (size_t i = 0; i < names.count; i++)
		for (const char *const *p = prefixes; *p; p++)
			if (vh_has_prefix(names.name[i], *p))
				*VH_APPEND(to->name, to->count) =
					vh_printf("%s%s", node, names.name[i]);
}

static void add_sound(const struct vh_uses_ctx *ctx, struct vh_names *to)
{
	static const char *const sound[] = { "pcm", "midi", NULL };
	_auto_names_ struct vh_names cards = { 0 };

	if (vh_root_list_dirs(ctx->root, &cards, "%s/sound", ctx->dev->path) < 0)
		return;
	for (size_t i = 0; i < cards.count; i++) {
		_auto_free_ char *dir = vh_printf("sound/%s", cards.name[i]);

		add_nodes(ctx, dir, sound, "/dev/snd/", to);
	}
}

/* NVIDIA's own driver: /dev/nvidiaN, the N from its file in /proc. */
static void add_nvidia(const struct vh_uses_ctx *ctx, struct vh_names *to)
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
		*VH_APPEND(to->name, to->count) = vh_printf("/dev/nvidia%d", (int)minor);
}

void vh_display_look(struct vh_uses_ctx *ctx)
{
	static const char desktop[] = ", or the desktop: systemctl stop display-manager";
	static const char *const drm[] = { "card", "render", NULL };
	_auto_names_ struct vh_names files = { 0 };
	_auto_free_ char *who = NULL;
	const char *file = NULL;

	add_nodes(ctx, "drm", drm, "/dev/dri/", &files);
	add_sound(ctx, &files);
	add_nvidia(ctx, &files);
	if (!files.count)
		return;
	switch (vh_process_having(ctx->root, &files, &who, &file)) {
	case VH_YES:
		vh_use_add(ctx, VH_USE_DISPLAY, "%s has %s open", who, file)->fix =
			vh_printf("end %s%s", who, vh_has_prefix(file, "/dev/dri/") ? desktop : "");
		break;
	case VH_UNKNOWN:
		vh_host_not_checked(ctx->host, "who has %s open: not every process can be looked at",
				    files.name[0]);
		ctx->complete = false;
		break;
	case VH_NO:
		break;
	}
}
