/* SPDX-License-Identifier: GPL-2.0-or-later */
/* system - see system.h. */
#include "lib/boot/system.h"

#include "lib/host/modules.h"

#include "lib/base/banned.h"

static const struct {
	const char *tool, *command, *lister;
} systems[] = {
	[VH_INITRAMFS_TOOLS] = { "usr/sbin/mkinitramfs", "update-initramfs -u -k all",
				 "/usr/bin/lsinitramfs" },
	[VH_INITRAMFS_DRACUT] = { "usr/bin/dracut", "dracut --regenerate-all --force",
				  "/usr/bin/lsinitrd" },
	[VH_INITRAMFS_MKINITCPIO] = { "usr/bin/mkinitcpio", "mkinitcpio -P", "/usr/bin/lsinitcpio" },
};

enum vh_initramfs vh_system_initramfs_detect(const struct vh_root *root)
{
	enum vh_initramfs found = VH_INITRAMFS_NONE;

	for (size_t i = 1; i < VH_COUNT(systems); i++) {
		if (!vh_root_exists(root, "%s", systems[i].tool))
			continue;
		if (found != VH_INITRAMFS_NONE)
			return VH_INITRAMFS_NONE;
		found = (enum vh_initramfs)i;
	}
	return found;
}

const char *vh_system_initramfs_command(enum vh_initramfs i)
{
	return systems[i].command;
}

const char *vh_system_zipl(const struct vh_root *root)
{
	if (!vh_root_exists(root, "etc/zipl.conf"))
		return NULL;
	if (vh_root_exists(root, "usr/sbin/zipl"))
		return "/usr/sbin/zipl";
	return vh_root_exists(root, "sbin/zipl") ? "/sbin/zipl" : NULL;
}

char *vh_system_rebuild_command(const struct vh_root *root, enum vh_initramfs i)
{
	return vh_printf("%s%s", systems[i].command, vh_system_zipl(root) ? " && zipl" : "");
}

const char *vh_system_initramfs_lister(enum vh_initramfs i)
{
	return systems[i].lister;
}

/* Where distributions have it. Arch names images by the package of the kernel, which stands
 * in lib/modules/RELEASE/pkgbase. */
char *vh_system_image(const struct vh_root *root, const char *release)
{
	_auto_free_ char *machine = vh_root_read(root, "etc/machine-id");
	_auto_free_ char *package = vh_root_read(root, "lib/modules/%s/pkgbase", release);
	char *places[] = {
		vh_printf("boot/initrd.img-%s", release),
		vh_printf("boot/initramfs-%s.img", release),
		vh_printf("boot/initrd-%s", release),
		vh_printf("boot/initramfs-%s.img", package ? package : ""),
		vh_printf("efi/%s/%s/initrd", machine ? machine : "", release),
		vh_printf("boot/%s/%s/initrd", machine ? machine : "", release),
		vh_printf("boot/efi/%s/%s/initrd", machine ? machine : "", release),
	};
	char *found = NULL;

	for (size_t i = 0; i < VH_COUNT(places); i++) {
		if (!found && vh_root_exists(root, "%s", places[i]))
			found = VH_STEAL(places[i]);
		free(places[i]);
	}
	return found;
}

/* - and _ are the same in the name of a module. */
static bool is_module(const char *a, const char *b)
{
	while (*a && (*a == *b || (strchr("-_", *a) && *b && strchr("-_", *b)))) {
		a++;
		b++;
	}
	return !*a && !*b;
}

/* kernel/drivers/ata/ahci.ko */
bool vh_system_is_builtin(const struct vh_root *root, const char *release, const char *module)
{
	_auto_free_ char *text = vh_modules_read(root, release, "modules.builtin");
	char *rest = text, *line;

	while ((line = strsep(&rest, "\n"))) {
		char *name = strrchr(line, '/'), *end = name ? strstr(name, ".ko") : NULL;

		if (!end)
			continue;
		*end = 0;
		if (is_module(name + 1, module))
			return true;
	}
	return false;
}

char *vh_system_module(const struct vh_root *root, const char *driver)
{
	char *module;

	if (!driver)
		return NULL;
	module = vh_root_link_name(root, "sys/bus/pci/drivers/%s/module", driver);
	return module ? module : vh_strdup(driver);
}
