/* SPDX-License-Identifier: GPL-2.0-or-later */
/* names - lists of strings: the names in a directory, of interfaces, of domains. */
#include "lib/base/names.h"

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

void vh_names_note(struct vh_names *to, const char *fmt, ...)
{
	_auto_free_ char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = vh_vprintf(fmt, ap);
	va_end(ap);
	if (!vh_names_has(to, text))
		*VH_APPEND(to->name, to->count) = VH_STEAL(text);
}

void vh_names_note_all(struct vh_names *to, const struct vh_names *from)
{
	for (size_t i = 0; i < from->count; i++)
		vh_names_note(to, "%s", from->name[i]);
}
