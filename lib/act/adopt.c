/* SPDX-License-Identifier: GPL-2.0-or-later */
/* adopt - brings home what nobody needs any more, before a start takes what it needs. */
#include "lib/act/adopt.h"

#include <time.h>

#include "lib/act/groups.h"
#include "lib/act/home.h"
#include "lib/act/release.h"
#include "lib/case/standing.h"

#include "lib/base/banned.h"

#define BOOT_S 300      /* in which udev loads what the host has */
#define DRIVER_MS 10000 /* the longest that a start waits for that */
#define UDEV_MS 3000    /* on a host where it always has something to do */

/* A record that cannot be read does not prevent a start. */
static void warn_of_record(const struct vh_task *t)
{
	const struct vh_reporter *to = t->act->reporter;
	_auto_free_ char *text = NULL;

	if (!t->c.last_problem || !to)
		return;
	text = vh_printf("not checked: whether these are the devices it last ran with: %s",
			 t->c.last_problem);
	to->warning(to->ctx, t->name, text);
}

/* Claims whose owners are gone are ended first, and what running guests have given back: their
 * devices go home, then we start afresh. Was there such a one? */
static bool end_stale_claims(struct vh_task *t)
{
	bool ended = false;

	for (size_t i = 0; i < t->c.claims->count; i++) {
		_auto_error_ struct vh_error why = { 0 };
		const struct vh_claim_view *v = &t->c.claims->list[i];

		/* where that fails the claim stays, and rule device-claimed names it */
		ended |= v->stale;
		if (v->stale)
			VH_IGNORE(vh_release_claim(t->act, &t->store, v->claim->owner,
						   VH_CLAIMS_BY_START, t->c.host, &why));
	}
	return ended;
}

/* By hand: is the device in a group that is asked for, and no domain holds it? */
static bool is_free(const struct vh_task *t, const struct vh_record *r)
{
	return !t->c.claims->count && vh_host_group(t->c.host, r->group);
}

/* Of a domain: what is astray, and what the new start does not need. By hand what was detached
 * before stays detached. What was put nowhere by us goes from the claim on the same way, and what
 * is another's by now, with what we left on it. */
static void mark_leftovers(struct vh_task *t)
{
	for (size_t i = 0; i < t->n_standing; i++) {
		struct vh_record *r = &t->old->records[i];
		const struct vh_standing *s = &t->standing[i];
		bool astray = vh_standing_is_astray(s, r);

		r->now = s->place != VH_PLACE_UNKNOWN &&
			 (vh_standing_is_marked(s, r) ||
			  (t->domain ? astray || !vh_task_takes(t, &r->addr)
				     : astray && is_free(t, r)));
	}
}

/* Is this group one that the new start needs? */
static bool is_wanted(const struct vh_task *t, int group)
{
	for (size_t i = 0; i < t->plan->count; i++)
		if (t->plan->devs[i].dev->group == group)
			return true;
	return false;
}

/* The first group of the old claim that is needed now, and open; or -1. */
static int open_group(const struct vh_task *t)
{
	for (size_t i = 0; i < t->n_standing; i++) {
		int group = t->old->records[i].group;

		if (is_wanted(t, group) && vh_group_is_closed(t->act->root, group) != VH_YES)
			return group;
	}
	return -1;
}

static int give_back_leftovers(struct vh_task *t, struct vh_error *err)
{
	_auto_error_ struct vh_error why = { 0 };
	int group = t->domain ? open_group(t) : -1;

	mark_leftovers(t);
	if (group < 0)
		group = vh_groups_leave_open(t->act->root, t->old);
	if (group >= 0 && is_wanted(t, group))
		return vh_fail(err, VH_E_REFUSED, 0, NULL,
			       "IOMMU group %d, which an earlier %s claimed, is still open", group,
			       t->domain ? "start of this domain" : "detach");
	/* what would not come home stays in the claim, and release tries again */
	VH_IGNORE(vh_home_bring(t->act, &t->store, t->old, t->lock, &why));
	return 0;
}

/* udev has not looked yet at a disk that has just come back, here or from another guest: then
 * nobody knows what is on it. The file is there while udev has something to do. */
static void wait_for_udev(const struct vh_act *act, int ms)
{
	static const struct timespec pause = { 0, 20 * 1000 * 1000 };
	int64_t until = vh_now_ms() + ms;

	until = until < act->deadline ? until : act->deadline;
	vh_root_waits(act->root, "udev");
	while (vh_root_exists(act->root, "run/udev/queue") && vh_now_ms() < until) {
		vh_root_step(act->root, "wait for udev");
		(void)nanosleep(&pause, NULL); /* a shorter one does no harm */
	}
}

/* One that had a driver before we came lacks it by our own doing. */
static bool lacks_driver(const struct vh_task *t)
{
	for (size_t i = 0; i < t->plan->count; i++) {
		const struct vh_pci_dev *d = t->plan->devs[i].dev;
		const struct vh_record *r = t->old ? vh_claim_find(t->old, &d->addr) : NULL;

		if (!d->driver && !(r && r->driver))
			return true;
	}
	return false;
}

static bool is_booting(const struct vh_root *root)
{
	_auto_free_ char *text = vh_root_read(root, "proc/uptime");
	unsigned int seconds;

	return text && sscanf(text, "%u", &seconds) == 1 && seconds < BOOT_S;
}

/* While the host boots, udev may still have to load the driver of a device: taken without one, it
 * would be brought back to none. Later it has none on purpose. */
static int look_for_drivers(struct vh_task *t, struct vh_error *err)
{
	const struct vh_root *root = t->act->root;

	if (!lacks_driver(t) || !is_booting(root) || !vh_root_exists(root, "run/udev/queue"))
		return 0;
	wait_for_udev(t->act, DRIVER_MS);
	return vh_task_look(t, err);
}

int vh_adopt_leftovers(struct vh_task *t, struct vh_error *err)
{
	bool ended;

	if (vh_store_load(&t->store, t->owner, &t->old, err) < 0)
		return -1;
	if (t->old)
		vh_claim_unstick(t->old);
	wait_for_udev(t->act, UDEV_MS);
	if (vh_task_look(t, err) < 0 || look_for_drivers(t, err) < 0)
		return -1;
	warn_of_record(t);
	ended = end_stale_claims(t);
	if (!ended && !t->old)
		return 0;
	/* both may have moved devices */
	if (t->old && ((ended && vh_task_look(t, err) < 0) || give_back_leftovers(t, err) < 0))
		return -1;
	wait_for_udev(t->act, UDEV_MS);
	return vh_task_look_again(t, err);
}
