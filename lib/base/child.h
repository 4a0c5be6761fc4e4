/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * child - work that may never return is done in a child of its own, and waited for only up
 * to a deadline. A child ends with its parent (PR_SET_PDEATHSIG, checked once after the
 * fork), holds /dev/null on 0 to 2, and reports through its exit status.
 *
 * A child in uninterruptible sleep survives SIGKILL: it is then VH_CHILD_STUCK and stays
 * behind, together with every descriptor it inherited. That is how a claim's lock stays held
 * until the write that it protects has ended.
 */
#ifndef VH_CHILD_H
#define VH_CHILD_H

#include <sys/types.h>

#include "lib/base/strbuf.h"

enum vh_child_state { VH_CHILD_IDLE = 0, VH_CHILD_RUNNING, VH_CHILD_DONE, VH_CHILD_STUCK };

struct vh_child {
	pid_t pid;
	enum vh_child_state state;
	int result; /* once DONE: what fn returned (0..125), or 126 when a signal ended it */
};

/* Closes every descriptor above 2 but these, of which some may be -1. */
void vh_child_close_others(const int *keep, size_t n_keep);

/* Starts fn(arg) in a child, which keeps the descriptors `keep` (of which some may be -1) and
 * closes all others: a lock of ours must not outlive us in a child that hangs. fn returns
 * 0..125. -1 with errno set when there is no child. */
int vh_child_start(struct vh_child *child, int (*fn)(void *), void *arg, const int *keep,
		   size_t n_keep) VH_CHECK;

/* Waits until all of the children are done or `deadline` (vh_now_ms()) has come; then kills
 * what still runs and marks as STUCK what does not die of it. Returns false when at least one
 * had to be killed. */
bool vh_child_wait(struct vh_child *children, size_t count, int64_t deadline);

/* Ends a child that is known to wait for us, and for nothing else. */
void vh_child_end(struct vh_child *child);

#endif
