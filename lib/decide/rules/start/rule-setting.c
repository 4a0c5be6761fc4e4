/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule-setting - what the domain asks for its devices that libvirt has for others alone. */
#include "lib/decide/rules/rule.h"

#include "lib/base/banned.h"

/* The drivers of all physical functions whose virtual ones are named as interfaces. */
static bool is_on_enic(const struct vh_case *c, int line)
{
	const struct vh_plan_dev *pd = NULL;

	while ((pd = vh_rule_next_named(c, pd))) {
		const struct vh_pci_dev *pf;

		if (!pd->element || pd->element->line != line)
			continue;
		pf = pd->dev->is_vf ? vh_host_dev(c->host, &pd->dev->pf) : pd->dev;
		return !pf || !pf->driver || !strcmp(pf->driver, "enic");
	}
	return true; /* it is not told */
}

static bool applies(const struct vh_case *c, const struct vh_extra *s)
{
	if (s->network && !vh_names_has(&c->networks.pools, s->network))
		return false;
	return !s->but_enic || (!s->network && !is_on_enic(c, s->line));
}

/* drivers/vfio/pci/vfio_pci.c:vfio_pci_open_device() */
const char *vh_rule_why_no_vga(const struct vh_case *c, const struct vh_pci_dev *d)
{
	if (d->class >> 8 != 0x0300)
		return "it is not a VGA controller";
	return c->around.vga_off ? "vfio-pci has disable_vga=1" : NULL;
}

/* The property by which QEMU gives the guest the card's old VGA. */
static void check_vga(const struct vh_case *c, const struct vh_rule *r, struct vh_findings *out)
{
	static const char property[] = "x-vga";
	bool sets = c->around.in_words || (c->around.qemu && c->around.qemu < 6002000);
	const struct vh_plan_dev *pd = NULL;

	while ((pd = vh_rule_next_named(c, pd))) {
		const struct vh_hostdev *e = pd->element;
		_auto_free_ char *id = NULL;
		struct vh_finding *f;
		const char *why;
		int line;

		if (!e || e->element == VH_DISK)
			continue;
		id = e->alias && vh_has_prefix(e->alias, "ua-") ? vh_strdup(e->alias)
								: vh_printf("hostdev%zu", e->number);
		line = vh_qemu_args_turned_on(&c->domain->smuggled, sets, id, property);
		why = line ? vh_rule_why_no_vga(c, pd->dev) : NULL;
		if (!why)
			continue;
		f = vh_finding_add(
			out, r, pd,
			"remove the property: with UEFI a guest needs none of the card's VGA",
			"%s is to have %s, and %s: QEMU ends with 'device does not support requested feature x-vga'",
			vh_pci_str(&pd->dev->addr).s, property, why);
		vh_finding_about(f, &pd->dev->addr, line);
	}
}

static void check_setting_refused(const struct vh_case *c, const struct vh_rule *r,
				  struct vh_findings *out)
{
	const struct vh_extras *all = c->domain ? &c->domain->extras : NULL;

	for (size_t i = 0; all && i < all->count; i++) {
		const struct vh_extra *s = &all->list[i];
		_auto_free_ char *fix = NULL;
		struct vh_finding *f;

		if (!applies(c, s))
			continue;
		fix = s->fix ? vh_strdup(s->fix) : vh_printf("remove %s", s->what);
		f = vh_finding_add(
			out, r, NULL, fix,
			"this <%s> is a PCI device of the host and has %s: %s refuses the %s",
			s->element, s->what, s->by_qemu ? "QEMU" : "libvirt",
			s->at_start ? "start" : "domain");
		vh_finding_about(f, NULL, s->line);
	}
	if (c->domain)
		check_vga(c, r, out);
}

const struct vh_rule vh_rule_setting_refused = {
	.name = "setting-refused",
	.severity = VH_ERROR,
	.scopes = VH_SCOPE_DOMAIN,
	.title = "a device has a setting that libvirt refuses",
	.check = check_setting_refused,
	.explain = "The host does not see what a guest sends through a PCI device, so libvirt\n"
		   "refuses to limit it: <bandwidth>, <mtu>, <coalesce>, <port isolated='yes'>,\n"
		   "addresses and routes, and <virtualport> but for one kind of card. A card\n"
		   "sets one VLAN for a virtual function, not several. Some of this libvirt says\n"
		   "when the domain is defined, some only when it starts. It also refuses\n"
		   "writeFiltering, two devices with the same alias or the same place in the\n"
		   "boot order, an order beside the <boot> of <os>, an NVMe disk without a\n"
		   "namespace, a <rom> with enabled='no' and more, and a <teaming> without its\n"
		   "other half. QEMU ends if two devices have the same <acpi index=>, or if\n"
		   "x-vga (by <qemu:override> or -set) is on for a device that is not a VGA\n"
		   "controller, or while vfio-pci has disable_vga=1. For an <interface> that\n"
		   "gets its device from a network the same is true, but for <mtu> and\n"
		   "<coalesce>, and <filterref> and queues are refused too. Remove the setting;\n"
		   "'ip link set PF vf NUMBER max_tx_rate MBIT' limits a virtual function.",
};
