/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule-device - is what the domain names there, once, and can it be passed through at all? */
#include "lib/decide/rules/expected.h"
#include "lib/decide/rules/rule.h"

#include "lib/base/printable.h"

#include "lib/base/banned.h"

static char *meant_fix(const struct vh_hostdev *e)
{
	struct vh_pci_addr addr;

	if (!e->meant)
		return vh_strdup("vfio-hook list   # shows the addresses of this host");
	if (vh_pci_parse(e->meant, &addr) < 0)
		return vh_printf("write %s, if that was meant", e->meant);
	return vh_wording_address(&addr, e->element);
}

static void check_address_invalid(const struct vh_case *c, const struct vh_rule *r,
				  struct vh_findings *out)
{
	for (size_t i = 0; c->domain && i < c->domain->n_devices; i++) {
		const struct vh_hostdev *e = &c->domain->devices[i];
		_auto_free_ char *fix = NULL;
		struct vh_finding *f;
		bool shown;

		if (!e->problem)
			continue;
		fix = meant_fix(e);
		shown = e->written && *e->written;
		f = vh_finding_add(out, r, NULL, fix, "this <%s> has no valid PCI address: %s%s%s%s",
				   vh_address_element_str(e->element), e->problem,
				   shown ? " (" : "", shown ? e->written : "", shown ? ")" : "");
		vh_finding_about(f, NULL, e->line);
	}
}

const struct vh_rule vh_rule_address_invalid = {
	.name = "address-invalid",
	.severity = VH_ERROR,
	.scopes = VH_SCOPE_DOMAIN,
	.title = "an address is not a PCI address",
	.check = check_address_invalid,
	.explain = "The <address> inside <source> is not the address of a PCI device: a part is\n"
		   "missing, is not a number, or is larger than such an address allows. libvirt\n"
		   "reads each part as C does: 0x1f is hexadecimal, 31 decimal, 037 octal.\n"
		   "domain has 32 bits, bus ends at 0xff, slot at 0x1f, function at 7. lspci and\n"
		   "vfio-hook list print 0000:03:00.0 for domain='0x0000' bus='0x03' slot='0x00'\n"
		   "function='0x0'. If the intended address can be guessed, the fix shows the\n"
		   "line to write, and 'vfio-hook check --fix' writes it if the host has that\n"
		   "device.",
};

/* Somebody copied 14:00.0 from lspci into bus='14': says what is at 0x14. */
static void add_hex(const struct vh_case *c, const struct vh_hostdev *e, struct vh_strbuf *message,
		    struct vh_strbuf *fix)
{
	const struct vh_pci_dev *d = NULL;
	_auto_free_ char *what = NULL, *address = NULL;

	if (e->decimal && e->hex_valid)
		d = vh_host_dev(c->host, &e->hex);
	if (!d)
		return;
	what = vh_wording_device(d);
	address = vh_wording_address(&e->hex, e->element);
	vh_strbuf_addf(message, "; read as hexadecimal it is %s: %s", vh_pci_str(&e->hex).s, what);
	vh_strbuf_add(fix, address);
}

static void check_dead(const struct vh_case *c, const struct vh_rule *r, struct vh_findings *out)
{
	for (size_t i = 0; c->plan && i < c->plan->count; i++) {
		const struct vh_plan_dev *pd = &c->plan->devs[i];
		struct vh_pci_name name = vh_pci_str(&pd->dev->addr);
		_auto_free_ char *fix = NULL;

		if (pd->role != VH_NAMED || !pd->dev->dead)
			continue;
		fix = vh_printf(
			"echo 1 > /sys/bus/pci/devices/%s/remove; echo 1 > /sys/bus/pci/rescan   # or power the host off and on",
			name.s);
		vh_finding_add(out, r, pd, fix,
			       "%s does not answer: its configuration space reads 0xff", name.s);
	}
}

