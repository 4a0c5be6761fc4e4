/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What systemd says of its units (root.h): the machine's own, or, in a tree, units/NAME. */
#include <errno.h>

#include "lib/base/root-open.h"

#include "lib/base/banned.h"

/* The next block of a text that is cut, or NULL: they stand in the order in which they were asked
 * for. */
static char *next_block(char **rest)
{
	char *block = *rest, *end;

	if (!block || !*block)
		return NULL;
	end = strstr(block, "\n\n");
	*rest = end ? end + 2 : NULL;
	if (end)
		*end = 0;
	return block;
}

static void read_live(const struct vh_root *root, const struct vh_names *units, char **ret)
{
	_auto_free_ char *text = root->ops->units(root, units);
	char *rest = text;

	for (size_t i = 0; i < units->count; i++) {
		const char *block = next_block(&rest);

		ret[i] = vh_strdup(block);
		vh_root_saw_file(root, block ? 0 : ENOENT, block, block ? strlen(block) : 0,
				 "units/%s", units->name[i]);
	}
}

void vh_root_read_units(const struct vh_root *root, const struct vh_names *units, char **ret)
{
	if (root->ops->units) {
		read_live(root, units, ret);
		return;
	}
	for (size_t i = 0; i < units->count; i++)
		ret[i] = vh_root_read(root, "units/%s", units->name[i]);
}
