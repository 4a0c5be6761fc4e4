/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libxml2 - see libxml2.h. */
#include "lib/xml/libxml2.h"

#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/banned.h"

/* What packagers' tools read instead of NEEDED:
 * https://uapi-group.org/specifications/specs/elf_dlopen_metadata */
#define NOTE                                                                              \
	"[{\"feature\":\"xml\",\"description\":\"domain XML\",\"priority\":\"required\"," \
	"\"soname\":[\"" VH_LIBXML2_SONAME "\"]}]"

static const struct {
	uint32_t name_size, text_size, type;
	char name[4];
	char text[sizeof(NOTE)] __attribute__((aligned(4)));
} note __attribute__((used, section(".note.dlopen"), aligned(4))) = {
	4, sizeof(NOTE), 0x407c0c0a, "FDO", NOTE,
};

static const struct {
	const char *name;
	size_t offset; /* in struct vh_libxml2 */
} symbols[] = {
#define SYMBOL(name) { #name, offsetof(struct vh_libxml2, name) },
	VH_LIBXML2_FUNCTIONS(SYMBOL)
#undef SYMBOL
		{ "xmlFree", offsetof(struct vh_libxml2, xmlFree) },
};

static int load(struct vh_libxml2 *ret, struct vh_error *err)
{
	/* found as it would be at the start of the program: by its name, in the same folders */
	void *library = dlopen(VH_LIBXML2_SONAME, RTLD_LAZY | RTLD_LOCAL);

	for (size_t i = 0; library && i < VH_COUNT(symbols); i++) {
		void *symbol = dlsym(library, symbols[i].name);

		if (!symbol)
			library = NULL;
		memcpy((char *)ret + symbols[i].offset, &symbol, sizeof(symbol));
	}
	if (library)
		return 0;
	return vh_fail(err, VH_E_SYS, 0, "install libxml2",
		       "cannot load '" VH_LIBXML2_SONAME "': %s", dlerror());
}

const struct vh_libxml2 *vh_libxml2(struct vh_error *err)
{
	static struct vh_libxml2 library;
	static bool loaded;

	loaded = loaded || load(&library, err) == 0;
	return loaded ? &library : NULL;
}
