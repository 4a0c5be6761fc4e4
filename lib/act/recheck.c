/* SPDX-License-Identifier: GPL-2.0-or-later */
/* recheck - see recheck.h; and the second look at `start begin`. */
#include "lib/act/recheck.h"

#include "lib/base/strbuf.h"
#include "lib/decide/rules/rule-table.h"
#include "lib/host/libvirt-files.h"

#include "lib/base/banned.h"

void vh_add_networks(const struct vh_root *root, const struct vh_domain *d, struct vh_host *h)
{
	struct vh_names *to = &h->hostdev_networks;
	enum vh_tri hostdev = VH_NO;

	for (size_t i = 0; i < d->networks.count; i++) {
		const char *name = d->networks.name[i];

		if (!i || strcmp(name, d->networks.name[i - 1]) != 0)
			hostdev = vh_network_is_hostdev(root, name);
		if (hostdev == VH_YES)
			*VH_APPEND(to->name, to->count) = vh_strdup(name);
	}
}

/* What its own domain has of it will be there for the next start. */
static void read_functions(const struct vh_root *root, const char *owner, int64_t deadline,
			   struct vh_vfpool *p)
{
	_auto_free_ struct vh_pci_addr *addrs = vh_alloc((p->count + 1) * sizeof(*addrs));

	for (size_t i = 0; i < p->count; i++)
		addrs[i] = p->vfs[i].addr;
	p->host = vh_host_read(root, addrs, p->count, VH_HOST_RULES | VH_HOST_USES, deadline);
	vh_look_at_claims(root, p->host, owner);
	for (size_t i = 0; i < p->count; i++) {
		const struct vh_pci_dev *d = p->vfs[i].own ? vh_host_dev(p->host, &addrs[i]) : NULL;
		struct vh_group *g = d ? vh_host_group(p->host, d->group) : NULL;

		if (g)
			g->open = VH_NO;
	}
}

void vh_look_at_pools(const struct vh_root *root, struct vh_host *h, const char *owner,
		      int64_t deadline, struct vh_vfpools *ret)
{
	const struct vh_names *names = &h->hostdev_networks;

	for (size_t i = 0; i < names->count; i++) {
		_auto_free_ char *shown = NULL;
		struct vh_vfpool *p;

		if (i && vh_streq(names->name[i], names->name[i - 1]))
			continue;
		p = VH_APPEND(ret->list, ret->count);
		vh_vfpool_read(root, names->name[i], owner, p);
		read_functions(root, owner, deadline, p);
		shown = vh_printable(p->network, 60);
		if (!p->count)
			vh_host_not_checked(h, "which virtual functions network '%s' hands out", shown);
		if (p->count == VH_VFS_MAX)
			vh_host_not_checked(h, "functions of network '%s' beyond the first %d", shown,
					    VH_VFS_MAX);
		for (size_t k = 0; k < p->host->not_checked.count; k++)
			vh_host_not_checked(h, "%s", p->host->not_checked.name[k]);
	}
}

void vh_add_memory(const struct vh_root *root, const struct vh_config *config,
		   const struct vh_domain *d, struct vh_host *h)
{
	if (config->memory != VH_MEMORY_OFF && vh_domain_pins(d, h->hostdev_networks.count > 0))
		vh_memory_read(root, d, h);
}

int vh_judge_policy(const struct vh_act *act, const struct vh_domain *d, struct vh_findings *out,
		    struct vh_error *err)
{
	_auto_(vh_host) struct vh_host *host = vh_alloc(sizeof(*host));
	_auto_(vh_plan) struct vh_plan *plan = NULL;
	_auto_vfpools_ struct vh_vfpools pools = { 0 };
	struct vh_config config = vh_config_for(act->config, d);
	struct vh_case c = { .domain = d, .host = host, .config = &config, .pools = &pools };
	size_t errors;

	vh_add_networks(act->root, d, host);
	vh_look_at_pools(act->root, host, d->uuid, act->deadline, &pools);
	vh_add_memory(act->root, &config, d, host);
	plan = vh_plan_make(d, host, &config);
	c.plan = plan;
	vh_rule_table_run(&c, VH_SCOPE_POLICY, out);
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
	return has_pool_vf(d, claim) ? vh_judge_policy(act, d, out, err) : 0;
}
