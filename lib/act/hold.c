/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hold - looks, then holds: what was mounted in between has the disk, and the hold fails. */
#include "lib/act/hold.h"

#include <errno.h>

#include <time.h>

#include "lib/act/groups.h"
#include "lib/decide/plan.h"
#include "lib/host/function.h"
#include "lib/host/read.h"

#include "lib/base/banned.h"

/* What was allowed to stay unseen at the first look was judged then; nothing new may be unseen. */
static bool is_seen(const struct vh_act *act, const struct vh_pci_dev *d)
{
	return vh_host_is_seen_enough(d, vh_config_device(act->config, &d->addr).allow_in_use);
}

/* A partition is held with its disk (block/bdev.c:bd_may_claim()). */
static bool is_disk(const struct vh_root *root, const struct vh_devnode *n)
{
	_auto_free_ char *name = NULL;

	if (!n->block || !vh_has_prefix(n->path, "/dev/"))
		return false;
	name = vh_strdup(n->path + strlen("/dev/"));
	for (char *c = name; *c; c++)
		if (*c == '/')
			*c = '!';
	return !vh_root_exists(root, "sys/class/block/%s/partition", name);
}

/* Who has it by now has it exclusively. That a disk cannot be opened at all was judged before. */
static int hold_disks(const struct vh_act *act, const struct vh_pci_dev *d)
{
	bool allowed = vh_config_device(act->config, &d->addr).allow_in_use & VH_USE_BLOCK;

	for (size_t i = 0; i < d->n_devnodes && !allowed; i++)
		if (is_disk(act->root, &d->devnodes[i]) &&
		    vh_root_hold(act->root, d->devnodes[i].path + strlen("/dev/")) == -EBUSY)
			return VH_WRITE_USED;
	return 0;
}

static int see_unused(const struct vh_act *act, const struct vh_pci_addr *addr, enum vh_role role)
{
	_auto_(vh_host) const struct vh_host *h = vh_host_read(
		act->root, addr, 1, VH_HOST_USES | VH_HOST_LONE, act->deadline);
	const struct vh_pci_dev *d = vh_host_dev(h, addr);

	if (!d)
		return h->failed ? VH_WRITE_UNSEEN : 0; /* it is gone: so the write will say */
	if (h->failed || !is_seen(act, d))
		return VH_WRITE_UNSEEN;
	for (size_t i = 0; i < d->n_uses; i++)
		if (vh_plan_is_refused_by(act->config, d, &d->uses[i], role))
			return VH_WRITE_USED;
	return hold_disks(act, d);
}

/* Members of one group are given back side by side, and each of them looks: who has it open for
 * that has let go of it the next moment. */
static int see_closed(const struct vh_act *act, const struct vh_pci_addr *addr)
{
	static const struct timespec moment = { 0, 10 * 1000 * 1000 };
	int group = vh_function_group(act->root, addr);

	if (group < 0)
		return errno == ENOENT ? 0 : VH_WRITE_UNSEEN;
	for (int tries = 0; tries < 5; tries++) {
		if (vh_group_is_closed(act->root, group) == VH_YES)
			return 0;
		(void)nanosleep(&moment, NULL); /* a shorter one does no harm */
	}
	return VH_WRITE_OPEN;
}

int vh_hold_for(const struct vh_act *act, const struct vh_write *w)
{
	if (w->guard == VH_GUARD_UNUSED)
		return see_unused(act, &w->addr, w->role);
	return w->guard == VH_GUARD_CLOSED ? see_closed(act, &w->addr) : 0;
}
