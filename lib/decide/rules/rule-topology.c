/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule-topology - what belongs to a device by the place where it stands: other functions of its
 * card, its bus, its physical function, its NUMA node. */
#include "lib/decide/rules/rule.h"

#include "lib/base/shell.h"

#include "lib/base/banned.h"

static bool is_named_at(const struct vh_case *c, const struct vh_pci_addr *addr)
{
	return vh_rule_is_named(c, vh_host_dev(c->host, addr));
}

static bool is_display(uint32_t class)
{
	return VH_PCI_BASE_CLASS(class) == VH_PCI_BASE_CLASS_DISPLAY;
}

/*
 * Is it one thing with the device? What the kernel links is. Of the functions of a slot, those of
 * a graphics card are, and others that share maker and IOMMU group and do different things;
 * but not the ports of a network card, and not what a processor has in one slot.
 */
static bool is_part(const struct vh_pci_dev *d, const struct vh_mate *m)
{
	const struct vh_pci_dev *mate = m->dev;

	if (mate->is_vf || vh_host_is_bridge(mate) || vh_host_is_chipset(mate))
		return false;
	if (m->kinds & VH_MATE_LINK)
		return true;
	if (!(m->kinds & VH_MATE_SLOT) || mate->vendor != d->vendor)
		return false;
	if (is_display(d->class) || is_display(mate->class))
		return true;
	return mate->group == d->group &&
	       VH_PCI_BASE_CLASS(mate->class) != VH_PCI_BASE_CLASS(d->class);
}

static bool is_reported(const struct vh_findings *out, const struct vh_rule *r,
			const struct vh_pci_addr *addr)
{
	for (size_t i = 0; i < out->count; i++) {
		if (out->list[i].rule == r && out->list[i].has_addr &&
		    !vh_pci_cmp(&out->list[i].addr, addr))
			return true;
	}
	return false;
}

/* With an IOMMU of its own a guest gets one device of a group (group-divided). */
static bool can_be_added(const struct vh_case *c, const struct vh_pci_dev *named,
			 const struct vh_pci_dev *mate)
{
	return !c->domain->iommu.line || c->domain->iommu.one_bus || named->group != mate->group;
}

static void check_function_left_out(const struct vh_case *c, const struct vh_rule *r,
				    struct vh_findings *out)
{
	const struct vh_plan_dev *pd = NULL;

	while (c->domain && (pd = vh_rule_next_named(c, pd))) {
		for (size_t i = 0; i < pd->dev->n_mates; i++) {
			const struct vh_mate *m = &pd->dev->mates[i];
			const struct vh_pci_addr *addr = &m->dev->addr;
			_auto_free_ char *what = NULL, *fix = NULL;
			struct vh_finding *f;

			if (!is_part(pd->dev, m) || is_named_at(c, addr) ||
			    is_reported(out, r, addr) || !can_be_added(c, pd->dev, m->dev))
				continue;
			what = vh_wording_device(m->dev);
			fix = vh_wording_hostdev(addr);
			f = vh_finding_add(out, r, pd, fix, "%s is not in the domain and %s %s: %s",
					   vh_pci_str(addr).s,
					   m->kinds & VH_MATE_SLOT ? "belongs to the same card as"
								   : "works together with",
					   vh_pci_str(&pd->dev->addr).s, what);
			vh_finding_about(f, addr, f->line);
		}
	}
}

const struct vh_rule vh_rule_function_left_out = {
	.name = "function-left-out",
	.severity = VH_WARNING,
	.scopes = VH_SCOPE_DOMAIN | VH_SCOPE_BOOT,
	.title = "the domain names only some functions of a card",
	.check = check_function_left_out,
	.explain = "A card may have several PCI functions: a graphics card has sound, and often\n"
		   "a USB and a USB-C controller, beside the display. The domain names some of\n"
		   "them and not the others. The guest then gets half a card, whose drivers may\n"
		   "fail or never reset it, and the host keeps functions that it can hardly use.\n"
		   "Add the functions in the messages to the domain. The ports of a network card\n"
		   "are independent, and the rule ignores them.",
};

