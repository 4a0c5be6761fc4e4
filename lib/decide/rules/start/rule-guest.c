/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule-guest - other parts of the guest with which the devices do not work: IOMMU, addresses. */
#include "lib/base/size.h"
#include "lib/decide/memory-need.h"
#include "lib/decide/rules/rule.h"

#include "lib/base/banned.h"

#define QEMU(major, minor) ((major)*1000000u + (minor)*1000u)

static void add_viommu(const struct vh_case *c, const struct vh_rule *r, enum vh_severity severity,
		       const char *fix, const char *message, struct vh_findings *out)
{
	struct vh_finding *f = vh_finding_add(out, r, NULL, fix, "%s", message);

	f->severity = severity;
	vh_finding_about(f, NULL, c->domain->iommu.line);
}

/* How many address bits QEMU gives an Intel vIOMMU. 0: it cannot be told. */
static uint64_t width_of(const struct vh_case *c)
{
	if (c->domain->iommu.aw_bits)
		return c->domain->iommu.aw_bits;
	if (!c->around.qemu)
		return 0;
	return c->around.qemu >= QEMU(9, 2) ? 48 : 39;
}

static void check_width(const struct vh_case *c, const struct vh_rule *r, struct vh_findings *out)
{
	uint64_t bits = width_of(c), host = c->around.iommu_bits;
	_auto_free_ char *message = NULL, *fix = NULL;

	if (!host || bits <= host)
		return;
	message = vh_printf(
		"the guest's Intel IOMMU has addresses of %llu bits%s, and the host's of %llu: QEMU ends with 'aw-bits %llu > host aw-bits %llu'",
		(unsigned long long)bits,
		c->domain->iommu.aw_bits ? "" : ", as QEMU 9.2 and later choose",
		(unsigned long long)host, (unsigned long long)bits, (unsigned long long)host);
	fix = vh_strdup(c->domain->iommu.by_args ? "write aw-bits=39 into the argument"
						 : "write aw_bits='39' into its <driver>");
	add_viommu(c, r, VH_ERROR, fix, message, out);
}

/* libvirt 10.10 and later write the ioapic where there is none (virDomainDefIOMMUValidate(),
 * qemuDomainDefEnableDefaultFeatures()). */
#define IOAPIC_SINCE 10010

static void check_ioapic(const struct vh_case *c, const struct vh_rule *r, struct vh_findings *out)
{
	const struct vh_guest_iommu *g = &c->domain->iommu;
	unsigned int libvirt = c->around.libvirt;

	if (g->intremap != VH_YES || g->ioapic == VH_YES ||
	    (g->ioapic == VH_UNKNOWN && (!libvirt || libvirt >= IOAPIC_SINCE)))
		return;
	add_viommu(
		c, r, VH_ERROR, "write <ioapic driver='qemu'/> into <features>, or remove intremap",
		"the guest's IOMMU remaps interrupts, which needs QEMU's own I/O APIC: libvirt refuses the domain",
		out);
}

/* libvirt tells QEMU of it with its own <iommu> alone (x86_iommu_realize()). */
static void check_chip(const struct vh_case *c, const struct vh_rule *r, struct vh_findings *out)
{
	const struct vh_guest_iommu *g = &c->domain->iommu;

	if (g->remaps_by_args && g->ioapic != VH_YES && !g->split)
		add_viommu(
			c, r, VH_ERROR,
			"write <ioapic driver='qemu'/> into <features>, or take intremap=on out of the argument",
			"the guest's IOMMU remaps interrupts, and its I/O APIC is the kernel's: QEMU ends with 'Interrupt Remapping cannot work with kernel-irqchip=on'",
			out);
}

static void check_intel(const struct vh_case *c, const struct vh_rule *r, struct vh_findings *out)
{
	if (!c->domain->iommu.caching_mode)
		add_viommu(
			c, r, VH_ERROR,
			c->domain->iommu.by_args
				? "write caching-mode=on into the argument"
				: "write <driver caching_mode='on'/> into the <iommu>",
			"the guest's Intel IOMMU has no caching mode: QEMU ends with 'We need to set caching-mode=on'",
			out);
	check_width(c, r, out);
}

