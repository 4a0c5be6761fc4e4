/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lines - the frame of the files that only vfio-hook writes: KEY VALUE lines, "end" as the last
 * one. Errors name the line. What was read counts only if formatting gives that text again.
 */
#ifndef VH_LINES_H
#define VH_LINES_H

#include "lib/base/error.h"
#include "lib/base/strbuf.h"

struct vh_lines {
	char *original; /* owned */
	char *text;     /* owned; cut up while it is read */
	char *rest;
	int line;
	struct vh_error *err;
};

/* Begins with a copy of the text; -1 when it holds a NUL byte. */
int vh_lines_open(struct vh_lines *ret, const char *text, size_t len,
		  struct vh_error *err) VH_CHECK;
void vh_lines_close(struct vh_lines *l);
#define _auto_lines_ __attribute__((cleanup(vh_lines_close)))

/* An error on the line that was read last; returns -1. */
int vh_lines_bad(struct vh_lines *l, const char *what);
/* The next line, which begins with `key` and a blank: what follows them, borrowed; the caller may
 * cut it. NULL after an error. */
char *vh_lines_next(struct vh_lines *l, const char *key) VH_CHECK;
bool vh_lines_has(const struct vh_lines *l, const char *key);
/* Nothing but "end" is left. */
int vh_lines_end(struct vh_lines *l) VH_CHECK;
/* What reads the same and is not what we write (007 for 7) was written by somebody else. */
int vh_lines_compare(struct vh_lines *l, const char *canonical) VH_CHECK;

/* "KEY TEXT\n", of which control characters become \xHH: a line stays a line. */
void vh_lines_add(struct vh_strbuf *sb, const char *key, const char *text);

#endif