/* What a reset of the bus would hit and VFIO does not own: VFIO owns the whole group. */
static bool stays_out(const struct vh_case *c, const struct vh_pci_dev *d, const struct vh_mate *m)
{
	return m->kinds & VH_MATE_BUS && !vh_host_is_bridge(m->dev) && m->dev->group != d->group &&
	       !is_named_at(c, &m->dev->addr);
}

static void cannot_reset_alone(const struct vh_case *c, const struct vh_plan_dev *pd,
			       const struct vh_rule *r, struct vh_findings *out)
{
	_auto_strbuf_ struct vh_strbuf others = { 0 }, fix = { 0 };

	for (size_t i = 0; i < pd->dev->n_mates; i++) {
		const struct vh_mate *m = &pd->dev->mates[i];
		_auto_free_ char *element = NULL;

		if (!stays_out(c, pd->dev, m))
			continue;
		element = vh_wording_hostdev(&m->dev->addr);
		vh_strbuf_join(&others, ", ", vh_pci_str(&m->dev->addr).s);
		vh_strbuf_join(&fix, "\n", element);
	}
	if (others.len)
		vh_finding_add(
			out, r, pd, fix.data,
			"%s can be reset only together with %s, which the domain does not name: it will not be reset between guests",
			vh_pci_str(&pd->dev->addr).s, others.data);
}

static bool has_bus_mates(const struct vh_pci_dev *d)
{
	for (size_t i = 0; i < d->n_mates; i++)
		if (d->mates[i].kinds & VH_MATE_BUS)
			return true;
	return false;
}

static void check_reset_missing(const struct vh_case *c, const struct vh_rule *r,
				struct vh_findings *out)
{
	const struct vh_plan_dev *pd = NULL;

	while ((pd = vh_rule_next_named(c, pd))) {
		const struct vh_pci_dev *d = pd->dev;
		bool only_bus = vh_streq(d->resets, "bus");

		if (d->can_reset == VH_UNKNOWN || (d->can_reset == VH_YES && !only_bus))
			continue;
		if (has_bus_mates(d))
			cannot_reset_alone(c, pd, r, out);
		else if (d->can_reset == VH_NO)
			vh_finding_add(
				out, r, pd,
				"shut the guest down from within, do not destroy it; if the device fails anyway, power the host off and on",
				"%s has no reset method: the next guest gets it as the last one left it",
				vh_pci_str(&d->addr).s);
	}
}

const struct vh_rule vh_rule_reset_missing = {
	.name = "reset-missing",
	.severity = VH_WARNING,
	.scopes = VH_SCOPE_DEVICE,
	.title = "the kernel cannot reset a device on its own",
	.check = check_reset_missing,
	.explain = "A device is reset before a guest gets it and after the guest has ended. The\n"
		   "kernel has no way to reset this one alone. It may start once and then hang,\n"
		   "or fail at the second start, until the host is powered off. If a reset of\n"
		   "the whole bus would work, give all functions on that bus to the same guest.\n"
		   "Shut such guests down from within instead of destroying them. For some AMD\n"
		   "graphics cards the kernel module vendor-reset adds a reset method.",
};

static void no_vf(const struct vh_plan_dev *pd, const struct vh_rule *r, struct vh_findings *out)
{
	_auto_free_ char *fix = vh_wording_hostdev(&pd->dev->addr);

	vh_finding_add(
		out, r, pd, fix,
		"%s is not a virtual function, and libvirt takes only those as <interface type='hostdev'>",
		vh_pci_str(&pd->dev->addr).s);
}

static void pf_down(const struct vh_plan_dev *pd, const struct vh_pci_dev *pf,
		    const struct vh_rule *r, struct vh_findings *out)
{
	struct vh_pci_name name = vh_pci_str(&pf->addr);
	_auto_free_ char *fix = NULL, *word = NULL;

	if (pd->dev->pf_net) {
		word = vh_shell_interface(pd->dev->pf_net);
		fix = vh_printf("ip link set %s up", word);
		vh_finding_add(
			out, r, pd, fix,
			"the interface '%s' of %s, the physical function of %s, is down: libvirt cannot set the MAC address",
			pd->dev->pf_net, name.s, vh_pci_str(&pd->dev->addr).s);
		return;
	}
	fix = vh_printf("echo %s > /sys/bus/pci/drivers_probe   # lets its network driver take it",
			name.s);
	vh_finding_add(
		out, r, pd, fix,
		"%s, the physical function of %s, has no network interface: libvirt cannot set the MAC address",
		name.s, vh_pci_str(&pd->dev->addr).s);
}

