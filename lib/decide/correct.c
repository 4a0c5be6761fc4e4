/* SPDX-License-Identifier: GPL-2.0-or-later */
/* correct - one round of corrections: addresses first, then elements that have to go, then the
 * rest, since each depends on which devices are meant. */
#include "lib/decide/correct.h"

#include "lib/decide/correction.h"
#include "lib/decide/cures.h"
#include "lib/decide/rules/rule.h"
#include "lib/domain/address.h"

#include "lib/base/banned.h"

/* --- addresses ---------------------------------------------------------------------------- */

/* Writes the parts of an address that say something else now, or say it without 0x. */
static void write_address(struct vh_correction *k, const struct vh_hostdev *d,
			  const struct vh_pci_addr *addr)
{
	const struct {
		const char *name;
		uint32_t value;
		int digits;
	} parts[] = {
		{ "domain", addr->domain, 4 },
		{ "bus", addr->bus, 2 },
		{ "slot", addr->slot, 2 },
		{ "function", addr->function, 1 },
	};
	const xmlNode *node = vh_xml_child(vh_xml_child(d->node, "source"), "address");

	if (!node)
		return;
	if (d->element == VH_INTERFACE && !vh_xml_attr(node, "type"))
		vh_edit_set_attr(k->e, node, "type", "pci");
	for (size_t i = 0; i < VH_COUNT(parts); i++) {
		const char *now = vh_xml_attr(node, parts[i].name);
		_auto_free_ char *text = NULL;
		uint64_t v = 0;

		if (now && vh_address_uint(now, 0, &v) < 0)
			v = UINT64_MAX;
		if (v == parts[i].value && !(now && vh_address_is_decimal(now)))
			continue;
		text = vh_printf("0x%0*x", parts[i].digits, parts[i].value);
		vh_edit_set_attr(k->e, node, parts[i].name, text);
	}
	vh_correction_say(k, "the address %s of the <%s> is written as %s",
			  *d->written ? d->written : "''", vh_address_element_str(d->element),
			  vh_pci_str(addr).s);
}

/* Of two readings the one that exists here; where both do, only an administrator can tell. */
static void correct_address(struct vh_correction *k, const struct vh_hostdev *d)
{
	const struct vh_host *h = k->c->host;
	struct vh_pci_addr meant;

	if (d->problem) {
		if (d->meant && vh_pci_parse(d->meant, &meant) == 0 && vh_host_dev(h, &meant))
			write_address(k, d, &meant);
	} else if (d->decimal) {
		bool hex = d->hex_valid && vh_host_dev(h, &d->hex);
		bool decimal = vh_host_dev(h, &d->addr);

		if (hex != decimal)
			write_address(k, d, hex ? &d->hex : &d->addr);
	}
}

/* --- elements that have to go ------------------------------------------------------------- */

static bool same_device(const struct vh_hostdev *a, const struct vh_hostdev *b)
{
	return !a->problem && !b->problem && !vh_pci_cmp(&a->addr, &b->addr);
}

/* Of several elements for one device the first stays, but a disk before the others: its
 * element holds more than the device. */
static const struct vh_hostdev *which_stays(const struct vh_domain *d, const struct vh_hostdev *e)
{
	const struct vh_hostdev *first = NULL;

	for (size_t i = 0; i < d->n_devices; i++) {
		if (!same_device(&d->devices[i], e))
			continue;
		if (d->devices[i].element == VH_DISK)
			return &d->devices[i];
		first = first ? first : &d->devices[i];
	}
	return first;
}

/* A bridge comes in because somebody listed a whole group: then it can go. */
static bool is_needless_bridge(const struct vh_correction *k, const struct vh_hostdev *e)
{
	const struct vh_pci_dev *d = vh_host_dev(k->c->host, &e->addr);

	return vh_correction_found(k, &vh_rule_device_not_endpoint, &e->addr) && d &&
	       d->group >= 0 && vh_rule_named_in(k->c, d->group) &&
	       vh_rule_named_in(k->c, d->group)->dev != d;
}

