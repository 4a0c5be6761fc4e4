/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unit - names of systemd units and of kernel modules, and lists of them (systemd.unit(5)). */
#ifndef VH_UNIT_H
#define VH_UNIT_H

#include "lib/base/names.h"

/* A unit with its type, of those that can be stopped and started again: no scope, no device. */
bool vh_unit_is_name(const char *name);
bool vh_unit_is_module(const char *name);
/* The unit of a mount point or of swap ("/srv/my disk", "mount": "srv-my\x20disk.mount"). Caller
 * frees. */
char *vh_unit_of_path(const char *path, const char *type) VH_CHECK;
/* The other way round; NULL: it is not a mount or swap unit. Caller frees. */
char *vh_unit_path(const char *name) VH_CHECK;

/* The words of a list, which blanks or commas separate; added in their order. */
void vh_unit_words(struct vh_names *to, const char *list);
/* Is it one of the words? */
bool vh_unit_is_among(const char *list, const char *name);

#endif