static void check_smmu(const struct vh_case *c, const struct vh_rule *r, struct vh_findings *out)
{
	if (c->domain->iommu.accel)
		return;
	add_viommu(
		c, r, c->domain->iommu.one_bus ? VH_WARNING : VH_ERROR,
		"remove the <iommu>, or write <driver accel='on'/> into it, where libvirt and QEMU know that",
		"the guest's smmuv3 is not accelerated: QEMU ends with 'requires iommu MAP notifier which is not currently supported' for a device behind it",
		out);
}

/* qemuValidateDomainDeviceDefIOMMU(), and virDomainDefParseXML(): several may be of buses that each
 * have their own. */
static void check_machine(const struct vh_case *c, const struct vh_rule *r, struct vh_findings *out)
{
	const struct vh_guest_iommu *g = &c->domain->iommu;
	enum vh_board board = c->domain->slots.board;

	if (board == VH_BOARD_I440FX)
		add_viommu(c, r, VH_ERROR,
			   "write machine='q35' into the <type> of <os>, or remove the <iommu>",
			   "the board i440fx has no IOMMU for a guest: libvirt refuses the domain",
			   out);
	if (!strcmp(g->model, "virtio") && !g->acpi)
		add_viommu(
			c, r, VH_ERROR, "write <acpi/> into <features>",
			"an IOMMU of virtio needs ACPI, and the guest has none: libvirt refuses the domain",
			out);
	if (g->more_line && !g->one_bus)
		add_viommu(c, r, VH_ERROR, "remove one of them",
			   "the guest has more than one <iommu>: libvirt refuses the domain", out);
}

/* libvirt lets QEMU lock the guest's memory once, as it knows of no IOMMU; QEMU does so for each
 * address space (qemuDomainGetMemLockLimitBytes(), vfio_lock_acct()). A limit of the domain's is
 * hard-limit-low's. */
static void check_locked(const struct vh_case *c, const struct vh_rule *r, struct vh_findings *out)
{
	const struct vh_guest_memory *m = &c->domain->memory;
	_auto_free_ char *all = NULL, *allowed = NULL, *message = NULL;
	uint64_t limit, locked, n;

	if (!c->domain->iommu.by_args || m->hard_limit_kib || m->locked ||
	    !vh_memory_need_is_judged(c))
		return;
	n = vh_rule_address_spaces(c);
	limit = vh_size_add(
		vh_size_mul(vh_guest_memory_factor(m, c->networks.pools.count), m->total_kib), GIB);
	locked = vh_size_mul(n, vh_size_sub(m->total_kib, vh_guest_memory_unplugged(m)));
	if (n < 2 || locked <= limit)
		return;
	all = vh_size_text(locked, VH_BEST);
	allowed = vh_size_text(limit, VH_BEST);
	message = vh_printf(
		"libvirt does not know of this IOMMU, by which QEMU locks the guest's memory %llu times, for devices of as many address spaces, %s in all; it lets QEMU lock %s: QEMU ends with 'VFIO_MAP_DMA failed: Cannot allocate memory'",
		(unsigned long long)n, all, allowed);
	add_viommu(c, r, VH_ERROR,
		   "write an <iommu> into <devices> instead of the argument: libvirt allows for it",
		   message, out);
}

static void check_viommu(const struct vh_case *c, const struct vh_rule *r, struct vh_findings *out)
{
	const struct vh_guest_iommu *g = c->domain ? &c->domain->iommu : NULL;

	if (!g || !g->line || !vh_domain_pins(c->domain, c->networks.pools.count > 0))
		return;
	if (!g->by_args) {
		check_machine(c, r, out);
		check_ioapic(c, r, out);
	}
	check_chip(c, r, out);
	check_locked(c, r, out);
	if (!strcmp(g->model, "intel"))
		check_intel(c, r, out);
	else if (!strcmp(g->model, "smmuv3"))
		check_smmu(c, r, out);
	else if (!strcmp(g->model, "amd") && c->around.qemu && c->around.qemu < QEMU(9, 2))
		add_viommu(
			c, r, VH_WARNING, "write <iommu model='virtio'/>, or remove it",
			"QEMU before 9.2 does not let VFIO work with an AMD IOMMU of the guest: 'requires iommu notifier which is not currently supported'",
			out);
}