/* `e`: the element that names it; NULL by hand. */
static void absent(const struct vh_case *c, const struct vh_pci_addr *addr,
		   const struct vh_hostdev *e, const struct vh_rule *r, struct vh_findings *out)
{
	_auto_strbuf_ struct vh_strbuf message = { 0 }, fix = { 0 };
	struct vh_finding *f;

	vh_strbuf_addf(&message, "no device %s on this host", vh_pci_str(addr).s);
	if (e)
		add_hex(c, e, &message, &fix);
	vh_expected_add(c, addr, e ? e->element : VH_HOSTDEV, &message, &fix);
	if (!fix.len)
		vh_strbuf_add(&fix, "vfio-hook list   # shows the devices of this host");
	f = vh_finding_add(out, r, NULL, fix.data, "%s", message.data);
	vh_finding_about(f, addr, e ? e->line : 0);
}

/* Of several with its ids libvirt takes none, optional or not (virHostdevFindUSBDevice()). */
static void several(const struct vh_case *c, const struct vh_whereabout *w,
		    const struct vh_rule *r, struct vh_findings *out)
{
	const struct vh_need *n = w->need;
	size_t left = vh_rule_needs_left(c, w, VH_THING_USB);
	_auto_free_ char *fix = NULL;

	if (left < 2)
		return;
	fix = vh_printf(
		"write the <address> of one of them, its bus and its device, into the <source> of the <hostdev> at line %d: 'lsusb -d %04x:%04x' shows both",
		n->line, n->vendor, n->product);
	vh_finding_about(vh_finding_add(out, r, NULL, fix,
					"%zu USB devices %04x:%04x on this host, and which is not said",
					left, n->vendor, n->product),
			 NULL, n->line);
}

/* Of the other kinds that a <hostdev> may name. */
static void check_others(const struct vh_case *c, const struct vh_rule *r, struct vh_findings *out)
{
	for (size_t i = 0; c->domain && i < c->lies.count; i++) {
		const struct vh_need *n = c->lies.list[i].need;
		_auto_free_ char *what = NULL, *fix = NULL;

		if (n->kind == VH_NEED_USB)
			several(c, &c->lies.list[i], r, out);
		if (!c->lies.list[i].absent)
			continue;
		if (n->kind == VH_NEED_MEDIATED) {
			what = vh_printf("no mediated device %s", n->name);
			fix = vh_printf(
				"mdevctl start -u %s   # once it is defined, and after each boot: 'mdevctl modify -a -u %s' starts it by itself",
				n->name, n->name);
		} else {
			bool stale = n->by_id && vh_need_has_fixed_place(n);

			what = stale ? vh_printf("no USB device %04x:%04x at the <address> of its <source>",
						 n->vendor, n->product)
			       : n->by_id
				       ? vh_printf("no USB device %04x:%04x", n->vendor, n->product)
			       : n->number
				       ? vh_printf("no USB device %u on bus %u", n->number, n->bus)
				       : vh_printf("no USB device at port %u-%s", n->bus, n->name);
			fix = vh_printf(
				"write startupPolicy='optional' into the <source> of the <hostdev> at line %d, and the guest starts without it; or plug it in%s",
				n->line,
				stale ? ", or remove that <address>: it changes whenever it is plugged in"
				: n->by_id
					? ""
					: ", or write its <vendor> and <product>: its number changes whenever it is plugged in");
		}
		vh_finding_about(vh_finding_add(out, r, NULL, fix, "%s on this host", what), NULL,
				 n->line);
	}
}

static void check_device_absent(const struct vh_case *c, const struct vh_rule *r,
				struct vh_findings *out)
{
	_auto_free_ const struct vh_hostdev **list = NULL;
	size_t n;

