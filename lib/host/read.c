/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read - the order in which the files of lib/host fill in the picture; const once it is
 * returned. */
#include "lib/host/read.h"

#include <errno.h>

#include "lib/host/blocking.h"
#include "lib/host/function.h"
#include "lib/host/machine.h"
#include "lib/host/platform.h"
#include "lib/host/topology.h"
#include "lib/host/libvirt/variant.h"

#include "lib/base/banned.h"

void vh_host_free(const struct vh_host *host)
{
	struct vh_host *h = (struct vh_host *)host; /* const for all but who made it, here */

	if (!h)
		return;
	for (size_t i = 0; i < h->n_devs; i++)
		vh_function_free(h->devs[i]);
	for (size_t i = 0; i < h->n_groups; i++) {
		free(h->groups[i]->members);
		vh_names_clear(&h->groups[i]->direct);
		free(h->groups[i]);
	}
	free(h->asked);
	free(h->devs);
	free(h->groups);
	vh_platform_clear(h);
	vh_names_clear(&h->not_checked);
	for (size_t i = 0; i < h->n_mounts; i++)
		free(h->mounts[i].at);
	free(h->mounts);
	free(h->release);
	free(h->forbidden_by);
	free(h->off_slots);
	free(h->cmdline);
	free(h);
}

static struct vh_pci_dev *dev_in(struct vh_host *h, const struct vh_pci_addr *addr)
{
	return (struct vh_pci_dev *)vh_host_dev(h, addr);
}

/* The device, read now if it was not before; NULL: there is none. Keeps the order. */
static struct vh_pci_dev *add_dev(const struct vh_function_bus *bus, struct vh_host *h,
				  const struct vh_pci_addr *addr)
{
	struct vh_pci_dev *d = dev_in(h, addr);
	size_t i;

	if (d)
		return d;
	d = vh_function_read(bus, addr, &h->failed);
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
static bool is_fake(const struct vh_function_bus *bus, const struct vh_group *g)
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

static int member_order(const void *a, const void *b)
{
	const struct vh_pci_dev *const *x = a, *const *y = b;

	return vh_pci_cmp(&(*x)->addr, &(*y)->addr);
}

/* Reads a group and, unless all devices are read anyway, its members. */
static void add_group(const struct vh_function_bus *bus, struct vh_host *h, int number)
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
		qsort(g->members, g->count, sizeof(*g->members), member_order);
	g->noiommu = is_fake(bus, g);
	insert_group(h, g);
}

/* A group with those of its members that were read, and no more. */
static void add_lone_group(struct vh_host *h, int number)
{
	struct vh_group *g;

	if (number < 0 || vh_host_group(h, number))
		return;
	g = vh_alloc(sizeof(*g));
	g->number = number;
	for (size_t i = 0; i < h->n_devs; i++)
		if (h->devs[i]->group == number)
			*VH_APPEND(g->members, g->count) = h->devs[i];
	insert_group(h, g);
}

static void read_all_devs(const struct vh_function_bus *bus, struct vh_host *h)
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

/* A source that cannot tell some things at all names them in a file of its own. */
static void read_not_told(const struct vh_root *root, struct vh_host *h)
{
	_auto_free_ char *text = root->live ? NULL : vh_root_read(root, "not-checked");
	char *rest = text, *line;

	h->ordinary = root->live ? root->ordinary : vh_root_exists(root, VH_MANIFEST_ORDINARY);
	h->uses_untold = text && !vh_root_exists(root, "proc/self/mountinfo");
	if (h->uses_untold) /* nor of the options of modules */
		h->denylist = VH_UNKNOWN;
	while ((line = strsep(&rest, "\n")))
		if (*line)
			vh_host_not_checked(h, "%s", line);
}

static void stand_as_before(struct vh_host *h, const struct vh_was *was)
{
	struct vh_pci_dev *d = dev_in(h, &was->addr);

	if (!d)
		return;
	/* a variant driver shows itself only while it is bound */
	if (!vh_streq(d->driver, was->driver))
		d->on_vfio = was->vfio;
	free(d->driver);
	free(d->override);
	d->driver = vh_strdup(was->driver);
	d->override = vh_strdup(was->override);
	d->override_read = VH_YES;
}

