/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule-platform - what firmware, kernel command line and module options mean for isolation. */
#include "lib/decide/rules/rule.h"

#include "lib/base/shell.h"

#include "lib/base/banned.h"

#define BLANKS " \t\n"

/* The first word of the kernel command line that begins so, or NULL. Caller frees. */
static char *cmdline_word(const char *cmdline, const char *prefix)
{
	for (const char *word = cmdline; word && *word;) {
		size_t n = strcspn(word, BLANKS);

		if (vh_has_prefix(word, prefix))
			return vh_strndup(word, n);
		word += n;
		word += strspn(word, BLANKS);
	}
	return NULL;
}

/* --- reserved regions -------------------------------------------------------------------- */

/*
 * Intel's driver refused the device until Linux 6.5 (intel/iommu.c:device_is_rmrr_locked()); since
 * 6.6 the common code refuses it for all (iommu.c:__iommu_device_set_domain()). Before 5.3 regions
 * of USB and graphics, which never mattered, looked the same.
 */
static bool is_enforced(const struct vh_host *h)
{
	if (vh_rule_release_at_least(h->release, 6, 6) == VH_YES)
		return true;
	return h->cpu == VH_CPU_INTEL && vh_rule_release_at_least(h->release, 5, 3) != VH_NO;
}

static void check_reserved_region(const struct vh_case *c, const struct vh_rule *r,
				  struct vh_findings *out)
{
	const struct vh_group *g;

	for (size_t i = 0; (g = vh_rule_next_group(c, &i));) {
		const struct vh_plan_dev *pd = vh_rule_named_in(c, g->number);
		struct vh_finding *f;

		if (!g->direct.count)
			continue;
		f = vh_finding_add(
			out, r, pd,
			"update the firmware, or turn off in its setup what claims the memory ('Pre-boot DMA Protection', a server's shared memory); or choose another device",
			"the firmware reserves %s%s for IOMMU group %d of %s, %s",
			g->direct.name[0], g->direct.count > 1 ? " and more" : "", g->number,
			vh_pci_str(&pd->dev->addr).s,
			is_enforced(c->host) ? "so the kernel does not give it to a guest"
					     : "which a guest does not respect");
		if (!is_enforced(c->host))
			f->severity = VH_WARNING;
	}
}

const struct vh_rule vh_rule_reserved_region = {
	.name = "reserved-region",
	.severity = VH_ERROR,
	.scopes = VH_SCOPE_DEVICE | VH_SCOPE_BOOT,
	.title = "the firmware reserves memory for a device",
	.check = check_reserved_region,
	.explain = "The firmware reserves memory that the device must be able to reach at all\n"
		   "times, at a fixed address (RMRR on Intel, IVMD on AMD). A guest cannot\n"
		   "guarantee that. The kernel refuses to give the device away: on Intel always,\n"
		   "elsewhere since Linux 6.6. Older kernels allow it, and the firmware may then\n"
		   "write into the memory of the guest or hang. Only the firmware can fix it:\n"
		   "update it, or turn off in its setup what reserves the memory (shared memory\n"
		   "of a server's management, DMA protection before boot). Regions of type\n"
		   "direct-relaxable are harmless, and the rule ignores them.",
};

/* --- interrupts -------------------------------------------------------------------------- */

/* The option that turned remapping off; the caller frees. */
static char *remapping_off(const char *cmdline)
{
	_auto_free_ char *word = cmdline_word(cmdline, "intremap=");
	char *old = cmdline_word(cmdline, "nointremap");

	if (old || !word)
		return old;
	return strstr(word, "off") ? VH_STEAL(word) : NULL;
}

/* The module whose parameter lets this domain do without; NULL: it may. Where no domain says by
 * which way it will pass its devices, one that may is enough. */
static const char *refusing_module(const struct vh_case *c)
{
	const struct vh_host *h = c->host;
	enum vh_tri by = vh_rule_by_iommufd(c);

	if (by == VH_UNKNOWN)
		return h->unsafe_interrupts == VH_YES || h->unsafe_iommufd == VH_YES
			       ? NULL
			       : "vfio_iommu_type1";
	if (by == VH_YES)
		return h->unsafe_iommufd == VH_YES ? NULL : "iommufd";
	return h->unsafe_interrupts == VH_YES ? NULL : "vfio_iommu_type1";
}

