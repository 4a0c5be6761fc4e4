/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule-group - what the other members of the IOMMU groups mean for a start. */
#include "lib/base/printable.h"
#include "lib/base/shell.h"
#include "lib/decide/lending.h"
#include "lib/decide/rules/rule.h"

#include "lib/base/banned.h"

/* How to allow a function of the chipset; a host bridge cannot be allowed. */
static char *critical_fix(const struct vh_pci_dev *d)
{
	_auto_free_ char *config = NULL;

	if (vh_host_is_host_bridge(d))
		return vh_strdup("choose another device: no configuration allows a host bridge");
	config = vh_wording_config(&d->addr, "allow-critical", "yes");
	return vh_printf("choose another device, or let the host do without it %s", config);
}

static bool may_go(const struct vh_case *c, const struct vh_pci_dev *d)
{
	return !vh_host_is_chipset(d) ||
	       (!vh_host_is_host_bridge(d) && vh_config_device(c->config, &d->addr).allow_critical);
}

/* Its driver does not matter: a guest that has it reaches what the firmware and the host reach
 * through it. */
static void check_device_critical(const struct vh_case *c, const struct vh_rule *r,
				  struct vh_findings *out)
{
	const struct vh_plan_dev *pd = NULL;

	while ((pd = vh_rule_next_named(c, pd))) {
		_auto_free_ char *what = NULL, *fix = NULL;

		if (may_go(c, pd->dev))
			continue;
		what = vh_wording_device(pd->dev);
		fix = critical_fix(pd->dev);
		vh_finding_add(out, r, pd, fix, "%s is %s: %s", vh_pci_str(&pd->dev->addr).s,
			       pd->dev->firmware_flash ? "where the firmware of this machine lies"
						       : "part of the chipset",
			       what);
	}
}

const struct vh_rule vh_rule_device_critical = {
	.name = "device-critical",
	.severity = VH_ERROR,
	.scopes = VH_SCOPE_DEVICE | VH_SCOPE_BOOT,
	.title = "the domain names a part of the chipset",
	.check = check_device_critical,
	.explain = "The domain names a function of the chipset: a host bridge, the ISA or LPC\n"
		   "bridge, an SMBus controller, a system peripheral, or the SPI controller in\n"
		   "front of the host's firmware flash. A guest that has it can switch off fans\n"
		   "and memory, or overwrite the firmware, and a reset of the function can hang\n"
		   "the host: some hosts did not start again after that. Such functions are\n"
		   "often named only because a controller shares its group with them, but naming\n"
		   "one does not permit it. Remove them from the domain and choose a device in\n"
		   "another group. If you know that the host can do without this one, set\n"
		   "allow-critical in the configuration. A host bridge cannot be allowed at all.\n"
		   "On a card in a slot the same classes are readers, accelerators and switches,\n"
		   "and the rule ignores those.",
};

static void check_peer_critical(const struct vh_case *c, const struct vh_rule *r,
				struct vh_findings *out)
{
	const struct vh_plan_dev *pd = NULL;

	while ((pd = vh_rule_next_peer(c, pd))) {
		const struct vh_pci_dev *d = pd->dev;
		_auto_free_ char *what = NULL, *with = NULL, *fix = NULL;
		struct vh_finding *f;

		if (may_go(c, d) || !d->driver)
			continue;
		what = vh_wording_device(d);
		with = vh_wording_with(c, d);
		fix = critical_fix(d);
		f = vh_finding_add(out, r, pd, fix, "%s, %s, is part of the chipset: %s",
				   vh_pci_str(&d->addr).s, with, what);
		vh_finding_about(f, &d->addr, vh_rule_group_line(c, d->group));
	}
}

const struct vh_rule vh_rule_peer_critical = {
	.name = "peer-critical",
	.severity = VH_ERROR,
	.scopes = VH_SCOPE_DEVICE | VH_SCOPE_BOOT,
	.title = "a group member is part of the chipset",
	.check = check_peer_critical,
	.explain = "A member of the group is part of the chipset: an ISA or LPC bridge, an SMBus\n"
		   "controller, a system peripheral, the SPI controller of the firmware's flash.\n"
		   "The firmware and the kernel reach sensors, power control and memory modules\n"
		   "through it; taking its driver away can hang the host or leave it without fan\n"
		   "control. Controllers on the mainboard often share their group with such\n"
		   "functions. It is best to use a device in another group: a card in another\n"
		   "slot. If you know that the host can do without the driver, allow-critical in\n"
		   "the configuration lets it move as well; a host bridge cannot be allowed.",
};