const struct vh_rule vh_rule_viommu = {
	.name = "viommu",
	.severity = VH_ERROR,
	.scopes = VH_SCOPE_DOMAIN,
	.title = "the guest's IOMMU does not work with VFIO",
	.check = check_viommu,
	.explain = "The guest has its own IOMMU, configured in a way that VFIO cannot work with,\n"
		   "and QEMU ends when it adds the device. An Intel one needs caching_mode='on'\n"
		   "in its <driver>, so that QEMU learns of every mapping that the guest makes;\n"
		   "and it may not have more address bits than the host's IOMMU. QEMU 9.2 and\n"
		   "later choose 48 bits, desktop processors often have 39: aw_bits='39' fixes\n"
		   "it. intremap='on' needs <ioapic driver='qemu'/>, which libvirt before 10.10\n"
		   "does not write by itself. The board i440fx has no IOMMU, a guest has one\n"
		   "alone, and one of virtio needs <acpi/>. An smmuv3 works only if it is\n"
		   "accelerated (accel='on'), an AMD one with QEMU 9.2 and later. <iommu\n"
		   "model='virtio'/> works with all of them. 'vfio-hook check --fix' writes\n"
		   "caching_mode and aw_bits. An IOMMU in <qemu:commandline> is unknown to\n"
		   "libvirt, which then lets QEMU lock the guest's memory once, and not once for\n"
		   "each device.",
};

/* --- addresses in the guest ------------------------------------------------------------------------ */

/* libvirt refuses it: 'Attempted double use of PCI Address'. */
static void check_double(const struct vh_slots *s, size_t at, const struct vh_rule *r,
			 struct vh_findings *out)
{
	const struct vh_slot *one = &s->list[at];
	struct vh_finding *f;

	for (size_t i = 0; i < at; i++) {
		if (vh_pci_cmp(&s->list[i].addr, &one->addr))
			continue;
		f = vh_finding_add(
			out, r, NULL,
			"remove the <address type='pci'> of one of them: libvirt chooses another",
			"the guest's address %s is given twice, to this <%s> and to the <%s> of line %d: libvirt refuses that",
			vh_pci_str(&one->addr).s, one->element, s->list[i].element, s->list[i].line);
		vh_finding_about(f, NULL, one->line);
		return;
	}
}

/* What libvirt has given away of the root bus, or does not have there (virDomainPCIAddressValidate(),
 * qemuDomainValidateDevicePCISlotsChipsets()). NULL: it may be used. Static. */
static const char *why_not_there(const struct vh_slots *s, const struct vh_slot *one)
{
	const struct vh_pci_addr *a = &one->addr;

	if (s->board == VH_BOARD_CCW)
		return NULL; /* zPCI has domains, and any slot of them */
	if (a->domain)
		return "a guest has PCI domain 0 alone";
	if (vh_bits_has(&s->ports, a->bus) && a->slot)
		return "that bus is a port, which has slot 0 alone";
	if (vh_bits_has(&s->bridges, a->bus) && !a->slot)
		return "slot 0 of that bridge is its own";
	if (vh_bits_has(&s->joints, a->bus) && strcmp(one->element, "controller") != 0)
		return "that bus takes ports, and devices are plugged into those";
	if (a->bus || !one->is_hostdev)
		return NULL;
	if (s->board == VH_BOARD_Q35 && a->slot == 0x1f &&
	    (!a->function || a->function == 2 || a->function == 3))
		return "the chipset of q35 is there";
	if (s->board == VH_BOARD_I440FX && a->slot == 1 && a->function != 2 && a->function < 4)
		return "the chipset of i440fx is there";
	return NULL;
}

static void check_place(const struct vh_slots *s, const struct vh_slot *one,
			const struct vh_rule *r, struct vh_findings *out)
{
	const char *why = why_not_there(s, one);
	struct vh_finding *f;

	if (!why)
		return;
	f = vh_finding_add(out, r, NULL, "remove the <address type='pci'>: libvirt chooses another",
			   "this <%s> cannot be at %s of the guest: %s, and libvirt refuses that",
			   one->element, vh_pci_str(&one->addr).s, why);
	vh_finding_about(f, NULL, one->line);
}

