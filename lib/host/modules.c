/* SPDX-License-Identifier: GPL-2.0-or-later */
/* modules - see modules.h. */
#include "lib/host/modules.h"

#include "lib/base/banned.h"

/* The first is that of nearly all systems. */
static const char *const dirs[] = {
	"lib/modules",
	/* NixOS (pkgs/os-specific/linux/kmod/module-dir.patch) */
	"run/booted-system/kernel-modules/lib/modules",
	"run/current-system/kernel-modules/lib/modules",
	/* Guix (LINUX_MODULE_DIRECTORY) */
	"run/booted-system/kernel/lib/modules",
};

char *vh_modules_read(const struct vh_root *root, const char *release, const char *file)
{
	char *text = NULL;

	for (size_t i = 0; i < VH_COUNT(dirs) && !text; i++)
		text = vh_root_read(root, "%s/%s/%s", dirs[i], release, file);
	return text;
}

ssize_t vh_modules_read_bytes(const struct vh_root *root, void *buf, size_t size,
			      const char *release, const char *file)
{
	ssize_t n = -1;

	for (size_t i = 0; i < VH_COUNT(dirs) && n < 0; i++)
		n = vh_root_read_bytes(root, buf, size, "%s/%s/%s", dirs[i], release, file);
	return n;
}
