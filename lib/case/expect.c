/* SPDX-License-Identifier: GPL-2.0-or-later */
/* expect - pins and records beside what stands there; what is missing is searched for among all
 * functions. */
#include "lib/case/expect.h"

#include <errno.h>

#include "lib/host/function.h"

#include "lib/base/banned.h"

#define DEVICES "sys/bus/pci/devices"

size_t vh_expect_at(const struct vh_pci_addr *addr, const struct vh_config *c,
		    const struct vh_domain *d, const struct vh_identity *last,
		    struct vh_expect ret[VH_EXPECT_MAX])
{
	const struct vh_device_policy policy = vh_config_device(c, addr);
	const struct vh_sighting *seen = last ? vh_identity_find(last, addr) : NULL;
	size_t n = 0;

	if (policy.pin.set)
		ret[n++] = (struct vh_expect){ VH_BY_CONFIG,
					       { .addr = *addr, .id = policy.pin.id }, 0 };
	for (size_t i = 0; d && i < d->policy.n_pins; i++) {
		const struct vh_domain_pin *pin = &d->policy.pins[i];

		if (vh_pci_cmp(&pin->addr, addr))
			continue;
		ret[n++] = (struct vh_expect){ VH_BY_DOMAIN, { .addr = *addr, .id = pin->id },
					       pin->line };
		break; /* metadata.c lets no second one pass */
	}
	if (!n && seen)
		ret[n++] = (struct vh_expect){ VH_BY_RECORD, *seen, 0 };
	return n;
}

bool vh_expect_is_met(const struct vh_expect *e, const struct vh_sighting *s)
{
	if (e->by == VH_BY_RECORD)
		return vh_pci_is_same_make(&e->seen, s) && vh_pci_is_same_class(&e->seen, s);
	return vh_pci_id_cmp(&e->seen.id, &s->id) == 0;
}

/* --- where they are --------------------------------------------------------------------------- */

struct search {
	const struct vh_config *config;
	const struct vh_domain *domain;
	const struct vh_identity *last;
	const struct vh_host *host;
	struct vh_sightings *found;
	struct vh_expect *missed;
	size_t count;
};

static void note_missed(struct search *s, const struct vh_pci_addr *addr)
{
	const struct vh_pci_dev *d = vh_host_dev(s->host, addr);
	struct vh_expect expected[VH_EXPECT_MAX];
	size_t n = vh_expect_at(addr, s->config, s->domain, s->last, expected);

	for (size_t i = 0; i < n; i++) {
		struct vh_sighting now = d ? vh_host_sighting(d) : (struct vh_sighting){ 0 };

		if (!d || !vh_expect_is_met(&expected[i], &now))
			*VH_APPEND(s->missed, s->count) = expected[i];
	}
}

/* A name in sysfs of a device that was missed? Its vendor decides in most cases. */
static void look_at(const struct vh_function_bus *bus, struct search *s, const char *name)
{
	int64_t vendor = vh_root_read_int(bus->root, DEVICES "/%s/vendor", name), device = -1;
	struct vh_pci_addr addr;
	struct vh_pci_dev *d;
	bool wanted = false;
	int failed = 0;

	for (size_t i = 0; i < s->count && !wanted; i++) {
		const struct vh_pci_id *id = &s->missed[i].seen.id;

		if (id->vendor != vendor)
			continue;
		if (device < 0)
			device = vh_root_read_int(bus->root, DEVICES "/%s/device", name);
		wanted = id->device == device;
	}
	if (!wanted || vh_pci_parse(name, &addr) < 0)
		return;
	d = vh_function_read(bus, &addr, &failed);
	if (d)
		*VH_APPEND(s->found->list, s->found->count) = vh_host_sighting(d);
	vh_function_free(d);
}

void vh_expect_look(struct vh_sightings *ret, const struct vh_root *root, const struct vh_host *h,
		    const struct vh_config *c, const struct vh_domain *d,
		    const struct vh_identity *last, struct vh_names *unseen)
{
	struct search s = { .config = c, .domain = d, .last = last, .host = h, .found = ret };
	_auto_names_ struct vh_names names = { 0 };
	struct vh_function_bus bus;

	for (size_t i = 0; i < h->n_asked; i++)
		note_missed(&s, &h->asked[i]);
	for (size_t i = 0; i < h->n_devs; i++) /* pinned, and only a member of the group */
		if (h->devs[i]->group >= 0 && !h->devs[i]->hinted)
			note_missed(&s, &h->devs[i]->addr);
	if (!s.count)
		return;
	if (vh_root_list(root, &names, DEVICES) < 0)
		vh_names_note(unseen, "whether a device has moved: %s", strerror(errno));
	vh_function_bus_open(&bus, root);
	for (size_t i = 0; i < names.count; i++)
		look_at(&bus, &s, names.name[i]);
	vh_function_bus_close(&bus);
	free(s.missed);
}

static void see_members(const struct vh_root *root, int group, struct vh_identity *i)
{
	_auto_names_ struct vh_names names = { 0 };
	struct vh_pci_addr addr;

	if (group < 0)
		return;
	VH_IGNORE(vh_root_list(root, &names, "sys/kernel/iommu_groups/%d/devices", group));
	for (size_t n = 0; n < names.count; n++)
		if (vh_pci_parse(names.name[n], &addr) == 0)
			vh_identity_put_member(i, &addr);
}

struct vh_identity *vh_expect_see(const struct vh_root *root, const char *uuid, const char *name,
				  const struct vh_pci_addr *addrs, size_t count,
				  const struct vh_identity *old)
{
	struct vh_identity *i = vh_identity_new(uuid, name);
	struct vh_function_bus bus;

	vh_function_bus_open(&bus, root);
	for (size_t n = 0; n < count; n++) {
		int failed = 0;
		struct vh_pci_dev *d = vh_function_read(&bus, &addrs[n], &failed);
		const struct vh_sighting *before = old ? vh_identity_find(old, &addrs[n]) : NULL;
		struct vh_sighting now = { 0 };

		if (d)
			now = vh_host_sighting(d);
		if (now.id.vendor)
			vh_identity_put(i, &now);
		else if (before)
			vh_identity_put(i, before);
		/* whose they are is not noted */
		for (size_t k = 0; !d && before && k < old->n_members; k++)
			vh_identity_put_member(i, &old->members[k]);
		see_members(root, d ? d->group : -1, i);
		vh_function_free(d);
	}
	vh_function_bus_close(&bus);
	return i;
}
