/* SPDX-License-Identifier: GPL-2.0-or-later */
/* groups - opens /dev/vfio/N to see whether somebody has it open; where there is no node, no
 * member may be on a VFIO driver. */
#include "lib/act/groups.h"

#include <errno.h>
#include <time.h>

#include "lib/case/standing.h"
#include "lib/host/function.h"
#include "lib/host/process.h"

#include "lib/base/banned.h"

#define POLL_NS 50000000 /* between two looks at an open group: QEMU takes its time to die */

static bool has_vfio_member(const struct vh_root *root, int number)
{
	_auto_names_ struct vh_names names = { 0 };

	if (vh_root_list(root, &names, "sys/kernel/iommu_groups/%d/devices", number) < 0)
		return errno != ENOENT; /* a group that is gone has no members */
	for (size_t i = 0; i < names.count; i++) {
		_auto_free_ char *driver = NULL;
		struct vh_pci_addr addr;
		bool vfio = true; /* what cannot be told counts as one */

		if (vh_pci_parse(names.name[i], &addr) == 0)
			VH_IGNORE(vh_function_driver(root, &addr, &driver, &vfio));
		if (vfio)
			return true;
	}
	return false;
}

enum vh_tri vh_group_is_closed(const struct vh_root *root, int number)
{
	int rc;

	if (number < 0)
		return VH_YES;
	rc = root->ops->try_group(root, number);
	if (rc == -ENOENT || rc == -ENODEV)
		return has_vfio_member(root, number) ? VH_NO : VH_YES;
	return rc == 0 ? VH_YES : VH_NO;
}

/* Where the device is now: one that was removed and found again may be in another group, and its
 * number may be another's by now. One that is gone has none; -1. */
static int group_of(const struct vh_root *root, const struct vh_record *r)
{
	int group = -1;

	if (vh_standing_is_gone(root, r, &group))
		return -1;
	return group < 0 && errno != ENOENT ? r->group : group;
}

/* The group of a record that is to be moved, if it is open: of those before `i` that are, it is
 * known. */
static bool is_open(const struct vh_root *root, const int *groups, const bool *open, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (groups[k] == groups[i])
			return open[k];
	return vh_group_is_closed(root, groups[i]) != VH_YES;
}

/* Calls each group once. With `leave`, its records stay where they are. */
static int look(const struct vh_root *root, struct vh_claim *c, bool leave)
{
	_auto_free_ int *groups = vh_alloc(c->count * sizeof(*groups));
	_auto_free_ bool *open = vh_alloc(c->count * sizeof(*open));
	int first = -1;

	for (size_t i = 0; i < c->count; i++) {
		groups[i] = c->records[i].now ? group_of(root, &c->records[i]) : -1;
		open[i] = groups[i] >= 0 && is_open(root, groups, open, i);
		if (open[i] && first < 0)
			first = groups[i];
		if (open[i] && leave)
			c->records[i].now = false;
	}
	return first;
}

int vh_groups_leave_open(const struct vh_root *root, struct vh_claim *c)
{
	return look(root, c, true);
}

int vh_groups_wait_closed(const struct vh_root *root, struct vh_claim *c, int64_t deadline)
{
	static const struct timespec pause = { 0, POLL_NS };

	while (look(root, c, false) >= 0) {
		if (vh_now_ms() >= deadline)
			return look(root, c, true);
		vh_root_step(root, "wait for a group");
		nanosleep(&pause, NULL);
	}
	return -1; /* all are closed */
}

void vh_groups_try(const struct vh_root *root, struct vh_claims *c)
{
	for (size_t i = 0; i < c->n_groups; i++) {
		struct vh_group_view *g = &c->groups[i];

		g->open = vh_group_is_closed(root, g->number) == VH_YES ? VH_NO : VH_YES;
		if (g->open == VH_YES)
			g->holder = vh_process_behind_group(root, g->number);
	}
}
