/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * output - how text leaves the program. What comes from outside (names, messages, XML) goes
 * through vh_put() or vh_printable_line(): valid UTF-8 without characters that steer a terminal.
 */
#ifndef VH_OUTPUT_H
#define VH_OUTPUT_H

#include "cli/cli.h"
#include "lib/base/error.h"
#include "lib/base/printable.h"

/* Columns that a string from vh_printable_line() takes, one per character. */
size_t vh_output_columns(const char *s);

/* Seconds since the epoch in the time of this place: "2026-11-29 19:30:00 +0000". Caller frees. */
char *vh_output_time(int64_t seconds) VH_CHECK;

/* Prints s as vh_printable_line() makes it; vh_put_column() fills up with blanks to `width`
 * columns. */
void vh_put(FILE *f, const char *s);
void vh_put_column(FILE *f, const char *s, size_t width);
/* Prints s after `first`; further lines of s after as many blanks as `first` is long. On a
 * terminal, commands in it stay commands where they are continued. */
void vh_put_lines(FILE *f, const char *first, const char *s);

/* Paragraphs of our own: on a terminal their lines are as long as it is wide. Lines that begin
 * with a blank stay lines. */
void vh_put_prose(FILE *f, const char *text);

/* What a colour says; none where colours are not wanted. */
enum vh_style { VH_PLAIN = 0, VH_HEAD, VH_GOOD, VH_CAUTION, VH_BAD, VH_INFORM, VH_IN_USE };

/* As vh_put_column(), in colour where that is wanted for f. */
void vh_put_styled(const struct vh_cli *cli, FILE *f, enum vh_style style, const char *s,
		   size_t width);
/* The severity word, likewise. */
void vh_put_severity(const struct vh_cli *cli, FILE *f, const char *word);

/* One line on stderr: "vfio-hook: error: ...". The format must not insert raw newlines that
 * matter: the whole line is made safe. */
void vh_error(const struct vh_cli *cli, const char *fmt, ...) VH_PRINTF(2, 3);
void vh_note(const char *fmt, ...) VH_PRINTF(1, 2);
/* The same from a struct vh_error, with its fix; `subject` (NULL: none) goes before. */
void vh_error_report(const struct vh_cli *cli, const char *subject, const struct vh_error *err);

/* Flushes stdout. 0, or -1 after printing that the answer could not be written; prints nothing
 * where the reader of a pipe is gone. */
int vh_output_finish(const struct vh_cli *cli) VH_CHECK;

#endif
