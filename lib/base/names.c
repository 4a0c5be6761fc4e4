/* SPDX-License-Identifier: GPL-2.0-or-later */
/* names - lists of strings: the names in a directory, of interfaces, of domains. */
#include "lib/base/names.h"

#include "lib/base/util.h"

#include "lib/base/banned.h"

void vh_names_clear(struct vh_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->name[i]);
	free(names->name);
	memset(names, 0, sizeof(*names));
}

bool vh_names_has(const struct vh_names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (vh_streq(names->name[i], name))
			return true;
	return false;
}
