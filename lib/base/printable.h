/* SPDX-License-Identifier: GPL-2.0-or-later */
/* printable - text from outside, made safe for a terminal, a log or JSON. */
#ifndef VH_PRINTABLE_H
#define VH_PRINTABLE_H

#include "lib/base/strbuf.h"

/* A copy of s for messages, which stays on one line and cannot steer a terminal: control characters
 * and backslash as \xHH; at most `max` bytes of it, then "...". Caller frees. */
char *vh_printable(const char *s, size_t max) VH_CHECK;

/* A copy of s on one line: control characters (C0, DEL, C1), line separators, marks that turn
 * the direction of writing, and bytes that are no UTF-8 become \xHH. Caller frees. */
char *vh_printable_line(const char *s) VH_CHECK;
/* Turns \xHH into the byte again, in place; \x00 stays. So udev and systemd write names. */
void vh_printable_undo(char *s);
/* Bytes of the character that s begins with; 0 where vh_printable_line() would change it. */
size_t vh_printable_length(const char *s);
/* The same, but only what would make JSON invalid (json-c escapes the rest). */
char *vh_printable_utf8(const char *s) VH_CHECK;

#endif