	list = vh_rule_elements_sorted(c->domain, &n);
	for (size_t i = 0; i < n; i++) {
		const struct vh_hostdev *e = list[i];

		if (vh_host_dev(c->host, &e->addr))
			continue;
		if (i && !vh_pci_cmp(&e->addr, &list[i - 1]->addr))
			continue;
		absent(c, &e->addr, e, r, out);
	}
	/* by hand there is no domain that names them */
	for (size_t i = 0; !c->domain && c->plan && i < c->host->n_asked; i++) {
		if (!vh_host_dev(c->host, &c->host->asked[i]))
			absent(c, &c->host->asked[i], NULL, r, out);
	}
	check_dead(c, r, out);
	check_others(c, r, out);
}

const struct vh_rule vh_rule_device_absent = {
	.name = "device-absent",
	.severity = VH_ERROR,
	.scopes = VH_SCOPE_DOMAIN | VH_SCOPE_DEVICE | VH_SCOPE_BOOT,
	.title = "a device does not exist or does not answer",
	.check = check_device_absent,
	.explain = "The domain names a device that this host does not have, or one that no\n"
		   "longer answers. libvirt skips a missing device, and the start fails later,\n"
		   "in QEMU, with a message that does not help. Addresses change when cards are\n"
		   "added or removed, when slots are changed and after firmware updates;\n"
		   "'vfio-hook list' shows where everything is now. An address copied from lspci\n"
		   "without 0x is read as decimal: bus='14' is 0e. A device whose configuration\n"
		   "space reads 0xff has hung or lost its power: remove it and rescan the bus,\n"
		   "and if that does not help, switch the host off and on.\n"
		   "Of a domain with PCI devices, its USB and mediated devices are looked for as\n"
		   "well. The number of a USB device changes when it is plugged in again, its\n"
		   "vendor and product do not; of two with the same ones libvirt takes neither\n"
		   "without an <address>. Mediated devices are gone after a reboot, unless\n"
		   "mdevctl starts them; if another hook makes them when a guest starts, that is\n"
		   "listed as not checked.",
};

/* One NVMe controller may come as several disks: its namespaces. */
static void check_device_duplicate(const struct vh_case *c, const struct vh_rule *r,
				   struct vh_findings *out)
{
	_auto_free_ const struct vh_hostdev **list = NULL;
	size_t n, first = 0;

	list = vh_rule_elements_sorted(c->domain, &n);
	for (size_t i = 1; i < n; i++) {
		const struct vh_hostdev *e = list[i], *before = list[first];
		const struct vh_pci_dev *d = vh_host_dev(c->host, &e->addr);
		struct vh_finding *f;

		if (vh_pci_cmp(&e->addr, &before->addr)) {
			first = i;
			continue;
		}
		if (!d || !vh_plan_can_pass(d) ||
		    (e->element == VH_DISK && before->element == VH_DISK))
			continue;
		f = vh_finding_add(out, r, NULL, "remove one of the two elements",
				   "%s is named twice: this <%s>, and the <%s> of line %d",
				   vh_pci_str(&e->addr).s, vh_address_element_str(e->element),
				   vh_address_element_str(before->element), before->line);
		vh_finding_about(f, &e->addr, e->line);
	}
}

const struct vh_rule vh_rule_device_duplicate = {
	.name = "device-duplicate",
	.severity = VH_ERROR,
	.scopes = VH_SCOPE_DOMAIN,
	.title = "a device is named twice",
	.check = check_device_duplicate,
	.explain = "Two elements of the domain name the same device. A guest cannot have a\n"
		   "device twice: QEMU ends when it opens the second one. This happens when a\n"
		   "device is listed both as <hostdev> and as <interface>, or when a block was\n"
		   "copied and not changed. Remove one of them; 'vfio-hook check --fix' keeps\n"
		   "the first. Several namespaces of one NVMe controller, each a <disk>, are\n"
		   "reported by group-divided.",
};

