/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule-network - are the networks of the domain there, and can those that hand out virtual
 * functions give one that passes. */
#include "lib/base/printable.h"
#include "lib/decide/rules/rule.h"

#include "lib/base/banned.h"

/* Only libvirt knows what a network gives, so the rest of its group is not detached. */
static void check_peers(const struct vh_case *one, const struct vh_rule *r, struct vh_findings *out)
{
	const struct vh_plan_dev *pd = NULL;

	while ((pd = vh_rule_next_peer(one, pd))) {
		const struct vh_pci_addr *named = &vh_rule_named_in(one, pd->dev->group)->dev->addr;
		_auto_free_ char *with = NULL, *fix = NULL;

		if (!pd->dev->driver)
			continue;
		with = vh_wording_with(one, pd->dev);
		fix = vh_printf("vfio-hook detach %s   # with its group, until 'reattach'",
				vh_pci_str(named).s);
		vh_finding_add(out, r, pd, fix,
			       "%s, %s, is on driver '%s', and VFIO refuses the group",
			       vh_pci_str(&pd->dev->addr).s, with, pd->dev->driver);
	}
}

/* Runs the rules on the function alone, as if the domain named it. */
static void judge_function(const struct vh_case *c, const struct vh_vfpool *p,
			   const struct vh_vf *vf, const struct vh_rule *r, struct vh_findings *out)
{
	struct vh_hostdev element = {
		.element = VH_INTERFACE,
		.addr = vf->addr,
		.managed = p->managed,
		.written_managed = p->managed ? VH_MANAGED_YES : VH_MANAGED_NO,
	};
	struct vh_domain domain = {
		.name = c->domain->name,
		.uuid = c->domain->uuid,
		.arch = c->domain->arch,
		.balloon = VH_BALLOON_NONE,
		.devices = &element,
		.n_devices = 1,
	};
	_auto_(vh_plan) struct vh_plan *plan = vh_plan_make(&domain, p->host, c->config);
	struct vh_case one = {
		.domain = &domain,
		.config = c->config,
		.host = p->host,
		.claims = &p->claims,
		.plan = plan,
	};

	vh_rule_run_all(&one, VH_SCOPE_DEVICE | VH_SCOPE_DOMAIN, out);
	if (!vh_findings_number(out, VH_ERROR))
		check_peers(&one, r, out);
}

/* How many interfaces of the domain use that network? */
static size_t wanted_of(const struct vh_case *c, const struct vh_vfpool *p)
{
	const struct vh_names *names = &c->networks.pools;
	size_t n = 0;

	for (size_t i = 0; i < names->count; i++)
		n += vh_streq(names->name[i], p->network);
	return n;
}

/* What speaks against it: an error, or a use by the host, which for a device that a domain names
 * may be a warning alone. NULL: nothing. */
static const struct vh_finding *against(const struct vh_findings *found)
{
	const struct vh_finding *used = NULL;

	for (size_t i = 0; i < found->count; i++) {
		const struct vh_finding *f = &found->list[i];

		if (f->severity == VH_ERROR)
			return f;
		if (!used && f->rule == &vh_rule_device_in_use)
			used = f;
	}
	return used;
}

/* Functions of one network: those that this start gets, or those after them. */
struct tally {
	size_t left; /* not given to others */
	size_t bad;  /* that something speaks against; of the first of them, what: */
	const struct vh_vf *vf;
	struct vh_findings found;
};

static void weigh(const struct vh_case *c, const struct vh_vfpool *p, const struct vh_vf *vf,
		  const struct vh_rule *r, struct tally *t)
{
	struct vh_findings found = { .rules = t->found.rules };

	t->left++;
	judge_function(c, p, vf, r, &found);
	if (!against(&found) || t->bad++) {
		vh_findings_clear(&found);
		return;
	}
	t->vf = vf;
	t->found = found;
}

/* Whether a network is managed is written in the network, not in the domain. */
static char *fix_for(const struct vh_vfpool *p, const struct vh_finding *why)
{
	_auto_free_ char *name = vh_wording_domain(p->network, NULL);

	if (why->rule == &vh_rule_unmanaged_on_host_driver)
		return vh_printf("virsh net-edit %s   # <forward mode='hostdev' managed='yes'>\n"
				 "virsh net-destroy %s; virsh net-start %s",
				 name, name, name);
	return why->fix ? vh_strdup(why->fix) : NULL;
}

static void report(const struct vh_rule *r, const struct vh_vfpool *p, const struct tally *t,
		   bool is_next, struct vh_findings *out)
{
	const struct vh_finding *why = against(&t->found);
	_auto_free_ char *network = vh_printable(p->network, 60), *fix = fix_for(p, why);
	_auto_free_ char *more = t->bad > 1 ? vh_printf("; so with %zu more", t->bad - 1) : NULL;
	struct vh_finding *f;

	f = vh_finding_add(out, r, NULL, fix, "%s network '%s': %s%s",
			   is_next ? "from" : "later from", network, why->message, more ? more : "");
	f->severity = is_next ? why->severity : VH_WARNING;
	vh_finding_about(f, &t->vf->addr, 0);
}