static void not_listed(const struct vh_case *c, const struct vh_pci_dev *d, const struct vh_rule *r,
		       struct vh_findings *out)
{
	_auto_free_ char *what = vh_wording_device(d);
	_auto_free_ char *with = vh_wording_with(c, d);
	_auto_free_ char *fix = vh_wording_hostdev(&d->addr);
	struct vh_finding *f;

	f = vh_finding_add(
		out, r, NULL, fix,
		"%s, %s, is not in the domain, and the configuration says 'peers = require': %s",
		vh_pci_str(&d->addr).s, with, what);
	vh_finding_about(f, &d->addr, vh_rule_group_line(c, d->group));
}

static void check_peer_not_listed(const struct vh_case *c, const struct vh_rule *r,
				  struct vh_findings *out)
{
	const struct vh_group *g;

	if (!c->plan || !c->plan->keep_peers)
		return;
	for (size_t i = 0; (g = vh_rule_next_group(c, &i));) {
		for (size_t j = 0; j < g->count; j++) {
			const struct vh_pci_dev *d = g->members[j];

			if (!vh_host_is_bridge(d) && !vh_host_is_tolerated(d) &&
			    !vh_rule_is_named(c, d))
				not_listed(c, d, r, out);
		}
	}
}

const struct vh_rule vh_rule_peer_not_listed = {
	.name = "peer-not-listed",
	.severity = VH_ERROR,
	.scopes = VH_SCOPE_DEVICE,
	.title = "the domain does not list a group member",
	.check = check_peer_not_listed,
	.explain = "The configuration, or the domain, says 'peers = require': the other members\n"
		   "of an IOMMU group are not taken silently, the domain must list them. This\n"
		   "one is not listed. Add the <hostdev> that the fix shows: with it the guest\n"
		   "gets the device. With <address type='unassigned'/> in it the device is only\n"
		   "taken from the host, and the guest does not see it; 'vfio-hook check --fix'\n"
		   "adds it that way, '--fix=guest' the other.",
};

/*
 * Up to Linux 5.18 VFIO did not mind the driver of a bridge (drivers/vfio/vfio.c:
 * vfio_dev_viable()); since then it has to be one with driver_managed_dma. Only of another host
 * may the release be unknown, and then it is among what was not checked.
 */
static bool minds_bridges(const char *release)
{
	return vh_rule_release_at_least(release, 5, 19) == VH_YES;
}

static void check_bridges(const struct vh_case *c, const struct vh_group *g,
			  const struct vh_rule *r, struct vh_findings *out)
{
	for (size_t i = 0; i < g->count; i++) {
		const struct vh_pci_dev *d = g->members[i];
		_auto_free_ char *with = NULL, *fix = NULL, *file = NULL, *word = NULL;
		struct vh_finding *f;

		if (!vh_host_is_bridge(d) || vh_host_is_tolerated(d))
			continue;
		with = vh_wording_with(c, d);
		file = vh_printf("/sys/bus/pci/drivers/%s/unbind", d->driver);
		word = vh_shell_quote(file);
		fix = vh_printf("echo %s > %s", vh_pci_str(&d->addr).s, word);
		f = vh_finding_add(
			out, r, NULL, fix,
			"%s, %s, is a bridge on driver '%s', beside which VFIO does not take the group",
			vh_pci_str(&d->addr).s, with, d->driver);
		vh_finding_about(f, &d->addr, vh_rule_group_line(c, g->number));
	}
}

/* drivers/vfio/pci/vfio_pci.c:vfio_pci_dev_in_denylist(), all by Intel. Older kernels have
 * a shorter list, but the defects are in the hardware. */
static bool is_denied(const struct vh_pci_dev *d)
{
	static const uint16_t intel[] = {
		0x0435, 0x0443, /* QAT DH895XCC and its VF */
		0x0b25,         /* DSA, Sapphire Rapids */
		0x0cfe,         /* IAX, Sapphire Rapids */
		0x19e2, 0x19e3, /* QAT C3XXX and its VF */
		0x37c8, 0x37c9, /* QAT C62X and its VF */
	};

	for (size_t i = 0; d->vendor == 0x8086 && i < VH_COUNT(intel); i++) {
		if (d->device == intel[i])
			return true;
	}
	return false;
}