static void check_vf_interface(const struct vh_case *c, const struct vh_rule *r,
			       struct vh_findings *out)
{
	const struct vh_plan_dev *pd = NULL;

	while ((pd = vh_rule_next_named(c, pd))) {
		const struct vh_pci_dev *pf;

		if (!pd->element || pd->element->element != VH_INTERFACE)
			continue;
		pf = pd->dev->is_vf ? vh_host_dev(c->host, &pd->dev->pf) : NULL;
		if (!pd->dev->is_vf)
			no_vf(pd, r, out);
		else if (pf && !pf->on_vfio && pd->dev->pf_net_up == VH_NO)
			pf_down(pd, pf, r, out);
	}
}

const struct vh_rule vh_rule_vf_interface = {
	.name = "vf-interface",
	.severity = VH_ERROR,
	.scopes = VH_SCOPE_DOMAIN,
	.title = "an interface of type hostdev is not a usable virtual function",
	.check = check_vf_interface,
	.explain = "<interface type='hostdev'> passes a virtual function of a network card\n"
		   "through, and libvirt sets its MAC address and VLAN first. It does so through\n"
		   "the network interface of the physical function, which has to be up. For any\n"
		   "other device libvirt refuses the start: use <hostdev> for that. If the\n"
		   "interface is down, bring it up; it needs no address.",
};

static struct vh_bits nodes_with(const struct vh_host *h, const struct vh_bits *cpus)
{
	struct vh_bits nodes = { 0 };

	for (size_t i = 0; i < h->n_nodes; i++)
		if (vh_bits_meet(cpus, &h->nodes[i].cpus))
			vh_bits_add(&nodes, h->nodes[i].number);
	return nodes;
}

static struct vh_bits nodes_of(const struct vh_host *h)
{
	struct vh_bits nodes = { 0 };

	if (h->one_node)
		vh_bits_add(&nodes, 0);
	for (size_t i = 0; i < h->n_nodes; i++)
		vh_bits_add(&nodes, h->nodes[i].number);
	return nodes;
}

/* Of the nodes that there are. */
static char *nodes_text(const struct vh_host *h, const struct vh_bits *nodes)
{
	struct vh_strbuf sb = { 0 };

	for (size_t i = 0; i < h->n_nodes; i++) {
		_auto_free_ char *number = vh_printf("%u", h->nodes[i].number);

		if (vh_bits_has(nodes, h->nodes[i].number))
			vh_strbuf_join(&sb, ", ", number);
	}
	return vh_strbuf_steal(&sb);
}

static const struct vh_node *node_of(const struct vh_host *h, int number)
{
	for (size_t i = 0; i < h->n_nodes; i++)
		if ((int)h->nodes[i].number == number)
			return &h->nodes[i];
	return NULL;
}

static void remote(const struct vh_case *c, const struct vh_plan_dev *pd, int line,
		   const char *what, const struct vh_bits *nodes, const char *fix,
		   const struct vh_rule *r, struct vh_findings *out)
{
	_auto_free_ char *where = nodes_text(c->host, nodes);
	struct vh_finding *f;

	f = vh_finding_add(out, r, pd, fix, "%s is on NUMA node %d, the %s of the guest on node %s",
			   vh_pci_str(&pd->dev->addr).s, pd->dev->numa_node, what, where);
	vh_finding_about(f, &pd->dev->addr, line);
}

static void check_node(const struct vh_case *c, const struct vh_plan_dev *pd,
		       const struct vh_rule *r, struct vh_findings *out)
{
	const struct vh_placement *numa = c->domain->numa;
	const struct vh_node *node = node_of(c->host, pd->dev->numa_node);
	struct vh_bits cpu_nodes = nodes_with(c->host, &numa->cpus), there = nodes_of(c->host);
	_auto_free_ char *memory = NULL, *cpus = NULL;

	if (!node)
		return;
	memory = vh_printf("<memory mode='strict' nodeset='%u'/> inside <numatune>", node->number);
	cpus = vh_printf(
		"cat /sys/devices/system/node/node%u/cpulist   # the processors to name here",
		node->number);
	/* what is not there at all is bound-nowhere's */
	if (numa->memory_line && !vh_bits_has(&numa->memory, node->number) &&
	    vh_bits_meet(&numa->memory, &there))
		remote(c, pd, numa->memory_line, "memory", &numa->memory, memory, r, out);
	if (numa->cpu_line && !vh_bits_has(&cpu_nodes, node->number) && vh_bits_count(&cpu_nodes))
		remote(c, pd, numa->cpu_line, "processors", &cpu_nodes, cpus, r, out);
}

