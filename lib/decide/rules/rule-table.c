/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule-table - the rules in their order, and the engine that runs them. The rules are in rule-*.c. */
#include "lib/decide/findings.h"

#include "lib/decide/rules/rule.h"

#include "lib/base/banned.h"

#define H VH_SCOPE_HOST
#define D VH_SCOPE_DEVICE
#define X VH_SCOPE_DOMAIN
#define P VH_SCOPE_POLICY

/* Findings of one severity come in this order. The function of peer-detached looks at what
 * the others found: it stays last. */
const struct vh_rule vh_rules[] = {
	{ "iommu-off", VH_ERROR, H | D, "every device has a real IOMMU group", vh_check_iommu,
	  vh_explain_iommu },
	{ "vfio-unavailable", VH_ERROR, H | D, "vfio-pci is loaded or can be", vh_check_vfio,
	  vh_explain_vfio },
	{ "address-invalid", VH_ERROR, X, "the addresses are PCI addresses", vh_check_address,
	  vh_explain_address },
	{ "device-absent", VH_ERROR, X | D, "the devices exist and answer", vh_check_absent,
	  vh_explain_absent },
	{ "identity-changed", VH_ERROR, D, "the devices are those of the last run", vh_check_identity,
	  vh_explain_identity },
	{ "device-duplicate", VH_ERROR, X, "no device is named twice", vh_check_duplicate,
	  vh_explain_duplicate },
	{ "device-not-endpoint", VH_ERROR, D, "no bridge is passed through", vh_check_endpoint,
	  vh_explain_endpoint },
	{ "device-claimed", VH_ERROR, D, "nobody else has the groups", vh_check_claims,
	  vh_explain_claims },
	{ "device-protected", VH_ERROR, D, "no protected device is taken", vh_check_protected,
	  vh_explain_protected },
	{ "device-in-use", VH_ERROR, D, "the host does not use the devices", vh_check_device_use,
	  vh_explain_device_use },
	{ "peer-in-use", VH_ERROR, D, "the host can do without the peers", vh_check_peer_use,
	  vh_explain_peer_use },
	{ "peer-critical", VH_ERROR, D, "no peer is part of the chipset", vh_check_critical,
	  vh_explain_critical },
	{ "peer-not-listed", VH_ERROR, D, "the domain lists its peers", vh_check_listed,
	  vh_explain_listed },
	{ "group-not-viable", VH_ERROR, D, "VFIO accepts the whole groups", vh_check_viable,
	  vh_explain_viable },
	{ "unmanaged-on-host-driver", VH_ERROR, D, "unmanaged devices are on a VFIO driver",
	  vh_check_unmanaged, vh_explain_unmanaged },
	{ "pf-with-vfs", VH_ERROR, D, "physical and virtual functions go apart", vh_check_sriov,
	  vh_explain_sriov },
	{ "reserved-region", VH_ERROR, D, "the firmware keeps no memory for the devices",
	  vh_check_reserved, vh_explain_reserved },
	{ "interrupts-unsafe", VH_ERROR, H | D, "interrupts are remapped", vh_check_interrupts,
	  vh_explain_interrupts },
	{ "vf-interface", VH_ERROR, X, "interfaces of type hostdev are virtual functions",
	  vh_check_vf_interface, vh_explain_vf_interface },
	{ "network-function", VH_ERROR, X | P, "its networks have functions to give",
	  vh_check_network_function, vh_explain_network_function },
	{ "balloon", VH_ERROR, X | P, "no memory balloon beside passthrough", vh_check_balloon,
	  vh_explain_balloon },
	{ "memory-short", VH_ERROR, X | P, "the host has the memory that is pinned",
	  vh_check_memory, vh_explain_memory },
	{ "hugepages-short", VH_ERROR, X | P, "the pools hold the huge pages", vh_check_huge_pages,
	  vh_explain_huge_pages },
	{ "hard-limit-low", VH_ERROR, X | P, "hard_limit lets QEMU lock the memory",
	  vh_check_hard_limit, vh_explain_hard_limit },
	{ "managed-missing", VH_WARNING, D, "managed is written down", vh_check_managed,
	  vh_explain_managed },
	{ "address-decimal", VH_WARNING, X, "addresses are written in hex", vh_check_decimal,
	  vh_explain_decimal },
	{ "function-left-out", VH_WARNING, X, "no card is given in part", vh_check_left_out,
	  vh_explain_left_out },
	{ "reset-missing", VH_WARNING, D, "the devices can be reset", vh_check_reset,
	  vh_explain_reset },
	{ "boot-display", VH_WARNING, D, "the display of the host stays", vh_check_boot_display,
	  vh_explain_boot_display },
	{ "input-lost", VH_WARNING, D, "keyboard and mouse of the host stay", vh_check_input,
	  vh_explain_input },
	{ "twin-by-id", VH_WARNING, H | D, "vfio-pci takes no device by mistake", vh_check_twin,
	  vh_explain_twin },
	{ "boot-binding", VH_WARNING, H, "vfio-pci has what it was to take at boot", vh_check_early,
	  vh_explain_early },
	{ "acs-override", VH_WARNING, H | D, "IOMMU groups are real isolation", vh_check_acs,
	  vh_explain_acs },
	{ "numa-remote", VH_WARNING, X, "the devices are on the NUMA node of the guest",
	  vh_check_numa, vh_explain_numa },
	{ "qemu-commandline", VH_WARNING, X, "QEMU gets no device past libvirt", vh_check_qemu,
	  vh_explain_qemu },
	{ "hook-not-active", VH_WARNING, H, "libvirt runs the hook", vh_check_hook,
	  vh_explain_hook },
	{ "peer-detached", VH_INFO, D, "no other device goes, and the host loses nothing",
	  vh_check_peers, vh_explain_peers },
};
const size_t vh_n_rules = VH_COUNT(vh_rules);

/* A finding and the place it was found at, which makes qsort() stable. */
struct numbered {
	struct vh_finding f;
	size_t n;
};

static int by_weight(const void *a, const void *b)
{
	const struct numbered *x = a, *y = b;

	if (x->f.severity != y->f.severity)
		return x->f.severity > y->f.severity ? -1 : 1;
	if (x->f.rule != y->f.rule)
		return x->f.rule < y->f.rule ? -1 : 1;
	if (x->f.line != y->f.line)
		return x->f.line < y->f.line ? -1 : 1;
	return (x->n > y->n) - (x->n < y->n);
}

static void sort(struct vh_findings *out)
{
	_auto_free_ struct numbered *list = NULL;

	if (out->count < 2)
		return;
	list = vh_realloc_array(NULL, out->count, sizeof(*list));
	for (size_t i = 0; i < out->count; i++)
		list[i] = (struct numbered){ out->list[i], i };
	qsort(list, out->count, sizeof(*list), by_weight);
	for (size_t i = 0; i < out->count; i++)
		out->list[i] = list[i].f;
}

void vh_rules_run(const struct vh_case *c, unsigned int scopes, struct vh_findings *out)
{
	for (size_t i = 0; i < vh_n_rules; i++) {
		/* of a lone element the rest of the domain is not known */
		if (c->domain && c->domain->lone && vh_rules[i].scope & VH_SCOPE_POLICY)
			continue;
		if (vh_rules[i].scope & scopes)
			vh_rules[i].check(c, &vh_rules[i], out);
	}
	sort(out);
}
