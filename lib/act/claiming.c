/* SPDX-License-Identifier: GPL-2.0-or-later */
/* claiming - the claim of a start or a detach, and back from it. */
#include "lib/act/claiming.h"

#include <time.h>

#include "lib/act/groups.h"
#include "lib/act/handover.h"
#include "lib/act/home.h"
#include "lib/act/steps.h"
#include "lib/case/standing.h"
#include "lib/decide/rules/rule.h"

#include "lib/base/banned.h"

/* Is this one that was detached by hand before, and stands where that put it? */
static bool is_detached(const struct vh_task *t, const struct vh_pci_addr *addr)
{
	for (size_t i = 0; !t->domain && i < t->n_standing; i++) {
		const struct vh_record *r = &t->old->records[i];

		if (!vh_pci_cmp(&r->addr, addr))
			return r->state == VH_TAKEN && t->standing[i].place == VH_PLACE_PUT &&
			       t->standing[i].on_vfio;
	}
	return false;
}

/* The variant's module was loaded, or could not be: then vfio-pci takes the device. */
static char *driver_for(const struct vh_task *t, const struct vh_plan_dev *pd)
{
	if (pd->action != VH_BIND || !pd->dev->variant ||
	    !vh_root_exists(t->act->root, "sys/bus/pci/drivers/%s", pd->dev->variant))
		return NULL;
	return vh_strdup(pd->dev->variant);
}

/* libvirt itself takes it from its driver, after it has noted the MAC address of its interface,
 * which the next driver would not know (src/util/virnetdev.c:virNetDevSaveNetConfig()): taken by
 * us, the function would come back with another one. */
static bool is_for_libvirt(const struct vh_task *t, const struct vh_plan_dev *pd)
{
	return !t->first_bind && pd->action == VH_UNBIND && pd->element &&
	       pd->element->element == VH_INTERFACE && pd->dev->is_vf;
}

/* libvirt 10.0 and later take it from vfio-pci to the driver that is made for it, or that is asked
 * for, and versions before 9.7 from such a one to vfio-pci. When the guest has ended they clear its
 * override, and probe: that leaves it to its host driver. */
static bool is_rebound(const struct vh_task *t, const struct vh_plan_dev *pd)
{
	const char *to = pd->element && pd->element->model ? pd->element->model : pd->dev->variant;

	if (!t->domain || pd->action != VH_LEAVE || !pd->dev->on_vfio)
		return false;
	return !vh_streq(pd->dev->driver, "vfio-pci") || (to && strcmp(to, "vfio-pci") != 0);
}

/* From where the claim before this one found it, if there is one: VFIO has changed it since. */
static bool sleeps(const struct vh_task *t, const struct vh_pci_dev *d)
{
	const struct vh_record *before = t->old ? vh_claim_find(t->old, &d->addr) : NULL;

	return before ? before->sleeps : !d->on_vfio && vh_steps_may_sleep(t->act->root, &d->addr);
}

static void record_device(const struct vh_task *t, struct vh_claim *c, const struct vh_plan_dev *pd)
{
	const struct vh_pci_dev *d = pd->dev;
	struct vh_record *r = vh_claim_add(c, &d->addr);

	r->vendor = d->vendor;
	r->device = d->device;
	r->group = d->group;
	r->role = pd->role;
	r->action = t->first_bind ? VH_BIND : pd->action;
	r->driver = vh_strdup(d->driver);
	r->override = vh_strdup(d->override);
	r->state = r->action == VH_UNBIND || r->action == VH_BIND ? VH_TAKING : VH_NOTED;
	if (is_rebound(t, pd))
		r->action = VH_UNBIND;
	else if (is_for_libvirt(t, pd))
		r->state = VH_NOTED;
	r->sleeps = sleeps(t, d);
	r->now = true;
	free(r->onto);
	r->onto = t->first_bind ? NULL : driver_for(t, pd);
}

static bool is_claimed_now(const struct vh_task *t, const struct vh_plan_dev *pd)
{
	if (t->first_bind)
		return pd->action != VH_KEEP && vh_rule_gets_group_later(t->c.host, pd->dev);
	return !is_detached(t, &pd->dev->addr);
}

static int make_claim(struct vh_task *t, struct vh_error *err)
{
	struct vh_claim *c = vh_claim_new(t->owner, t->name);
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	vh_claim_free(t->claim);
	t->claim = c;
	c->since = now.tv_sec;
	c->since_ns = now.tv_nsec;
	c->daemon_pid = t->daemon.pid;
	c->daemon_start = t->daemon.start;
	for (size_t i = 0; i < t->plan->count; i++) {
		const struct vh_plan_dev *pd = &t->plan->devs[i];

		if (pd->action != VH_KEEP && pd->dev->override_read != VH_YES)
			return vh_fail(err, VH_E_TIMEOUT, 0, NULL,
				       "cannot read the driver_override of %s: its driver does not "
				       "answer",
				       vh_pci_str(&pd->dev->addr).s);
		if (is_claimed_now(t, pd))
			record_device(t, c, pd);
	}
	/* by hand: what was detached before; after an accident: what could not come home */
	for (size_t i = 0; t->old && i < t->old->count; i++) {
		const struct vh_record *r = &t->old->records[i];

		if (!vh_claim_find(c, &r->addr))
			vh_claim_copy_record(vh_claim_add(c, &r->addr), r);
	}
	/* nothing is lent for a device that comes home at once */
	return t->first_bind ? 0 : vh_handover_record(t, c, err);
}

/* Under the global lock: look again at what can have changed, compare with all claims, see that the
 * groups are closed, and only then write the claim. No kernel write happens here. */
static int claim_locked(struct vh_task *t, struct vh_findings *out, struct vh_error *err)
{
	t->settled = true;
	if (vh_task_look_locked(t, err) < 0 || vh_task_judge(t, out, err) < 0)
		return -1;
	vh_groups_try(t->act->root, vh_case_own_claims(&t->c));
	if (vh_task_judge(t, out, err) < 0 || make_claim(t, err) < 0)
		return -1;
	return vh_store_save_new_locked(&t->store, t->claim, err);
}

int vh_claiming_write(struct vh_task *t, struct vh_findings *out, struct vh_error *err)
{
	_auto_close_ int global = vh_store_lock_global(&t->store, t->act->deadline, err);

	return global < 0 ? -1 : claim_locked(t, out, err);
}

int vh_claiming_undo(struct vh_task *t, struct vh_error *err)
{
	struct vh_act act = *t->act;
	_auto_error_ struct vh_error why = { 0 };
	/* one that hangs takes the time of a write, and the others have as much for their way */
	int64_t least = vh_now_ms() + 2 * (int64_t)t->act->config->timeout_write;

	act.deadline = act.deadline > least ? act.deadline : least;
	/* a domain's start is over: from now on a reattach may end the claim */
	t->claim->released = t->domain != NULL;
	/* what remains stays in the claim */
	if (vh_home_bring(&act, &t->store, t->claim, t->lock, &why) == 0)
		return 0;
	if (!err->what)
		return vh_fail(err, VH_E_LEFT, 0, why.fix, "%s", why.what);
	err->code = VH_E_LEFT;
	return -1;
}
