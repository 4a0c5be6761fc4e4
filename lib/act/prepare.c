/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * prepare - from a domain to devices that are ready, and the same by hand (detach): judge,
 * claim, take; on any failure undo.
 */
#include "lib/act/act.h"

#include <errno.h>
#include <time.h>

#include "lib/act/home.h"
#include "lib/act/recheck.h"
#include "lib/act/take.h"
#include "lib/config/effective.h"
#include "lib/act/release.h"
#include "lib/case/standing.h"
#include "lib/decide/rules/rule-table.h"
#include "lib/act/groups.h"
#include "lib/host/process.h"

#include "lib/base/banned.h"

/* Everything that one prepare or detach holds; cleared at its end. */
struct task {
	const struct vh_act *act;
	const struct vh_domain *domain; /* NULL: by hand */
	const char *owner, *name;
	struct vh_pci_addr *addrs;
	size_t n_addrs;
	struct vh_store store;
	int lock;             /* of the claim */
	struct vh_claim *old; /* what an accident, or an earlier detach, left; NULL: nothing */
	bool *counts;         /* which of its records still tell what was before */
	bool *astray;         /* which of its devices are to be brought home first */
	struct vh_case c;
	struct vh_plan *plan;
	struct vh_claim *claim;
};

static void task_clear(struct task *t)
{
	vh_claim_free(t->claim);
	vh_claim_free(t->old);
	vh_plan_free(t->plan);
	vh_case_clear(&t->c);
	free(t->addrs);
	free(t->counts);
	free(t->astray);
	vh_store_close(&t->store);
}

/* --- judging --------------------------------------------------------------------------------- */

/* Drivers are probed by our release, and by libvirt when it gives back what the domain names.
 * On another driver without that, somebody has moved the device by hand. */
static bool was_probed(const struct vh_claim *c, const struct vh_record *r)
{
	return c->state == VH_RELEASED || (c->state == VH_STARTED && r->role == VH_NAMED);
}

/* Which records of the old claim still tell what was before. */
static void weigh_old(struct task *t)
{
	struct vh_standing *states;

	free(VH_STEAL(t->counts));
	free(VH_STEAL(t->astray));
	if (!t->old)
		return;
	t->counts = vh_alloc(t->old->count * sizeof(*t->counts));
	t->astray = vh_alloc(t->old->count * sizeof(*t->astray));
	states = vh_standing_read(t->act->root, t->old);
	for (size_t i = 0; i < t->old->count; i++) {
		t->counts[i] = vh_standing_is_ours(&states[i], &t->old->records[i]);
		t->astray[i] = was_probed(t->old, &t->old->records[i]) &&
			       vh_standing_is_astray(&states[i], &t->old->records[i]);
	}
	vh_standing_free(states, t->old->count);
}

/* Reads everything again, with the claims of others, and plans; what the old claim moved is taken
 * as it was before. */
static int look(struct task *t, struct vh_error *err)
{
	struct vh_case before = t->c;
	struct vh_case_ask ask = {
		.root = t->act->root,
		.config = t->act->config,
		.domain = t->domain,
		.addrs = t->addrs,
		.count = t->n_addrs,
		.owner = t->owner,
		.deadline = t->act->deadline,
		.starts = true,
		.store = &t->store,
		.own = t->old,
		.before = t->c.host ? &before : NULL,
	};
	int rc;

	vh_plan_free(VH_STEAL(t->plan));
	weigh_old(t);
	ask.counts = t->counts;
	rc = vh_case_read(&t->c, &ask, err);
	vh_case_clear(&before);
	if (rc < 0)
		return -1;
	if (t->domain)
		t->plan = vh_plan_make(t->domain, t->c.host, t->act->config);
	else
		t->plan = vh_plan_detach(t->addrs, t->n_addrs, t->c.host);
	t->c.plan = t->plan;
	return 0;
}

/* Those whose owners are gone were ended before; what is left of them blocks us like any other. */
static int look_again(struct task *t, struct vh_error *err)
{
	struct vh_claims *claims;

	if (look(t, err) < 0)
		return -1;
	claims = vh_case_own_claims(&t->c);
	for (size_t i = 0; i < claims->count; i++) {
		struct vh_claim_view *v = &claims->list[i];

		if (v->stale) {
			v->stale = false;
			v->why = vh_strdup("its domain is gone, but the devices would not come home");
		}
	}
	return 0;
}

