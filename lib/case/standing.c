/* SPDX-License-Identifier: GPL-2.0-or-later */
/* standing - ids, driver and override of each recorded device, as they are now. */
#include "lib/case/standing.h"

#include <errno.h>

#include "lib/host/function.h"
#include "lib/host/blocking.h"

#include "lib/base/banned.h"

/* VH_NO when there is no device, or another one. */
static enum vh_tri is_there(const struct vh_root *dir, const struct vh_record *r)
{
	uint16_t vendor, device;

	if (vh_function_ids(dir, &vendor, &device) < 0)
		return errno == ENOENT ? VH_NO : VH_UNKNOWN;
	return vendor == r->vendor && device == r->device ? VH_YES : VH_NO;
}

bool vh_standing_is_gone(const struct vh_root *root, const struct vh_record *r, int *ret_group)
{
	_auto_root_ struct vh_root dir = { .fd = -1 };
	bool gone;

	if (ret_group)
		*ret_group = -1;
	if (vh_function_enter(root, &r->addr, &dir) < 0)
		return errno == ENOENT;
	gone = is_there(&dir, r) == VH_NO;
	if (ret_group && !gone)
		*ret_group = vh_function_group_in(&dir);
	return gone;
}

static void read_one(const struct vh_root *root, const struct vh_record *r, struct vh_standing *s)
{
	_auto_root_ struct vh_root dir = { .fd = -1 };
	enum vh_tri there;

	if (vh_function_enter(root, &r->addr, &dir) < 0)
		there = errno == ENOENT ? VH_NO : VH_UNKNOWN;
	else
		there = is_there(&dir, r);
	s->gone = there == VH_NO;
	s->known = there == VH_YES && vh_function_driver_in(&dir, &s->driver, &s->on_vfio) == 0;
}

struct vh_standing *vh_standing_read(const struct vh_root *root, const struct vh_claim *c)
{
	struct vh_standing *list = vh_alloc(c->count * sizeof(*list));
	_auto_free_ struct vh_pci_addr *addrs = vh_alloc(c->count * sizeof(*addrs));
	_auto_free_ struct vh_override *overrides = vh_alloc(c->count * sizeof(*overrides));
	size_t n = 0;

	/* the reader of one whose write hangs would hang as well */
	for (size_t i = 0; i < c->count; i++)
		if (c->records[i].state != VH_STUCK)
			addrs[n++] = c->records[i].addr;
	vh_blocking_read_overrides(root, addrs, n, overrides);
	n = 0;
	for (size_t i = 0; i < c->count; i++) {
		read_one(root, &c->records[i], &list[i]);
		if (c->records[i].state != VH_STUCK) {
			list[i].override_known = overrides[n].known;
			list[i].override = overrides[n++].value;
		}
		list[i].place = vh_standing_place(&list[i], &c->records[i]);
	}
	return list;
}

void vh_standing_free(struct vh_standing *list, size_t count)
{
	for (size_t i = 0; list && i < count; i++) {
		free(list[i].driver);
		free(list[i].override);
	}
	free(list);
}

/* --- whose doing it is ------------------------------------------------------------------------ */

/* What libvirt moves: not before prepare has ended, nor what it found on a VFIO driver. */
static bool libvirt_moves(const struct vh_record *r)
{
	if (r->role != VH_NAMED || r->state == VH_TAKING)
		return false;
	return r->action == VH_UNBIND || (r->action == VH_LEAVE && !r->driver);
}

/* None says nothing of who cleared it. The recorded driver is named while that is being bound,
 * where it has to be (lib/act/home.c). libvirt sets vfio-pci, or the variant that it prefers, and
 * so do we where we bind. */
static bool is_explained_override(const struct vh_standing *s, const struct vh_record *r)
{
	if (!s->override || vh_streq(s->override, r->override))
		return true;
	if (vh_streq(s->override, "vfio-pci") || (s->on_vfio && vh_streq(s->override, s->driver)))
		return true;
	if (vh_streq(s->override, r->driver))
		return r->state == VH_RETURNING || r->override || !s->driver;
	return (libvirt_moves(r) || r->action == VH_BIND) && strstr(s->override, "vfio");
}

static bool is_explained_driver(const struct vh_standing *s, const struct vh_record *r)
{
	if (!s->driver || s->on_vfio || vh_streq(s->driver, r->driver))
		return true;
	/* who probes for libvirt has cleared the override before */
	return r->state == VH_RETURNING || (libvirt_moves(r) && !s->override);
}

enum vh_place vh_standing_place(const struct vh_standing *s, const struct vh_record *r)
{
	if (s->gone)
		return VH_PLACE_ELSEWHERE;
	if (r->state == VH_STUCK || !s->known || !s->override_known)
		return VH_PLACE_UNKNOWN;
	if (vh_streq(s->driver, r->driver) && vh_streq(s->override, r->override))
		return VH_PLACE_HOME;
	if (r->action == VH_KEEP || !is_explained_override(s, r) || !is_explained_driver(s, r))
		return VH_PLACE_ELSEWHERE;
	return VH_PLACE_PUT;
}

bool vh_standing_is_astray(const struct vh_standing *s, const struct vh_record *r)
{
	return s->place == VH_PLACE_PUT && s->driver && !s->on_vfio &&
	       !vh_streq(s->driver, r->driver);
}

bool vh_standing_is_marked(const struct vh_standing *s, const struct vh_record *r)
{
	return s->place == VH_PLACE_ELSEWHERE && r->state == VH_TAKING && !s->gone && s->driver &&
	       !s->on_vfio && s->override && strstr(s->override, "vfio") &&
	       !vh_streq(s->override, r->override);
}

struct vh_was *vh_standing_before(const struct vh_claim *c, const struct vh_standing *list,
				  size_t *ret_count)
{
	struct vh_was *was = vh_alloc(c->count * sizeof(*was));
	size_t n = 0;

	for (size_t i = 0; i < c->count; i++) {
		const struct vh_record *r = &c->records[i];

		if (list[i].place != VH_PLACE_ELSEWHERE)
			was[n++] = (struct vh_was){
				.addr = r->addr,
				.driver = r->driver,
				.override = r->override,
				.vfio = r->driver &&
					(strstr(r->driver, "vfio") || r->action == VH_LEAVE),
			};
	}
	*ret_count = n;
	return was;
}