/* The devices that are asked for, or all, and the members of their groups. */
static void read_devs(struct vh_host *h, const struct vh_function_bus *bus, unsigned int flags)
{
	size_t count;

	if (flags & VH_HOST_ALL)
		read_all_devs(bus, h);
	for (size_t i = 0; i < h->n_asked; i++) {
		struct vh_pci_dev *d = add_dev(bus, h, &h->asked[i]);

		if (d && d->is_vf) /* the rules look at its physical function */
			(void)add_dev(bus, h, &d->pf);
	}
	count = h->n_devs;
	if (flags & VH_HOST_ALL)
		for (size_t i = 0; i < count; i++)
			add_group(bus, h, h->devs[i]->group);
	for (size_t i = 0; i < h->n_asked; i++) {
		const struct vh_pci_dev *d = vh_host_dev(h, &h->asked[i]);

		if (d && flags & VH_HOST_LONE)
			add_lone_group(h, d->group);
		else if (d)
			add_group(bus, h, d->group);
	}
}

static struct vh_pci_dev *read_hint(struct vh_host *h, const struct vh_function_bus *bus,
				    const struct vh_pci_addr *addr)
{
	struct vh_pci_dev *d = dev_in(h, addr) ? NULL : add_dev(bus, h, addr);

	if (d)
		d->hinted = true;
	return d;
}

/* The members of its group are of no more interest than it is: on which drivers they are. */
static void read_beside(struct vh_host *h, const struct vh_function_bus *bus,
			const struct vh_pci_addr *addr)
{
	const struct vh_pci_dev *d = read_hint(h, bus, addr);
	_auto_names_ struct vh_names names = { 0 };
	struct vh_pci_addr member;

	if (!d || d->group < 0 || vh_host_group(h, d->group) ||
	    vh_root_list(&bus->groups, &names, "%d/devices", d->group) < 0)
		return;
	for (size_t i = 0; i < names.count; i++)
		if (vh_pci_parse(names.name[i], &member) == 0)
			(void)read_hint(h, bus, &member);
	add_lone_group(h, d->group);
}

static void read_hints(struct vh_host *h, const struct vh_function_bus *bus,
		       const struct vh_host_ask *ask)
{
	int failed = h->failed; /* what cannot be read of them stops nobody */

	for (size_t i = 0; i < ask->n_beside; i++)
		read_beside(h, bus, &ask->beside[i]);
	for (size_t i = 0; i < ask->n_hints; i++)
		(void)read_hint(h, bus, &ask->hints[i]);
	h->failed = failed;
}

const struct vh_host *vh_host_read_as(const struct vh_root *root, const struct vh_host_ask *ask)
{
	struct vh_host *h = vh_alloc(sizeof(*h));
	struct vh_function_bus bus;

	vh_function_bus_open(&bus, root);
	h->asked = vh_alloc(ask->count * sizeof(*h->asked));
	h->n_asked = ask->count;
	if (ask->count)
		memcpy(h->asked, ask->addrs, ask->count * sizeof(*h->asked));
	if (ask->flags & VH_HOST_LONE)
		h->cmdline = vh_root_read(root, "proc/cmdline"); /* the rest is the machine's */
	else
		vh_machine_read(root, h);
	read_not_told(root, h);
	read_devs(h, &bus, ask->flags);
	if (!(ask->flags & VH_HOST_LONE))
		vh_machine_weigh_groups(root, h, ask->flags & VH_HOST_ALL);
	read_hints(h, &bus, ask);
	if (ask->flags & VH_HOST_RULES)
		vh_platform_read(&bus, h, ask->flags);
	if (ask->flags & VH_HOST_RULES && !(ask->flags & VH_HOST_ALL))
		vh_variant_read(root, h, ask->flags & VH_HOST_BINDS);
	for (size_t i = 0; ask->flags & VH_HOST_RULES && i < h->n_asked; i++)
		vh_topology_read(&bus, h, dev_in(h, &h->asked[i]));
	vh_function_bus_close(&bus);
	if (h->failed)
		vh_host_not_checked(h, "drivers and groups: %s", strerror(h->failed));
	vh_blocking_read(root, h, ask->flags, ask->deadline);
	for (size_t i = 0; i < ask->n_was; i++)
		stand_as_before(h, &ask->was[i]);
	return h;
}

