/* SPDX-License-Identifier: GPL-2.0-or-later */
/* task - looks by way of lib/case, and judges by lib/decide. */
#include "lib/act/task.h"

#include "lib/case/standing.h"
#include "lib/decide/rules/rule-table.h"

#include "lib/base/banned.h"

static void forget_standing(struct vh_task *t)
{
	vh_standing_free(VH_STEAL(t->standing), t->n_standing);
	t->n_standing = 0;
}

void vh_task_clear(struct vh_task *t)
{
	forget_standing(t);
	vh_claim_free(t->claim);
	vh_claim_free(t->old);
	vh_plan_free(t->plan);
	vh_case_clear(&t->c);
	free(t->addrs);
	vh_store_close(&t->store);
}

/* --- looking ---------------------------------------------------------------------------------- */

/* Nobody knows whose it is: it is neither moved nor given to a guest. */
static int see_standing(const struct vh_task *t, struct vh_error *err)
{
	for (size_t i = 0; i < t->n_standing; i++) {
		const struct vh_record *r = &t->old->records[i];

		if (t->standing[i].place == VH_PLACE_UNKNOWN && vh_claims_concerns(r, t->c.host))
			return vh_fail(
				err, VH_E_TIMEOUT, 0, NULL,
				"where %s stands cannot be read, and an earlier %s has claimed it",
				vh_pci_str(&r->addr).s, t->domain ? "start" : "detach");
	}
	return 0;
}

static struct vh_case_ask question(const struct vh_task *t)
{
	return (struct vh_case_ask){
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
		.settled = t->settled,
		.handed_over = t->handed_over,
	};
}

int vh_task_look(struct vh_task *t, struct vh_error *err)
{
	struct vh_case before = t->c;
	struct vh_case_ask ask = question(t);
	int rc;

	ask.before = t->c.host ? &before : NULL;
	vh_plan_free(VH_STEAL(t->plan));
	forget_standing(t);
	if (t->old) {
		t->standing = vh_standing_read(t->act->root, t->old);
		t->n_standing = t->old->count;
	}
	ask.standing = t->standing;
	rc = vh_case_read(&t->c, &ask, err);
	vh_case_clear(&before);
	if (rc < 0)
		return -1;
	if (t->domain)
		t->plan = vh_plan_make(t->domain, t->c.host, t->act->config);
	else
		t->plan = vh_plan_detach(t->addrs, t->n_addrs, t->c.host);
	t->c.plan = t->plan;
	return see_standing(t, err);
}

/* What probing left on another driver had to go home first. Taken from there as if it were home, it
 * would be somebody else's doing. */
static int see_none_astray(const struct vh_task *t, struct vh_error *err)
{
	for (size_t i = 0; i < t->n_standing; i++) {
		const struct vh_record *r = &t->old->records[i];

		if (vh_standing_is_astray(&t->standing[i], r) && vh_claims_concerns(r, t->c.host))
			return vh_fail(err, VH_E_LEFT, 0, NULL,
				       "%s is on driver '%s', where probing has put it, and could "
				       "not be brought back to '%s' yet",
				       vh_pci_str(&r->addr).s, t->standing[i].driver,
				       r->driver ? r->driver : "none");
	}
	return 0;
}

/* What would not come home when it was ended blocks like any other claim. */
static void see_stale(struct vh_task *t)
{
	struct vh_claims *claims = vh_case_own_claims(&t->c);

	for (size_t i = 0; i < claims->count; i++) {
		struct vh_claim_view *v = &claims->list[i];

		if (v->stale && !v->why)
			v->why = vh_strdup("its domain is gone, but the devices would not come home");
		v->stale = false;
	}
}

int vh_task_look_again(struct vh_task *t, struct vh_error *err)
{
	if (vh_task_look(t, err) < 0 || see_none_astray(t, err) < 0)
		return -1;
	see_stale(t);
	return 0;
}

int vh_task_look_locked(struct vh_task *t, struct vh_error *err)
{
	struct vh_case_ask ask = question(t);
	bool same;

	if (vh_case_read_again(&t->c, &ask, &same, err) < 0)
		return -1;
	if (!same)
		return vh_task_look_again(t, err);
	see_stale(t);
	return 0;
}

bool vh_task_takes(const struct vh_task *t, const struct vh_pci_addr *addr)
{
	for (size_t i = 0; i < t->plan->count; i++) {
		const struct vh_plan_dev *pd = &t->plan->devs[i];

		if (!vh_pci_cmp(&pd->dev->addr, addr))
			return pd->action == VH_UNBIND || pd->action == VH_BIND;
	}
	return false;
}

/* --- judging ---------------------------------------------------------------------------------- */

/* Why the uses of this device could not be seen: what its readers said, or what others did. */
static const char *why_unseen(const struct vh_task *t, const struct vh_pci_dev *d)
{
	const struct vh_names *all = t->c.host->not_checked.count ? &t->c.host->not_checked
								  : &t->c.unseen;

	if (d->unseen.count)
		return d->unseen.name[0];
	return all->count ? all->name[0] : "unknown";
}

static bool is_seen_enough(const struct vh_task *t, const struct vh_pci_dev *d)
{
	return vh_host_is_seen_enough(d, vh_config_device(t->act->config, &d->addr).allow_in_use);
}

/* What cannot be seen is never taken: neither where a device looks driverless because reading
 * failed, nor where the host may use it unseen. */
static int see_all(const struct vh_task *t, struct vh_error *err)
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

int vh_task_judge(struct vh_task *t, struct vh_findings *out, struct vh_error *err)
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
