/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host - see host.h: which devices to read, their groups, and the few facts about the machine
 * itself.
 */
#include "lib/host/host.h"

#include <errno.h>
#include <stdarg.h>

#include "lib/host/module-options.h"
#include "lib/host/topology.h"
#include "lib/host/function.h"
#include "lib/host/platform.h"
#include "lib/host/blocking.h"

#include "lib/base/banned.h"

void vh_host_free(struct vh_host *h)
{
	if (!h)
		return;
	for (size_t i = 0; i < h->n_devs; i++)
		vh_pci_free(h->devs[i]);
	for (size_t i = 0; i < h->n_groups; i++) {
		free(h->groups[i]->members);
		free(h->groups[i]->holder);
		free(h->groups[i]->domain);
		vh_names_clear(&h->groups[i]->direct);
		free(h->groups[i]);
	}
	for (size_t i = 0; i < h->n_claims; i++) {
		vh_claim_free(h->claims[i].claim);
		free(h->claims[i].why);
	}
	free(h->claims_problem);
	free(h->claims_fix);
	free(h->asked);
	free(h->devs);
	free(h->groups);
	free(h->claims);
	free(h->elsewhere);
	vh_platform_clear(h);
	vh_names_clear(&h->hostdev_networks);
	vh_memory_clear(&h->memory);
	vh_names_clear(&h->not_checked);
	free(h->release);
	free(h->forbidden_by);
	free(h->cmdline);
	free(h);
}

void vh_host_not_checked(struct vh_host *h, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = vh_vprintf(fmt, ap);
	va_end(ap);
	for (size_t i = 0; i < h->not_checked.count; i++) {
		if (!strcmp(h->not_checked.name[i], text)) {
			free(text);
			return;
		}
	}
	*VH_APPEND(h->not_checked.name, h->not_checked.count) = text;
}

static int dev_order(const void *a, const void *b)
{
	const struct vh_pci_dev *const *x = a, *const *y = b;

	return vh_pci_cmp(&(*x)->addr, &(*y)->addr);
}

static int group_order(const void *a, const void *b)
{
	const struct vh_group *const *x = a, *const *y = b;

	return ((*x)->number > (*y)->number) - ((*x)->number < (*y)->number);
}

struct vh_pci_dev *vh_host_dev(const struct vh_host *h, const struct vh_pci_addr *addr)
{
	struct vh_pci_dev key = { .addr = *addr }, *k = &key, **found = NULL;

	if (h->n_devs)
		found = bsearch(&k, h->devs, h->n_devs, sizeof(*h->devs), dev_order);
	return found ? *found : NULL;
}

struct vh_group *vh_host_group(const struct vh_host *h, int number)
{
	struct vh_group key = { .number = number }, *k = &key, **found = NULL;

	if (h->n_groups)
		found = bsearch(&k, h->groups, h->n_groups, sizeof(*h->groups), group_order);
	return found ? *found : NULL;
}

/* The device, read now if it was not before; NULL: there is none. Keeps the order. */
static struct vh_pci_dev *add_dev(const struct vh_pci_bus *bus, struct vh_host *h,
				  const struct vh_pci_addr *addr)
{
	struct vh_pci_dev *d = vh_host_dev(h, addr);
	size_t i;

	if (d)
		return d;
	d = vh_pci_read(bus, addr, &h->failed);
	if (!d)
		return NULL;
	(void)VH_APPEND(h->devs, h->n_devs);
	i = h->n_devs - 1;
	for (; i && vh_pci_cmp(&h->devs[i - 1]->addr, addr) > 0; i--)
		h->devs[i] = h->devs[i - 1];
	h->devs[i] = d;
	return d;
}

/* A fake group is made when a VFIO driver takes the device, and goes with it
 * (drivers/vfio/group.c:vfio_noiommu_group_alloc()). */
static bool is_fake(const struct vh_pci_bus *bus, const struct vh_group *g)
{
	_auto_free_ char *kind = NULL;

	for (size_t i = 0; i < g->count && !kind; i++)
		if (g->members[i]->on_vfio)
			kind = vh_root_read(&bus->groups, "%d/name", g->number);
	return vh_streq(kind, "vfio-noiommu");
}

static void insert_group(struct vh_host *h, struct vh_group *g)
{
	size_t i = h->n_groups;

	(void)VH_APPEND(h->groups, h->n_groups);
	for (; i && h->groups[i - 1]->number > g->number; i--)
		h->groups[i] = h->groups[i - 1];
	h->groups[i] = g;
}

