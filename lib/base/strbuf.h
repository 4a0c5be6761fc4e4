/* SPDX-License-Identifier: GPL-2.0-or-later */
/* strbuf - a string that grows. Zero-initialise it; data is NULL until something was added. */
#ifndef VH_STRBUF_H
#define VH_STRBUF_H

#include "lib/base/util.h"

struct vh_strbuf {
	char *data; /* NUL-terminated; owned */
	size_t len;
	size_t size;
};

void vh_strbuf_add(struct vh_strbuf *sb, const char *s);
void vh_strbuf_add_mem(struct vh_strbuf *sb, const void *p, size_t n);
/* With its NUL: one word of a message between processes. */
void vh_strbuf_add_word(struct vh_strbuf *sb, const char *word);
void vh_strbuf_addf(struct vh_strbuf *sb, const char *fmt, ...) VH_PRINTF(2, 3);
/* Appends s between separators: "a", then "a, b". */
void vh_strbuf_join(struct vh_strbuf *sb, const char *separator, const char *s);
/* Reads all of fd. Stops keeping, but not reading, after `max` bytes; returns 0, 1 when the
 * input was longer than that, -1 with errno set. */
int vh_strbuf_read_fd(struct vh_strbuf *sb, int fd, size_t max) VH_CHECK;
/* The string, never NULL, now the caller's. */
char *vh_strbuf_steal(struct vh_strbuf *sb) VH_CHECK;
void vh_strbuf_clear(struct vh_strbuf *sb);

#define _auto_strbuf_ __attribute__((cleanup(vh_strbuf_clear)))

#endif
