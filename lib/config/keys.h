/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keys - the keys of vfio-hook.conf: where each may stand, what it takes, how it is told
 * again. A new key is one line of the table and a field. */
#ifndef VH_KEYS_H
#define VH_KEYS_H

#include "lib/config/config.h"

/* Sections as bits: what stands in [defaults] may stand in a [domain ...] as well. */
enum vh_section {
	VH_NO_SECTION = 0,
	VH_IN_DEFAULTS = 1,
	VH_IN_DOMAIN = 2,
	VH_IN_DEVICE = 4,
	VH_IN_POLICY = VH_IN_DEFAULTS | VH_IN_DOMAIN,
};

/* Takes the value into the field and returns NULL, or what it should have been. */
typedef const char *vh_take_fn(const char *value, void *field);
/* The value of the field as the file would have it. Caller frees. */
typedef char *vh_tell_fn(const void *field);

struct vh_config_key {
	unsigned int sections; /* of enum vh_section */
	const char *name;
	vh_take_fn *take;
	vh_tell_fn *tell;
	size_t offset, size; /* of its field in what the section fills */
};

/* Its index is that of the lines[] of what the section fills. */
extern const struct vh_config_key vh_keys[];
extern const size_t vh_keys_count;

/* The index of the key of this name that may stand there; vh_keys_count: there is none. */
size_t vh_keys_find(unsigned int sections, const char *name) VH_CHECK;

/* The field at the offset of a key. */
static inline void *vh_keys_field(void *section, size_t offset)
{
	return (char *)section + offset;
}

#endif
