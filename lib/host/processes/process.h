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
 * between), or, where none has that name, the last process below the first one. */
struct vh_process vh_process_daemon(const struct vh_root *root);
/* Is this process gone? Unknown start times are judged by the pid alone. */
bool vh_process_is_gone(const struct vh_root *root, const struct vh_process *p);

/*
 * Has a process a node of this IOMMU group open, its own or one of its members? YES: *ret_who is
 * the first, "process 812 (qemu-system-x86)" (caller frees). UNKNOWN: none was seen, but not every
 * process could be looked at, or there are too many to be done in 3 seconds. *ret_nodes, unless
 * that is NULL, is what fuser(1) has to be told: the node that it has open, or all nodes of the
 * group (caller frees).
 */
enum vh_tri vh_process_holding_group(const struct vh_root *root, int group, char **ret_who,
				     char **ret_nodes) VH_CHECK;
/* The same of several groups, each `group` of the list, for the price of one: the answers are in
 * its other members (caller frees who and nodes). The 3 seconds are for all of them. */
struct vh_group_holder {
	int group;
	enum vh_tri open;
	char *who;
	char *nodes;
};
void vh_process_holding_groups(const struct vh_root *root, struct vh_group_holder *list,
			       size_t count);
/* Has a process the node of a member open? It may have opened that and not the group: then the group
 * is closed, and still VFIO gives up no device. UNKNOWN as above; NO where there are no such nodes. */
enum vh_tri vh_process_holding_devices(const struct vh_root *root, int group) VH_CHECK;
/* Has this kernel nodes of VFIO groups (CONFIG_VFIO_GROUP)? NO: a device on a VFIO driver has one
 * of its own alone (Linux 6.6). UNKNOWN: VFIO is not there at all, or is older and does not say. */
enum vh_tri vh_process_has_groups(const struct vh_root *root) VH_CHECK;
/* Of a group that is known to be open: who has it, or may have it through /dev/iommu; NULL: not
 * seen. *ret_nodes as above. Caller frees both. */
char *vh_process_behind_group(const struct vh_root *root, int group, char **ret_nodes) VH_CHECK;

/* Its name, as it is; NULL: cannot tell. Caller frees. */
char *vh_process_comm(const struct vh_root *root, int64_t pid) VH_CHECK;
/* The process above it; -1: cannot tell. */
int64_t vh_process_parent(const struct vh_root *root, int64_t pid);
/* When a process started, in seconds since the epoch; -1: cannot tell. */
int64_t vh_process_started_at(const struct vh_root *root, int64_t pid);

#endif
