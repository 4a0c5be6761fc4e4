/* SPDX-License-Identifier: GPL-2.0-or-later */
/* recheck - see recheck.h; and the second look at `start begin`. */
#include "lib/act/recheck.h"

#include "lib/config/effective.h"
#include "lib/decide/rules/rule-table.h"

#include "lib/base/banned.h"

int vh_recheck_case(const struct vh_act *act, const struct vh_domain *d, bool policy,
		    struct vh_findings *out, struct vh_error *err)
{
	_auto_(vh_plan) struct vh_plan *plan = NULL;
	_auto_case_ struct vh_case c = { 0 };
	struct vh_config config = vh_effective_for(act->config, d->name, d->uuid,
						   d->policy.require_peers);
	struct vh_case_ask ask = {
		.root = act->root,
		.config = &config,
		.domain = d,
		.deadline = act->deadline,
		.starts = true,
		.policy = policy,
	};
	size_t errors;

	if (vh_case_read(&c, &ask, err) < 0)
		return -1;
	if (!c.host)
		return 0;
	plan = vh_plan_make(d, c.host, &config);
	c.plan = plan;
	vh_rule_table_run(&c, VH_SCOPE_POLICY | (policy ? 0 : VH_SCOPE_DEVICE | VH_SCOPE_DOMAIN),
			  out);
	errors = vh_findings_number(out, VH_ERROR);
	if (!errors)
		return 0;
	return vh_fail(err, VH_E_REFUSED, 0, NULL, "%zu problem%s", errors, errors == 1 ? "" : "s");
}

/* Does the claim of this domain hold all its hostdev interfaces? Those that it does not are
 * VFs of a pool network, which libvirt chose after prepare. */
static bool has_pool_vf(const struct vh_domain *d, const struct vh_claim *c)
{
	for (size_t i = 0; i < d->n_devices; i++) {
		const struct vh_hostdev *h = &d->devices[i];

		if (h->element == VH_INTERFACE && !h->problem && !(c && vh_claim_find(c, &h->addr)))
			return true;
	}
	return false;
}

int vh_recheck(const struct vh_act *act, const struct vh_domain *d, struct vh_findings *out,
	       struct vh_error *err)
{
	_auto_(vh_claim) struct vh_claim *claim = NULL;
	_auto_error_ struct vh_error why = { 0 };
	struct vh_store s = { .dir = -1 };

	if (!vh_domain_has_pci(d))
		return 0;
	/* a claim that cannot be read is none: then the policy is judged once more, that is all */
	if (d->uuid && vh_store_open(&s, act->root, false, &why) == 0)
		VH_IGNORE(vh_store_load(&s, d->uuid, &claim, &why));
	vh_store_close(&s);
	return has_pool_vf(d, claim) ? vh_recheck_case(act, d, true, out, err) : 0;
}
