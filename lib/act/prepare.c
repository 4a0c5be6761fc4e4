/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * prepare - from a domain to devices that are ready, and the same by hand (detach): judge,
 * claim, take; on any failure undo.
 */
#include "lib/act/act.h"

#include "lib/act/adopt.h"
#include "lib/act/asking.h"
#include "lib/act/claiming.h"
#include "lib/act/first-bind.h"
#include "lib/act/handover.h"
#include "lib/act/module.h"
#include "lib/act/recheck.h"
#include "lib/act/take.h"
#include "lib/config/effective.h"

#include "lib/base/banned.h"

static bool changes_anything(const struct vh_plan *p)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->devs[i].action == VH_UNBIND || p->devs[i].action == VH_BIND)
			return true;
	return false;
}

/* A module that was unloaded has let go of its device: what counts is what the claim has moved. */
static bool has_moved_anything(const struct vh_claim *c)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->records[i].now && c->records[i].state != VH_NOTED)
			return true;
	return false;
}

/* The claim says that all are taken: libvirt may move them from now on. But where nobody waits for
 * this start any more, nobody would ever end it. */
static int finish(struct vh_task *t, struct vh_error *err)
{
	if (has_moved_anything(t->claim) &&
	    vh_store_save(&t->store, t->claim, t->act->deadline, err) < 0)
		return -1;
	if (!t->domain)
		return 0;
	if (t->daemon.start && vh_process_is_gone(t->act->root, &t->daemon))
		return vh_fail(err, VH_E_SYS, 0, NULL,
			       "the daemon that asked for this start has ended: nobody waits for it");
	if (vh_store_is_released(&t->store, t->claim))
		return vh_fail(err, VH_E_SYS, 0, NULL,
			       "this start has been given up: its release was called");
	return 0;
}

/* Before the first override is written: a module loaded later would find the devices. */
static int load_modules(struct vh_task *t, struct vh_error *err)
{
	if (!changes_anything(t->plan))
		return 0;
	for (size_t i = 0; i < t->plan->count; i++) {
		const struct vh_plan_dev *pd = &t->plan->devs[i];
		_auto_error_ struct vh_error ignored = { 0 };

		/* without it vfio-pci does */
		if (pd->action == VH_BIND && pd->dev->variant)
			VH_IGNORE(vh_module_load(t->act, pd->dev->variant, &ignored));
	}
	return vh_module_load(t->act, "vfio-pci", err);
}

static int run_locked(struct vh_task *t, struct vh_findings *out, struct vh_error *err)
{
	if (vh_adopt_leftovers(t, err) < 0 || vh_task_judge(t, out, err) < 0)
		return -1;
	if (vh_first_bind(t, out, err) < 0 || load_modules(t, err) < 0 ||
	    vh_claiming_write(t, out, err) < 0)
		return -1;
	if (t->act->reporter && t->act->reporter->judged)
		t->act->reporter->judged(t->act->reporter->ctx, out);
	if (vh_handover_lend(t, out, err) == 0 && vh_take(t->act, t->claim, t->lock, err) == 0 &&
	    finish(t, err) == 0)
		return 0;
	VH_IGNORE(vh_claiming_undo(t, err));
	return -1;
}

static int run(struct vh_task *t, struct vh_findings *out, struct vh_error *err)
{
	int rc;

	t->store.dir = -1;
	t->daemon = vh_process_daemon(t->act->root);
	if (vh_store_open(&t->store, t->act->root, true, err) < 0)
		return -1;
	t->lock = vh_store_lock_claim(&t->store, t->owner, t->act->deadline, err);
	if (t->lock < 0)
		return -1;
	rc = run_locked(t, out, err);
	vh_store_unlock_claim(&t->store, t->owner, t->lock);
	return rc;
}

/* A domain that names no device may have named some before, and lost its claim to an accident. */
static void end_earlier(const struct vh_act *act, const struct vh_domain *d)
{
	_auto_error_ struct vh_error err = { 0 };

	if (d->uuid && vh_release(act, d->uuid, &err) < 0 && act->reporter)
		act->reporter->warning(act->reporter->ctx, d->name, err.what);
}

static int prepare(const struct vh_act *act, const struct vh_domain *d, struct vh_findings *out,
		   struct vh_error *err)
{
	struct vh_task t = { .act = act, .domain = d, .owner = d->uuid, .name = d->name };
	int rc;

	if (!vh_domain_has_pci(d)) {
		end_earlier(act, d);
		return vh_recheck_case(act, d, false, out, err);
	}
	if (!d->uuid)
		return vh_fail(err, VH_E_INPUT, 0, NULL, "the domain has no <uuid>");
	for (size_t i = 0; i < d->n_devices; i++)
		if (!d->devices[i].problem)
			*VH_APPEND(t.addrs, t.n_addrs) = d->devices[i].addr;
	rc = run(&t, out, err);
	vh_task_clear(&t);
	return rc;
}

int vh_prepare(const struct vh_act *act, const struct vh_domain *d, struct vh_findings *out,
	       struct vh_error *err)
{
	struct vh_config config = vh_effective_for(act->config, d->name, d->uuid,
						   d->policy.require_peers);
	struct vh_act effective = *act;
	struct vh_asking asking;
	int rc;

	effective.config = &config;
	rc = prepare(vh_asking_begin(&asking, &effective), d, out, err);
	vh_asking_end(&asking);
	return rc;
}

int vh_prepare_by_hand(const struct vh_act *act, const struct vh_pci_addr *addrs, size_t count,
		       struct vh_findings *out, struct vh_error *err)
{
	struct vh_asking asking;
	struct vh_task t = {
		.act = vh_asking_begin(&asking, act),
		.owner = VH_MANUAL,
		.name = VH_MANUAL,
	};
	int rc;

	for (size_t i = 0; i < count; i++)
		*VH_APPEND(t.addrs, t.n_addrs) = addrs[i];
	rc = run(&t, out, err);
	vh_task_clear(&t);
	vh_asking_end(&asking);
	return rc;
}
