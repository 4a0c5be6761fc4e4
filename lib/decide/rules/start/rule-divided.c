/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule-divided - IOMMU groups that QEMU would have to take in parts: the kernel gives a group to
 * one opening, and QEMU to one address space of the guest. */
#include "lib/decide/rules/rule.h"

#include "lib/base/banned.h"

/* --- openings ---------------------------------------------------------------------------------- */

/* How QEMU comes to the devices of a group: one opening for all that it passes by VFIO, and one for
 * each NVMe disk, which it drives by itself (util/vfio-helpers.c:qemu_vfio_init_pci()). */
struct openings {
	const struct vh_hostdev *disk; /* the first of those, or NULL */
	const struct vh_hostdev *more; /* what needs another opening, or NULL */
	int line;                      /* of that */
};

static void count_opening(struct openings *o, const struct vh_hostdev *e)
{
	if (e->element == VH_DISK && !o->disk) {
		o->disk = e;
		if (e->again_line) {
			o->more = e;
			o->line = e->again_line;
		}
	} else if (!o->more) {
		o->more = e;
		o->line = e->line;
	}
}

static struct openings openings_of(const struct vh_case *c, const struct vh_group *g)
{
	struct openings o = { 0 };

	for (size_t i = 0; i < c->domain->n_devices; i++) {
		const struct vh_hostdev *e = &c->domain->devices[i];
		const struct vh_pci_dev *d = e->problem ? NULL : vh_host_dev(c->host, &e->addr);

		if (d && d->group == g->number && !e->unassigned && vh_plan_can_pass(d))
			count_opening(&o, e);
	}
	return o;
}

/* The kernel lets a group be opened once (vfio_group_fops_open()). */
static void check_openings(const struct vh_case *c, const struct vh_rule *r, struct vh_findings *out)
{
	const struct vh_group *g;

	for (size_t i = 0; c->domain && (g = vh_rule_next_group(c, &i));) {
		struct openings o = openings_of(c, g);
		_auto_free_ char *element = NULL, *fix = NULL;
		struct vh_finding *f;

		/* one device twice is told already */
		if (!o.disk || !o.more ||
		    (o.more != o.disk && !vh_pci_cmp(&o.more->addr, &o.disk->addr)))
			continue;
		element = vh_wording_hostdev(&o.disk->addr);
		fix = vh_printf(
			"pass it, and others of its group, as PCI devices, which QEMU opens together: %s",
			element);
		f = vh_finding_add(
			out, r, NULL, fix,
			"QEMU opens IOMMU group %d by itself for this <disk>, and once more for the <%s> of line %d, and the kernel lets it be opened once: 'Failed to open VFIO group file: Device or resource busy'",
			g->number, vh_address_element_str(o.more->element), o.line);
		vh_finding_about(f, &o.disk->addr, o.disk->line);
	}
}

/* --- address spaces ---------------------------------------------------------------------------- */

/* QEMU keeps apart what a bus of PCI Express keeps apart; behind a bridge to PCI all devices are
 * one to an IOMMU (pci_device_get_iommu_bus_devfn()). UNKNOWN: libvirt chooses where it will be, or
 * what its bus is of, which is a port for a device of PCI Express, unless a bridge waits for one. */
static enum vh_tri is_behind_bridge(const struct vh_case *c, const struct vh_hostdev *e,
				    const struct vh_pci_dev *d)
{
	const struct vh_slots *s = &c->domain->slots;
	enum vh_tri is = e->placed ? vh_slots_is_bridged(s, e->place.bus) : VH_UNKNOWN;

	if (is != VH_UNKNOWN)
		return is;
	return d->express && !(e->placed && s->loose_bridge) ? VH_NO : VH_UNKNOWN;
}

/* Groups of one address space are one container, however many they are
 * (vfio_container_group_get()). */
uint64_t vh_rule_address_spaces(const struct vh_case *c)
{
	uint64_t own = 0, shared = 0;

	for (size_t i = 0; i < c->domain->n_devices; i++) {
		const struct vh_hostdev *e = &c->domain->devices[i];
		const struct vh_pci_dev *d = e->problem ? NULL : vh_host_dev(c->host, &e->addr);

		if (e->element == VH_DISK || e->unassigned)
			continue;
		if (d && is_behind_bridge(c, e, d) == VH_NO)
			own++;
		else
			shared = 1;
	}
	return own + shared;
}

