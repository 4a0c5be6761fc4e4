/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule-confidential - devices for a guest whose memory is kept from the host: SEV-SNP and TDX.
 * SEV and SEV-ES encrypt memory that stays where it is, and VFIO pins it as any other. */
#include "lib/decide/rules/rule.h"

#include "lib/base/size.h"

#include "lib/base/banned.h"

#define QEMU(major, minor) ((major)*1000000u + (minor)*1000u)
#define BLANKS " \t\n"
#define PAGE_KIB 4

static void add(const struct vh_case *c, const struct vh_rule *r, enum vh_severity severity,
		const char *fix, const char *message, struct vh_findings *out)
{
	struct vh_finding *f = vh_finding_add(out, r, NULL, fix, "%s", message);

	f->severity = severity;
	vh_finding_about(f, NULL, c->domain->security_line);
}

/* --- the host's IOMMU ------------------------------------------------------------------------------ */

/* Is `name` one of the values between commas, as arch/x86/kernel/pci-dma.c reads them? */
static bool has_value(const char *values, size_t n, const char *name)
{
	for (const char *end = values + n; values < end;) {
		size_t length = strcspn(values, "," BLANKS);

		if (length == strlen(name) && !strncmp(values, name, length))
			return true;
		values += length + 1;
	}
	return false;
}

/* The word of the kernel command line by which DMA of the host is not translated; the last one
 * decides. Caller frees. */
static char *passthrough_word(const char *cmdline)
{
	static const char iommu[] = "iommu=", direct[] = "iommu.passthrough=";
	char *found = NULL;

	for (const char *word = cmdline; word && *word;) {
		size_t n = strcspn(word, BLANKS);
		bool on = false, off = false;

		if (vh_has_prefix(word, iommu)) {
			on = has_value(word + strlen(iommu), n - strlen(iommu), "pt");
			off = has_value(word + strlen(iommu), n - strlen(iommu), "nopt");
		} else if (vh_has_prefix(word, direct)) {
			on = word[strlen(direct)] == '1';
			off = word[strlen(direct)] == '0';
		}
		if (on || off) {
			free(found);
			found = on ? vh_strndup(word, n) : NULL;
		}
		word += n;
		word += strspn(word, BLANKS);
	}
	return found;
}

/* drivers/iommu/amd/init.c:iommu_snp_enable() */
static void check_passthrough(const struct vh_case *c, const struct vh_rule *r,
			      struct vh_findings *out)
{
	_auto_free_ char *word = passthrough_word(c->host->cmdline), *fix = NULL, *message = NULL;

	if (!word || !vh_streq(c->domain->security, "sev-snp"))
		return;
	fix = vh_printf("take %s off the kernel command line and reboot; VFIO does not need it",
			word);
	message = vh_printf(
		"the host has no SEV-SNP with '%s' on its kernel command line: the kernel ends with 'IOMMU disabled or configured in passthrough mode, SNP cannot be supported'",
		word);
	add(c, r, VH_ERROR, fix, message, out);
}

/* --- QEMU ------------------------------------------------------------------------------------------ */

/*
 * Until 10.1 private memory and VFIO exclude each other (system/physmem.c:ram_block_add() requires
 * that memory can be discarded, and VFIO forbids it). That is as released: distributions had the
 * changes earlier, but for SEV-SNP and 9.1, which was reported to fail.
 */
static void check_version(const struct vh_case *c, const struct vh_rule *r, struct vh_findings *out)
{
	unsigned int v = c->around.qemu;
	_auto_free_ char *message = NULL;
	bool certain;

	if (!v || v >= QEMU(10, 1))
		return;
	certain = vh_streq(c->domain->security, "sev-snp") && v >= QEMU(9, 1) && v < QEMU(9, 2);
	message = vh_printf(
		"QEMU %u.%u passes %s devices to a guest with %s: %s", v / 1000000, v / 1000 % 1000,
		certain ? "no" : "probably no", c->domain->security,
		certain ? "it ends with 'Cannot set discarding of RAM broken: Device or resource busy'"
			: "10.1 is the first that can, unless a distribution has added it to an earlier one");
	add(c, r, certain ? VH_ERROR : VH_WARNING,
	    "install QEMU 10.1 or later, or remove <launchSecurity> or the devices", message, out);
}

/* --- VFIO ------------------------------------------------------------------------------------------ */

/* libvirt passes what a network gives by its group. */
static bool is_by_group(const struct vh_case *c)
{
	const struct vh_domain *d = c->domain;

	for (size_t i = 0; i < d->n_devices; i++)
		if (!d->devices[i].unassigned && !vh_domain_is_iommufd(d, &d->devices[i]))
			return true;
	return c->networks.pools.count > 0;
}

/* Memory that the guest shares is mapped page by page: QEMU cannot unmap a part of a mapping. */
static void check_entries(const struct vh_case *c, const struct vh_rule *r, struct vh_findings *out)
{
	unsigned long long pages = c->domain->memory.total_kib / PAGE_KIB;
	unsigned long long allowed = c->around.dma_entries;
	_auto_free_ char *message = NULL, *fix = NULL;

	if (!allowed || allowed >= pages || !is_by_group(c) ||
	    (c->around.qemu && c->around.qemu < QEMU(10, 1)))
		return;
	fix = vh_printf(
		"echo 'options vfio_iommu_type1 dma_entry_limit=%llu' > /etc/modprobe.d/dma-entries.conf, and reboot\n"
		"or, with libvirt 12.1 and later: write <driver iommufd='yes'/> into each <hostdev>",
		pages);
	message = vh_printf(
		"VFIO allows %llu mappings (dma_entry_limit) and a guest with %s has %llu pages that QEMU maps one by one when the guest shares them: mapping fails once it shares more",
		allowed, c->domain->security, pages);
	add(c, r, VH_WARNING, fix, message, out);
}

static void check_confidential(const struct vh_case *c, const struct vh_rule *r,
			       struct vh_findings *out)
{
	if (!c->domain || !c->host || !vh_domain_has_private_memory(c->domain) ||
	    !vh_domain_pins(c->domain, c->networks.pools.count > 0))
		return;
	check_passthrough(c, r, out);
	check_version(c, r, out);
	check_entries(c, r, out);
}

const struct vh_rule vh_rule_confidential = {
	.name = "confidential",
	.severity = VH_ERROR,
	.scopes = VH_SCOPE_DOMAIN,
	.title = "a guest with SEV-SNP or TDX cannot have devices here",
	.check = check_confidential,
	.explain = "The domain keeps its memory from the host (<launchSecurity type='sev-snp'>\n"
		   "or 'tdx') and has devices. It is an error if the kernel command line has\n"
		   "iommu=pt or iommu.passthrough=1, which turns SEV-SNP off, and with QEMU 9.1,\n"
		   "which refuses devices in such a guest. QEMU 10.1 is the first release that\n"
		   "can pass devices to both kinds; any other version is a warning, because\n"
		   "distributions change theirs. The memory that such a guest shares with its\n"
		   "devices is mapped in pages of 4 KiB: without iommufd, the parameter\n"
		   "dma_entry_limit of vfio_iommu_type1 (65535 by default) has to allow as many\n"
		   "as the guest has. What cannot be looked up is listed as not checked. SEV and\n"
		   "SEV-ES need none of this.",
};
