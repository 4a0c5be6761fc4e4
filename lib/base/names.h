/* SPDX-License-Identifier: GPL-2.0-or-later */
/* names - a list of strings that it owns. */
#ifndef VH_NAMES_H
#define VH_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/* A sorted list of names; owned. */
struct vh_names {
	char **name;
	size_t count;
};
void vh_names_clear(struct vh_names *names);
bool vh_names_has(const struct vh_names *names, const char *name);
#define _auto_names_ __attribute__((cleanup(vh_names_clear)))

#endif
