/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule-identity - is the device at an address still the expected one, and its group unchanged? */
#include "lib/base/printable.h"
#include "lib/decide/rules/expected.h"
#include "lib/decide/rules/rule.h"

#include "lib/base/banned.h"

/* How to accept the device that is there now. */
static void add_accept(const struct vh_case *c, const struct vh_expect *e,
		       const struct vh_sighting *now, struct vh_strbuf *fix)
{
	_auto_free_ char *name = NULL, *id = NULL, *lines = NULL;

	id = vh_printf("%04x:%04x", now->id.vendor, now->id.device);
	switch (e->by) {
	case VH_BY_CONFIG:
		lines = vh_wording_config(&now->addr, "id", id);
		break;
	case VH_BY_DOMAIN:
		lines = vh_printf("in line %d: <vfio:device address='%s' id='%s'/>", e->line,
				  vh_pci_str(&now->addr).s, id);
		break;
	case VH_BY_RECORD:
		name = vh_wording_domain(c->domain->name, c->domain->uuid);
		lines = vh_printf("if %s is meant as it is now: vfio-hook accept %s",
				  vh_pci_str(&now->addr).s, name);
		break;
	}
	vh_strbuf_join(fix, "\n", lines);
}

/* Only the ids of a record that differ do not stop a start. */
static enum vh_severity severity_of(const struct vh_expect *e, const struct vh_sighting *now)
{
	return e->by == VH_BY_RECORD && vh_pci_is_same_class(&e->seen, now) ? VH_WARNING : VH_ERROR;
}

static void changed(const struct vh_case *c, const struct vh_rule *r, const struct vh_plan_dev *pd,
		    const struct vh_expect *e, struct vh_findings *out)
{
	struct vh_sighting now = vh_host_sighting(pd->dev);
	bool with_subsystem = !vh_pci_id_cmp(&e->seen.id, &now.id);
	enum vh_element as = pd->element ? pd->element->element : VH_HOSTDEV;
	_auto_strbuf_ struct vh_strbuf message = { 0 }, fix = { 0 };
	_auto_free_ char *seen = vh_expected_seen(&now, with_subsystem);
	struct vh_finding *f;

	vh_strbuf_addf(&message, "%s is %s; ", vh_pci_str(&now.addr).s, seen);
	vh_expected_add_by(c, e, with_subsystem, &message);
	vh_expected_add_elsewhere(c, e, as, &message, &fix);
	add_accept(c, e, &now, &fix);
	f = vh_finding_add(out, r, pd, fix.data, "%s", message.data);
	f->severity = severity_of(e, &now);
	if (!pd->element)
		vh_finding_about(f, &now.addr, vh_rule_group_line(c, pd->dev->group));
}

/* Pins apply to whatever is taken, so that what the configuration allows for a device is not
 * allowed to another one; the record has only what the domain names. */
static void check_identity_changed(const struct vh_case *c, const struct vh_rule *r,
				   struct vh_findings *out)
{
	const struct vh_plan_dev *pd = NULL;

	while ((pd = vh_rule_next_dev(c, pd))) {
		const struct vh_identity *last = pd->role == VH_NAMED ? c->last : NULL;
		struct vh_sighting now = vh_host_sighting(pd->dev);
		struct vh_expect e[VH_EXPECT_MAX];
		size_t n = vh_expect_at(&now.addr, c->config, c->domain, last, e);

		for (size_t i = 0; i < n; i++)
			if (!vh_expect_is_met(&e[i], &now))
				changed(c, r, pd, &e[i], out);
	}
}

const struct vh_rule vh_rule_identity_changed = {
	.name = "identity-changed",
	.severity = VH_ERROR,
	.scopes = VH_SCOPE_DEVICE,
	.title = "the device at an address is not the one of the last run",
	.check = check_identity_changed,
	.explain = "An address names a slot, not a card. If a card is added, removed or moved,\n"
		   "or a firmware setting changes, buses are renumbered, and another device may\n"
		   "be at the address in the domain. vfio-hook therefore records the ids of a\n"
		   "domain's devices each time the guest has started, and compares them before\n"
		   "the next start. It refuses a device of another class, or one that does not\n"
		   "match an 'id' in the configuration or in the domain's metadata; if only the\n"
		   "ids differ, as with a newer card of the same kind, it is a warning. Write\n"
		   "the address that the old device has now. If the new device is right, run\n"
		   "'vfio-hook accept DOMAIN' or change the pinned id.",
};

/* --- the groups --------------------------------------------------------------------------------- */

/* Was the device with which the domain is in this group there with it when it last ran? */
static bool is_recorded(const struct vh_case *c, const struct vh_pci_dev *named)
{
	const struct vh_sighting *seen = vh_identity_find(c->last, &named->addr);
	struct vh_sighting now = vh_host_sighting(named);

	return seen && vh_identity_has_member(c->last, &named->addr) &&
	       vh_pci_is_same_make(seen, &now);
}

static void grown(const struct vh_case *c, const struct vh_rule *r, const struct vh_pci_dev *d,
		  struct vh_findings *out)
{
	const struct vh_pci_dev *named = vh_rule_named_in(c, d->group)->dev;
	_auto_free_ char *kind = vh_wording_device(d), *name = NULL, *fix = NULL;
	_auto_free_ char *shown = vh_printable(c->domain->name, 60);
	struct vh_finding *f;

	name = vh_wording_domain(c->domain->name, c->domain->uuid);
	fix = vh_printf("vfio-hook show %s   # what it is and what the host does with it\n"
			"if the group is right as it is now: vfio-hook accept %s",
			vh_pci_str(&d->addr).s, name);
	f = vh_finding_add(
		out, r, NULL, fix,
		"%s, %s, is in the IOMMU group of %s now, and was not when '%s' last ran: a new kernel, firmware or card has changed the groups",
		vh_pci_str(&d->addr).s, kind, vh_pci_str(&named->addr).s, shown);
	f->severity = c->plan->keep_peers ? VH_ERROR : VH_WARNING;
	vh_finding_about(f, &d->addr, vh_rule_group_line(c, d->group));
}

static void check_group_grew(const struct vh_case *c, const struct vh_rule *r,
			     struct vh_findings *out)
{
	const struct vh_group *g;

	for (size_t i = 0; c->domain && c->last && c->plan && (g = vh_rule_next_group(c, &i));) {
		if (!is_recorded(c, vh_rule_named_in(c, g->number)->dev))
			continue;
		for (size_t k = 0; k < g->count; k++)
			if (!vh_host_is_bridge(g->members[k]) &&
			    !vh_rule_is_named(c, g->members[k]) &&
			    !vh_identity_has_member(c->last, &g->members[k]->addr))
				grown(c, r, g->members[k], out);
	}
}

const struct vh_rule vh_rule_group_grew = {
	.name = "group-grew",
	.severity = VH_ERROR,
	.scopes = VH_SCOPE_DEVICE,
	.title = "an IOMMU group has more members than at the last run",
	.check = check_group_grew,
	.explain = "Kernel and firmware decide which functions make an IOMMU group. After an\n"
		   "upgrade, or with another card, a group may have more members than before,\n"
		   "and all of them are taken from the host with the device. vfio-hook records\n"
		   "the members each time the guest has started. It is a warning, since each of\n"
		   "them is judged like any member; with 'peers = require' it is an error. If\n"
		   "the group is right as it is now, 'vfio-hook accept DOMAIN' records that, and\n"
		   "so does the next start.",
};
