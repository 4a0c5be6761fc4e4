/* SPDX-License-Identifier: GPL-2.0-or-later */
/* use - see use.h. */
#include "lib/host/uses/use.h"

#include <linux/if.h>
#include <stdarg.h>

#include "lib/base/banned.h"

struct vh_use *vh_use_add(struct vh_uses_ctx *ctx, enum vh_use_kind kind, const char *fmt, ...)
{
	struct vh_use *u = VH_APPEND(ctx->dev->uses, ctx->dev->n_uses);
	va_list ap;

	va_start(ap, fmt);
	u->text = vh_vprintf(fmt, ap);
	va_end(ap);
	u->kind = kind;
	return u;
}

void vh_use_unseen(struct vh_uses_ctx *ctx, unsigned int kinds, const char *fmt, ...)
{
	_auto_free_ char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = vh_vprintf(fmt, ap);
	va_end(ap);
	vh_host_not_checked(ctx->host, "%s", text);
	vh_names_note(&ctx->dev->unseen, "%s", text);
	ctx->dev->unseen_kinds |= kinds;
	ctx->complete = false;
}

enum vh_tri vh_use_net_is_up(const struct vh_root *root, const char *path)
{
	int64_t flags = vh_root_read_int(root, "%s/flags", path);

	if (flags < 0)
		return VH_UNKNOWN;
	return flags & IFF_UP ? VH_YES : VH_NO;
}

bool vh_use_is_in_list(const char *list, const char *file)
{
	size_t n;

	for (; list && *list; list += n + (list[n] == ':')) {
		n = strcspn(list, ":");
		if (vh_is_word(list, n, file))
			return true;
	}
	return false;
}

bool vh_use_is_vital_mount(const char *at)
{
	/* /sysroot is OSTree's, whose root is made of parts of it; /lib and /bin are mounts of
	 * their own where a system runs from images on a stick */
	static const char *const vital[] = {
		"/",    "/boot", "/efi", "/usr",   "/var",     "/etc",       "/nix",
		"/bin", "/sbin", "/lib", "/lib64", "/sysroot", "/nix/store", "/gnu/store",
	};

	if (vh_has_prefix(at, "/boot/")) /* efi, firmware, grub2 */
		return true;
	for (size_t i = 0; i < VH_COUNT(vital); i++)
		if (!strcmp(at, vital[i]))
			return true;
	return false;
}

struct vh_use_mark vh_use_mark(const struct vh_uses_ctx *ctx)
{
	const struct vh_pci_dev *d = ctx->dev;

	return (struct vh_use_mark){
		.uses = d->n_uses,
		.carries = d->carries.count,
		.nodes = d->n_devnodes,
		.things = d->n_things,
		.unseen = d->unseen.count,
		.not_checked = ctx->host->not_checked.count,
		.unseen_kinds = d->unseen_kinds,
		.complete = ctx->complete,
	};
}

static void cut(struct vh_names *names, size_t count)
{
	while (names->count > count)
		free(names->name[--names->count]);
}

void vh_use_forget(struct vh_uses_ctx *ctx, const struct vh_use_mark *since)
{
	struct vh_pci_dev *d = ctx->dev;

	for (; d->n_uses > since->uses; d->n_uses--) {
		vh_host_clear_use(&d->uses[d->n_uses - 1]);
	}
	cut(&d->carries, since->carries);
	for (; d->n_devnodes > since->nodes; d->n_devnodes--) {
		free(d->devnodes[d->n_devnodes - 1].path);
		free(d->devnodes[d->n_devnodes - 1].subsystem);
	}
	for (; d->n_things > since->things; d->n_things--)
		free(d->things[d->n_things - 1].name);
	cut(&d->unseen, since->unseen);
	cut(&ctx->host->not_checked, since->not_checked);
	d->unseen_kinds = since->unseen_kinds;
	ctx->complete = since->complete;
}
