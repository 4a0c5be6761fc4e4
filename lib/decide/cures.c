/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cures - see cures.h. */
#include "lib/decide/cures.h"

#include "lib/decide/rules/rule.h"
#include "lib/domain/slots.h"

#include "lib/base/banned.h"

/* --- elements where libvirt does not look -------------------------------------------------------- */

static const xmlNode *child_at(const xmlNode *parent, int line, const char *name)
{
	const xmlNode *n = vh_xml_first(parent);

	while (n && (vh_xml_line(n) != line || strcmp(vh_xml_name(n), name) != 0))
		n = vh_xml_following(n);
	return n;
}

static const xmlNode *misplaced_node(const struct vh_correction *k, const struct vh_misplaced *m)
{
	const xmlNode *root = vh_correction_root(k), *n = NULL;

	if (m->place != VH_PLACED_INSIDE)
		return child_at(root, m->line, m->name);
	for (const xmlNode *d = vh_correction_devices(k); d && !n; d = vh_xml_next(d, "devices"))
		n = child_at(d, m->line, m->name);
	return n;
}

/* What is declared on the <devices> alone would be lost on the way out. */
static bool is_declared(const xmlNode *root, const xmlNode *node)
{
	const char *uri = vh_xml_namespace(node);

	return !uri || vh_xml_declares(root, uri) || vh_xml_declares(node, uri);
}

static void declare(struct vh_correction *k, const struct vh_misplaced *m)
{
	size_t n = strcspn(m->name, ":");
	_auto_free_ char *attr = vh_printf("xmlns:%.*s", (int)n, m->name);

	if (!m->name[n] || !vh_slots_is_plain(m->name, n))
		return;
	vh_edit_set_attr(k->e, vh_correction_root(k), attr, VH_SLOTS_QEMU);
	vh_correction_say(k, "%s is declared in the <domain>: libvirt reads the %s", attr,
			  m->element);
}

void vh_cures_place(struct vh_correction *k)
{
	const struct vh_slots *s = &k->c->domain->slots;
	const xmlNode *devices = vh_correction_devices(k), *root = vh_correction_root(k);

	for (size_t i = 0; i < s->n_misplaced && devices; i++) {
		const struct vh_misplaced *m = &s->misplaced[i];
		const xmlNode *node = misplaced_node(k, m);

		/* of two in one line the first was found: the next round has the other */
		if (i && m[-1].line == m->line && !strcmp(m[-1].name, m->name))
			return;
		if (m->place == VH_PLACED_UNDECLARED && node) {
			declare(k, m); /* once: it holds for all of them */
			return;
		}
		if (!node || m->place == VH_PLACED_FOREIGN || !is_declared(root, node))
			continue;
		vh_edit_move(k->e, node, m->place == VH_PLACED_OUTSIDE ? devices : root);
		vh_correction_say(k, "the %s of line %d is moved %s <devices>", m->element, m->line,
				  m->place == VH_PLACED_OUTSIDE ? "into" : "out of");
	}
}

/* --- drivers ------------------------------------------------------------------------------------- */

void vh_cures_driver(struct vh_correction *k, const struct vh_hostdev *e)
{
	const struct vh_surroundings *s = &k->c->around;

	if (e->problem || !vh_correction_found(k, &vh_rule_driver_choice, &e->addr))
		return;
	for (size_t i = 0; i < s->n_models; i++) {
		if (s->models[i].element != e || s->models[i].there != VH_NO)
			continue;
		vh_edit_remove_attr(k->e, vh_xml_child(e->node, "driver"), "model");
		vh_correction_say(
			k, "the model is removed from the <driver> of %s: libvirt chooses one",
			vh_pci_str(&e->addr).s);
	}
}

/* --- iommufd ------------------------------------------------------------------------------------- */

static void by_iommufd(struct vh_correction *k, const struct vh_hostdev *e)
{
	const xmlNode *driver = vh_xml_child(e->node, "driver");

	if (vh_domain_is_iommufd(k->c->domain, e))
		return;
	if (driver)
		vh_edit_set_attr(k->e, driver, "iommufd", "yes");
	else
		vh_edit_append(k->e, e->node, "<driver name='vfio' iommufd='yes'/>");
	vh_correction_say(k, "iommufd='yes' is written into the <driver> of %s%s",
			  vh_pci_str(&e->addr).s,
			  k->c->around.vfio_groups == VH_NO ? ": VFIO has no groups here"
							    : ", as in the others");
}

static void by_group(struct vh_correction *k, const struct vh_hostdev *e)
{
	if (e->iommufd != VH_YES)
		return;
	vh_edit_remove_attr(k->e, vh_xml_child(e->node, "driver"), "iommufd");
	vh_correction_say(k, "iommufd is removed from the <driver> of %s: it is passed by its group",
			  vh_pci_str(&e->addr).s);
}

/* Only that one: libvirt would wait for itself. */
static void unassigned_by_group(struct vh_correction *k, const struct vh_hostdev *e)
{
	const xmlNode *driver = vh_xml_child(e->node, "driver");

	if (!vh_domain_is_iommufd(k->c->domain, e) || k->c->around.vfio_groups == VH_NO)
		return;
	if (driver)
		vh_edit_set_attr(k->e, driver, "iommufd", "no");
	else
		vh_edit_append(k->e, e->node, "<driver name='vfio' iommufd='no'/>");
	vh_correction_say(k, "iommufd='no' is written into the <driver> of %s, which is unassigned",
			  vh_pci_str(&e->addr).s);
}

/* All devices of a domain go one way: by iommufd where that is known to work, and all of them can,
 * or else by their groups, if VFIO has any. Where they do so already, none is turned. */