/* Reads a group and, unless all devices are read anyway, its members. */
static void add_group(const struct vh_pci_bus *bus, struct vh_host *h, int number)
{
	_auto_names_ struct vh_names names = { 0 };
	struct vh_group *g;

	if (number < 0 || vh_host_group(h, number))
		return;
	g = vh_alloc(sizeof(*g));
	g->number = number;
	if (vh_root_list(&bus->groups, &names, "%d/devices", number) < 0)
		vh_host_not_checked(h, "members of IOMMU group %d: %s", number, strerror(errno));
	for (size_t i = 0; i < names.count; i++) {
		struct vh_pci_addr addr;
		struct vh_pci_dev *d = NULL;

		if (vh_pci_parse(names.name[i], &addr) == 0)
			d = add_dev(bus, h, &addr);
		if (d)
			*VH_APPEND(g->members, g->count) = d;
		else /* a platform device, or one that has just gone */
			vh_host_not_checked(h, "member '%s' of IOMMU group %d: not a PCI device",
					    names.name[i], number);
	}
	if (g->count)
		qsort(g->members, g->count, sizeof(*g->members), dev_order);
	g->noiommu = is_fake(bus, g);
	insert_group(h, g);
}

static void read_all_devs(const struct vh_pci_bus *bus, struct vh_host *h)
{
	_auto_names_ struct vh_names names = { 0 };

	if (bus->failed || vh_root_list(&bus->devices, &names, ".") < 0)
		return; /* a machine without PCI */
	for (size_t i = 0; i < names.count; i++) {
		struct vh_pci_addr addr;

		if (vh_pci_parse(names.name[i], &addr) == 0)
			(void)add_dev(bus, h, &addr);
	}
}

void vh_host_overlay(struct vh_host *h, const struct vh_claim *claim, const bool *counts)
{
	for (size_t i = 0; i < claim->count; i++) {
		const struct vh_record *r = &claim->records[i];
		struct vh_pci_dev *d = vh_host_dev(h, &r->addr);

		if (!d || !counts[i])
			continue;
		/* a variant driver shows itself only while it is bound */
		if (!vh_streq(d->driver, r->driver))
			d->on_vfio = r->driver && (!strcmp(r->driver, "vfio-pci") ||
						   r->action == VH_LEAVE);
		free(d->driver);
		free(d->override);
		d->driver = vh_strdup(r->driver);
		d->override = vh_strdup(r->override);
		d->override_read = VH_YES;
	}
}

/* --- the machine itself -------------------------------------------------------------------- */

/* Is `module` named in a modules.dep or modules.builtin? Its file name has - or _. */
static bool lists_module(const struct vh_root *root, const char *path, const char *release)
{
	_auto_free_ char *text = vh_root_read(root, "lib/modules/%s/%s", release, path);

	return text && (strstr(text, "/vfio-pci.ko") || strstr(text, "/vfio_pci.ko"));
}

static enum vh_module read_vfio_pci(const struct vh_root *root, struct vh_host *h)
{
	if (vh_root_exists(root, "sys/bus/pci/drivers/vfio-pci"))
		return VH_MODULE_LOADED;
	if (!h->release || !vh_root_exists(root, "lib/modules/%s/modules.dep", h->release))
		return root->live || vh_root_exists(root, "lib/modules") ? VH_MODULE_MISSING
								       : VH_MODULE_UNKNOWN;
	if (!lists_module(root, "modules.dep", h->release) &&
	    !lists_module(root, "modules.builtin", h->release))
		return VH_MODULE_MISSING;
	h->forbidden_by = vh_module_forbidden_by(root, "vfio-pci");
	return h->forbidden_by ? VH_MODULE_FORBIDDEN : VH_MODULE_LOADABLE;
}

/* The installed library says its version by its file's name: libvirt.so.0.11003.0 is 11.3.0.
 * It lies in /usr/lib64, /usr/lib, or the architecture's folder there (Debian). */
static unsigned int read_libvirt_version(const struct vh_root *root)
{
	_auto_names_ struct vh_names dirs = { 0 };
	unsigned int version = 0;

	if (vh_root_list_dirs(root, &dirs, "usr/lib") < 0)
		return 0;
	*VH_APPEND(dirs.name, dirs.count) = vh_strdup(".");
	*VH_APPEND(dirs.name, dirs.count) = vh_strdup("../lib64");
	for (size_t i = 0; i < dirs.count; i++) {
		_auto_free_ char *name = vh_root_link_name(root, "usr/lib/%s/libvirt.so.0",
							   dirs.name[i]);

		if (name && sscanf(name, "libvirt.so.0.%u.", &version) == 1)
			return version;
	}
	return 0;
}