/* Why the uses of this device could not be seen: what its readers said, or what others did. */
static const char *why_unseen(const struct task *t, const struct vh_pci_dev *d)
{
	const struct vh_names *all = t->c.host->not_checked.count ? &t->c.host->not_checked
								  : &t->c.unseen;

	if (d->unseen.count)
		return d->unseen.name[0];
	return all->count ? all->name[0] : "unknown";
}

static bool is_seen_enough(const struct task *t, const struct vh_pci_dev *d)
{
	return vh_host_is_seen_enough(d, vh_config_device(t->act->config, &d->addr).allow_in_use);
}

/* What cannot be seen is never taken: neither where a device looks driverless because reading
 * failed, nor where the host may use it unseen. */
static int see_all(const struct task *t, struct vh_error *err)
{
	if (t->c.host->failed)
		return vh_fail(err, VH_E_SYS, t->c.host->failed, NULL, "cannot read the devices");
	for (size_t i = 0; i < t->plan->count; i++) {
		const struct vh_plan_dev *pd = &t->plan->devs[i];
		bool taken = pd->action == VH_UNBIND || pd->action == VH_BIND;

		if (taken && !is_seen_enough(t, pd->dev))
			return vh_fail(err, VH_E_REFUSED, 0, NULL,
				       "what the host does with %s cannot be seen: %s",
				       vh_pci_str(&pd->dev->addr).s, why_unseen(t, pd->dev));
	}
	return 0;
}

/* Runs the rules on what look() saw. -1 when one of them refuses. */
static int judge(struct task *t, struct vh_findings *out, struct vh_error *err)
{
	unsigned int scopes = VH_SCOPE_DEVICE | (t->domain ? VH_SCOPE_DOMAIN | VH_SCOPE_POLICY : 0);
	size_t errors;

	vh_findings_clear(out);
	vh_rule_table_run(&t->c, scopes, out);
	errors = vh_findings_number(out, VH_ERROR);
	if (!errors)
		return see_all(t, err);
	return vh_fail(err, VH_E_REFUSED, 0, NULL, "%zu problem%s", errors, errors == 1 ? "" : "s");
}

/* --- what others, and accidents, left ------------------------------------------------------------ */

/* A record that cannot be read is no reason not to start. */
static void warn_of_record(const struct task *t)
{
	const struct vh_reporter *to = t->act->reporter;
	_auto_free_ char *text = NULL;

	if (!t->c.last_problem || !to)
		return;
	text = vh_printf("not checked: whether these are the devices it last ran with: %s",
			 t->c.last_problem);
	to->warning(to->ctx, t->name, text);
}

/* Claims whose owners are gone are ended first: their devices go home, then we start afresh.
 * Was there such a one? */
static bool end_stale_claims(struct task *t)
{
	bool ended = false;

	for (size_t i = 0; i < t->c.claims->count; i++) {
		_auto_error_ struct vh_error why = { 0 };
		const struct vh_claim_view *v = &t->c.claims->list[i];

		/* where that fails the claim stays, and rule device-claimed names it */
		ended |= v->stale;
		if (v->stale)
			VH_IGNORE(vh_release_claim(t->act, &t->store, v->claim->owner, false, &why));
	}
	return ended;
}

static bool is_needed(const struct task *t, const struct vh_pci_addr *addr)
{
	for (size_t i = 0; i < t->plan->count; i++) {
		const struct vh_plan_dev *pd = &t->plan->devs[i];

		if (!vh_pci_cmp(&pd->dev->addr, addr))
			return pd->action == VH_UNBIND || pd->action == VH_BIND;
	}
	return false;
}

/* By hand: is the device in a group that is asked for, and no domain holds it? */
static bool is_free(const struct task *t, const struct vh_record *r)
{
	return !t->c.claims->count && vh_host_group(t->c.host, r->group);
}

/* Gives back what an accident left astray and, of a domain, what the new start does not need;
 * what was detached by hand before stays detached. */