static void correct_presence(struct vh_correction *k, const struct vh_hostdev *e)
{
	if (e->problem || e->element == VH_DISK)
		return;
	if (vh_correction_found(k, &vh_rule_device_duplicate, &e->addr)) {
		const struct vh_hostdev *stays = which_stays(k->c->domain, e);

		if (stays == e)
			return;
		vh_correction_say(k, "the second element for %s, a <%s>, is removed",
				  vh_pci_str(&e->addr).s, vh_address_element_str(e->element));
	} else if (is_needless_bridge(k, e)) {
		vh_correction_say(k, "the <%s> for %s is removed: it is a bridge",
				  vh_address_element_str(e->element), vh_pci_str(&e->addr).s);
	} else {
		return;
	}
	vh_edit_remove(k->e, e->node);
}

/* --- managed ------------------------------------------------------------------------------ */

/* A vendor's VFIO driver has to stay; and vfio is the only way. */
static void correct_driver(struct vh_correction *k, const struct vh_hostdev *e)
{
	const struct vh_pci_dev *d = e->problem ? NULL : vh_host_dev(k->c->host, &e->addr);

	if (e->problem || !vh_correction_found(k, &vh_rule_driver_choice, &e->addr))
		return;
	if (vh_streq(e->driver, "kvm") || vh_streq(e->driver, "xen")) {
		vh_edit_set_attr(k->e, vh_xml_child(e->node, "driver"), "name", "vfio");
		vh_correction_say(k, "the driver of %s is written as 'vfio'",
				  vh_pci_str(&e->addr).s);
	}
	if (!d || !e->managed || vh_streq(e->model, d->driver) || !vh_host_is_vendor_vfio(d))
		return;
	vh_edit_set_attr(k->e, e->element == VH_DISK ? vh_xml_child(e->node, "source") : e->node,
			 "managed", "no");
	vh_correction_say(k, "managed='no' is written into the <%s> for %s: it stays on '%s'",
			  vh_address_element_str(e->element), vh_pci_str(&e->addr).s, d->driver);
}

static void correct_managed(struct vh_correction *k, const struct vh_hostdev *e)
{
	const xmlNode *node = e->node;

	if (e->problem || e->managed ||
	    (!vh_correction_found(k, &vh_rule_managed_missing, &e->addr) &&
	     !vh_correction_found(k, &vh_rule_unmanaged_on_host_driver, &e->addr)))
		return;
	if (e->element == VH_DISK)
		node = vh_xml_child(node, "source");
	vh_edit_set_attr(k->e, node, "managed", "yes");
	vh_correction_say(k, "managed='yes' is written into the <%s> for %s",
			  vh_address_element_str(e->element), vh_pci_str(&e->addr).s);
}

/* --- the balloon -------------------------------------------------------------------------- */

static const xmlNode *balloon_of(const struct vh_correction *k)
{
	const xmlNode *devices = vh_correction_devices(k), *balloon = NULL;

	for (; devices && !balloon; devices = vh_xml_next(devices, "devices"))
		balloon = vh_xml_child(devices, "memballoon");
	return balloon;
}

static void correct_balloon(struct vh_correction *k)
{
	const struct vh_domain *d = k->c->domain;
	const xmlNode *balloon = balloon_of(k), *current, *root;
	_auto_free_ char *kib = vh_printf("%llu", (unsigned long long)d->memory_kib);

	if (!vh_correction_found(k, &vh_rule_balloon, NULL) || !vh_correction_devices(k))
		return;
	if (balloon) {
		vh_edit_replace(k->e, balloon, "<memballoon model='none'/>");
		vh_correction_say(k, "the memory balloon is replaced by model='none'");
	} else {
		vh_edit_append(k->e, vh_correction_devices(k), "<memballoon model='none'/>");
		vh_correction_say(k, "<memballoon model='none'/> is added");
	}
	root = vh_correction_root(k);
	current = vh_xml_child(root, "currentMemory");
	if (d->current_kib >= d->memory_kib || !current)
		return;
	if (vh_xml_attr(current, "unit") && !vh_xml_attr_is(current, "unit", "KiB"))
		vh_edit_set_attr(k->e, current, "unit", "KiB");
	vh_edit_set_text(k->e, current, kib);
	vh_correction_say(k, "currentMemory is raised from %llu KiB to memory, %s KiB",
			  (unsigned long long)d->current_kib, kib);
}

/* --- members of the groups ---------------------------------------------------------------- */

/* May it be named, without hiding what speaks against taking it? `ret` is what the host does
 * with it that counts against a peer only. */
