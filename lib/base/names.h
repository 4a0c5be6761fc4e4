/* SPDX-License-Identifier: GPL-2.0-or-later */
/* names - a list of strings that it owns. */
#ifndef VH_NAMES_H
#define VH_NAMES_H

#include "lib/base/util.h"

/* Sorted where they are of a directory; owned. */
struct vh_names {
	char **name;
	size_t count;
};
void vh_names_clear(struct vh_names *names);
bool vh_names_has(const struct vh_names *names, const char *name);
#define _auto_names_ __attribute__((cleanup(vh_names_clear)))
/* Adds a sentence unless it stands there: for lists of what could not be seen. */
void vh_names_note(struct vh_names *to, const char *fmt, ...) VH_PRINTF(2, 3);
/* Adds those of another list in the same way. */
void vh_names_note_all(struct vh_names *to, const struct vh_names *from);

#endif
