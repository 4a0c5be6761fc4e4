/* SPDX-License-Identifier: GPL-2.0-or-later */
/* progress - a line on a terminal while something takes more than a second: what is waited for, how
 * long, and how long at most. A child writes it, so that nothing else has to look at a clock. */
#ifndef VH_PROGRESS_H
#define VH_PROGRESS_H

#include "lib/base/child.h"
#include "lib/base/root.h"

struct vh_progress {
	struct vh_child child;
	int tty;  /* standard error, in the child's hands; -1: nothing is shown */
	int talk; /* to the child */
	pid_t owner;
	int64_t begin;        /* vh_now_ms() */
	char *doing;          /* the last text, or NULL */
	struct vh_root *root; /* whose waiting is shown, or NULL */
	struct vh_root_listener listener;
};

/* `limit_ms`: 0 where nobody knows. Nothing is shown where standard error is not a terminal. Begin
 * before locks are taken: they are not the child's. It stays where it is until its end. */
void vh_progress_begin(struct vh_progress *p, const char *what, int limit_ms);
/* From now on the line says this: "judging vm (3 of 40)". */
void vh_progress_say(struct vh_progress *p, const char *fmt, ...) VH_PRINTF(2, 3);
/* From now on the line says what is waited for in this root, behind the last text. */
void vh_progress_listen(struct vh_progress *p, struct vh_root *root);
/* Begins one for reading the host, which says which device is waited for. */
void vh_progress_read(struct vh_progress *p, struct vh_root *root);
/* Takes the line away, for other output; it comes back with the next second. */
void vh_progress_hide(const struct vh_progress *p);
void vh_progress_end(struct vh_progress *p);

/* The line, in less than `columns`: on one that is too short first the limit goes, then the name of
 * the program, then words at the end. Caller frees. */
char *vh_progress_line(const char *what, int seconds, int limit, size_t columns) VH_CHECK;

#endif
