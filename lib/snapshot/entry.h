/* SPDX-License-Identifier: GPL-2.0-or-later */
/* entry - the lines of a manifest but for those of PCI functions: collected, ordered, written. */
#ifndef VH_ENTRY_H
#define VH_ENTRY_H

#include "lib/base/root.h"
#include "lib/base/strbuf.h"

struct vh_entry {
	char type; /* of 'f', 'l', 'u', 'd', 'x': of one path the one that says most counts */
	char *path, *text; /* the text as it is written; NULL: the type has none */
};
struct vh_entries {
	struct vh_entry *list;
	size_t count;
};
void vh_entry_clear(struct vh_entries *e);

/* What no line can hold is left out. */
void vh_entry_put(struct vh_entries *to, char type, const char *path, const char *text, size_t len);
/* By path, each once; directories that other lines make are left out. */
void vh_entry_sort(struct vh_entries *e);
void vh_entry_write(const struct vh_entries *e, struct vh_strbuf *to);

#endif