static void check_denied(const struct vh_case *c, const struct vh_rule *r, struct vh_findings *out)
{
	const struct vh_plan_dev *pd = NULL;

	while (c->host->denylist == VH_YES && (pd = vh_rule_next_dev(c, pd))) {
		const struct vh_pci_dev *d = pd->dev;
		struct vh_finding *f;

		if (d->on_vfio || !is_denied(d))
			continue;
		f = vh_finding_add(
			out, r, pd,
			"choose another device, or take the risk of a guest that can hang the host: modprobe -r vfio-pci; modprobe vfio-pci disable_denylist=1",
			"vfio-pci refuses %s: %04x:%04x is on its list of devices that no guest can be trusted with",
			vh_pci_str(&d->addr).s, d->vendor, d->device);
		if (pd->role == VH_PEER)
			vh_finding_about(f, &d->addr, vh_rule_group_line(c, d->group));
	}
}

/* Who makes it: the driver of VMD makes a PCI domain below its controller, which is not a bridge,
 * and all that is in it has the controller's identity to the IOMMU, and its group. */
static const struct vh_pci_dev *maker_of(const struct vh_case *c, const struct vh_pci_dev *d)
{
	const struct vh_plan_dev *pd = NULL;

	while ((pd = vh_rule_next_dev(c, pd))) {
		const struct vh_pci_dev *m = pd->dev;

		if (m != d && m->group == d->group && m->driver && !m->on_vfio && m->path &&
		    d->path && !vh_host_is_bridge(m) && vh_is_at_or_below(d->path, m->path))
			return m;
	}
	return NULL;
}

static void check_made(const struct vh_case *c, const struct vh_rule *r, struct vh_findings *out)
{
	const struct vh_plan_dev *pd = NULL;

	while ((pd = vh_rule_next_named(c, pd))) {
		const struct vh_pci_dev *m = maker_of(c, pd->dev);
		_auto_free_ char *name = m ? vh_strdup(vh_pci_str(&m->addr).s) : NULL;
		_auto_free_ char *shown = m ? vh_printable(m->driver, 40) : NULL, *fix = NULL;

		if (!m)
			continue;
		fix = vh_printf(
			"choose another device\n"
			"or give all that is behind it to the guest: name %s alone\n"
			"or switch %s off in the firmware setup, where no RAID has been made with it (VROC, RST), which would be gone: then %s is a device like others",
			name, !strcmp(m->driver, "vmd") ? "VMD" : name,
			vh_pci_str(&pd->dev->addr).s);
		vh_finding_add(
			out, r, pd, fix,
			"%s is made by the driver '%s' of %s, which has to leave that driver, since both are in IOMMU group %d: then there is no %s any more",
			vh_pci_str(&pd->dev->addr).s, shown, name, m->group,
			vh_pci_str(&pd->dev->addr).s);
	}
}

static void check_group_not_viable(const struct vh_case *c, const struct vh_rule *r,
				   struct vh_findings *out)
{
	const struct vh_group *g;

	for (size_t i = 0; minds_bridges(c->host->release) && (g = vh_rule_next_group(c, &i));)
		check_bridges(c, g, r, out);
	check_made(c, r, out);
	check_denied(c, r, out);
}

const struct vh_rule vh_rule_group_not_viable = {
	.name = "group-not-viable",
	.severity = VH_ERROR,
	.scopes = VH_SCOPE_DEVICE | VH_SCOPE_BOOT,
	.title = "VFIO does not accept the IOMMU group",
	.check = check_group_not_viable,
	.explain = "VFIO opens a group only if no device in it is on a driver that could use the\n"
		   "device behind the guest's back. Here one must stay on such a driver: a\n"
		   "CardBus or hotplug bridge with a driver of its own, which Linux 5.19 and\n"
		   "later reject; or vfio-pci itself refuses the device, because it is on its\n"
		   "list of hardware that no guest can be trusted with. QEMU would end with\n"
		   "\"group is not viable\" or with an error of vfio-pci. In the first case,\n"
		   "unbind the driver of the bridge if nothing is plugged into it. In the\n"
		   "second, another device is the safe choice. A disk behind Intel VMD cannot\n"
		   "be given away alone: it shares the group of its controller, whose driver\n"
		   "makes it, and is gone when that driver is. Without VMD in the firmware\n"
		   "setup it is a disk like others, but a RAID that VMD has made is gone.",
};