const struct vh_host *vh_host_read(const struct vh_root *root, const struct vh_pci_addr *addrs,
				   size_t count, unsigned int flags, int64_t deadline)
{
	struct vh_host_ask ask = {
		.addrs = addrs,
		.count = count,
		.flags = flags,
		.deadline = deadline,
	};

	return vh_host_read_as(root, &ask);
}

/* --- once more -------------------------------------------------------------------------------- */

static bool is_same(const struct vh_pci_dev *a, const struct vh_pci_dev *b)
{
	return vh_streq(a->path, b->path) && vh_streq(a->driver, b->driver) &&
	       a->on_vfio == b->on_vfio && a->group == b->group && a->vendor == b->vendor &&
	       a->device == b->device && a->class == b->class && a->numvfs == b->numvfs &&
	       a->is_vf == b->is_vf && (!a->is_vf || !vh_pci_cmp(&a->pf, &b->pf));
}

/* `d` NULL: nothing was there. */
static bool stands_still(const struct vh_function_bus *bus, const struct vh_pci_addr *addr,
			 const struct vh_pci_dev *d)
{
	int failed = 0;
	struct vh_pci_dev *now = vh_function_read(bus, addr, &failed);
	bool same = !failed && (d && now ? is_same(d, now) : !d && !now);

	vh_function_free(now);
	return same;
}

static bool has_same_members(const struct vh_function_bus *bus, const struct vh_group *g)
{
	_auto_names_ struct vh_names names = { 0 };

	if (vh_root_list(&bus->groups, &names, "%d/devices", g->number) < 0 ||
	    names.count != g->count)
		return false;
	for (size_t i = 0; i < g->count; i++)
		if (!vh_names_has(&names, vh_pci_str(&g->members[i]->addr).s))
			return false;
	return true;
}

static bool is_unchanged(const struct vh_function_bus *bus, const struct vh_host *h)
{
	if (h->failed || bus->failed)
		return false;
	for (size_t i = 0; i < h->n_devs; i++)
		if (!h->devs[i]->hinted && !stands_still(bus, &h->devs[i]->addr, h->devs[i]))
			return false;
	for (size_t i = 0; i < h->n_asked; i++)
		if (!vh_host_dev(h, &h->asked[i]) && !stands_still(bus, &h->asked[i], NULL))
			return false;
	for (size_t i = 0; i < h->n_groups; i++)
		if (!has_same_members(bus, h->groups[i]))
			return false;
	return true;
}

static void read_overrides(const struct vh_root *root, struct vh_host *h)
{
	_auto_free_ struct vh_pci_addr *addrs = vh_alloc(h->n_devs * sizeof(*addrs));
	_auto_free_ struct vh_override *now = vh_alloc(h->n_devs * sizeof(*now));

	for (size_t i = 0; i < h->n_devs; i++)
		addrs[i] = h->devs[i]->addr;
	vh_blocking_read_overrides(root, addrs, h->n_devs, now);
	for (size_t i = 0; i < h->n_devs; i++) {
		free(h->devs[i]->override);
		h->devs[i]->override = now[i].value;
		h->devs[i]->override_read = now[i].known ? VH_YES : VH_UNKNOWN;
	}
}

bool vh_host_read_again(const struct vh_root *root, const struct vh_host *host)
{
	struct vh_host *h = (struct vh_host *)host; /* const for all but who made it, here */
	struct vh_function_bus bus;
	bool same;

	vh_function_bus_open(&bus, root);
	same = is_unchanged(&bus, h);
	vh_function_bus_close(&bus);
	if (same)
		read_overrides(root, h);
	return same;
}
