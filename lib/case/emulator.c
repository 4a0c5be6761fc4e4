/* SPDX-License-Identifier: GPL-2.0-or-later */
/* emulator - see emulator.h. libvirt asks each QEMU once what it can do, and writes that down
 * (src/qemu/qemu_capabilities.c:virQEMUCapsFormatCache()); the program itself is not run. */
#include "lib/case/emulator.h"

#include "lib/base/banned.h"

#define CACHE "var/cache/libvirt/qemu/capabilities"
#define FILES_MAX 64

/* The text of the first element of this name; NULL: there is none. Caller frees. */
static char *element(const char *text, const char *name)
{
	_auto_free_ char *tag = vh_printf("<%s>", name);
	const char *at = strstr(text, tag);

	at = at ? at + strlen(tag) : NULL;
	return at ? vh_strndup(at, strcspn(at, "<")) : NULL;
}

/* qemu-system-x86_64, or qemu-kvm, which is for the host's architecture. */
static bool is_for(const char *emulator, const char *arch)
{
	const char *name = strrchr(emulator, '/');
	_auto_free_ char *usual = vh_printf("qemu-system-%s", arch ? arch : "x86_64");

	name = name ? name + 1 : emulator;
	return !strcmp(name, usual) || !strcmp(name, "qemu-kvm") || !strcmp(name, "kvm");
}

unsigned int vh_emulator_version(const struct vh_root *root, const char *path, const char *arch)
{
	_auto_names_ struct vh_names names = { 0 };
	uint64_t found = 0;

	if (vh_root_list(root, &names, CACHE) < 0)
		return 0;
	for (size_t i = 0; i < names.count && i < FILES_MAX; i++) {
		_auto_free_ char *text = NULL, *emulator = NULL, *version = NULL;
		uint64_t v;

		if (!vh_has_suffix(names.name[i], ".xml"))
			continue;
		text = vh_root_read(root, CACHE "/%s", names.name[i]);
		emulator = text ? element(text, "emulator") : NULL;
		version = text ? element(text, "version") : NULL;
		if (!emulator || !version || vh_parse_uint(version, 10, UINT32_MAX, &v) < 0 ||
		    (path ? strcmp(emulator, path) != 0 : !is_for(emulator, arch)))
			continue;
		if (found && found != v)
			return 0;
		found = v;
	}
	return (unsigned int)found;
}