/* The devices below a bridge, as far as they were read. */
static char *behind(const struct vh_host *h, const struct vh_pci_dev *bridge)
{
	struct vh_strbuf sb = { 0 };

	for (size_t i = 0; i < h->n_devs; i++) {
		const struct vh_pci_dev *d = h->devs[i];

		if (!d->root_bus && !vh_pci_cmp(&d->bridge, &bridge->addr))
			vh_strbuf_join(&sb, ", ", vh_pci_str(&d->addr).s);
	}
	return vh_strbuf_steal(&sb);
}

static void check_device_not_endpoint(const struct vh_case *c, const struct vh_rule *r,
				      struct vh_findings *out)
{
	for (size_t i = 0; c->plan && i < c->plan->count; i++) {
		const struct vh_plan_dev *pd = &c->plan->devs[i];
		_auto_free_ char *what = NULL, *below = NULL, *fix = NULL;

		if (pd->role != VH_NAMED || pd->dev->dead || !vh_host_is_bridge(pd->dev))
			continue;
		what = vh_wording_device(pd->dev);
		below = behind(c->host, pd->dev);
		fix = vh_printf("name the devices behind it instead%s%s", *below ? ": " : "", below);
		vh_finding_add(out, r, pd, fix, "%s is a bridge and cannot be passed through (%s)",
			       vh_pci_str(&pd->dev->addr).s, what);
	}
}

const struct vh_rule vh_rule_device_not_endpoint = {
	.name = "device-not-endpoint",
	.severity = VH_ERROR,
	.scopes = VH_SCOPE_DEVICE | VH_SCOPE_BOOT,
	.title = "the domain names a bridge",
	.check = check_device_not_endpoint,
	.explain = "The address is that of a bridge. Bridges route traffic for the devices\n"
		   "behind them; they cannot be given to a guest, and libvirt refuses them. A\n"
		   "bridge is often named because it is listed in the IOMMU group of the card.\n"
		   "It can stay where it is: VFIO accepts a bridge beside the devices of a\n"
		   "guest. Name the devices behind it; the message lists them.",
};

static void check_unmanaged_on_host_driver(const struct vh_case *c, const struct vh_rule *r,
					   struct vh_findings *out)
{
	const struct vh_plan_dev *pd = NULL;

	while ((pd = vh_rule_next_named(c, pd))) {
		const struct vh_pci_dev *d = pd->dev;
		struct vh_pci_name name = vh_pci_str(&d->addr);
		const struct vh_hook_line *hook = vh_rule_hook_before(c, VH_DEED_BIND, &d->addr);
		_auto_free_ char *fix = NULL;
		struct vh_finding *f;
		bool said = false;

		if (!pd->element || pd->element->managed || d->on_vfio)
			continue;
		said = pd->element->written_managed == VH_MANAGED_NO;
		fix = vh_printf("write managed='yes' into the <%s>, or run: virsh nodedev-detach %s\n"
				"or, for the whole group: vfio-hook detach %s",
				vh_address_element_str(pd->element->element),
				vh_pci_nodedev(&d->addr).s, name.s);
		f = vh_finding_add(out, r, pd, fix, "%s has %s and %s%s%s, not a VFIO driver",
				   name.s,
				   said ? "managed='no'" : "no managed='yes' (the default is no)",
				   d->driver ? "is on driver '" : "has no driver",
				   d->driver ? d->driver : "", d->driver ? "'" : "");
		if (hook)
			vh_rule_told_by_hook(f, hook);
	}
}

const struct vh_rule vh_rule_unmanaged_on_host_driver = {
	.name = "unmanaged-on-host-driver",
	.severity = VH_ERROR,
	.scopes = VH_SCOPE_DEVICE,
	.title = "an unmanaged device is not on a VFIO driver",
	.check = check_unmanaged_on_host_driver,
	.explain = "With managed='no', or without the attribute on a <hostdev> or <interface>,\n"
		   "libvirt does not move the device: you must bind it to a VFIO driver before\n"
		   "the guest starts. It is not on one, so QEMU would not get it. Write\n"
		   "managed='yes', as 'vfio-hook check --fix' does, and the device moves to VFIO\n"
		   "when the guest starts and comes back when it ends. Or bind it yourself, with\n"
		   "'virsh nodedev-detach' or, with its whole group, with 'vfio-hook detach'.",
};

