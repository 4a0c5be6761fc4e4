/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * world - hand-built input for the pure part: a host, a domain, a configuration. Everything
 * lies in one struct and borrows its strings, so nothing is freed but what world_plan() made.
 */
#ifndef VH_TEST_WORLD_H
#define VH_TEST_WORLD_H

#include "lib/decide/findings.h"

#define WORLD_MAX 12
#define S(text) ((char *)(text))

struct world {
	struct vh_pci_dev dev[WORLD_MAX];
	struct vh_pci_dev *devs[WORLD_MAX];
	struct vh_group group[WORLD_MAX];
	struct vh_group *groups[WORLD_MAX];
	struct vh_pci_dev *members[WORLD_MAX][WORLD_MAX];
	struct vh_use uses[WORLD_MAX][4];
	struct vh_hostdev element[WORLD_MAX];
	struct vh_device_policy policy[WORLD_MAX];
	struct vh_huge_pool pools[6];
	struct vh_huge_request requests[2];
	struct vh_guest_cell cells[2];
	struct vh_binding bindings[2];
	struct vh_memory_device dimms[2];
	struct vh_claim_view view[2];
	struct vh_claim claim[2];
	struct vh_record record[2][2];
	struct vh_host host;
	struct vh_claims claims;
	struct vh_group_view seen[WORLD_MAX]; /* of the groups, in their order */
	struct vh_case c;
	struct vh_domain domain;
	struct vh_config config;
	struct vh_vf vfs[4];
	struct vh_vfpool pool;   /* on the host itself */
	char *pool_names[4];     /* one for each interface that is of it */
	bool by_hand, host_only; /* no domain; and no plan either */
};

static inline struct vh_pci_addr world_addr(const char *s)
{
	struct vh_pci_addr a = { 0 };

	if (vh_pci_parse(s, &a) < 0)
		abort();
	return a;
}

/* A machine on which passthrough works and a domain that names nothing. */
static inline void world_init(struct world *w)
{
	memset(w, 0, sizeof(*w));
	w->host.iommu = true;
	w->host.vfio_pci = VH_MODULE_LOADABLE;
	w->host.release = S("6.1.0-56-amd64");
	w->host.denylist = VH_YES;
	w->host.cmdline = S("ro quiet");
	w->host.firmware_iommu = VH_YES;
	w->host.devs = w->devs;
	w->host.groups = w->groups;
	w->claims.groups = w->seen;
	w->c.domain = &w->domain;
	w->c.config = &w->config;
	w->c.host = &w->host;
	w->c.claims = &w->claims;
	w->c.pools.list = &w->pool;
	w->claims.list = w->view;
	w->domain.name = S("vm");
	w->domain.uuid = S("4dea22b3-1d52-d8f3-2516-782e98ab3fa0");
	w->domain.arch = S("x86_64");
	w->domain.line = 1;
	w->domain.balloon_line = 90;
	w->domain.balloon = VH_BALLOON_NONE;
	w->domain.memory_kib = w->domain.current_kib = w->domain.memory.total_kib = 4194304;
	w->domain.memory.line = 5;
	w->domain.memory.pages = w->requests;
	w->domain.memory.cells = w->cells;
	w->domain.memory.bindings = w->bindings;
	w->domain.memory.devices = w->dimms;
	w->c.memory.pools = w->pools;
	w->domain.devices = w->element;
	w->config.devices = w->policy;
}

static inline struct vh_group *world_group(struct world *w, int number)
{
	size_t n = w->host.n_groups;

	for (size_t i = 0; i < n; i++) {
		if (w->group[i].number == number)
			return &w->group[i];
	}
	if (n == WORLD_MAX)
		abort();
	w->group[n].number = number;
	w->group[n].members = w->members[n];
	w->seen[n].number = number;
	w->seen[n].open = VH_NO;
	w->claims.n_groups++;
	w->host.n_groups++;
	return &w->group[n];
}

/* Who has the group open. */
static inline struct vh_group_view *world_view(struct world *w, int number)
{
	return &w->seen[world_group(w, number) - w->group];
}

