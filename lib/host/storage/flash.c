/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flash - whether the firmware of the machine lies in a flash below the function. */
#include "lib/host/uses/use.h"

#include <strings.h>

#include "lib/base/banned.h"

/* The whole flash of an Intel chipset is called BIOS (drivers/spi/spi-intel.c). */
static bool has_firmware_name(const char *name)
{
	static const char *const names[] = { "bios", "uefi", "coreboot" };

	for (size_t i = 0; i < VH_COUNT(names); i++)
		for (const char *p = name; *p; p++)
			if (!strncasecmp(p, names[i], strlen(names[i])))
				return true;
	return false;
}

/* mtd0, not its read-only twin mtd0ro */
bool vh_flash_is_one(const char *name)
{
	size_t digits = vh_has_prefix(name, "mtd") ? strspn(name + 3, "0123456789") : 0;

	return digits && !name[3 + digits];
}

/* On a root bus a flash is the machine's, whatever it is called; on a card most are the card's own
 * (sfc, xe). */
void vh_flash_look(struct vh_uses_ctx *ctx, const char *path)
{
	_auto_free_ char *name = vh_root_read(ctx->root, "%s/name", path);

	if (ctx->dev->root_bus || (name && has_firmware_name(name)))
		ctx->dev->firmware_flash = true;
}