static void report_short(const struct vh_rule *r, const struct vh_vfpool *p, size_t wanted,
			 size_t left, struct vh_findings *out)
{
	_auto_free_ char *network = vh_printable(p->network, 60);
	_auto_free_ char *name = vh_wording_domain(p->network, NULL);
	_auto_free_ char *fix = vh_printf(
		"stop a domain that has one, or write more into the network: virsh net-edit %s",
		name);

	vh_finding_add(out, r, NULL, fix,
		       "virtual functions left in network '%s': %zu of %zu; the domain takes %zu",
		       network, left, p->count, wanted);
}

/* libvirt does not know that the domain will have it: it refuses the start, for one device twice. */
static bool is_named(const struct vh_case *c, const struct vh_vfpool *p, const struct vh_vf *vf,
		     const struct vh_rule *r, struct vh_findings *out)
{
	_auto_free_ char *network = vh_printable(p->network, 60);
	const struct vh_hostdev *e = NULL;
	struct vh_finding *f;

	for (size_t i = 0; i < c->domain->n_devices && !e; i++)
		if (!c->domain->devices[i].problem &&
		    !vh_pci_cmp(&c->domain->devices[i].addr, &vf->addr))
			e = &c->domain->devices[i];
	if (!e)
		return false;
	f = vh_finding_add(
		out, r, NULL,
		"take the function out of the network, or write <interface type='network'> instead of the device",
		"from network '%s': it gives %s, which the <%s> of line %d is", network,
		vh_pci_str(&vf->addr).s, vh_address_element_str(e->element), e->line);
	vh_finding_about(f, &vf->addr, e->line);
	return true;
}

static void check_network_function(const struct vh_case *c, const struct vh_rule *r,
				   struct vh_findings *out)
{
	for (size_t i = 0; c->domain && i < c->pools.count; i++) {
		const struct vh_vfpool *p = &c->pools.list[i];
		struct tally next = { .found.rules = out->rules }, later = next;
		size_t wanted = wanted_of(c, p);

		for (size_t k = 0; k < p->count; k++)
			if (p->vfs[k].given)
				continue;
			else if (next.left < wanted && is_named(c, p, &p->vfs[k], r, out))
				next.left++;
			else
				weigh(c, p, &p->vfs[k], r, next.left < wanted ? &next : &later);
		if (p->count && next.left < wanted) /* the caller has said what is not known */
			report_short(r, p, wanted, next.left, out);
		if (next.bad)
			report(r, p, &next, true, out);
		if (later.bad)
			report(r, p, &later, false, out);
		vh_findings_clear(&next.found);
		vh_findings_clear(&later.found);
	}
}

const struct vh_rule vh_rule_network_function = {
	.name = "network-function",
	.severity = VH_ERROR,
	.scopes = VH_SCOPE_DOMAIN | VH_SCOPE_POLICY,
	.title = "a network would give an unusable function, or has none left",
	.check = check_network_function,
	.explain = "The domain has an <interface type='network'>, and the network hands out\n"
		   "virtual functions. libvirt gives the first one that no other domain has, and\n"
		   "does not check whether the host uses it: an address, a route or a bridge on\n"
		   "its interface is silently lost. Each function is judged as if the domain\n"
		   "named it. It is an error if a function that this start gets does not pass,\n"
		   "or if the domain names it besides, or if fewer are left than the domain has\n"
		   "such interfaces; a problem with a later function is a warning. Free the\n"
		   "function, or take it out of the network with 'virsh net-edit'.",
};

/* --- networks that are not there ---------------------------------------------------------------- */

static int line_of(const struct vh_domain *d, const char *name)
{
	for (size_t i = 0; d->network_lines && i < d->networks.count; i++)
		if (vh_streq(d->network_lines[i].name, name))
			return d->network_lines[i].line;
	return 0;
}

static void check_network_missing(const struct vh_case *c, const struct vh_rule *r,
				  struct vh_findings *out)
{
	for (size_t i = 0; i < c->networks.missing.count; i++) {
		const char *name = c->networks.missing.name[i];
		_auto_free_ char *shown = vh_printable(name, 60);

		vh_finding_about(
			vh_finding_add(
				out, r, NULL,
				"virsh net-list --all   # and write the name of one into <source network=>",
				"there is no network '%s': libvirt ends with 'Network not found'",
				shown),
			NULL, line_of(c->domain, name));
	}
	for (size_t i = 0; i < c->networks.stopped.count; i++) {
		const char *name = c->networks.stopped.name[i];
		_auto_free_ char *shown = vh_printable(name, 60);
		_auto_free_ char *word = vh_wording_domain(name, NULL), *fix = NULL;

		fix = vh_printf("virsh net-start %s\n"
				"virsh net-autostart %s   # at each boot",
				word, word);
		vh_finding_about(
			vh_finding_add(out, r, NULL, fix,
				       "network '%s' is not active: libvirt does not start it",
				       shown),
			NULL, line_of(c->domain, name));
	}
}

const struct vh_rule vh_rule_network_missing = {
	.name = "network-missing",
	.severity = VH_ERROR,
	.scopes = VH_SCOPE_DOMAIN,
	.title = "a network of the domain does not exist, or is not active",
	.check = check_network_missing,
	.explain = "The domain has an <interface type='network'>, and libvirt has no network of\n"
		   "that name, or the network is not active. libvirt does not start networks by\n"
		   "itself: the start ends with 'Network not found' or 'network is not active'.\n"
		   "If the network hands out virtual functions, they cannot be judged. 'virsh\n"
		   "net-list --all' shows all networks, 'virsh net-define' defines one from a\n"
		   "file. If the list of networks cannot be read, the result is under 'not\n"
		   "checked'.",
};