static bool can_be_named(const struct vh_correction *k, const struct vh_pci_dev *d, const char **ret)
{
	struct vh_device_policy policy = vh_config_device(k->c->config, &d->addr);

	*ret = NULL;
	if (!vh_plan_can_pass(d) || policy.protect || d->numvfs || vh_host_is_host_bridge(d) ||
	    (vh_host_is_chipset(d) && !policy.allow_critical) ||
	    (d->driver && d->uses_read != VH_YES))
		return false;
	for (size_t i = 0; i < d->n_uses; i++) {
		const struct vh_use *use = &d->uses[i];

		if (use->looked || (!use->vital && policy.allow_in_use & use->kind))
			continue;
		if (use->vital || !use->peer_only)
			return false;
		*ret = use->text;
	}
	return true;
}

static void add_member(struct vh_correction *k, const struct vh_pci_dev *d, enum vh_members members)
{
	const struct vh_plan_dev *with = vh_rule_named_in(k->c, d->group);
	const struct vh_hostdev *named = with ? with->element : NULL;
	_auto_free_ char *address = vh_wording_address(&d->addr, VH_HOSTDEV), *xml = NULL;
	_auto_free_ char *what = vh_wording_device(d);
	const char *use;

	if (!named || !can_be_named(k, d, &use))
		return;
	/* which libvirt cannot do there; the hook takes it along */
	if (members != VH_MEMBERS_GUEST && k->c->around.vfio_groups == VH_NO)
		return;
	xml = vh_printf(
		"<hostdev mode='subsystem' type='pci' managed='yes'>\n"
		"\t<source>\n\t\t%s\n\t</source>\n%s</hostdev>",
		address,
		members == VH_MEMBERS_GUEST ? ""
		: k->c->domain->iommufd
			? "\t<driver name='vfio' iommufd='no'/>\n\t<address type='unassigned'/>\n"
			: "\t<address type='unassigned'/>\n");
	if (named->element == VH_HOSTDEV)
		vh_edit_insert_after(k->e, named->node, xml);
	else
		vh_edit_append(k->e, vh_correction_devices(k), xml);
	vh_correction_say(k, "%s, of the IOMMU group of %s, is added, %s: %s%s%s",
			  vh_pci_str(&d->addr).s, vh_pci_str(&named->addr).s,
			  members == VH_MEMBERS_GUEST ? "for the guest" : "not given to the guest",
			  what, use ? "; the host loses: " : "", use ? use : "");
}

static void correct_members(struct vh_correction *k, enum vh_members members)
{
	const struct vh_plan_dev *pd = NULL;
	const struct vh_group *g;

	while ((pd = vh_rule_next_peer(k->c, pd)))
		add_member(k, pd->dev, members);
	/* with peers = require no peer is in the plan */
	for (size_t i = 0; k->c->plan->keep_peers && (g = vh_rule_next_group(k->c, &i));) {
		for (size_t j = 0; j < g->count; j++)
			if (vh_correction_found(k, &vh_rule_peer_not_listed, &g->members[j]->addr))
				add_member(k, g->members[j], members);
	}
}

/* ------------------------------------------------------------------------------------------ */

static void for_each(struct vh_correction *k,
		     void (*correct)(struct vh_correction *, const struct vh_hostdev *))
{
	for (size_t i = 0; i < k->c->domain->n_devices; i++)
		correct(k, &k->c->domain->devices[i]);
}

void vh_correct(struct vh_edit *e, const struct vh_case *c, const struct vh_findings *found,
		enum vh_members members, struct vh_names *done)
{
	struct vh_correction k = { .e = e, .c = c, .found = found, .done = done };

	vh_cures_place(&k);
	if (vh_edit_has_edits(e))
		return;
	/* which devices are meant comes next: all the rest depends on it */
	for_each(&k, correct_address);
	if (vh_edit_has_edits(e))
		return;
	for_each(&k, correct_presence);
	if (vh_edit_has_edits(e))
		return;
	for_each(&k, correct_driver);
	for_each(&k, vh_cures_driver);
	vh_cures_iommufd(&k);
	for_each(&k, correct_managed);
	if (vh_correction_devices(&k) && c->plan)
		correct_members(&k, members);
	correct_balloon(&k);
	vh_cures_guest(&k);
}