static void check_numa_remote(const struct vh_case *c, const struct vh_rule *r,
			      struct vh_findings *out)
{
	const struct vh_plan_dev *pd = NULL;

	if (!c->domain || !c->domain->numa || c->host->n_nodes < 2)
		return;
	while ((pd = vh_rule_next_named(c, pd)))
		check_node(c, pd, r, out);
}

const struct vh_rule vh_rule_numa_remote = {
	.name = "numa-remote",
	.severity = VH_WARNING,
	.scopes = VH_SCOPE_DOMAIN,
	.title = "a device is on another NUMA node than the guest",
	.check = check_numa_remote,
	.explain = "This host has several NUMA nodes, and each PCI device is connected to one of\n"
		   "them. The domain puts its memory or its processors on another node than the\n"
		   "device. It works, but every transfer crosses the link between the nodes,\n"
		   "which costs throughput and latency. Move <numatune> and <cputune> to the\n"
		   "node of the device, or take a device of the other node.",
};

/* --- processors and nodes that are not there ------------------------------------------------------- */

static void add_nowhere(const struct vh_rule *r, int line, const char *element, const char *what,
			const struct vh_bits *named, const struct vh_bits *there,
			struct vh_findings *out)
{
	_auto_free_ char *wanted = vh_bits_text(named), *has = vh_bits_text(there), *fix = NULL;
	struct vh_finding *f;

	fix = vh_printf("write some of %s there", has);
	f = vh_finding_add(out, r, NULL, fix,
			   "this <%s> names %s %s, and the host has %s: libvirt refuses the start",
			   element, what, wanted, has);
	vh_finding_about(f, NULL, line);
}

/* virNumaNodesetIsAvailable(): each of them has to be there. */
static void check_nodes_there(const struct vh_case *c, const struct vh_rule *r,
			      struct vh_findings *out)
{
	const struct vh_placement *numa = c->domain->numa;
	struct vh_bits there = nodes_of(c->host);

	if (numa->memory_line && vh_bits_count(&there) && !vh_bits_is_within(&numa->memory, &there))
		add_nowhere(r, numa->memory_line, "numatune", "NUMA nodes", &numa->memory, &there,
			    out);
}

/* sched_setaffinity() takes a set of which one processor is online. */
static void check_bound_nowhere(const struct vh_case *c, const struct vh_rule *r,
				struct vh_findings *out)
{
	const struct vh_placement *numa = c->domain ? c->domain->numa : NULL;

	if (!numa || !vh_domain_has_pci(c->domain))
		return;
	check_nodes_there(c, r, out);
	for (size_t i = 0; i < numa->n_bindings && vh_bits_count(&c->host->cpus); i++)
		if (!vh_bits_meet(&numa->bindings[i].cpus, &c->host->cpus))
			add_nowhere(r, numa->bindings[i].line, numa->bindings[i].element,
				    "processors", &numa->bindings[i].cpus, &c->host->cpus, out);
}

const struct vh_rule vh_rule_bound_nowhere = {
	.name = "bound-nowhere",
	.severity = VH_ERROR,
	.scopes = VH_SCOPE_DOMAIN,
	.title = "the guest is bound to processors or memory that are not there",
	.check = check_bound_nowhere,
	.explain = "A <vcpupin>, <emulatorpin>, <iothreadpin> or the cpuset of <vcpu> names only\n"
		   "processors that the host does not have or that are offline, or <numatune>\n"
		   "names a NUMA node that it does not have. libvirt then refuses the start,\n"
		   "with 'Invalid argument' or 'NUMA node is unavailable'. It happens when a\n"
		   "domain moves to another machine, or another processor into this one. 'lscpu\n"
		   "-e' shows which processors there are, and on which node.",
};
