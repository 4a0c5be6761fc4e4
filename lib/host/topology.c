/* SPDX-License-Identifier: GPL-2.0-or-later */
/* topology - see topology.h. */
#include "lib/host/topology.h"

#include <errno.h>
#include <linux/if.h>

#include "lib/base/banned.h"

#define DEVICES "sys/bus/pci/devices"
#define BARS 6 /* then the expansion ROM, SR-IOV, windows of bridges */

/* --- what belongs to it ---------------------------------------------------------------------- */

static int mate_order(const void *a, const void *b)
{
	const struct vh_mate *x = a, *y = b;

	return vh_pci_cmp(&x->dev->addr, &y->dev->addr);
}

static void add_mate(const struct vh_function_bus *bus, struct vh_pci_dev *d,
		     const struct vh_pci_addr *addr, enum vh_mate_kind kind)
{
	struct vh_mate m = { .kinds = kind };
	int ignored = 0; /* nothing is done to a mate */

	if (!vh_pci_cmp(addr, &d->addr))
		return;
	for (size_t i = 0; d->mates && i < d->n_mates; i++) {
		if (!vh_pci_cmp(&d->mates[i].dev->addr, addr)) {
			d->mates[i].kinds |= kind;
			return;
		}
	}
	m.dev = vh_function_read(bus, addr, &ignored);
	if (m.dev)
		*VH_APPEND(d->mates, d->n_mates) = m;
}

/* consumer:pci:ADDR needs us, supplier:pci:ADDR we need: the sound function of a graphics card
 * and its display, say (drivers/pci/quirks.c:pci_create_device_link()). A bridge above is not
 * a device that could be passed through. */
static void read_links(const struct vh_function_bus *bus, struct vh_pci_dev *d)
{
	static const char *const prefixes[] = { "consumer:pci:", "supplier:pci:" };
	_auto_names_ struct vh_names names = { 0 };

	if (vh_root_list(bus->root, &names, "%s", d->path) < 0)
		return;
	for (size_t i = 0; i < names.count; i++) {
		for (size_t k = 0; k < VH_COUNT(prefixes); k++) {
			struct vh_pci_addr addr;

			if (vh_has_prefix(names.name[i], prefixes[k]) &&
			    vh_pci_parse(names.name[i] + strlen(prefixes[k]), &addr) == 0)
				add_mate(bus, d, &addr, VH_MATE_LINK);
		}
	}
}

/* The other functions of its slot; of a bus without a bridge, those are the chipset's. */
static void read_slot(const struct vh_function_bus *bus, struct vh_pci_dev *d)
{
	struct vh_pci_addr addr = d->addr;

	for (addr.function = 0; addr.function < 8; addr.function++)
		add_mate(bus, d, &addr, VH_MATE_SLOT);
}

/* Everything below the bridge above it. */
static void read_bus(const struct vh_function_bus *bus, struct vh_pci_dev *d)
{
	const char *end = strrchr(d->path, '/');
	_auto_free_ char *above = vh_strndup(d->path, end - d->path);
	_auto_names_ struct vh_names names = { 0 };

	if (vh_root_list_dirs(bus->root, &names, "%s", above) < 0)
		return;
	for (size_t i = 0; i < names.count; i++) {
		struct vh_pci_addr addr;

		if (vh_pci_parse(names.name[i], &addr) == 0)
			add_mate(bus, d, &addr, VH_MATE_BUS);
	}
}

/* --- reset ------------------------------------------------------------------------------------ */

/* A function that nothing can reset has neither attribute: the kernel does not make them
 * (drivers/pci/pci.c:pci_dev_reset_method_attr_is_visible()). In a tree that is only a copy they
 * may have been left out. */
static void read_reset(const struct vh_root *root, struct vh_host *h, struct vh_pci_dev *d)
{
	struct vh_pci_name name = vh_pci_str(&d->addr);
	char *methods = vh_root_read(root, DEVICES "/%s/reset_method", name.s);

	if (methods) {
		d->can_reset = *methods ? VH_YES : VH_NO;
		d->resets = methods;
	} else if (errno == ENOENT && vh_root_exists(root, DEVICES "/%s/reset", name.s)) {
		d->can_reset = VH_YES;
	} else if (errno == ENOENT && root->live) {
		d->can_reset = VH_NO;
	} else if (!h->uses_untold) {
		vh_host_not_checked(h, "how %s can be reset", name.s);
	}
}

/* --- its physical function's interface --------------------------------------------------------- */

/* Of several (ports, or the representors of a switch) one that is up is enough. */
static void read_pf_net(const struct vh_root *root, struct vh_host *h, struct vh_pci_dev *d)
{
	struct vh_pci_name pf = vh_pci_str(&d->pf);
	_auto_names_ struct vh_names names = { 0 };

	if (vh_root_list(root, &names, DEVICES "/%s/net", pf.s) < 0 && errno != ENOENT) {
		vh_host_not_checked(h, "the interface of %s: %s", pf.s, strerror(errno));
		return;
	}
	d->pf_net_up = VH_NO;
	for (size_t i = 0; i < names.count; i++) {
		int64_t flags = vh_root_read_int(root, DEVICES "/%s/net/%s/flags", pf.s,
						 names.name[i]);

		if (i == 0)
			d->pf_net = vh_strdup(names.name[i]);
		if (flags < 0 && d->pf_net_up == VH_NO)
			d->pf_net_up = VH_UNKNOWN;
		if (flags > 0 && (flags & IFF_UP))
			d->pf_net_up = VH_YES;
	}
	if (d->pf_net_up == VH_UNKNOWN)
		vh_host_not_checked(h, "whether '%s' is up", d->pf_net);
}