static void check_type(const struct vh_slots *s, const struct vh_rule *r, struct vh_findings *out)
{
	struct vh_finding *f;

	if (!s->wrong_type)
		return;
	f = vh_finding_add(
		out, r, NULL, "write type='pci', or remove the <address> beside <source>",
		"this <hostdev> has an address of type '%s' in the guest: libvirt takes 'pci' and 'unassigned'",
		s->wrong_type);
	vh_finding_about(f, NULL, s->wrong_line);
}

static void check_part(const struct vh_slots *s, const struct vh_rule *r, struct vh_findings *out)
{
	struct vh_finding *f;

	if (!s->wrong_part)
		return;
	f = vh_finding_add(out, r, NULL, "remove the <address type='pci'>: libvirt chooses one",
			   "the guest has no PCI address with %s: libvirt refuses that",
			   s->wrong_part);
	vh_finding_about(f, NULL, s->part_line);
}

static void check_board(const struct vh_case *c, const struct vh_rule *r, struct vh_findings *out)
{
	const struct vh_slots *s = &c->domain->slots;
	bool express = s->board == VH_BOARD_I440FX;
	struct vh_finding *f;

	if (s->board == VH_BOARD_NO_PCI)
		vh_finding_about(
			vh_finding_add(out, r, NULL, "write machine='q35' into the <type> of <os>",
				       "the guest's machine has no PCI: libvirt refuses the domain"),
			NULL, c->domain->line);
	if (!s->odd_model)
		return;
	f = vh_finding_add(
		out, r, NULL,
		express ? "remove the <controller>, and addresses on it; or write machine='q35' into the <type> of <os>"
			: "write model='pcie-root'",
		"the guest's board %s, and this <controller> is a %s: libvirt refuses the domain",
		express ? "i440fx has no PCI Express" : "q35 has pcie-root as its first bus",
		s->odd_model);
	vh_finding_about(f, NULL, s->odd_line);
}

/* libvirt says multifunction='on' by itself, unless it is told otherwise (QEMU:
 * pci_init_multifunction()). */
static void check_single(const struct vh_slots *s, const struct vh_slot *one,
			 const struct vh_rule *r, struct vh_findings *out)
{
	const struct vh_slot *other = s->list, *end = s->list + s->count;
	struct vh_finding *f;

	if (!one->single || one->addr.function)
		return;
	while (other < end && (!other->addr.function || !vh_pci_same_slot(&other->addr, &one->addr)))
		other++;
	if (other == end)
		return;
	f = vh_finding_add(
		out, r, NULL, "write multifunction='on' there, or remove the attribute",
		"this <%s> has multifunction='off', and the <%s> of line %d is function %u of its slot: QEMU ends",
		one->element, other->element, other->line, other->addr.function);
	vh_finding_about(f, NULL, one->line);
}

/* A guest looks at function 0 of a slot first, and skips the slot if there is none. */
static void check_alone(const struct vh_slots *s, const struct vh_slot *one,
			const struct vh_rule *r, struct vh_findings *out)
{
	struct vh_finding *f;

	if (!one->is_hostdev || !one->addr.function)
		return;
	for (size_t i = 0; i < s->count; i++)
		if (vh_pci_same_slot(&s->list[i].addr, &one->addr) && !s->list[i].addr.function)
			return;
	f = vh_finding_add(
		out, r, NULL,
		"write function='0x0', or remove the <address type='pci'>: libvirt chooses another",
		"the guest will not find this <%s>: it is function %u of a slot in which nothing is function 0",
		one->element, one->addr.function);
	f->severity = VH_WARNING;
	vh_finding_about(f, NULL, one->line);
}

static void check_hotplug(const struct vh_slots *s, const struct vh_rule *r, struct vh_findings *out)
{
	struct vh_finding *f;

	if (!s->count || !s->list[0].addr.function)
		return;
	f = vh_finding_add(
		out, r, NULL,
		"write function='0x0', or remove the <address type='pci'>: libvirt chooses another",
		"this <%s> is for function %u of the guest's slot: libvirt plugs in function 0 alone",
		s->list[0].element, s->list[0].addr.function);
	vh_finding_about(f, NULL, s->list[0].line);
}

