/* SPDX-License-Identifier: GPL-2.0-or-later */
/* platform - see platform.h. */
#include "lib/host/platform.h"

#include <errno.h>

#include "lib/base/bits.h"
#include "lib/host/boot-binding.h"
#include "lib/host/libvirt/hardening.h"
#include "lib/host/libvirt/hook-install.h"
#include "lib/host/uses/keyboard.h"
#include "lib/host/module-options.h"
#include "lib/host/read.h"

#include "lib/base/banned.h"

#define DRIVER "sys/bus/pci/drivers/vfio-pci"
#define INTERRUPTS_FEW (16u << 10) /* some lines, with a column for each processor */
#define INTERRUPTS_MAX (256u << 10)

void vh_platform_clear(struct vh_host *h)
{
	for (size_t i = 0; i < h->n_bind_ids; i++) {
		free(h->bind_ids[i].text);
		free(h->bind_ids[i].where);
	}
	free(h->bind_ids);
	for (size_t i = 0; i < h->n_on_vfio_pci; i++)
		vh_function_free(h->on_vfio_pci[i]);
	free(h->on_vfio_pci);
	free(h->nodes);
	vh_names_clear(&h->keyboards);
	vh_hook_install_free(h->hook);
	vh_boot_binding_free(h->binding);
}

/* --- interrupts -------------------------------------------------------------------------------- */

/* Where `word` begins a word of the text. */
static bool has_word(const char *text, const char *word)
{
	for (const char *p = text; (p = strstr(p, word)); p++)
		if (p != text && (p[-1] == ' ' || p[-1] == '\t'))
			return true;
	return false;
}

/*
 * With remapping every interrupt of an IO-APIC or by MSI goes through it, and its chip is called
 * IR-IO-APIC or IR-PCI-MSI, by Intel and AMD alike (arch/x86/kernel/apic, drivers/iommu). Where
 * chips have neither name (Xen), nothing can be told. On ARM the ITS of a GICv3 keeps the messages
 * of devices apart; without one, by GICv2m, a device can send any.
 */
static enum vh_tri remapping_in(const struct vh_root *root, bool arm, size_t size)
{
	_auto_free_ char *text = vh_alloc(size + 1);

	if (vh_root_read_bytes(root, text, size, "proc/interrupts") <= 0)
		return VH_UNKNOWN;
	if (arm) {
		if (has_word(text, "ITS-PCI-MSI") || has_word(text, "ITS-MSI"))
			return VH_YES;
		return has_word(text, "GICv2m-PCI-MSI") ? VH_NO : VH_UNKNOWN;
	}
	if (has_word(text, "IR-IO-APIC") || has_word(text, "IR-PCI-MSI"))
		return VH_YES;
	return has_word(text, "IO-APIC") || has_word(text, "PCI-MSI") ? VH_NO : VH_UNKNOWN;
}

/* The whole table is made by the kernel line by line, and grows with the host; nearly always its
 * first lines tell. That there is no remapping is not said on their word alone. */
static enum vh_tri read_remapping(const struct vh_root *root, bool arm)
{
	if (remapping_in(root, arm, INTERRUPTS_FEW) == VH_YES)
		return VH_YES;
	return remapping_in(root, arm, INTERRUPTS_MAX);
}

/* The parameter of the module by which a device is passed. */
static enum vh_tri read_unsafe(const struct vh_root *root, const struct vh_host *h,
			       const char *module)
{
	return vh_module_options_is_on(root, h->cmdline, module, "allow_unsafe_interrupts") ? VH_YES
											    : VH_NO;
}

static void read_interrupts(const struct vh_root *root, struct vh_host *h)
{
	bool arm = h->cpu == VH_CPU_ARM;

	if ((h->cpu != VH_CPU_INTEL && h->cpu != VH_CPU_AMD && !arm) || !h->iommu)
		return;
	h->remapping = read_remapping(root, arm);
	/* a device that uses no message yet shows no chip; x86 has others that do */
	if (h->remapping == VH_UNKNOWN && !h->uses_untold && !arm) /* else that says it too */
		vh_host_not_checked(h, "interrupt remapping: /proc/interrupts does not tell");
	if (h->remapping != VH_NO)
		return;
	h->unsafe_interrupts = read_unsafe(root, h, "vfio_iommu_type1");
	h->unsafe_iommufd = read_unsafe(root, h, "iommufd");
}

/* --- reserved regions -------------------------------------------------------------------------- */

/* START END TYPE for each region (drivers/iommu/iommu.c) */
static void read_regions(const struct vh_root *root, struct vh_host *h, struct vh_group *g)
{
	_auto_free_ char *text = vh_root_read(root, "sys/kernel/iommu_groups/%d/reserved_regions",
					      g->number);
	char *rest = text, *line;

	if (!text && !h->uses_untold)
		vh_host_not_checked(h, "reserved regions of IOMMU group %d: %s", g->number,
				    strerror(errno));
	while ((line = strsep(&rest, "\n"))) {
		char *from = strsep(&line, " "), *to = strsep(&line, " ");

		if (to && vh_streq(line, "direct"))
			*VH_APPEND(g->direct.name, g->direct.count) = vh_printf("%s-%s", from, to);
	}
}

/* --- NUMA -------------------------------------------------------------------------------------- */

