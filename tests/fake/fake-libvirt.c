/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fake-libvirt - see fake-libvirt.h. In the tree: fake-kernel/libvirt/UUID/ADDR. */
#include "tests/fake/fake-libvirt.h"

#include <stdarg.h>

#include "tests/fake/fake-tree.h"

#define ACTIVE "fake-kernel/libvirt"
#define SAVED "fake-kernel/addresses"
#define DEVICE "sys/bus/pci/devices/%s"

static bool announces;

void fake_libvirt_announce(void)
{
	announces = true;
}

static void step(const struct vh_root *root, const char *what)
{
	if (announces)
		vh_root_step(root, what);
}

static int VH_PRINTF(3, 4) fail(char *why, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, size, fmt, ap);
	va_end(ap);
	return -1;
}

static struct vh_names members_of(const struct vh_root *root, const char *addr, int *ret_group)
{
	_auto_free_ char *group = vh_root_link_name(root, DEVICE "/iommu_group", addr);
	struct vh_names names = { 0 };

	*ret_group = group ? (int)strtol(group, NULL, 10) : -1;
	if (group && vh_root_list(root, &names, "sys/kernel/iommu_groups/%s/devices", group) < 0)
		abort();
	return names;
}

/* Another domain that has this function; NULL: none. */
static char *active_elsewhere(const struct vh_root *root, const char *addr, const char *uuid)
{
	_auto_names_ struct vh_names owners = { 0 };

	if (vh_root_list(root, &owners, ACTIVE) < 0)
		return NULL;
	for (size_t i = 0; i < owners.count; i++)
		if (strcmp(owners.name[i], uuid) != 0 &&
		    vh_root_exists(root, ACTIVE "/%s/%s", owners.name[i], addr))
			return vh_strdup(owners.name[i]);
	return NULL;
}

static int check_active(const struct vh_root *root, const struct vh_domain *d, const char *addr,
			char *why, size_t size)
{
	int group;
	_auto_names_ struct vh_names members = members_of(root, addr, &group);

	for (size_t i = 0; i < members.count; i++) {
		_auto_free_ char *other = active_elsewhere(root, members.name[i], d->uuid);

		if (other)
			return fail(why, size, "PCI device %s is in use by driver QEMU, domain %s",
				    members.name[i], other);
	}
	return 0;
}

/* The interface of a function, and what is said of it: "net/eth0/address"; or NULL. */
static char *address_of(const struct vh_root *root, const char *addr)
{
	_auto_names_ struct vh_names names = { 0 };

	if (vh_root_list(root, &names, DEVICE "/net", addr) < 0 || !names.count)
		return NULL;
	return vh_printf(DEVICE "/net/%s/address", addr, names.name[0]);
}

/* virNetDevSaveNetConfig(): what has no interface by then has no address that could be noted. */
static void save_address(const struct vh_root *root, const struct vh_hostdev *e, const char *addr)
{
	_auto_free_ char *path = address_of(root, addr), *note = vh_printf(SAVED "/%s", addr);
	_auto_free_ char *mac = path ? vh_root_read(root, "%s", path) : NULL;

	if (e->element == VH_INTERFACE && mac)
		fake_put(root, note, "%s\n", mac);
}

/* virHostdevRestoreNetConfig(): the driver of a VF makes up an address unless it is told one. */
static void restore_address(const struct vh_root *root, const struct vh_domain *d, const char *addr)
{
	_auto_free_ char *path = address_of(root, addr);
	_auto_free_ char *mac = vh_root_read(root, SAVED "/%s", addr);

	fake_remove(root, SAVED "/%s", addr);
	for (size_t i = 0; path && i < d->n_devices; i++)
		if (d->devices[i].element == VH_INTERFACE &&
		    !strcmp(vh_pci_str(&d->devices[i].addr).s, addr))
			fake_put(root, path, "%s\n", mac ? mac : "fe:00:00:00:00:01");
}

/* Is it on the driver that libvirt wants? From 10.0 on that is the variant for the device, if there
 * is one: then vfio-pci is a driver like another. Before 9.7 a variant is. */
static bool is_found(const struct vh_root *root, const struct vh_hostdev *e, const char *driver,
		     const char *variant)
{
	if (!fake_is_vfio(driver) || !e->managed)
		return fake_is_vfio(driver);
	return strcmp(driver, "vfio-pci") != 0 ? !vh_root_exists(root, "fake-kernel/libvirt-9")
					       : !variant;
}

