/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * glance - may passthrough be in a text that was not understood as a domain: another root element, a
 * type of domain that nobody knows, a namespace, what is not XML? Where none can be, nobody is
 * refused anything.
 */
#ifndef VH_GLANCE_H
#define VH_GLANCE_H

#include "lib/base/names.h"

/* False: there is none, unless one of `networks`, to which names are added, gives devices away. */
bool vh_glance_may_pass(const char *text, size_t len, struct vh_names *networks);

/* Is a word of passthrough in a part of a text? For what is too long to be parsed. What begins in
 * the last bytes of a part is looked for in the next one, which has to begin with them. */
#define VH_GLANCE_OVERLAP 4096
bool vh_glance_has_word(const char *text, size_t len, bool last);

#endif