static void check_guest_address(const struct vh_case *c, const struct vh_rule *r,
				struct vh_findings *out)
{
	const struct vh_slots *s = c->domain ? &c->domain->slots : NULL;

	if (!s || !vh_domain_has_pci(c->domain))
		return;
	check_type(s, r, out);
	check_part(s, r, out);
	check_board(c, r, out);
	if (c->domain->lone) {
		check_hotplug(s, r, out);
		return;
	}
	for (size_t i = 0; i < s->count; i++) {
		check_double(s, i, r, out);
		check_place(s, &s->list[i], r, out);
		check_single(s, &s->list[i], r, out);
		check_alone(s, &s->list[i], r, out);
	}
}

const struct vh_rule vh_rule_guest_address = {
	.name = "guest-address",
	.severity = VH_ERROR,
	.scopes = VH_SCOPE_DOMAIN,
	.title = "a device has no usable address in the guest",
	.check = check_guest_address,
	.explain = "The <address type='pci'> beside <source> is the address of the device in the\n"
		   "guest. libvirt refuses the domain if two devices have the same address, or\n"
		   "if the address does not exist: a port (pcie-root-port) has only slot 0, a\n"
		   "bridge has no slot 0, an expander bus takes only ports, some slots belong to\n"
		   "the chipset, and i440fx has no PCI Express at all. QEMU ends if function 0\n"
		   "has multifunction='off' and the slot has another function. A device at a\n"
		   "function other than 0, in a slot where nothing is function 0, is a warning:\n"
		   "the guest starts and never sees it. virsh attach-device can plug in only\n"
		   "function 0. If you remove the <address type='pci'>, libvirt chooses one.",
};

static void check_ignored_element(const struct vh_case *c, const struct vh_rule *r,
				  struct vh_findings *out)
{
	static const struct {
		const char *where, *without, *fix;
	} places[] = {
		[VH_PLACED_OUTSIDE] = { "outside <devices>", "the device", "move it into <devices>" },
		[VH_PLACED_INSIDE] = { "inside <devices>", "it",
				       "move it out of <devices>, to the end of <domain>" },
		[VH_PLACED_UNDECLARED] = { "of no namespace: its prefix is not declared", "it",
					   "write <domain xmlns:qemu='" VH_SLOTS_QEMU "' ...>" },
		[VH_PLACED_FOREIGN] = { "not of QEMU's namespace", "it",
					"write <domain xmlns:qemu='" VH_SLOTS_QEMU
					"' ...>, and the element with the prefix qemu:" },
	};

	for (size_t i = 0; c->domain && i < c->domain->slots.n_misplaced; i++) {
		const struct vh_misplaced *m = &c->domain->slots.misplaced[i];
		struct vh_finding *f;

		f = vh_finding_add(
			out, r, NULL, places[m->place].fix,
			"libvirt ignores this %s, which is %s: the guest starts without %s",
			m->element, places[m->place].where, places[m->place].without);
		vh_finding_about(f, NULL, m->line);
	}
}

const struct vh_rule vh_rule_ignored_element = {
	.name = "ignored-element",
	.severity = VH_WARNING,
	.scopes = VH_SCOPE_DOMAIN,
	.title = "an element is in a place where libvirt ignores it",
	.check = check_ignored_element,
	.explain = "libvirt reads <hostdev> and <interface> inside <devices>, and\n"
		   "<qemu:commandline> and <qemu:override> outside of it, in the namespace that\n"
		   "xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0' in the <domain>\n"
		   "declares. Anywhere else it silently ignores them: the guest starts without\n"
		   "the device. 'virsh define' drops them too, so 'virsh dumpxml' shows that\n"
		   "they are gone. 'vfio-hook check --fix' moves them, and declares the\n"
		   "namespace.\n"
		   "'virt-xml-validate FILE domain' finds elements of other kinds in the wrong\n"
		   "place.",
};
