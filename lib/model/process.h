/* SPDX-License-Identifier: GPL-2.0-or-later */
/* process - which process is which, from /proc: the daemon that called us, who holds a group. */
#ifndef VH_PROCESS_H
#define VH_PROCESS_H

#include "lib/base/root.h"

/* A process for ever: pids are used again, a pid with its start time is not. */
struct vh_process {
	int64_t pid;
	int64_t start; /* clock ticks since boot; 0: unknown */
};

/* The libvirt daemon above this process (libvirtd, virtqemud; a dispatcher script may stand in
 * between), or its parent where there is none. */
struct vh_process vh_process_daemon(const struct vh_root *root);
/* Is this process gone? Unknown start times are judged by the pid alone. */
bool vh_process_is_gone(const struct vh_root *root, const struct vh_process *p);

/* The first process that has /dev/vfio/GROUP open: "process 812 (qemu-system-x86)". NULL:
 * none seen. Not every process may be visible to an ordinary user. */
char *vh_process_holding_group(const struct vh_root *root, int group) VH_CHECK;

#endif
