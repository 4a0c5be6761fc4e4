/* SPDX-License-Identifier: GPL-2.0-or-later */
/* progress - a line on a terminal while something takes more than a second: how long, and how
 * long at most. It is written by a child, so that nothing else has to look at a clock. */
#ifndef VH_PROGRESS_H
#define VH_PROGRESS_H

#include "lib/base/child.h"

struct vh_progress {
	struct vh_child child;
	const char *what; /* borrowed */
	int64_t begin, limit_ms;
	int fd; /* of the terminal, or -1: nothing is shown */
};

/* `limit_ms`: 0 where nobody knows. Nothing is shown where standard error is not a terminal. Begin
 * before locks are taken: they are not the
 * child's. */
void vh_progress_begin(struct vh_progress *p, const char *what, int limit_ms);
/* Takes the line away, for other output; it comes back with the next second. */
void vh_progress_hide(const struct vh_progress *p);
void vh_progress_end(struct vh_progress *p);

#endif