static char *unsafe_fix(const struct vh_host *h, const char *off, const char *module)
{
	if (h->cpu == VH_CPU_ARM)
		return vh_printf(
			"choose another machine, with an ITS (GICv3 or later): no setting gives it to this one%s\n"
			"or, if all guests are trusted: echo 'options %s allow_unsafe_interrupts=1' > /etc/modprobe.d/unsafe-interrupts.conf, and reboot",
			h->is_guest ? ", its hypervisor may" : "", module);
	if (off)
		return vh_printf("take %s off the kernel command line and reboot", off);
	if (h->is_guest)
		return vh_strdup(
			"this host is itself a virtual machine: let its virtual IOMMU remap interrupts, and start it again; libvirt: <ioapic driver='qemu'/> in <features>, and <driver intremap='on'/> in its <iommu>");
	return vh_printf(
		"enable VT-d or AMD-Vi with interrupt remapping (x2APIC) in the firmware setup and reboot\n"
		"or, if all guests are trusted: echo 'options %s allow_unsafe_interrupts=1' > /etc/modprobe.d/unsafe-interrupts.conf, and reboot",
		module);
}

static void check_interrupts_unsafe(const struct vh_case *c, const struct vh_rule *r,
				    struct vh_findings *out)
{
	_auto_free_ char *off = NULL, *fix = NULL;
	const char *module;

	if (!vh_rule_is_concerned(c) || (c->plan && !vh_rule_next_named(c, NULL)) ||
	    c->host->remapping != VH_NO)
		return;
	module = refusing_module(c);
	if (!module)
		return;
	off = remapping_off(c->host->cmdline);
	fix = unsafe_fix(c->host, off, module);
	if (c->host->cpu == VH_CPU_ARM) {
		vh_finding_add(
			out, r, NULL, fix,
			"interrupts of devices are not kept apart (GICv2m in /proc/interrupts, no ITS), so VFIO refuses every device");
		return;
	}
	vh_finding_add(
		out, r, NULL, fix,
		"interrupts are not remapped (no IR- chip in /proc/interrupts), so VFIO refuses every device%s%s%s",
		off ? ": kernel command line '" : "", off ? off : "", off ? "'" : "");
}

const struct vh_rule vh_rule_interrupts_unsafe = {
	.name = "interrupts-unsafe",
	.severity = VH_ERROR,
	.scopes = VH_SCOPE_HOST | VH_SCOPE_DEVICE | VH_SCOPE_BOOT,
	.title = "interrupt remapping is off",
	.check = check_interrupts_unsafe,
	.explain = "Without interrupt remapping a device can raise any interrupt of the host: a\n"
		   "guest that has it could crash the host or break out. VFIO therefore refuses\n"
		   "every device, and QEMU reports 'Operation not permitted'. Remapping is part\n"
		   "of VT-d and AMD-Vi; it is off because the firmware does not offer it or an\n"
		   "option on the kernel command line disables it. Turn it on. Only if all\n"
		   "guests are trusted, allow_unsafe_interrupts lets VFIO do without it: a\n"
		   "parameter of vfio_iommu_type1, or, for what is passed by iommufd, of that\n"
		   "module.",
};

/* --- isolation that is only said --------------------------------------------------------- */

/* The word that changes what the groups are made from; the caller frees. */
static char *acs_word(const char *cmdline)
{
	_auto_free_ char *pci = NULL;
	char *word = cmdline_word(cmdline, "pcie_acs_override=");

	if (word)
		return word;
	pci = cmdline_word(cmdline, "pci=");
	return pci && strstr(pci, "config_acs=") ? VH_STEAL(pci) : NULL;
}

static void check_acs_override(const struct vh_case *c, const struct vh_rule *r,
			       struct vh_findings *out)
{
	_auto_free_ char *word = acs_word(c->host->cmdline), *fix = NULL;

	if (!word || !vh_rule_is_concerned(c) || !c->host->iommu)
		return;
	fix = vh_printf(
		"take %s off the kernel command line and reboot, unless every guest is trusted",
		word);
	vh_finding_add(out, r, NULL, fix,
		       "kernel command line '%s': the IOMMU groups may not be isolated as they seem",
		       word);
}

const struct vh_rule vh_rule_acs_override = {
	.name = "acs-override",
	.severity = VH_WARNING,
	.scopes = VH_SCOPE_HOST | VH_SCOPE_DEVICE,
	.title = "a kernel option makes IOMMU groups look isolated",
	.check = check_acs_override,
	.explain = "IOMMU groups show which devices can reach each other without passing the\n"
		   "IOMMU. This option makes the kernel assume more isolation than the hardware\n"
		   "has, so groups are smaller than they should be. A guest may then read or\n"
		   "write the data of a device in another group, the host's included. Take that\n"
		   "risk only for guests that you trust as the host itself. Without the option,\n"
		   "pass whole groups through, or move the card to another slot. On a kernel\n"
		   "without the patch for pcie_acs_override the option does nothing.",
};

