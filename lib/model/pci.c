/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pci - see pci.h. Only attributes that never block; for the others see slow.h. */
#include "lib/model/pci.h"

#include <errno.h>

#include "lib/model/pci-topology.h"

#include "lib/base/banned.h"

#define DEVICES "sys/bus/pci/devices"

bool vh_pci_is_bridge(const struct vh_pci_dev *d)
{
	switch (d->class >> 8) {
	case 0x0604: /* PCI to PCI */
	case 0x0607: /* CardBus */
	case 0x0609: /* semi-transparent PCI to PCI */
		return true;
	default:
		return false;
	}
}

bool vh_pci_is_chipset(const struct vh_pci_dev *d)
{
	uint32_t base = d->class >> 16;

	if (vh_pci_is_bridge(d))
		return false;
	return base == 0x05 || base == 0x06 || base == 0x08 || d->class >> 8 == 0x0c05;
}

bool vh_pci_is_tolerated(const struct vh_pci_dev *d)
{
	return !d->driver || d->on_vfio || !strcmp(d->driver, "pci-stub") ||
	       !strcmp(d->driver, "pcieport");
}

struct vh_sighting vh_pci_sighting(const struct vh_pci_dev *d)
{
	return (struct vh_sighting){
		.addr = d->addr,
		.id = { d->vendor, d->device },
		.subsystem = { d->subvendor, d->subdevice },
		.class = d->class,
	};
}

void vh_pci_free(struct vh_pci_dev *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->n_uses; i++) {
		free(d->uses[i].text);
		free(d->uses[i].fix);
	}
	free(d->uses);
	vh_names_clear(&d->carries);
	vh_mates_free(d->mates, d->n_mates);
	free(d->resets);
	free(d->pf_net);
	free(d->framebuffer);
	free(d->path);
	free(d->driver);
	free(d->override);
	free(d);
}

int vh_pci_read_driver(const struct vh_root *root, const struct vh_pci_addr *addr,
		       char **ret_driver, bool *ret_vfio)
{
	struct vh_pci_name name = vh_pci_str(addr);
	char *driver = vh_root_link_name(root, DEVICES "/%s/driver", name.s);

	if (!driver && errno != ENOENT)
		return -1;
	/* variant drivers show themselves by this directory since Linux 6.1 */
	*ret_vfio = driver && (!strcmp(driver, "vfio-pci") ||
			       vh_root_exists(root, DEVICES "/%s/vfio-dev", name.s));
	*ret_driver = driver;
	return 0;
}

static uint32_t number(const struct vh_root *root, const char *name, const char *attribute)
{
	int64_t v = vh_root_read_int(root, DEVICES "/%s/%s", name, attribute);

	return v < 0 ? 0 : (uint32_t)v;
}

int vh_pci_read_group(const struct vh_root *root, const struct vh_pci_addr *addr)
{
	_auto_free_ char *group =
		vh_root_link_name(root, DEVICES "/%s/iommu_group", vh_pci_str(addr).s);
	uint64_t n;

	return group && vh_parse_uint(group, 10, INT32_MAX, &n) == 0 ? (int)n : -1;
}

/* Virtual functions are counted by their links: sriov_numvfs takes the lock of the device,
 * and hangs with its driver (drivers/pci/iov.c:sriov_numvfs_show()). */
static unsigned int count_vfs(const struct vh_root *root, const char *name)
{
	_auto_names_ struct vh_names names = { 0 };
	unsigned int n = 0;

	if (!vh_root_exists(root, DEVICES "/%s/sriov_totalvfs", name) ||
	    vh_root_list(root, &names, DEVICES "/%s/", name) < 0)
		return 0;
	for (size_t i = 0; i < names.count; i++)
		n += vh_has_prefix(names.name[i], "virtfn");
	return n;
}

/* The directory in sys/devices tells the topology: its parent is a bridge, or a root bus
 * (pci0000:00), or the virtual root of another domain (VMD). */
static void read_place(const struct vh_root *root, const char *name, struct vh_pci_dev *d)
{
	_auto_free_ char *target = vh_root_readlink(root, DEVICES "/%s", name);
	_auto_free_ char *parent = NULL;
	const char *p = target ? target : "";
	const char *end;

	while (vh_has_prefix(p, "../"))
		p += 3;
	d->path = target ? vh_printf("sys/%s", p) : vh_printf(DEVICES "/%s", name);
	end = strrchr(d->path, '/');
	parent = vh_strndup(d->path, end - d->path);
	end = strrchr(parent, '/');
	d->root_bus = !end || vh_pci_parse(end + 1, &d->bridge) < 0;
}

struct vh_pci_dev *vh_pci_read(const struct vh_root *root, const struct vh_pci_addr *addr,
			       int *ret_failed)
{
	struct vh_pci_name name = vh_pci_str(addr);
	_auto_free_ char *pf = NULL;
	struct vh_pci_dev *d;

	/* what libvirt takes as proof of existence (virPCIDeviceExists()) */
	if (!vh_root_exists(root, DEVICES "/%s/config", name.s)) {
		*ret_failed = errno == ENOENT ? *ret_failed : errno;
		return NULL;
	}
	d = vh_alloc(sizeof(*d));
	d->addr = *addr;
	d->numa_node = -1;
	d->class = number(root, name.s, "class");
	d->vendor = (uint16_t)number(root, name.s, "vendor");
	d->device = (uint16_t)number(root, name.s, "device");
	d->subvendor = (uint16_t)number(root, name.s, "subsystem_vendor");
	d->subdevice = (uint16_t)number(root, name.s, "subsystem_device");
	d->revision = (uint8_t)number(root, name.s, "revision");
	d->numvfs = count_vfs(root, name.s);
	d->boot_vga = number(root, name.s, "boot_vga") == 1;
	d->group = vh_pci_read_group(root, addr);
	if (d->group < 0 && errno != ENOENT)
		*ret_failed = errno;
	if (vh_pci_read_driver(root, addr, &d->driver, &d->on_vfio) < 0)
		*ret_failed = errno;
	read_place(root, name.s, d);
	pf = vh_root_link_name(root, DEVICES "/%s/physfn", name.s);
	d->is_vf = pf && vh_pci_parse(pf, &d->pf) == 0;
	return d;
}