/* A guest may have several functions of one card. */
static bool has_earlier(const struct vh_vf_guests *guests, size_t n)
{
	const struct vh_vf_guest *g = &guests->list[n];

	for (size_t i = 0; i < n; i++)
		if (!vh_pci_cmp(&guests->list[i].pf, &g->pf) &&
		    vh_streq(guests->list[i].uuid, g->uuid) &&
		    vh_streq(guests->list[i].process, g->process))
			return true;
	return false;
}

/* Switching virtual functions off takes them from the guests that have them: those end first. */
static void add_guests(const struct vh_case *c, const struct vh_pci_dev *pf, struct vh_strbuf *text,
		       struct vh_strbuf *fix)
{
	for (size_t i = 0; c->vf_guests && i < c->vf_guests->count; i++) {
		const struct vh_vf_guest *g = &c->vf_guests->list[i];
		_auto_free_ char *shown = g->domain ? vh_printable(g->domain, 60) : NULL;
		_auto_free_ char *name = g->domain ? vh_wording_domain(g->domain, g->uuid) : NULL;
		_auto_free_ char *line = name ? vh_printf("virsh shutdown %s", name)
					      : vh_printf("shut the guest down that has it: %s",
							  g->process);

		if (vh_pci_cmp(&g->pf, &pf->addr))
			continue;
		vh_strbuf_addf(text, "%s%s is in %s%s%s", text->len ? ", " : "; ",
			       vh_pci_str(&g->vf).s, g->domain ? "guest '" : "",
			       g->domain ? shown : g->process, g->domain ? "'" : "");
		if (!has_earlier(c->vf_guests, i))
			vh_strbuf_join(fix, "\n", line);
	}
}

static struct vh_finding *pf_finding(const struct vh_case *c, const struct vh_plan_dev *pd,
				     const struct vh_rule *r, struct vh_findings *out)
{
	struct vh_pci_name name = vh_pci_str(&pd->dev->addr);
	_auto_strbuf_ struct vh_strbuf guests = { 0 }, fix = { 0 };
	_auto_free_ char *line = vh_printf("echo 0 > /sys/bus/pci/devices/%s/sriov_numvfs", name.s);

	add_guests(c, pd->dev, &guests, &fix);
	vh_strbuf_join(&fix, "\nthen: ", line);
	return vh_finding_add(
		out, r, pd, fix.data,
		"%s has %u virtual functions enabled, and vfio-pci does not take it with them%s",
		name.s, pd->dev->numvfs, guests.len ? guests.data : "");
}

/* A PF on vfio-pci shares its VFs only with who knows its token (vfio_pci_core.c:
 * vfio_pci_validate_vf_token()), which libvirt does not. */
static struct vh_finding *vf_finding(const struct vh_plan_dev *pd, const struct vh_pci_dev *pf,
				     const struct vh_rule *r, struct vh_findings *out)
{
	_auto_free_ char *fix = vh_printf("virsh nodedev-reattach %s", vh_pci_nodedev(&pf->addr).s);

	return vh_finding_add(
		out, r, pd, fix,
		"%s is a virtual function of %s, which is itself on '%s' and may belong to a guest",
		vh_pci_str(&pd->dev->addr).s, vh_pci_str(&pf->addr).s,
		pf->driver ? pf->driver : "vfio-pci");
}

static void check_pf_with_vfs(const struct vh_case *c, const struct vh_rule *r,
			      struct vh_findings *out)
{
	const struct vh_plan_dev *pd = NULL;

