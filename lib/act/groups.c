/* SPDX-License-Identifier: GPL-2.0-or-later */
/* groups - opens /dev/vfio/N, in a child, to see whether somebody has it open; where there is no
 * node, no member may be on a VFIO driver, or no process may have a node of a member open. */
#include "lib/act/groups.h"

#include <errno.h>
#include <time.h>

#include "lib/base/child.h"
#include "lib/case/standing.h"
#include "lib/host/function.h"
#include "lib/host/processes/process.h"

#include "lib/base/banned.h"

#define POLL_NS 50000000 /* between two looks at an open group: QEMU takes its time to die */
#define TRY_MS 2000      /* for an open: it waits for whoever resets a device of the group */

/* --- one group -------------------------------------------------------------------------------- */

struct trying {
	const struct vh_root *root;
	int number;
};

enum { CLOSED, OPEN, NO_NODE };

static int open_in_child(void *arg)
{
	const struct trying *t = arg;
	int rc = t->root->ops->try_group(t->root, t->number);

	if (rc == -ENOENT || rc == -ENODEV)
		return NO_NODE;
	return rc == 0 ? CLOSED : OPEN;
}

/* The open sleeps, beyond kill, while another holds the lock of the group (drivers/vfio/group.c):
 * for a minute where a device does not come back from a reset. The child keeps no lock of ours. */
static int try_node(const struct vh_root *root, int number, int64_t deadline)
{
	struct trying t = { root, number };
	struct vh_child child;

	if (!vh_root_exists(root, "dev/vfio/%d", number))
		return errno == ENOENT ? NO_NODE : OPEN;
	vh_root_waits(root, "VFIO to open IOMMU group %d", number);
	if (vh_child_start(&child, open_in_child, &t, &root->fd, 1) < 0 ||
	    !vh_child_wait(&child, 1, deadline) || child.result > NO_NODE)
		return OPEN;
	return child.result;
}

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

/* Linux without CONFIG_VFIO_GROUP has nodes of devices alone. Those any number may open, so that an
 * open tells nothing: that all processes were looked at, and none has one, does. */
static bool is_let_go(const struct vh_root *root, int number)
{
	_auto_free_ char *who = NULL;

	return vh_process_has_groups(root) == VH_NO &&
	       vh_process_holding_group(root, number, &who, NULL) == VH_NO;
}

/* Who has opened the node of a device and done nothing with it has not opened the group, but VFIO
 * waits for him before it gives the device up (vfio_unregister_group_dev()). Where not every
 * process may be looked at, as by a confined hook, the group alone has to tell. */
static bool is_closed_by(const struct vh_root *root, int number, int64_t deadline)
{
	int found = number < 0 ? CLOSED : try_node(root, number, deadline);

	if (found == NO_NODE)
		return !has_vfio_member(root, number) || is_let_go(root, number);
	return found == CLOSED && vh_process_holding_devices(root, number) != VH_YES;
}

enum vh_tri vh_group_is_closed(const struct vh_root *root, int number)
{
	return is_closed_by(root, number, vh_now_ms() + TRY_MS) ? VH_YES : VH_NO;
}

/* --- those of a claim ------------------------------------------------------------------------- */

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
static bool is_open(const struct vh_root *root, const int *groups, const bool *open, size_t i,
		    int64_t deadline)
{
	for (size_t k = 0; k < i; k++)
		if (groups[k] == groups[i])
			return open[k];
	return !is_closed_by(root, groups[i], deadline);
}

/* Calls each group once. With `leave`, its records stay where they are. */
static int look(const struct vh_root *root, struct vh_claim *c, bool leave, int64_t deadline)
{
	_auto_free_ int *groups = vh_alloc(c->count * sizeof(*groups));
	_auto_free_ bool *open = vh_alloc(c->count * sizeof(*open));
	int first = -1;

	for (size_t i = 0; i < c->count; i++) {
		groups[i] = c->records[i].now ? group_of(root, &c->records[i]) : -1;
		open[i] = groups[i] >= 0 && is_open(root, groups, open, i, deadline);
		if (open[i] && first < 0)
			first = groups[i];
		if (open[i] && leave)
			c->records[i].now = false;
	}
	return first;
}

int vh_groups_leave_open(const struct vh_root *root, struct vh_claim *c)
{
	return look(root, c, true, vh_now_ms() + TRY_MS);
}

int vh_groups_wait_closed(const struct vh_root *root, struct vh_claim *c, int64_t deadline)
{
	static const struct timespec pause = { 0, POLL_NS };

	/* one that sleeps is waited for, and not asked again every few seconds */
	for (;;) {
		int64_t soon = vh_now_ms() + TRY_MS;
		int open = look(root, c, false, soon > deadline ? soon : deadline);

		if (open < 0)
			return -1;
		if (vh_now_ms() >= deadline)
			return vh_groups_leave_open(root, c);
		vh_root_step(root, "wait for a group");
		nanosleep(&pause, NULL);
	}
}

void vh_groups_try(const struct vh_root *root, struct vh_claims *c)
{
	for (size_t i = 0; i < c->n_groups; i++) {
		struct vh_group_view *g = &c->groups[i];

		g->open = vh_group_is_closed(root, g->number) == VH_YES ? VH_NO : VH_YES;
		if (g->open != VH_YES)
			continue;
		g->holder = vh_process_behind_group(root, g->number, &g->nodes);
		g->hidden = !vh_root_exists(root, "dev/vfio/%d", g->number) &&
			    vh_process_has_groups(root) != VH_NO;
	}
}