static bool are_apart(const struct vh_case *c, const struct vh_plan_dev *a,
		      const struct vh_plan_dev *b)
{
	enum vh_tri x = is_behind_bridge(c, a->element, a->dev);
	enum vh_tri y = is_behind_bridge(c, b->element, b->dev);

	return x != VH_UNKNOWN && y != VH_UNKNOWN && !(x == VH_YES && y == VH_YES);
}

/* Those that QEMU passes by VFIO as devices. */
static bool is_passed(const struct vh_plan_dev *pd)
{
	return pd->element && !pd->element->unassigned && pd->element->element != VH_DISK;
}

/* Its port, too, and before it: libvirt 9.0 makes one by itself, and gives it to QEMU behind it. */
static char *bridge_text(unsigned int index)
{
	if (!index)
		return vh_strdup(
			"<controller type='pci' model='pcie-to-pci-bridge'/> with an index, each by an <address type='pci'> with that as its bus");
	return vh_printf(
		"bridge, <controller type='pci' index='%u' model='pcie-root-port'/><controller type='pci' index='%u' model='pcie-to-pci-bridge'/>, each by an <address type='pci'> with bus='%u'",
		index - 1, index, index);
}

static void add_apart(const struct vh_case *c, const struct vh_rule *r, const struct vh_plan_dev *pd,
		      const struct vh_plan_dev *first, struct vh_findings *out)
{
	_auto_free_ char *fix = NULL, *name = vh_strdup(vh_pci_str(&pd->dev->addr).s);
	_auto_free_ char *bridge = bridge_text(vh_slots_free_index(&c->domain->slots));
	bool is_hostdev = pd->element->element == VH_HOSTDEV;

	fix = vh_printf(
		"%s the <%s> of %s at line %d: the guest goes without it, and the hook takes the group whole\n"
		"or put all of the group on one %s\n"
		"or remove the guest's IOMMU (line %d)",
		is_hostdev ? "write <address type='unassigned'/> into" : "remove",
		vh_address_element_str(pd->element->element), name, pd->element->line, bridge,
		c->domain->iommu.line);
	vh_finding_add(
		out, r, pd, fix,
		"%s and %s are in IOMMU group %d, and the guest has an IOMMU, by which each has an address space of its own: QEMU ends with 'group %d used in multiple address spaces'",
		name, vh_pci_str(&first->dev->addr).s, pd->dev->group, pd->dev->group);
}

/* vfio_container_group_get() */
static void check_spaces(const struct vh_case *c, const struct vh_rule *r, struct vh_findings *out)
{
	const struct vh_plan_dev *pd = NULL;

	while (!c->domain->iommu.one_bus && (pd = vh_rule_next_named(c, pd))) {
		const struct vh_plan_dev *first = NULL;

		while ((first = vh_rule_next_named(c, first)) && first != pd)
			if (is_passed(pd) && is_passed(first) &&
			    first->dev->group == pd->dev->group && are_apart(c, first, pd))
				break;
		if (first && first != pd)
			add_apart(c, r, pd, first, out);
	}
}

static void check_group_divided(const struct vh_case *c, const struct vh_rule *r,
				struct vh_findings *out)
{
	if (!c->domain || c->domain->lone)
		return;
	check_openings(c, r, out);
	if (c->domain->iommu.line)
		check_spaces(c, r, out);
}

const struct vh_rule vh_rule_group_divided = {
	.name = "group-divided",
	.severity = VH_ERROR,
	.scopes = VH_SCOPE_DOMAIN,
	.title = "QEMU cannot take a group in parts",
	.check = check_group_divided,
	.explain = "The domain has several devices of one IOMMU group, in a way in which QEMU\n"
		   "would have to take the group more than once. libvirt does not notice, and\n"
		   "QEMU ends.\n"
		   "An NVMe <disk> is driven by QEMU itself, which opens the group of the\n"
		   "controller for each such disk alone; the kernel lets a group be opened once.\n"
		   "Two namespaces of one controller, or such a disk beside another device of\n"
		   "its group, fail with 'Failed to open VFIO group file: Device or resource\n"
		   "busy'. As a <hostdev> the guest gets the controller with all of its\n"
		   "namespaces.\n"
		   "If the guest has an IOMMU, of whatever model, that gives each device an\n"
		   "address space of its own, and QEMU has a group in one alone: 'group 1 used\n"
		   "in multiple address spaces'. Of a graphics card and its sound such a guest\n"
		   "gets one, and the other is left unassigned. Or put both behind a\n"
		   "pcie-to-pci-bridge of the guest: devices on a bus of PCI are one to an\n"
		   "IOMMU.",
};