/* Adds a function; on buses other than 0 below the bridge 0000:00:01.0. */
static inline struct vh_pci_dev *world_dev(struct world *w, const char *addr, uint32_t class,
					   int group, const char *driver)
{
	struct vh_pci_dev *d = &w->dev[w->host.n_devs];
	struct vh_group *g = group < 0 ? NULL : world_group(w, group);

	if (w->host.n_devs++ == WORLD_MAX)
		abort();
	d->addr = world_addr(addr);
	d->class = class;
	d->vendor = 0x1af4;
	d->device = 0x1000;
	d->group = group;
	d->numa_node = -1;
	d->can_reset = VH_YES;
	d->resets = S("flr bus");
	d->driver = S(driver);
	d->on_vfio = driver && !strcmp(driver, "vfio-pci");
	d->root_bus = d->addr.bus == 0;
	d->bridge = world_addr("0000:00:01.0");
	d->uses = w->uses[d - w->dev];
	d->uses_read = VH_YES;
	if (g)
		g->members[g->count++] = d;
	return d;
}

static inline struct vh_use *world_use(struct vh_pci_dev *d, enum vh_use_kind kind, const char *text)
{
	struct vh_use *u = &d->uses[d->n_uses++];

	u->kind = kind;
	u->text = S(text);
	return u;
}

/* Adds a managed <hostdev> on line 10, 20, ... */
static inline struct vh_hostdev *world_name(struct world *w, const char *addr)
{
	struct vh_hostdev *e = &w->element[w->domain.n_devices++];

	e->element = VH_HOSTDEV;
	e->line = 10 * (int)w->domain.n_devices;
	e->addr = world_addr(addr);
	e->written = S("bus='1'");
	e->written_managed = VH_MANAGED_YES;
	e->managed = true;
	return e;
}

static inline struct vh_device_policy *world_policy(struct world *w, const char *addr)
{
	struct vh_device_policy *p = &w->policy[w->config.n_devices++];

	p->addr = world_addr(addr);
	return p;
}

/* Adds a claim of another domain that holds one device. */
static inline struct vh_claim_view *world_claim(struct world *w, const char *addr)
{
	size_t n = w->claims.count++;
	struct vh_claim *k = &w->claim[n];

	k->owner = S("b0000000-0000-0000-0000-000000000002");
	k->name = S("other vm");
	k->ran = true;
	k->records = w->record[n];
	k->records[0].addr = world_addr(addr);
	k->count = 1;
	w->view[n].claim = k;
	w->view[n].why = S("it runs");
	return &w->view[n];
}

static inline int world_dev_order(const void *a, const void *b)
{
	return vh_pci_cmp(&(*(struct vh_pci_dev *const *)a)->addr,
			  &(*(struct vh_pci_dev *const *)b)->addr);
}

static inline int world_group_order(const void *a, const void *b)
{
	return (*(struct vh_group *const *)a)->number - (*(struct vh_group *const *)b)->number;
}

/* Sorts the host as vh_host_read() does, and plans. By hand, what the elements name is asked. */
static inline struct vh_plan *world_plan(struct world *w, struct vh_pci_addr *asked)
{
	for (size_t i = 0; i < w->host.n_devs; i++)
		w->devs[i] = &w->dev[i];
	for (size_t i = 0; i < w->host.n_groups; i++) {
		w->groups[i] = &w->group[i];
		qsort(w->group[i].members, w->group[i].count, sizeof(*w->devs), world_dev_order);
	}
	qsort(w->devs, w->host.n_devs, sizeof(*w->devs), world_dev_order);
	qsort(w->groups, w->host.n_groups, sizeof(*w->groups), world_group_order);
	if (w->host_only)
		return NULL;
	if (!w->by_hand)
		return vh_plan_make(&w->domain, &w->host, &w->config);
	for (size_t i = 0; i < w->domain.n_devices; i++)
		asked[i] = w->element[i].addr;
	w->host.asked = asked;
	w->host.n_asked = w->domain.n_devices;
	return vh_plan_detach(asked, w->domain.n_devices, &w->host);
}

#endif
