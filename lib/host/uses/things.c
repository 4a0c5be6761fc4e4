/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * things - what hangs on a function under a name that a domain may give to a disk, an interface or
 * a device of its own: noted on the way, for the rule that asks what the guest would lose.
 */
#include "lib/host/uses/use.h"

#include "lib/host/uses/subsystem.h"

#include "lib/base/banned.h"

static struct vh_thing *add(struct vh_uses_ctx *ctx, enum vh_thing_kind kind, const char *name)
{
	struct vh_pci_dev *d = ctx->dev;
	struct vh_thing *t;

	for (size_t i = 0; i < d->n_things; i++)
		if (d->things[i].kind == kind && !strcmp(d->things[i].name, name))
			return &d->things[i];
	t = VH_APPEND(d->things, d->n_things);
	t->kind = kind;
	t->name = vh_strdup(name);
	return t;
}

void vh_things_node(struct vh_uses_ctx *ctx, const char *path, const char *numbers, bool block)
{
	struct vh_thing *t = add(ctx, VH_THING_NODE, path);

	t->block = block;
	t->numbered = numbers && sscanf(numbers, "%u:%u", &t->major, &t->minor) == 2;
}

char *vh_things_volume(const char *dm_name)
{
	char *volume = vh_strdup(dm_name), *to = volume;
	bool split = false;

	for (const char *p = dm_name; *p; p++) {
		bool doubled = p[0] == '-' && p[1] == '-';
		bool splits = p[0] == '-' && !doubled && !split;

		*to++ = splits ? '/' : *p;
		split |= splits;
		p += doubled;
	}
	*to = 0;
	if (split)
		return volume;
	free(volume);
	return NULL;
}

void vh_things_block(struct vh_uses_ctx *ctx, const char *file, const char *dm_name,
		     const char *numbers)
{
	_auto_free_ char *mapper = NULL, *volume = NULL, *path = NULL;

	vh_things_node(ctx, file, numbers, true);
	if (!dm_name)
		return;
	mapper = vh_printf("/dev/mapper/%s", dm_name);
	vh_things_node(ctx, mapper, numbers, true);
	volume = vh_things_volume(dm_name);
	path = volume ? vh_printf("/dev/%s", volume) : NULL;
	if (path)
		vh_things_node(ctx, path, numbers, true);
}

/* What is mounted over hides what is below. */
void vh_things_mount(struct vh_uses_ctx *ctx, const struct vh_mount *m)
{
	size_t own = (size_t)(m - ctx->usage->mounts);

	for (size_t i = own + 1; i < ctx->usage->n_mounts; i++)
		if (!strcmp(ctx->usage->mounts[i].at, m->at))
			return;
	add(ctx, VH_THING_MOUNT, m->at);
}

void vh_things_pool(struct vh_uses_ctx *ctx, const char *pool)
{
	add(ctx, VH_THING_POOL, pool);
	for (size_t i = 0; i < ctx->usage->n_mounts; i++)
		if (vh_streq(ctx->usage->mounts[i].pool, pool))
			vh_things_mount(ctx, &ctx->usage->mounts[i]);
}

void vh_things_interface(struct vh_uses_ctx *ctx, const char *name)
{
	add(ctx, VH_THING_INTERFACE, name);
}

static unsigned int read_number(const struct vh_uses_ctx *ctx, const char *path, const char *name,
				int base)
{
	_auto_free_ char *text = vh_root_read(ctx->root, "%s/%s", path, name);
	uint64_t v;

	return text && vh_parse_uint(text, base, UINT16_MAX, &v) == 0 ? (unsigned int)v : 0;
}

void vh_things_usb(struct vh_uses_ctx *ctx, const char *path, const char *name)
{
	struct vh_thing *t = add(ctx, VH_THING_USB, name);

	t->vendor = read_number(ctx, path, "idVendor", 16);
	t->product = read_number(ctx, path, "idProduct", 16);
	t->number = read_number(ctx, path, "devnum", 10);
}

/* A SCSI device is called 6:0:0:1 in whatever class it is seen. */
void vh_things_by_name(struct vh_uses_ctx *ctx, const char *name)
{
	unsigned int host, bus, target;
	int end = 0;

	if (vh_mediated_is_one(name))
		add(ctx, VH_THING_MEDIATED, name);
	else if (sscanf(name, "%u:%u:%u:%n", &host, &bus, &target, &end) == 3 && end && name[end] &&
		 !name[end + (int)strspn(name + end, "0123456789")])
		add(ctx, VH_THING_SCSI, name);
}
