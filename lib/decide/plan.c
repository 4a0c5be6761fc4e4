/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan - the devices that a domain names and their peers, in order of address, with what is to be
 * done to each; whether that is allowed is for the rules to say.
 */
#include "lib/decide/plan.h"

#include "lib/base/banned.h"

bool vh_plan_can_pass(const struct vh_pci_dev *d)
{
	return !d->dead && !vh_host_is_bridge(d);
}

bool vh_plan_allows(const struct vh_config *c, const struct vh_pci_dev *d, const struct vh_use *use)
{
	return !use->vital && (vh_config_device(c, &d->addr).allow_in_use & use->kind);
}

bool vh_plan_is_refused_by(const struct vh_config *c, const struct vh_pci_dev *d,
			   const struct vh_use *use, enum vh_role role)
{
	if (use->looked || vh_plan_allows(c, d, use))
		return false;
	return role == VH_PEER || (!use->peer_only && !use->weak);
}

static int by_addr(const void *a, const void *b)
{
	const struct vh_plan_dev *x = a, *y = b;

	return vh_pci_cmp(&x->dev->addr, &y->dev->addr);
}

/* Of several elements for one address the first of the document speaks. */
static int by_addr_and_element(const void *a, const void *b)
{
	const struct vh_plan_dev *x = a, *y = b;
	int order = by_addr(a, b);

	return order ? order : (x->element > y->element) - (x->element < y->element);
}

static const struct vh_plan_dev *find(const struct vh_plan *p, size_t count,
				      const struct vh_pci_dev *d)
{
	struct vh_plan_dev key = { .dev = d };

	return count ? bsearch(&key, p->devs, count, sizeof(*p->devs), by_addr) : NULL;
}

static void add(struct vh_plan *p, const struct vh_pci_dev *d, const struct vh_hostdev *element,
		enum vh_role role, enum vh_action action)
{
	struct vh_plan_dev *pd = VH_APPEND(p->devs, p->count);

	pd->dev = d;
	pd->element = element;
	pd->role = role;
	pd->action = action;
}

static void sort_named(struct vh_plan *p)
{
	size_t kept = 0;

	if (!p->count)
		return;
	qsort(p->devs, p->count, sizeof(*p->devs), by_addr_and_element);
	for (size_t i = 0; i < p->count; i++) {
		if (!kept || p->devs[kept - 1].dev != p->devs[i].dev)
			p->devs[kept++] = p->devs[i];
	}
	p->count = kept;
}

/* A bus reset reaches every function below the same bridge, and VFIO allows it only when all
 * of them are on its drivers (vfio_pci_core.c:vfio_pci_is_device_in_set()). */
static bool shares_bus(const struct vh_plan *p, size_t named, const struct vh_pci_dev *d)
{
	if (d->root_bus)
		return false;
	for (size_t i = 0; i < named; i++) {
		const struct vh_pci_dev *n = p->devs[i].dev;

		if (vh_plan_can_pass(n) && !n->root_bus && !vh_pci_cmp(&n->bridge, &d->bridge))
			return true;
	}
	return false;
}

static bool is_touched(const struct vh_plan *p, size_t named, const struct vh_pci_dev *d)
{
	if (vh_host_is_bridge(d))
		return false;
	if (d->driver)
		return !vh_host_is_tolerated(d);
	return shares_bus(p, named, d) && !vh_host_is_chipset(d) && !d->dead;
}

static bool is_first_of_group(const struct vh_plan *p, size_t i)
{
	for (size_t j = 0; j < i; j++) {
		if (p->devs[j].dev->group == p->devs[i].dev->group &&
		    vh_plan_can_pass(p->devs[j].dev))
			return false;
	}
	return true;
}

/* The named devices are complete and sorted. */
static void add_peers(struct vh_plan *p, const struct vh_host *h)
{
	size_t named = p->count;

	for (size_t i = 0; i < named; i++) {
		const struct vh_group *g = vh_host_group(h, p->devs[i].dev->group);

		if (!g || !vh_plan_can_pass(p->devs[i].dev) || !is_first_of_group(p, i))
			continue;
		for (size_t j = 0; j < g->count; j++) {
			if (!find(p, named, g->members[j]) && is_touched(p, named, g->members[j]))
				add(p, g->members[j], NULL, VH_PEER, VH_BIND);
		}
	}
	if (p->count > named)
		qsort(p->devs, p->count, sizeof(*p->devs), by_addr);
}

static enum vh_action named_action(const struct vh_hostdev *element, const struct vh_pci_dev *d)
{
	if (!element->managed)
		return VH_KEEP;
	if (!vh_plan_can_pass(d) || !d->driver || d->on_vfio)
		return VH_LEAVE;
	return VH_UNBIND;
}

struct vh_plan *vh_plan_make(const struct vh_domain *d, const struct vh_host *h,
			     const struct vh_config *c)
{
	struct vh_plan *p = vh_alloc(sizeof(*p));

	p->keep_peers = c->peers == VH_PEERS_REQUIRE;
	for (size_t i = 0; i < d->n_devices; i++) {
		const struct vh_hostdev *e = &d->devices[i];
		const struct vh_pci_dev *dev = e->problem ? NULL : vh_host_dev(h, &e->addr);

		if (dev)
			add(p, dev, e, VH_NAMED, named_action(e, dev));
	}
	sort_named(p);
	if (!p->keep_peers)
		add_peers(p, h);
	return p;
}

struct vh_plan *vh_plan_detach(const struct vh_pci_addr *addrs, size_t count,
			       const struct vh_host *h)
{
	struct vh_plan *p = vh_alloc(sizeof(*p));

	for (size_t i = 0; i < count; i++) {
		const struct vh_pci_dev *dev = vh_host_dev(h, &addrs[i]);

		if (dev)
			add(p, dev, NULL, VH_NAMED,
			    vh_plan_can_pass(dev) && !dev->on_vfio ? VH_BIND : VH_LEAVE);
	}
	sort_named(p);
	add_peers(p, h);
	return p;
}

void vh_plan_free(struct vh_plan *p)
{
	if (!p)
		return;
	free(p->devs);
	free(p);
}