static enum vh_cpu read_cpu(const struct vh_root *root)
{
	char text[4096];
	ssize_t n = vh_root_read_bytes(root, text, sizeof(text) - 1, "proc/cpuinfo");

	if (n < 0)
		return VH_CPU_OTHER;
	text[n] = 0;
	if (strstr(text, "GenuineIntel"))
		return VH_CPU_INTEL;
	return strstr(text, "AuthenticAMD") || strstr(text, "HygonGenuine") ? VH_CPU_AMD
									    : VH_CPU_OTHER;
}

/* A source that cannot tell some things at all names them in a file of its own. */
static void read_not_told(const struct vh_root *root, struct vh_host *h)
{
	_auto_free_ char *text = root->live ? NULL : vh_root_read(root, "not-checked");
	char *rest = text, *line;

	h->uses_untold = text && !vh_root_exists(root, "proc/self/mountinfo");
	if (h->uses_untold) /* nor of the options of modules */
		h->denylist = VH_UNKNOWN;
	while ((line = strsep(&rest, "\n")))
		if (*line)
			vh_host_not_checked(h, "%s", line);
}

static void read_machine(const struct vh_root *root, struct vh_host *h)
{
	_auto_names_ struct vh_names names = { 0 };
	_auto_free_ char *denylist =
		vh_root_read(root, "sys/module/vfio_pci/parameters/disable_denylist");
	bool tables = vh_root_list(root, &names, "sys/firmware/acpi/tables") == 0;

	h->release = vh_root_read(root, "proc/sys/kernel/osrelease");
	h->cmdline = vh_root_read(root, "proc/cmdline");
	h->cpu = read_cpu(root);
	for (size_t i = 0; i < names.count; i++)
		if (!strcmp(names.name[i], "DMAR") || !strcmp(names.name[i], "IVRS"))
			h->firmware_iommu = VH_YES;
	if (tables && h->firmware_iommu != VH_YES)
		h->firmware_iommu = VH_NO;
	h->iommu = vh_root_has_entries(root, "sys/kernel/iommu_groups");
	h->vfio_pci = read_vfio_pci(root, h);
	h->denylist = vh_streq(denylist, "Y") ? VH_NO : VH_YES;
	h->alias_missing = h->release &&
			   vh_root_exists(root, "lib/modules") &&
			   !vh_root_exists(root, "lib/modules/%s/modules.alias", h->release);
	if (h->alias_missing)
		h->libvirt_version = read_libvirt_version(root);
}

struct vh_host *vh_host_read(const struct vh_root *root, const struct vh_pci_addr *addrs,
			     size_t count, unsigned int flags, int64_t deadline)
{
	struct vh_host *h = vh_alloc(sizeof(*h));
	struct vh_pci_bus bus;
	size_t asked;

	vh_pci_bus_open(&bus, root);
	h->asked = vh_alloc(count * sizeof(*addrs));
	h->n_asked = count;
	if (count)
		memcpy(h->asked, addrs, count * sizeof(*addrs));
	read_machine(root, h);
	read_not_told(root, h);
	if (flags & VH_HOST_ALL)
		read_all_devs(&bus, h);
	for (size_t i = 0; i < count; i++) {
		struct vh_pci_dev *d = add_dev(&bus, h, &addrs[i]);

		if (d && d->is_vf) /* the rules look at its physical function */
			(void)add_dev(&bus, h, &d->pf);
	}
	asked = h->n_devs;
	if (flags & VH_HOST_ALL)
		for (size_t i = 0; i < asked; i++)
			add_group(&bus, h, h->devs[i]->group);
	for (size_t i = 0; i < count; i++) {
		struct vh_pci_dev *d = vh_host_dev(h, &addrs[i]);

		if (d)
			add_group(&bus, h, d->group);
	}
	if (flags & VH_HOST_RULES)
		vh_platform_read(root, h, flags);
	for (size_t i = 0; flags & VH_HOST_RULES && i < count; i++)
		vh_topology_read(root, h, vh_host_dev(h, &addrs[i]));
	vh_pci_bus_close(&bus);
	if (h->failed)
		vh_host_not_checked(h, "drivers and groups: %s", strerror(h->failed));
	vh_slow_read(root, h, flags, deadline);
	return h;
}