static int give_back_leftovers(struct task *t, struct vh_error *err)
{
	_auto_(vh_claim) struct vh_claim *rest = vh_claim_new(t->owner, t->name);
	_auto_error_ struct vh_error why = { 0 };
	int group;

	for (size_t i = 0; i < t->old->count; i++) {
		const struct vh_record *r = &t->old->records[i];

		if (t->domain ? t->astray[i] || !is_needed(t, &r->addr)
			      : t->astray[i] && is_free(t, r))
			vh_claim_copy_record(vh_claim_add(rest, &r->addr), r);
	}
	group = vh_groups_first_open(t->act->root, t->domain ? t->old : rest);
	if (group >= 0)
		return vh_fail(err, VH_E_REFUSED, 0, NULL,
			       "IOMMU group %d, which an earlier %s claimed, is still open", group,
			       t->domain ? "start of this domain" : "detach");
	if (!rest->count)
		return 0;
	for (size_t i = 0; i < rest->count; i++)
		vh_claim_remove(t->old, &rest->records[i].addr);
	VH_IGNORE(vh_home_bring(t->act, rest, t->lock, &why));
	/* what would not come home stays in the claim, and release tries again */
	for (size_t i = 0; i < rest->count; i++)
		vh_claim_copy_record(vh_claim_add(t->old, &rest->records[i].addr),
				     &rest->records[i]);
	return vh_store_save(&t->store, t->old, t->act->deadline, err);
}

/* Loads the own old claim, and looks; afterwards only what is needed now is left of it. */
static int look_first(struct task *t, struct vh_error *err)
{
	bool ended;

	if (vh_store_load(&t->store, t->owner, &t->old, err) < 0)
		return -1;
	for (size_t i = 0; t->old && i < t->old->count; i++)
		t->old->records[i].stuck = false; /* its writer held the lock that we hold now */
	if (look(t, err) < 0)
		return -1;
	warn_of_record(t);
	ended = end_stale_claims(t);
	if (!ended && !t->old)
		return 0;
	if (t->old && give_back_leftovers(t, err) < 0)
		return -1;
	return look_again(t, err); /* both may have moved devices */
}

/* --- claiming -------------------------------------------------------------------------------------- */

static void record_device(struct vh_claim *c, const struct vh_plan_dev *pd)
{
	const struct vh_pci_dev *d = pd->dev;
	struct vh_record *r = vh_claim_add(c, &d->addr);

	r->vendor = d->vendor;
	r->device = d->device;
	r->group = d->group;
	r->role = pd->role;
	r->action = pd->action;
	r->driver = vh_strdup(d->driver);
	r->override = vh_strdup(d->override);
}

static int make_claim(struct task *t, struct vh_error *err)
{
	struct vh_process daemon = vh_process_daemon(t->act->root);
	struct vh_claim *c = vh_claim_new(t->owner, t->name);

	vh_claim_free(t->claim);
	t->claim = c;
	c->since = time(NULL);
	c->daemon_pid = daemon.pid;
	c->daemon_start = daemon.start;
	for (size_t i = 0; i < t->plan->count; i++) {
		const struct vh_plan_dev *pd = &t->plan->devs[i];

		if (pd->action != VH_KEEP && pd->dev->override_read != VH_YES)
			return vh_fail(err, VH_E_TIMEOUT, 0, NULL,
				       "cannot read the driver_override of %s: its driver does not "
				       "answer",
				       vh_pci_str(&pd->dev->addr).s);
		record_device(c, pd);
	}
	/* by hand: what was detached before; after an accident: what would not come home */
	for (size_t i = 0; t->old && i < t->old->count; i++) {
		const struct vh_record *r = &t->old->records[i];
		struct vh_record *now = vh_claim_find(c, &r->addr);

		if (!now)
			vh_claim_copy_record(vh_claim_add(c, &r->addr), r);
	}
	return 0;
}

/* Under the global lock: look again, compare with all claims, see that the groups are closed,
 * and only then write the claim. No kernel write happens here. */
static int claim_locked(struct task *t, struct vh_findings *out, struct vh_error *err)
{
	if (look_again(t, err) < 0 || judge(t, out, err) < 0)
		return -1;
	vh_groups_try(t->act->root, vh_case_own_claims(&t->c));
	if (judge(t, out, err) < 0 || make_claim(t, err) < 0)
		return -1;
	return vh_store_save_locked(&t->store, t->claim, err);
}

static int claim(struct task *t, struct vh_findings *out, struct vh_error *err)
{
	_auto_close_ int global = vh_store_lock_global(&t->store, t->act->deadline, err);

	return global < 0 ? -1 : claim_locked(t, out, err);
}

