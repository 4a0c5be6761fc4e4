/* SPDX-License-Identifier: GPL-2.0-or-later */
/* function - reads the attributes of a PCI function that never block; blocking.c has the others. */
#include "lib/host/function.h"

#include <errno.h>

#include "lib/base/banned.h"

#define DEVICES "sys/bus/pci/devices"

void vh_function_forget_uses(struct vh_pci_dev *d)
{
	for (size_t i = 0; i < d->n_uses; i++)
		vh_host_clear_use(&d->uses[i]);
	free(VH_STEAL(d->uses));
	d->n_uses = 0;
	for (size_t i = 0; i < d->n_devnodes; i++) {
		free(d->devnodes[i].path);
		free(d->devnodes[i].subsystem);
	}
	free(VH_STEAL(d->devnodes));
	d->n_devnodes = 0;
	for (size_t i = 0; i < d->n_things; i++)
		free(d->things[i].name);
	free(VH_STEAL(d->things));
	d->n_things = 0;
	vh_names_clear(&d->carries);
	vh_names_clear(&d->unseen);
}

void vh_function_free(struct vh_pci_dev *d)
{
	if (!d)
		return;
	vh_function_forget_uses(d);
	for (size_t i = 0; i < d->n_mates; i++)
		vh_function_free(d->mates[i].dev);
	free(d->mates);
	free(d->resets);
	free(d->pf_net);
	free(d->framebuffer);
	free(d->path);
	free(d->driver);
	free(d->override);
	free(d->variant);
	free(d);
}

/* The functions below get the device's own directory as `dir`: its attributes are many, and the
 * way to it is long. */

int vh_function_driver_in(const struct vh_root *dir, char **ret_driver, bool *ret_vfio)
{
	_auto_free_ char *driver = vh_root_link_name(dir, "driver");
	bool vfio = vh_streq(driver, "vfio-pci");

	if (!driver && errno != ENOENT)
		return -1;
	/* variant drivers show themselves by this directory since Linux 6.1 */
	if (driver && !vfio) {
		vfio = vh_root_exists(dir, "vfio-dev");
		if (!vfio && errno != ENOENT)
			return -1;
	}
	*ret_vfio = vfio;
	*ret_driver = VH_STEAL(driver);
	return 0;
}

int vh_function_enter(const struct vh_root *root, const struct vh_pci_addr *addr,
		      struct vh_root *ret)
{
	return vh_root_enter(root, ret, DEVICES "/%s", vh_pci_str(addr).s);
}

int vh_function_driver(const struct vh_root *root, const struct vh_pci_addr *addr,
		       char **ret_driver, bool *ret_vfio)
{
	_auto_root_ struct vh_root dir = { .fd = -1 };

	if (vh_function_enter(root, addr, &dir) == 0)
		return vh_function_driver_in(&dir, ret_driver, ret_vfio);
	if (errno != ENOENT)
		return -1;
	*ret_driver = NULL;
	*ret_vfio = false;
	return 0;
}

static uint32_t number(const struct vh_root *dir, const char *attribute)
{
	int64_t v = vh_root_read_int(dir, "%s", attribute);

	return v < 0 ? 0 : (uint32_t)v;
}

static int group_number(const char *name)
{
	uint64_t n;

	return name && vh_parse_uint(name, 10, INT32_MAX, &n) == 0 ? (int)n : -1;
}

int vh_function_group(const struct vh_root *root, const struct vh_pci_addr *addr)
{
	_auto_free_ char *group = vh_root_link_name(root, DEVICES "/%s/iommu_group",
						    vh_pci_str(addr).s);

	return group_number(group);
}

int vh_function_group_in(const struct vh_root *dir)
{
	_auto_free_ char *group = vh_root_link_name(dir, "iommu_group");

	return group_number(group);
}

/* A number of `digits` upper-case digits, as "%0*X" writes them. */
static bool take_hex(const char **s, const char *label, int digits, uint32_t *ret)
{
	uint32_t v = 0;

	if (!vh_has_prefix(*s, label))
		return false;
	*s += strlen(label);
	while (digits--) {
		char c = *(*s)++;

		if (c >= '0' && c <= '9')
			v = v << 4 | (uint32_t)(c - '0');
		else if (c >= 'A' && c <= 'F')
			v = v << 4 | (uint32_t)(c - 'A' + 10);
		else
			return false;
	}
	*ret = v;
	return true;
}

/* What identifies it stands in one attribute (drivers/pci/pci-sysfs.c:modalias_show()), which
 * saves `list` four out of five files: pci:v00008086d000024F3sv00008086sd00000010bc02sc80i00 */
static bool read_modalias(const struct vh_root *dir, struct vh_pci_dev *d)
{
	enum { LENGTH = 53 };
	uint32_t vendor, device, subvendor, subdevice, base, sub, interface;
	char text[LENGTH + 1];
	const char *s = text;

	if (vh_root_read_bytes(dir, text, sizeof(text), "modalias") != sizeof(text) ||
	    text[LENGTH] != '\n')
		return false;
	text[LENGTH] = 0;
	if (!take_hex(&s, "pci:v", 8, &vendor) || !take_hex(&s, "d", 8, &device) ||
	    !take_hex(&s, "sv", 8, &subvendor) || !take_hex(&s, "sd", 8, &subdevice) ||
	    !take_hex(&s, "bc", 2, &base) || !take_hex(&s, "sc", 2, &sub) ||
	    !take_hex(&s, "i", 2, &interface))
		return false;
	d->class = base << 16 | sub << 8 | interface;
	d->vendor = (uint16_t)vendor;
	d->device = (uint16_t)device;
	d->subvendor = (uint16_t)subvendor;
	d->subdevice = (uint16_t)subdevice;
	return true;
}