/* --- binding by id ----------------------------------------------------------------------- */

static bool is_claimed(const struct vh_claims *claims, const struct vh_pci_addr *addr)
{
	for (size_t i = 0; i < claims->count; i++)
		if (vh_claim_find(claims->list[i].claim, addr))
			return true;
	return false;
}

/* Was it set for a device of this domain? */
static const struct vh_plan_dev *meant_for(const struct vh_case *c, const struct vh_bind_id *id)
{
	const struct vh_plan_dev *pd = NULL;

	while ((pd = vh_rule_next_named(c, pd)))
		if (vh_host_bind_id_matches(id, pd->dev))
			return pd;
	return NULL;
}

static void check_twins(const struct vh_case *c, const struct vh_bind_id *id,
			const struct vh_rule *r, struct vh_findings *out)
{
	const struct vh_plan_dev *pd = meant_for(c, id);

	for (size_t i = 0; pd && i < c->host->n_on_vfio_pci; i++) {
		const struct vh_pci_dev *m = c->host->on_vfio_pci[i];
		const struct vh_pci_dev *d = vh_host_dev(c->host, &m->addr);
		_auto_free_ char *fix = NULL, *file = NULL;

		if (!vh_host_bind_id_matches(id, m) || (d && vh_rule_is_named(c, d)) ||
		    is_claimed(c->claims, &m->addr))
			continue;
		file = vh_shell_quote(id->where);
		fix = vh_printf(
			"take the id out of ids= in %s: the hook binds by address, and leaves %s to the host",
			file, vh_pci_str(&m->addr).s);
		vh_finding_add(
			out, r, pd, fix,
			"vfio-pci.ids has '%s' (%s), which takes not only %s from the host, but also %s",
			id->text, id->where, vh_pci_str(&pd->dev->addr).s, vh_pci_str(&m->addr).s);
	}
}

/* Of the bare host nobody knows which devices are meant, but some or all of them are. */
static void check_id(const struct vh_case *c, const struct vh_bind_id *id, const struct vh_rule *r,
		     struct vh_findings *out)
{
	_auto_strbuf_ struct vh_strbuf taken = { 0 }, others = { 0 };
	_auto_free_ char *fix = NULL, *file = NULL;

	for (size_t i = 0; i < c->host->n_devs; i++) {
		const struct vh_pci_dev *d = c->host->devs[i];

		if (vh_host_bind_id_matches(id, d))
			vh_strbuf_join(d->on_vfio ? &taken : &others, ", ", vh_pci_str(&d->addr).s);
	}
	if (taken.len && !others.len)
		return;
	file = vh_shell_quote(id->where);
	fix = vh_printf("take '%s' out of ids= in %s: the hook binds by address", id->text, file);
	if (!taken.len && !others.len)
		vh_finding_add(out, r, NULL, fix,
			       "vfio-pci.ids has '%s' (%s), which no device matches", id->text,
			       id->where);
	else if (taken.len)
		vh_finding_add(
			out, r, NULL, fix,
			"vfio-pci.ids has '%s' (%s): of the devices that match, vfio-pci has %s, and not %s",
			id->text, id->where, taken.data, others.data);
}

static void check_twin_by_id(const struct vh_case *c, const struct vh_rule *r,
			     struct vh_findings *out)
{
	for (size_t i = 0; i < c->host->n_bind_ids; i++) {
		if (c->plan)
			check_twins(c, &c->host->bind_ids[i], r, out);
		else
			check_id(c, &c->host->bind_ids[i], r, out);
	}
}

const struct vh_rule vh_rule_twin_by_id = {
	.name = "twin-by-id",
	.severity = VH_WARNING,
	.scopes = VH_SCOPE_HOST | VH_SCOPE_DEVICE,
	.title = "the ids= option of vfio-pci takes a wrong device, or none",
	.check = check_twin_by_id,
	.explain = "The option ids= of vfio-pci takes devices by vendor and device id, before\n"
		   "the host can use them. It cannot tell two devices of one model apart. Here\n"
		   "it takes one that the domain does not name, and the host loses that one for\n"
		   "nothing. Or it matches no device at all: it is a typo or out of date. The\n"
		   "hook binds by address and does not need such an option. Remove the id, and\n"
		   "update the initramfs if it has a copy of the file.",
};