void vh_cures_iommufd(struct vh_correction *k)
{
	const struct vh_domain *d = k->c->domain;
	const xmlNode *whole = vh_xml_child(vh_correction_root(k), "iommufd");
	bool all = vh_rule_driver_all_by_iommufd(k->c), any = false;
	bool turn = vh_rule_driver_must_turn(k->c);

	for (size_t i = 0; i < k->found->count; i++)
		any = any || (k->found->list[i].rule == &vh_rule_iommufd_unavailable &&
			      k->found->list[i].severity == VH_ERROR);
	if (!any || (!all && k->c->around.vfio_groups == VH_NO))
		return;
	for (size_t i = 0; i < d->n_devices; i++) {
		const struct vh_hostdev *e = &d->devices[i];

		if (e->problem || e->element == VH_DISK)
			continue;
		if (e->unassigned && (all || !turn))
			unassigned_by_group(k, e);
		else if (turn && all)
			by_iommufd(k, e);
		else if (turn)
			by_group(k, e);
	}
	if (all || !turn || !d->iommufd || !whole)
		return;
	vh_edit_set_attr(k->e, whole, "enabled", "no");
	vh_correction_say(k,
			  "enabled='no' is written into the <iommufd>: devices are passed by group");
}

/* --- the guest's IOMMU ------------------------------------------------------------------------- */

static void correct_viommu(struct vh_correction *k)
{
	const struct vh_guest_iommu *g = &k->c->domain->iommu;
	const xmlNode *devices = vh_correction_devices(k), *iommu = NULL, *driver;
	bool width = k->c->around.iommu_bits >= 39 && k->c->around.iommu_bits < 48 &&
		     g->aw_bits != 39;
	bool is_wide = g->aw_bits ? g->aw_bits > k->c->around.iommu_bits
				  : k->c->around.qemu >= 9002000;

	for (; devices && !iommu; devices = vh_xml_next(devices, "devices"))
		iommu = vh_xml_child(devices, "iommu");
	if (!vh_correction_found(k, &vh_rule_viommu, NULL) || !iommu ||
	    strcmp(g->model, "intel") != 0)
		return;
	driver = vh_xml_child(iommu, "driver");
	if (!g->caching_mode) {
		if (driver)
			vh_edit_set_attr(k->e, driver, "caching_mode", "on");
		else
			vh_edit_append(k->e, iommu, "<driver caching_mode='on'/>");
		vh_correction_say(k,
				  "caching_mode='on' is written into the <driver> of the <iommu>");
	}
	/* the element has to be there first */
	if (!driver || !width || !is_wide)
		return;
	vh_edit_set_attr(k->e, driver, "aw_bits", "39");
	vh_correction_say(
		k, "aw_bits='39' is written into the <driver> of the <iommu>: the host has %u",
		k->c->around.iommu_bits);
}

/* --- where a device is in the guest ------------------------------------------------------------- */

/* The element of a device that begins in this line. */
static const xmlNode *device_at(const struct vh_correction *k, int line)
{
	const xmlNode *root = vh_correction_root(k), *d = vh_correction_devices(k);

	if (k->c->domain->lone)
		return vh_xml_line(root) == line ? root : NULL;
	for (; d; d = vh_xml_next(d, "devices"))
		for (const xmlNode *n = vh_xml_child(d, NULL); n; n = vh_xml_next(n, NULL))
			if (vh_xml_line(n) == line)
				return n;
	return NULL;
}

/* libvirt chooses an address where none is written. Of two findings of one line the second finds
 * it gone in the next round. */
static void correct_guest_address(struct vh_correction *k)
{
	int last = 0;

	for (size_t i = 0; i < k->found->count; i++) {
		const struct vh_finding *f = &k->found->list[i];
		const xmlNode *address;

		if (f->rule != &vh_rule_guest_address || f->line == last)
			continue;
		address = vh_xml_child(device_at(k, f->line), "address");
		if (!address)
			continue;
		last = f->line;
		if (vh_xml_attr_is(address, "multifunction", "off")) {
			vh_edit_set_attr(k->e, address, "multifunction", "on");
			vh_correction_say(k, "the guest's address in line %d has multifunction='on'",
					  last);
			continue;
		}
		vh_edit_remove(k->e, address);
		vh_correction_say(
			k, "the guest's address in line %d is removed: libvirt chooses one", last);
	}
}

/* --- memory that cannot be pinned or mapped ----------------------------------------------------- */

/* By memfd VFIO can pin it, and huge pages need no mount. */
static void correct_memory(struct vh_correction *k)
{
	const xmlNode *backing = vh_xml_child(vh_correction_root(k), "memoryBacking");
	const xmlNode *source = vh_xml_child(backing, "source");
	bool unpinnable = vh_correction_found(k, &vh_rule_memory_unpinnable, NULL) &&
			  k->c->domain->memory.shared_file_line;
	bool unmounted = vh_correction_found(k, &vh_rule_hugetlbfs_missing, NULL) &&
			 vh_rule_hugepages_are_unmounted(k->c);

	if (!unpinnable && !unmounted)
		return;
	if (source)
		vh_edit_set_attr(k->e, source, "type", "memfd");
	else if (backing)
		vh_edit_append(k->e, backing, "<source type='memfd'/>");
	else /* only cells say that they are shared */
		vh_edit_insert_after(k->e, vh_xml_child(vh_correction_root(k), "memory"),
				     "<memoryBacking>\n\t<source type='memfd'/>\n</memoryBacking>");
	vh_correction_say(k, "<source type='memfd'/> is written into <memoryBacking>: %s",
			  unpinnable ? "VFIO can pin that" : "that needs no mount of huge pages");
}

void vh_cures_guest(struct vh_correction *k)
{
	correct_memory(k);
	correct_viommu(k);
	correct_guest_address(k);
}