/* virPCIDeviceDetach(): what is on its driver already is not libvirt's to give back. */
static int bind(const struct vh_root *root, const struct vh_domain *d, const struct vh_hostdev *e,
		const char *addr, char *why, size_t size)
{
	_auto_free_ char *driver = vh_root_link_name(root, DEVICE "/driver", addr);
	_auto_free_ char *note = vh_printf(ACTIVE "/%s/%s", d->uuid, addr);
	_auto_free_ char *variant = vh_root_read(root, "fake-kernel/variant");
	bool found = is_found(root, e, driver, variant);

	save_address(root, e, addr);
	if (!e->managed && !found)
		return fail(why, size,
			    "Unmanaged PCI device %s must be manually detached from the host", addr);
	fake_put(root, note, "%s\n", found ? "found" : "bound");
	if (found)
		return 0;
	VH_IGNORE(fake_write(root, variant ? variant : "vfio-pci", DEVICE "/driver_override", addr));
	if (driver)
		VH_IGNORE(fake_write(root, addr, DEVICE "/driver/unbind", addr));
	VH_IGNORE(fake_write(root, addr, "sys/bus/pci/drivers_probe"));
	return 0;
}

/* Of the group, or, by an iommufd, of the device. Then the group's node cannot be opened either
 * (vfio/group.c:vfio_group_fops_open() and vfio/device_cdev.c block one another). */
static char *node_of(const struct vh_root *root, const struct vh_domain *d, const char *addr,
		     int group)
{
	_auto_names_ struct vh_names nodes = { 0 };

	if (!d->iommufd || vh_root_list(root, &nodes, DEVICE "/vfio-dev", addr) < 0 || !nodes.count)
		return vh_printf("/dev/vfio/%d", group);
	return vh_printf("/dev/vfio/devices/%s", nodes.name[0]);
}

/* QEMU opens the group: VFIO_GROUP_FLAGS_VIABLE. By an iommufd it binds the device, for which the
 * members must be as for that. */
static int open_group(const struct vh_root *root, const struct vh_domain *d, const char *addr,
		      char *why, size_t size)
{
	_auto_free_ char *own = vh_root_link_name(root, DEVICE "/driver", addr);
	_auto_free_ char *link = NULL, *target = NULL;
	int group;
	_auto_names_ struct vh_names members = members_of(root, addr, &group);

	if (!d->iommufd && vh_root_exists(root, "fake-kernel/no-groups"))
		return fail(why, size, "vfio %s: failed to open /dev/vfio/%d", addr, group);
	if (!fake_is_vfio(own))
		return fail(why, size, "vfio %s: failed to open /dev/vfio/%d", addr, group);
	for (size_t i = 0; i < members.count; i++) {
		_auto_free_ char *driver = vh_root_link_name(root, DEVICE "/driver",
							     members.name[i]);

		if (driver && !fake_is_vfio(driver) && strcmp(driver, "pci-stub") != 0 &&
		    strcmp(driver, "pcieport") != 0)
			return fail(why, size, "vfio %s: group %d is not viable", addr, group);
	}
	fake_hold(root, group, "qemu");
	link = vh_printf("proc/%d/fd/%d", FAKE_QEMU_PID, 30 + group);
	target = node_of(root, d, addr, group);
	if (!vh_root_exists(root, "proc/%d/fd", FAKE_QEMU_PID)) {
		_auto_free_ char *comm = vh_printf("proc/%d/comm", FAKE_QEMU_PID);
		_auto_free_ char *stat = vh_printf("proc/%d/stat", FAKE_QEMU_PID);

		fake_put(root, comm, "qemu-system-x86\n");
		fake_put(root, stat,
			 "%d (qemu-system-x86) S 1 1 1 0 -1 0 0 0 0 0 "
			 "0 0 0 0 20 0 1 0 777 0 0\n",
			 FAKE_QEMU_PID);
		fake_mkdirs(root, "proc/%d/fd", FAKE_QEMU_PID);
	}
	fake_remove(root, "%s", link);
	if (symlinkat(target, root->fd, link) < 0)
		abort();
	return 0;
}