static void read_nodes(const struct vh_root *root, struct vh_host *h)
{
	_auto_free_ char *online = vh_root_read(root, "sys/devices/system/node/online");
	struct vh_bits nodes;

	/* one node is by far the most frequent case */
	h->one_node = vh_streq(online, "0");
	if (!online || h->one_node)
		return;
	if (vh_bits_parse(&nodes, online, VH_NODES_MAX) < 0) {
		vh_host_not_checked(h, "the NUMA nodes: those that are online are '%s'", online);
		return;
	}
	for (unsigned int n = 0; n < VH_NODES_MAX; n++) {
		_auto_free_ char *cpus = NULL;
		struct vh_node *node;

		if (!vh_bits_has(&nodes, n))
			continue;
		node = VH_APPEND(h->nodes, h->n_nodes);
		node->number = n;
		cpus = vh_root_read(root, "sys/devices/system/node/node%u/cpulist", n);
		if (!cpus || !*cpus) /* a node may have memory only */
			continue;
		if (vh_bits_parse(&node->cpus, cpus, VH_BITS_MAX) == 0)
			continue;
		vh_host_not_checked(h, "the NUMA nodes: the processors of node %u are '%s'", n,
				    cpus);
		/* a node without its processors would be judged as one that has none */
		h->n_nodes = 0;
		return;
	}
}

/* --- binding by id ----------------------------------------------------------------------------- */

/* vendor:device[:subvendor[:subdevice[:class[:class_mask]]]], in hex (vfio_pci.c:
 * vfio_pci_fill_ids()) */
static bool parse_id(const char *text, struct vh_bind_id *ret)
{
	unsigned int v[6] = { ~0u, ~0u, ~0u, ~0u, 0, 0 };
	int n = sscanf(text, "%x:%x:%x:%x:%x:%x", &v[0], &v[1], &v[2], &v[3], &v[4], &v[5]);

	*ret = (struct vh_bind_id){ v[0], v[1], v[2], v[3], v[4], v[5], NULL, NULL };
	return n >= 2;
}

static void add_ids(struct vh_host *h, const struct vh_module_option *value)
{
	_auto_free_ char *copy = vh_strdup(value->value);
	char *rest = copy, *part;

	while ((part = strsep(&rest, ","))) {
		struct vh_bind_id id, *added;

		if (!parse_id(part, &id))
			continue;
		added = VH_APPEND(h->bind_ids, h->n_bind_ids);
		*added = id;
		added->text = vh_strdup(part);
		added->where = vh_strdup(value->where);
	}
}

static void read_bind_ids(const struct vh_function_bus *bus, struct vh_host *h)
{
	_auto_module_values_ struct vh_module_options values = { 0 };
	_auto_names_ struct vh_names names = { 0 };

	vh_module_options_read(bus->root, h->cmdline, "vfio-pci", "ids", &values);
	for (size_t i = 0; i < values.count; i++)
		add_ids(h, &values.list[i]);
	if (!h->n_bind_ids || vh_root_list(bus->root, &names, DRIVER) < 0)
		return;
	for (size_t i = 0; i < names.count; i++) {
		struct vh_pci_addr addr;
		struct vh_pci_dev *d = NULL;
		int ignored = 0; /* nothing is done to it */

		if (vh_pci_parse(names.name[i], &addr) == 0)
			d = vh_function_read(bus, &addr, &ignored);
		if (d)
			*VH_APPEND(h->on_vfio_pci, h->n_on_vfio_pci) = d;
	}
}

/* Those of all nodes, where there are several. */
static void read_cpus(const struct vh_root *root, struct vh_host *h)
{
	_auto_free_ char *online = NULL;

	for (size_t i = 0; i < h->n_nodes; i++)
		for (size_t w = 0; w < VH_COUNT(h->cpus.word); w++)
			h->cpus.word[w] |= h->nodes[i].cpus.word[w];
	if (!h->n_nodes)
		online = vh_root_read(root, "sys/devices/system/cpu/online");
	if (online && vh_bits_parse(&h->cpus, online, VH_BITS_MAX) < 0)
		memset(&h->cpus, 0, sizeof(h->cpus));
}

/* --- what is to be taken at boot ---------------------------------------------------------------- */

static void read_binding(const struct vh_root *root, struct vh_host *h)
{
	_auto_error_ struct vh_error err = { 0 };

	if (vh_boot_binding_read(root, &h->binding, &err) < 0)
		vh_host_not_checked(h, "devices for vfio-pci from boot: %s", err.what);
}

void vh_platform_read(const struct vh_function_bus *bus, struct vh_host *h, unsigned int flags)
{
	const struct vh_root *root = bus->root;

	read_interrupts(root, h);
	for (size_t i = 0; i < h->n_groups; i++)
		read_regions(root, h, h->groups[i]);
	read_nodes(root, h);
	read_cpus(root, h);
	read_bind_ids(bus, h);
	vh_keyboard_read(root, h);
	vh_hardening_read(root, h);
	if (flags & VH_HOST_ALL || !h->iommu)
		h->loader = vh_bootloader_read(root);
	if (!(flags & VH_HOST_ALL))
		return;
	h->hook = vh_hook_install_read(root, h);
	read_binding(root, h);
}
