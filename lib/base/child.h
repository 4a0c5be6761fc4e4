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

#include "lib/base/root.h"

enum vh_child_state { VH_CHILD_IDLE = 0, VH_CHILD_RUNNING, VH_CHILD_DONE, VH_CHILD_STUCK };

struct vh_child {
	pid_t pid;
	enum vh_child_state state;
	int result; /* once DONE: what fn returned (0..125), or 126 when a signal ended it */
};

/* Starts fn(arg) in a child that closes `close_fd` (-1: none) first. fn returns 0..125. */
int vh_child_start(struct vh_child *child, int (*fn)(void *), void *arg, int close_fd) VH_CHECK;

/* Waits until all of the children are done or `deadline` (vh_now_ms()) has come; then kills
 * what still runs and marks as STUCK what does not die of it. Returns false when at least one
 * had to be killed. */
bool vh_children_wait(struct vh_child *children, size_t count, int64_t deadline);

/* Waits until at least one RUNNING child is DONE or the deadline has come. */
void vh_children_wait_any(struct vh_child *children, size_t count, int64_t deadline);

/*
 * Reads driver_override-like attributes, whose readers block while a driver hangs (Linux
 * before 6.12 holds the device lock, drivers/pci/pci-sysfs.c driver_override_show()).
 * ret[i] is the text without newline (caller frees), or NULL when it could not be read within
 * `timeout_ms`, which bounds the whole call; a single one that hangs costs three seconds of it.
 */
void vh_read_bounded(const struct vh_root *root, char *const *paths, size_t count,
		     int timeout_ms, int close_fd, char **ret);

#endif
