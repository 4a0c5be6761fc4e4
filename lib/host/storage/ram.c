/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ram - memory that the host works with and that a function brought: CXL expanders, persistent
 * memory used as RAM, virtio-mem. The host does not outlive the loss of pages that are in use.
 */
#include "lib/host/uses/use.h"

#include "lib/base/shell.h"

#include "lib/base/banned.h"

#define CXL "sys/bus/cxl/devices"

static void add(struct vh_uses_ctx *ctx, const char *name, const char *what, char *fix)
{
	struct vh_use *u = vh_use_add(ctx, VH_USE_OTHER, "%s is memory of the host%s", name, what);

	u->vital = true;
	u->fix = fix;
}

/* mem0 is the endpoint of a way through decoders; a region is made of those: endpoint5/uport is
 * mem0, decoder5.0 lies below it and names the region (drivers/cxl/core/region.c:region_show()). */
static void look_at_cxl(struct vh_uses_ctx *ctx, const char *memdev)
{
	_auto_names_ struct vh_names names = { 0 };

	VH_IGNORE(vh_root_list(ctx->root, &names, CXL)); /* then there is no region */
	for (size_t i = 0; i < names.count; i++) {
		_auto_free_ char *region = NULL, *uport = NULL, *word = NULL, *what = NULL;
		unsigned int port, number;

		if (sscanf(names.name[i], "decoder%u.%u", &port, &number) != 2)
			continue;
		uport = vh_root_link_name(ctx->root, CXL "/endpoint%u/uport", port);
		if (!vh_streq(uport, memdev))
			continue;
		region = vh_root_read(ctx->root, CXL "/%s/region", names.name[i]);
		if (!region || !*region)
			continue;
		word = vh_shell_quote(region);
		what = vh_printf(" (%s)", region);
		add(ctx, memdev, what, vh_printf("cxl disable-region %s", word));
	}
}

void vh_ram_look(struct vh_uses_ctx *ctx, const char *path, const char *name, const char *subsystem)
{
	_auto_free_ char *driver = NULL, *word = NULL;

	if (vh_streq(subsystem, "cxl") && vh_has_prefix(name, "mem")) {
		look_at_cxl(ctx, name);
		return;
	}
	if (!vh_streq(subsystem, "dax") && !vh_shares_is_virtio(name))
		return;
	driver = vh_root_link_name(ctx->root, "%s/driver", path);
	word = vh_shell_quote(name);
	if (vh_streq(driver, "kmem"))
		add(ctx, name, "",
		    vh_printf("daxctl offline-memory %s\ndaxctl reconfigure-device --mode=devdax %s",
			      word, word));
	else if (vh_streq(driver, "virtio_mem"))
		add(ctx, name, " (virtio-mem)", NULL);
}