static char *status_path(const struct vh_domain *d)
{
	return vh_printf("run/libvirt/qemu/%s.xml", d->uuid);
}

int fake_libvirt_prepare(const struct vh_root *root, const struct vh_domain *d, char *why,
			 size_t size)
{
	_auto_free_ char *status = status_path(d);
	int r = 0;

	for (size_t i = 0; r == 0 && i < d->n_devices; i++) {
		struct vh_pci_name addr = vh_pci_str(&d->devices[i].addr);

		/* one that is not there is silently skipped, for QEMU to find */
		if (vh_root_exists(root, DEVICE "/config", addr.s))
			r = check_active(root, d, addr.s, why, size);
	}
	for (size_t i = 0; r == 0 && i < d->n_devices; i++) {
		struct vh_pci_name addr = vh_pci_str(&d->devices[i].addr);

		if (vh_root_exists(root, ACTIVE "/%s/%s", d->uuid, addr.s))
			continue; /* the same controller under another namespace */
		if (vh_root_exists(root, DEVICE "/config", addr.s))
			r = bind(root, d, &d->devices[i], addr.s, why, size);
	}
	if (r == 0)
		fake_put(root, status,
			 "<domstatus state='running'>\n  <domain type='kvm' id='1'>\n"
			 "    <name>%s</name>\n    <uuid>%s</uuid>\n  </domain>\n</domstatus>\n",
			 d->name, d->uuid);
	for (size_t i = 0; r == 0 && i < d->n_devices; i++) {
		struct vh_pci_name addr = vh_pci_str(&d->devices[i].addr);

		if (!vh_root_exists(root, DEVICE "/config", addr.s))
			r = fail(why, size, "vfio %s: no such host device", addr.s);
		else
			r = open_group(root, d, addr.s, why, size);
	}
	if (r < 0)
		fake_libvirt_release(root, d);
	return r;
}

void fake_qemu_end(const struct vh_root *root, const struct vh_domain *d)
{
	for (size_t i = 0; i < d->n_devices; i++) {
		struct vh_pci_name addr = vh_pci_str(&d->devices[i].addr);
		int group;
		_auto_names_ struct vh_names members = members_of(root, addr.s, &group);

		if (members.count && vh_root_exists(root, ACTIVE "/%s/%s", d->uuid, addr.s)) {
			fake_let_go(root, group);
			fake_remove(root, "proc/%d/fd/%d", FAKE_QEMU_PID, 30 + group);
		}
	}
}

/* virPCIDeviceReattach() */
static void give_back(const struct vh_root *root, const struct vh_domain *d, const char *addr)
{
	_auto_free_ char *how = vh_root_read(root, ACTIVE "/%s/%s", d->uuid, addr);

	fake_remove(root, ACTIVE "/%s/%s", d->uuid, addr);
	if (!vh_streq(how, "bound"))
		return;
	step(root, "libvirt clears the override");
	VH_IGNORE(fake_write(root, "\n", DEVICE "/driver_override", addr));
	step(root, "libvirt unbinds");
	VH_IGNORE(fake_write(root, addr, DEVICE "/driver/unbind", addr));
	step(root, "libvirt probes");
	VH_IGNORE(fake_write(root, addr, "sys/bus/pci/drivers_probe"));
	restore_address(root, d, addr);
	step(root, "libvirt has given it back");
}

void fake_libvirt_unplug(const struct vh_root *root, const struct vh_domain *d, const char *addr)
{
	int group;
	struct vh_names members = members_of(root, addr, &group);

	vh_names_clear(&members);
	fake_let_go(root, group);
	fake_remove(root, "proc/%d/fd/%d", FAKE_QEMU_PID, 30 + group);
	give_back(root, d, addr);
}

void fake_libvirt_reattach(const struct vh_root *root, const struct vh_domain *d)
{
	_auto_free_ char *status = status_path(d);

	fake_remove(root, "%s", status);
	for (size_t i = 0; i < d->n_devices; i++)
		give_back(root, d, vh_pci_str(&d->devices[i].addr).s);
	fake_remove(root, ACTIVE "/%s", d->uuid);
}

void fake_libvirt_release(const struct vh_root *root, const struct vh_domain *d)
{
	fake_qemu_end(root, d);
	fake_libvirt_reattach(root, d);
}
