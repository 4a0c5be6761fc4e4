/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text - what comes from outside, made safe for a terminal or for JSON. */
#ifndef VH_TEXT_H
#define VH_TEXT_H

#include "lib/base/util.h"

/* A copy of s on one line: control characters (C0, DEL, C1), line separators, marks that turn
 * the direction of writing, and bytes that are no UTF-8 become \xHH. Caller frees. */
char *vh_safe(const char *s) VH_CHECK;
/* The same, but only what would make JSON invalid (json-c escapes the rest). */
char *vh_utf8(const char *s) VH_CHECK;

#endif