	while ((pd = vh_rule_next_dev(c, pd))) {
		const struct vh_pci_dev *pf = NULL;
		struct vh_finding *f = NULL;

		if (pd->dev->is_vf)
			pf = vh_host_dev(c->host, &pd->dev->pf);
		if (pd->dev->numvfs)
			f = pf_finding(c, pd, r, out);
		else if (pf && pf->on_vfio)
			f = vf_finding(pd, pf, r, out);
		if (f && pd->role == VH_PEER)
			vh_finding_about(f, &pd->dev->addr, vh_rule_group_line(c, pd->dev->group));
	}
}

const struct vh_rule vh_rule_pf_with_vfs = {
	.name = "pf-with-vfs",
	.severity = VH_ERROR,
	.scopes = VH_SCOPE_DEVICE | VH_SCOPE_BOOT,
	.title = "a physical function and its virtual functions are in conflict",
	.check = check_pf_with_vfs,
	.explain = "A network card with SR-IOV has one physical function and several virtual\n"
		   "ones, which depend on it. vfio-pci does not take a physical function while\n"
		   "virtual ones are enabled. Conversely, a virtual function is of no use to a\n"
		   "guest while its physical function is itself on a VFIO driver and may belong\n"
		   "to another guest. Either pass the virtual functions through and leave the\n"
		   "physical one with the host, or switch them off with sriov_numvfs and pass\n"
		   "the whole card. Switching them off takes them from whoever uses them.",
};

/* Adds what stands at the hexadecimal reading to message and fix, if anything does. */
static void add_hex_reading(const struct vh_case *c, const struct vh_hostdev *e,
			    struct vh_strbuf *message, struct vh_strbuf *fix)
{
	const struct vh_pci_dev *d = e->hex_valid ? vh_host_dev(c->host, &e->hex) : NULL;
	_auto_free_ char *what = NULL, *address = NULL;

	if (!d)
		return;
	what = vh_wording_device(d);
	address = vh_wording_address(&e->hex, e->element);
	vh_strbuf_addf(message, "; read as hexadecimal it is %s: %s", vh_pci_str(&e->hex).s, what);
	vh_strbuf_addf(fix, "\nor, if that was meant: %s", address);
}

static void check_address_decimal(const struct vh_case *c, const struct vh_rule *r,
				  struct vh_findings *out)
{
	for (size_t i = 0; c->domain && i < c->domain->n_devices; i++) {
		const struct vh_hostdev *e = &c->domain->devices[i];
		_auto_strbuf_ struct vh_strbuf message = { 0 }, fix = { 0 };
		_auto_free_ char *address = NULL;
		struct vh_finding *f;

		if (e->problem || !e->decimal || !vh_host_dev(c->host, &e->addr))
			continue;
		address = vh_wording_address(&e->addr, e->element);
		vh_strbuf_add(&fix, address);
		vh_strbuf_addf(&message, "written without 0x, %s means %s", e->written,
			       vh_pci_str(&e->addr).s);
		add_hex_reading(c, e, &message, &fix);
		f = vh_finding_add(out, r, NULL, fix.data, "%s", message.data);
		vh_finding_about(f, &e->addr, e->line);
	}
}

const struct vh_rule vh_rule_address_decimal = {
	.name = "address-decimal",
	.severity = VH_WARNING,
	.scopes = VH_SCOPE_DOMAIN,
	.title = "an address is written in decimal",
	.check = check_address_decimal,
	.explain = "A part of an address has two digits or more and no 0x. libvirt reads it as\n"
		   "decimal, or as octal if it begins with 0, while lspci, sysfs and this\n"
		   "program write addresses in hexadecimal: bus='14' is 0e:00.0, not 14:00.0.\n"
		   "There is a device at the decimal address, so the domain may be right, or it\n"
		   "may take a device by mistake. Compare the two devices in the message, and\n"
		   "write the right address with 0x. 'vfio-hook check --fix' writes 0x without\n"
		   "changing the device, if a device exists at only one of the two addresses.",
};
