/* SPDX-License-Identifier: GPL-2.0-or-later */
/* groups - opens /dev/vfio/N to see whether somebody has it open; where there is no node, no
 * member may be on a VFIO driver. */
#include "lib/act/groups.h"

#include <errno.h>
#include <time.h>

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

/* A device that was removed and found again may be in another group by now. */
static int group_now(const struct vh_root *root, const struct vh_record *r)
{
	int group = vh_function_group(root, &r->addr);

	return group < 0 ? r->group : group;
}

int vh_groups_first_open(const struct vh_root *root, const struct vh_claim *c)
{
	for (size_t i = 0; i < c->count; i++) {
		const struct vh_record *r = &c->records[i];
		int now = group_now(root, r);
		bool seen = false;

		for (size_t k = 0; k < i; k++)
			seen |= c->records[k].group == r->group;
		if (!seen && vh_group_is_closed(root, r->group) != VH_YES)
			return r->group;
		if (now != r->group && vh_group_is_closed(root, now) != VH_YES)
			return now;
	}
	return -1;
}

int vh_groups_wait_closed(const struct vh_root *root, const struct vh_claim *c, int64_t deadline)
{
	static const struct timespec pause = { 0, POLL_NS };
	int group;

	while ((group = vh_groups_first_open(root, c)) >= 0 && vh_now_ms() < deadline) {
		vh_root_step(root, "wait for a group");
		nanosleep(&pause, NULL);
	}
	return group;
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
