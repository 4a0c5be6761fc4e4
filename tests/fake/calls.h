/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * calls - the system calls of the program, counted, and one of them failing or being the last one:
 * of the process that begins, and of its children. What the fake kernel does itself does not count.
 * A program that is linked with it has every call of its table replaced.
 */
#ifndef CALLS_H
#define CALLS_H

#include "tests/fake/stage.h"

enum calls_how {
	CALLS_COUNT,     /* nothing goes wrong */
	CALLS_FAIL,      /* call `at` (from 0) fails, with the errno that its row has */
	CALLS_KILL,      /* before it all of them are killed */
	CALLS_KILL_SELF, /* before it the process that calls is */
	/* from change `at` on (a file written, made, renamed, removed) none succeeds any more: */
	CALLS_FULL,      /* the disk has no room */
	CALLS_NO_INODES, /* it has room in the files that are there */
	CALLS_READ_ONLY,
};

/* How a call's `at` is counted: FULL and the two after it count changes alone. */
bool calls_counts_changes(enum calls_how how);

/* From here on; `at` as above. */
void calls_set(enum calls_how how, int at);
/* Of these alone: "fork", or any of libc's; "driver_override": opens of that attribute. */
void calls_only(const char *name);
/* In the process of the operation: its calls count from now on. */
void calls_begin(struct stage *st);
/* How many there were since calls_set(), and the name of the one that failed or was the last; NULL:
 * it did not come to that. */
int calls_counted(enum calls_how how);
const char *calls_hit(void);

#endif