/* False: there is no such function. Where the attribute is missing, what libvirt takes as proof of
 * existence decides (virPCIDeviceExists()). */
static bool read_ids(const struct vh_root *dir, struct vh_pci_dev *d)
{
	if (read_modalias(dir, d))
		return true;
	if (!vh_root_exists(dir, "config"))
		return false;
	d->class = number(dir, "class");
	d->vendor = (uint16_t)number(dir, "vendor");
	d->device = (uint16_t)number(dir, "device");
	d->subvendor = (uint16_t)number(dir, "subsystem_vendor");
	d->subdevice = (uint16_t)number(dir, "subsystem_device");
	return true;
}

int vh_function_ids(const struct vh_root *dir, uint16_t *ret_vendor, uint16_t *ret_device)
{
	struct vh_pci_dev said;
	int64_t vendor, device;

	if (read_modalias(dir, &said)) {
		*ret_vendor = said.vendor;
		*ret_device = said.device;
		return 0;
	}
	vendor = vh_root_read_int(dir, "vendor");
	device = vendor < 0 ? -1 : vh_root_read_int(dir, "device");
	if (device < 0)
		return -1;
	*ret_vendor = (uint16_t)vendor;
	*ret_device = (uint16_t)device;
	return 0;
}

/* Virtual functions are counted by their links: sriov_numvfs takes the lock of the device,
 * and hangs with its driver (drivers/pci/iov.c:sriov_numvfs_show()). */
static int count_vfs(const struct vh_root *dir)
{
	_auto_names_ struct vh_names names = { 0 };
	int n = 0;

	if (!vh_root_exists(dir, "sriov_totalvfs"))
		return errno == ENOENT ? 0 : -1;
	if (vh_root_list(dir, &names, ".") < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++)
		n += vh_has_prefix(names.name[i], "virtfn");
	return n;
}

/* The directory in sys/devices tells the topology: its parent is a bridge, or a root bus
 * (pci0000:00), or the virtual root of another domain (VMD). */
static void read_place(struct vh_pci_dev *d)
{
	const char *end = strrchr(d->path, '/');
	_auto_free_ char *parent = vh_strndup(d->path, end - d->path);

	end = strrchr(parent, '/');
	d->root_bus = !end || vh_pci_parse(end + 1, &d->bridge) < 0;
}

void vh_function_bus_open(struct vh_function_bus *ret, const struct vh_root *root)
{
	*ret = (struct vh_function_bus){ .root = root,
					 .devices = { .fd = -1 },
					 .groups = { .fd = -1 } };
	if (vh_root_enter(root, &ret->devices, DEVICES) < 0)
		ret->failed = errno;
	VH_IGNORE(vh_root_enter(root, &ret->groups, "sys/kernel/iommu_groups")); /* see fd */
}

void vh_function_bus_close(struct vh_function_bus *bus)
{
	vh_root_close(&bus->devices);
	vh_root_close(&bus->groups);
}

/* Opens the directory of the function and finds where it is: one link, read once. */
static char *enter(const struct vh_function_bus *bus, const char *name, struct vh_root *ret)
{
	_auto_free_ char *target = NULL, *path = NULL;
	const char *p;

	if (bus->failed) {
		errno = bus->failed;
		return NULL;
	}
	target = vh_root_readlink(&bus->devices, "%s", name);
	if (!target && errno != EINVAL)
		return NULL;
	p = target ? target : "";
	while (vh_has_prefix(p, "../"))
		p += 3;
	path = target ? vh_printf("sys/%s", p) : vh_printf(DEVICES "/%s", name);
	return vh_root_enter(bus->root, ret, "%s", path) == 0 ? VH_STEAL(path) : NULL;
}

struct vh_pci_dev *vh_function_read(const struct vh_function_bus *bus,
				    const struct vh_pci_addr *addr, int *ret_failed)
{
	_auto_root_ struct vh_root dir = { .fd = -1 };
	_auto_free_ char *pf = NULL, *path = enter(bus, vh_pci_str(addr).s, &dir);
	struct vh_pci_dev ids = { 0 }, *d;
	int vfs;

	if (!path || !read_ids(&dir, &ids)) {
		*ret_failed = errno == ENOENT ? *ret_failed : errno;
		return NULL;
	}
	d = vh_alloc(sizeof(*d));
	*d = ids;
	d->addr = *addr;
	d->numa_node = -1;
	d->path = VH_STEAL(path);
	read_place(d);
	vfs = count_vfs(&dir);
	if (vfs < 0)
		*ret_failed = errno;
	d->numvfs = vfs < 0 ? 0 : (unsigned int)vfs;
	d->boot_vga = vh_pci_is_display(d->class) && number(&dir, "boot_vga") == 1;
	d->group = vh_function_group_in(&dir);
	if (d->group < 0 && errno != ENOENT)
		*ret_failed = errno;
	if (vh_function_driver_in(&dir, &d->driver, &d->on_vfio) < 0)
		*ret_failed = errno;
	pf = vh_root_link_name(&dir, "physfn");
	if (!pf && errno != ENOENT)
		*ret_failed = errno;
	d->is_vf = pf && vh_pci_parse(pf, &d->pf) == 0;
	return d;
}
