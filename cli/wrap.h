/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wrap - text on a terminal, broken at words to its width. Streams stay what they are everywhere
 * else: what goes into a pipe or a file is never changed.
 */
#ifndef VH_WRAP_H
#define VH_WRAP_H

#include "lib/base/util.h"

/* From here on stdout and stderr, where they are terminals, go through a wrapper. */
void vh_wrap_begin(void);
/* Does it? */
bool vh_wrap_is_on(FILE *f);

/* Continued lines of this line begin at the column where it is now; without this they are four
 * columns further in than the line. */
void vh_wrap_hang(FILE *f);
/* What follows in this line is a command: continued by a backslash, so that it can be copied. */
void vh_wrap_command(FILE *f);
/* What follows is a document (XML, JSON, a file): not one byte of it is changed. */
void vh_wrap_document(FILE *f);

/* Where a command begins in a line that tells what to type, behind words of ours that end with a
 * colon; NULL: it is prose. */
const char *vh_wrap_find_command(const char *line);

#endif