/* --- doing ------------------------------------------------------------------------------------------ */

/* By hand, what an earlier detach took is not ours to give back. */
static bool is_earlier(const struct task *t, const struct vh_pci_addr *addr)
{
	const struct vh_record *r = t->old && !t->domain ? vh_claim_find(t->old, addr) : NULL;

	return r && t->counts[r - t->old->records];
}

/* Brings home what this call took; what was in the claim before stays in it. */
static void undo(struct task *t, struct vh_error *err)
{
	struct vh_act act = *t->act;
	_auto_error_ struct vh_error why = { 0 };
	_auto_(vh_claim) struct vh_claim *back = vh_claim_new(t->owner, t->name);
	int64_t least = vh_now_ms() + t->act->config->timeout_write;

	act.deadline = act.deadline > least ? act.deadline : least;
	for (size_t i = 0; i < t->plan->count; i++) {
		struct vh_record *r = vh_claim_find(t->claim, &t->plan->devs[i].dev->addr);

		if (r && !is_earlier(t, &r->addr))
			vh_claim_copy_record(vh_claim_add(back, &r->addr), r);
	}
	VH_IGNORE(vh_home_bring(&act, back, t->lock, &why)); /* what remains stays in the claim */
	for (size_t i = 0; i < t->plan->count; i++) {
		const struct vh_pci_addr *addr = &t->plan->devs[i].dev->addr;
		struct vh_record *left = vh_claim_find(back, addr);

		if (left)
			vh_claim_copy_record(vh_claim_find(t->claim, addr), left);
		else if (!is_earlier(t, addr))
			vh_claim_remove(t->claim, addr);
	}
	if (t->domain) /* its start is over: from now on a reattach may end the claim */
		t->claim->state = VH_RELEASED;
	if (back->count)
		err->code = VH_E_LEFT;
	VH_IGNORE(vh_store_save(&t->store, t->claim, act.deadline, &why));
}

static bool changes_anything(const struct vh_plan *p)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->devs[i].action == VH_UNBIND || p->devs[i].action == VH_BIND)
			return true;
	return false;
}

static int run_locked(struct task *t, struct vh_findings *out, struct vh_error *err)
{
	if (look_first(t, err) < 0 || judge(t, out, err) < 0)
		return -1;
	/* before the first override is written: a module loaded later would find the devices */
	if (changes_anything(t->plan) && vh_take_load_module(t->act, err) < 0)
		return -1;
	if (claim(t, out, err) < 0)
		return -1;
	if (t->act->reporter && t->act->reporter->judged)
		t->act->reporter->judged(t->act->reporter->ctx, out);
	if (vh_take(t->act, t->claim, t->lock, err) == 0)
		return 0;
	undo(t, err);
	return -1;
}

static int run(struct task *t, struct vh_findings *out, struct vh_error *err)
{
	int rc;

	t->store.dir = -1;
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

int vh_prepare(const struct vh_act *act, const struct vh_domain *d, struct vh_findings *out,
	       struct vh_error *err)
{
	struct vh_config config = vh_effective_for(act->config, d->name, d->uuid,
						   d->policy.require_peers);
	struct vh_act effective = *act;
	struct task t = { .act = &effective, .domain = d, .owner = d->uuid, .name = d->name };
	int rc;

	effective.config = &config;
	if (!vh_domain_has_pci(d)) {
		end_earlier(&effective, d);
		return vh_recheck_case(&effective, d, false, out, err);
	}
	if (!d->uuid)
		return vh_fail(err, VH_E_INPUT, 0, NULL, "the domain has no <uuid>");
	for (size_t i = 0; i < d->n_devices; i++)
		if (!d->devices[i].problem)
			*VH_APPEND(t.addrs, t.n_addrs) = d->devices[i].addr;
	rc = run(&t, out, err);
	task_clear(&t);
	return rc;
}

int vh_prepare_by_hand(const struct vh_act *act, const struct vh_pci_addr *addrs, size_t count,
		       struct vh_findings *out, struct vh_error *err)
{
	struct task t = { .act = act, .owner = VH_MANUAL, .name = VH_MANUAL };
	int rc;

	for (size_t i = 0; i < count; i++)
		*VH_APPEND(t.addrs, t.n_addrs) = addrs[i];
	rc = run(&t, out, err);
	task_clear(&t);
	return rc;
}