/* A peer that another rule refused goes nowhere. */
static bool is_refused(const struct vh_findings *out, const struct vh_pci_addr *addr)
{
	for (size_t i = 0; i < out->count; i++) {
		const struct vh_finding *f = &out->list[i];

		if (f->severity == VH_ERROR && f->has_addr && !vh_pci_cmp(&f->addr, addr))
			return true;
	}
	return false;
}

static bool is_use(const struct vh_pci_dev *d, const char *text)
{
	for (size_t i = 0; i < d->n_uses; i++)
		if (!strcmp(d->uses[i].text, text))
			return true;
	return false;
}

/* What is used, then what is merely there. Rule handed-over tells which uses end by a hand-over. */
static char *losses(const struct vh_case *c, const struct vh_pci_dev *d)
{
	struct vh_strbuf sb = { 0 };

	for (size_t i = 0; i < d->n_uses; i++)
		if (!d->uses[i].looked && !vh_lending_explains(c, &d->uses[i]))
			vh_strbuf_join(&sb, ", ", d->uses[i].text);
	for (size_t i = 0; i < d->carries.count; i++)
		if (!is_use(d, d->carries.name[i]))
			vh_strbuf_join(&sb, ", ", d->carries.name[i]);
	return vh_strbuf_steal(&sb);
}

static void peer_goes(const struct vh_case *c, const struct vh_plan_dev *pd,
		      const struct vh_rule *r, struct vh_findings *out)
{
	const struct vh_pci_dev *d = pd->dev;
	_auto_free_ char *what = vh_wording_device(d);
	_auto_free_ char *with = vh_wording_with(c, d);
	_auto_free_ char *lost = losses(c, d);
	struct vh_finding *f;

	f = vh_finding_add(out, r, pd, NULL, "%s, %s, moves with it%s%s: %s%s%s",
			   vh_pci_str(&d->addr).s, with, d->variant ? ", to " : "",
			   d->variant ? d->variant : "", what,
			   *lost ? "; without it the host loses: " : "", lost);
	vh_finding_about(f, &d->addr, vh_rule_group_line(c, d->group));
}

static void named_goes(const struct vh_case *c, const struct vh_plan_dev *pd,
		       const struct vh_rule *r, struct vh_findings *out)
{
	_auto_free_ char *lost = losses(c, pd->dev);

	if (*lost)
		vh_finding_add(out, r, pd, NULL, "the host loses %s while the guest runs: %s",
			       vh_pci_str(&pd->dev->addr).s, lost);
}

static void check_peer_detached(const struct vh_case *c, const struct vh_rule *r,
				struct vh_findings *out)
{
	const struct vh_plan_dev *pd = NULL;

	while ((pd = vh_rule_next_dev(c, pd))) {
		if (is_refused(out, &pd->dev->addr))
			continue;
		if (pd->role == VH_PEER)
			peer_goes(c, pd, r, out);
		else
			named_goes(c, pd, r, out);
	}
}

const struct vh_rule vh_rule_peer_detached = {
	.name = "peer-detached",
	.severity = VH_INFO,
	.scopes = VH_SCOPE_DEVICE,
	.title = "what else moves to vfio-pci, and what the host loses",
	.check = check_peer_detached,
	.explain = "This is information, not a problem. The device that the domain names shares\n"
		   "its IOMMU group with others, and a guest gets a whole group: the others move\n"
		   "with it to vfio-pci when the guest starts, and come back when it ends. Where\n"
		   "the kernel has a VFIO driver made for a device, which libvirt 10 and later\n"
		   "take, they move to that. The guest does not see them. While it runs, the\n"
		   "host does without what the message lists; what the configuration hands over\n"
		   "is listed under handed-over instead. If you do not want that, choose a\n"
		   "device in a group of its own, or set 'peers = require' in the configuration,\n"
		   "which refuses the start instead.",
};
