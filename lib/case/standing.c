/* SPDX-License-Identifier: GPL-2.0-or-later */
/* standing - ids, driver and override of each recorded device, as they are now. */
#include "lib/case/standing.h"

#include <errno.h>

#include "lib/host/function.h"
#include "lib/host/blocking.h"

#include "lib/base/banned.h"

/* One of the ids: VH_NO when there is no device, or another one. */
static enum vh_tri has_id(const struct vh_root *root, const struct vh_record *r,
			  const char *attribute, uint16_t id)
{
	int64_t v = vh_root_read_int(root, "sys/bus/pci/devices/%s/%s", vh_pci_str(&r->addr).s,
				     attribute);

	if (v < 0)
		return errno == ENOENT ? VH_NO : VH_UNKNOWN;
	return v == id ? VH_YES : VH_NO;
}

static void read_state(const struct vh_root *root, const struct vh_record *r, struct vh_standing *s)
{
	enum vh_tri vendor = has_id(root, r, "vendor", r->vendor);
	enum vh_tri device = has_id(root, r, "device", r->device);

	s->present = vendor != VH_NO && device != VH_NO;
	s->known = vendor == VH_YES && device == VH_YES &&
		   vh_function_driver(root, &r->addr, &s->driver, &s->on_vfio) == 0;
}

struct vh_standing *vh_standing_read(const struct vh_root *root, const struct vh_claim *c)
{
	struct vh_standing *states = vh_alloc(c->count * sizeof(*states));
	_auto_free_ struct vh_pci_addr *addrs = vh_alloc(c->count * sizeof(*addrs));
	_auto_free_ struct vh_override *overrides = vh_alloc(c->count * sizeof(*overrides));
	size_t n = 0;

	/* the reader of one whose write hangs would hang as well */
	for (size_t i = 0; i < c->count; i++)
		if (!c->records[i].stuck)
			addrs[n++] = c->records[i].addr;
	vh_blocking_read_overrides(root, addrs, n, overrides);
	n = 0;
	for (size_t i = 0; i < c->count; i++) {
		read_state(root, &c->records[i], &states[i]);
		if (c->records[i].stuck)
			continue;
		states[i].override_known = overrides[n].known;
		states[i].override = overrides[n++].value;
	}
	return states;
}

void vh_standing_free(struct vh_standing *states, size_t count)
{
	for (size_t i = 0; states && i < count; i++) {
		free(states[i].driver);
		free(states[i].override);
	}
	free(states);
}

bool vh_standing_is_home(const struct vh_standing *s, const struct vh_record *r)
{
	return s->known && s->override_known && vh_streq(s->driver, r->driver) &&
	       vh_streq(s->override, r->override);
}

/* Of the overrides only ours (vfio-pci, and the recorded driver while that is being bound),
 * libvirt's (a variant driver's name while that is bound), the recorded one and none. */
static bool is_our_override(const struct vh_standing *s, const struct vh_record *r)
{
	return s->override_known && (!s->override || vh_streq(s->override, r->override) ||
				     vh_streq(s->override, r->driver) ||
				     vh_streq(s->override, "vfio-pci") ||
				     (s->on_vfio && vh_streq(s->override, s->driver)));
}

bool vh_standing_is_ours(const struct vh_standing *s, const struct vh_record *r)
{
	return s->present && s->known && is_our_override(s, r) &&
	       (!s->driver || s->on_vfio || vh_streq(s->driver, r->driver));
}

bool vh_standing_is_astray(const struct vh_standing *s, const struct vh_record *r)
{
	return s->present && s->known && is_our_override(s, r) && r->action != VH_KEEP &&
	       s->driver && !s->on_vfio && !vh_streq(s->driver, r->driver);
}

bool *vh_standing_counts(const struct vh_root *root, const struct vh_claim *c)
{
	struct vh_standing *states = vh_standing_read(root, c);
	bool *counts = vh_alloc(c->count * sizeof(*counts));

	for (size_t i = 0; i < c->count; i++)
		counts[i] = vh_standing_is_ours(&states[i], &c->records[i]);
	vh_standing_free(states, c->count);
	return counts;
}

struct vh_was *vh_standing_before(const struct vh_claim *c, const bool *counts, size_t *ret_count)
{
	struct vh_was *was = vh_alloc(c->count * sizeof(*was));
	size_t n = 0;

	for (size_t i = 0; i < c->count; i++) {
		const struct vh_record *r = &c->records[i];

		if (counts[i])
			was[n++] = (struct vh_was){
				.addr = r->addr,
				.driver = r->driver,
				.override = r->override,
				.vfio = r->driver &&
					(!strcmp(r->driver, "vfio-pci") || r->action == VH_LEAVE),
			};
	}
	*ret_count = n;
	return was;
}