/* --- what the firmware draws on ---------------------------------------------------------------- */

struct range {
	uint64_t from, to;
};

/* START END FLAGS in hex for each BAR (drivers/pci/pci-sysfs.c:resource_show()) */
static size_t read_bars(const struct vh_root *root, const struct vh_pci_dev *d, struct range *bars)
{
	_auto_free_ char *text = vh_root_read(root, DEVICES "/%s/resource", vh_pci_str(&d->addr).s);
	char *rest = text, *line;
	size_t n = 0;

	for (int i = 0; i < BARS && (line = strsep(&rest, "\n")); i++) {
		unsigned long long from, to;

		if (sscanf(line, "%llx %llx", &from, &to) != 2 || !to)
			continue;
		bars[n++] = (struct range){ from, to };
	}
	return n;
}

/* The names that framebuffers of the firmware have in proc/iomem. */
static bool is_firmware_framebuffer(const char *name)
{
	static const char *const names[] = { "BOOTFB", "efi", "vesa", "vga-framebuffer", "simple" };

	for (size_t i = 0; i < VH_COUNT(names); i++)
		if (vh_has_prefix(name, names[i]))
			return true;
	return false;
}

/* "    d0000000-d02fffff : BOOTFB"; to whom may not see them all addresses are 0. */
char *vh_topology_framebuffer(const struct vh_root *root, struct vh_host *h,
			      const struct vh_pci_dev *d)
{
	_auto_free_ char *text = vh_root_read(root, "proc/iomem");
	char *rest = text, *line;
	struct range bars[BARS];
	size_t n = read_bars(root, d, bars);

	while ((line = strsep(&rest, "\n"))) {
		char *name = strstr(line, " : ");
		unsigned long long from, to;

		if (!name || sscanf(line, " %llx-%llx", &from, &to) != 2)
			continue;
		name += strlen(" : ");
		if (!is_firmware_framebuffer(name))
			continue;
		if (!to)
			vh_host_not_checked(h,
					    "whether the firmware draws on %s: only root sees "
					    "/proc/iomem",
					    vh_pci_str(&d->addr).s);
		for (size_t i = 0; to && i < n; i++)
			if (from >= bars[i].from && to <= bars[i].to)
				return vh_strdup(name);
	}
	return NULL;
}

/* START END FLAGS in each line; windows of ports are small. */
static uint64_t read_largest_bar(const struct vh_root *root, const struct vh_pci_dev *d)
{
	struct range bars[BARS];
	size_t n = read_bars(root, d, bars);
	uint64_t largest = 0;

	for (size_t i = 0; i < n; i++)
		if (bars[i].to > bars[i].from && bars[i].to - bars[i].from + 1 > largest)
			largest = bars[i].to - bars[i].from + 1;
	return largest;
}

static bool is_cold(const struct vh_root *root, const struct vh_pci_dev *d)
{
	_auto_free_ char *state = vh_root_read(root, "%s/power_state", d->path);

	return vh_streq(state, "D3cold");
}

/* That driver takes ports of PCI Express, and no bridges to PCI
 * (drivers/pci/pcie/portdrv.c:pcie_portdrv_probe()). */
static bool is_on_port(const struct vh_root *root, const struct vh_pci_dev *d)
{
	_auto_free_ char *above = vh_strndup(d->path, strrchr(d->path, '/') - d->path);
	_auto_free_ char *driver = vh_root_link_name(root, "%s/driver", above);

	return vh_streq(driver, "pcieport");
}

void vh_topology_read(const struct vh_function_bus *bus, struct vh_host *h, struct vh_pci_dev *d)
{
	const struct vh_root *root = bus->root;

	if (!d || d->mates || d->can_reset != VH_UNKNOWN || vh_host_is_bridge(d))
		return;
	if (h->n_nodes) /* where there is one, nothing is remote */
		d->numa_node = (int)vh_root_read_int(root, DEVICES "/%s/numa_node",
						     vh_pci_str(&d->addr).s);
	read_reset(root, h, d);
	read_links(bus, d);
	d->cold = is_cold(root, d);
	d->bar_bytes = read_largest_bar(root, d);
	d->express = !d->root_bus && is_on_port(root, d);
	if (!d->is_vf && !d->root_bus) {
		read_slot(bus, d);
		/* who has a reset of its own takes nobody along */
		if (d->can_reset == VH_NO || vh_streq(d->resets, "bus"))
			read_bus(bus, d);
	}
	if (d->mates)
		qsort(d->mates, d->n_mates, sizeof(*d->mates), mate_order);
	if (d->is_vf)
		read_pf_net(root, h, d);
	if (vh_pci_is_display(d->class))
		d->framebuffer = vh_topology_framebuffer(root, h, d);
}
