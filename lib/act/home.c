/* SPDX-License-Identifier: GPL-2.0-or-later */
/* home - the way home in five steps: override, unbind, probe, bind, override. After each
 * write the devices are read again. */
#include "lib/act/home.h"

#include "lib/act/steps.h"
#include "lib/case/standing.h"
#include "lib/host/read.h"

#include "lib/base/banned.h"

/*
 * The override that stands while the recorded driver binds. Probing without one lets the
 * kernel choose; where the record has an override of its own, or the driver takes no device
 * unasked (vfio-pci), the driver is named, and the record's own override comes last.
 */
static const char *binding_override(const struct vh_record *r)
{
	if (r->driver && (r->override || strstr(r->driver, "vfio")))
		return r->driver;
	return r->override;
}

/* May this record be written to? Neither while a write hangs nor where we know nothing. */
static bool can_touch(const struct vh_record *r, const struct vh_standing *s)
{
	return s->present && s->known && s->override_known && !r->stuck && r->action != VH_KEEP;
}

/*
 * Another host driver holds the device: libvirt or the kernel bound it after the guest, or
 * somebody by hand. Taking it from there is right only if the host does not use it yet. UNKNOWN:
 * nobody answered (the reader was killed, or its driver hangs), so that the next one has to ask.
 */
static enum vh_tri is_used_there(const struct vh_act *act, const struct vh_record *r)
{
	_auto_(vh_host) const struct vh_host *h = vh_host_read(act->root, &r->addr, 1, VH_HOST_USES,
							       act->deadline);
	const struct vh_pci_dev *d = vh_host_dev(h, &r->addr);

	if (!d || h->failed || d->uses_read == VH_NO)
		return VH_UNKNOWN;
	for (size_t i = 0; i < d->n_uses; i++)
		if (!d->uses[i].looked && (r->role == VH_PEER || !d->uses[i].peer_only))
			return VH_YES;
	return d->uses_read == VH_YES ? VH_NO : VH_YES; /* what is not fully seen counts */
}

/* What bringing home knows: the claim, where its devices stand, and the first failure. */
struct homecoming {
	const struct vh_act *act;
	struct vh_claim *claim;
	int lock;
	struct vh_standing *first, *states; /* at the beginning, and now */
	bool *left;                         /* records that have to wait for a later call */
	struct vh_error why;
};

/* Adds the writes of one step for record i, which stands in state s. */
typedef void home_step(struct homecoming *h, size_t i, const struct vh_standing *s,
		       struct vh_batch *b);

static void step_override(struct homecoming *h, size_t i, const struct vh_standing *s,
			  struct vh_batch *b)
{
	const struct vh_record *r = &h->claim->records[i];
	bool bound = vh_streq(s->driver, r->driver);
	const char *want = bound ? r->override : binding_override(r);

	if (!vh_streq(s->override, want))
		vh_steps_add_override(b, &r->addr, want);
}

/* Leaves it where the host uses it, and for later where that cannot be seen. */
static void stay(struct homecoming *h, size_t i, const struct vh_standing *s, enum vh_tri used)
{
	struct vh_record *r = &h->claim->records[i];
	_auto_free_ char *text = vh_printf(
		"%s stays on driver '%s' instead of '%s': %s", vh_pci_str(&r->addr).s, s->driver,
		r->driver ? r->driver : "none",
		used == VH_YES ? "the host uses it" : "whether the host uses it cannot be seen");

	vh_steps_warn(h->act, h->claim, text);
	h->left[i] = used != VH_YES;
	if (used == VH_YES)
		r->action = VH_KEEP; /* no longer ours to move */
}

static void step_unbind(struct homecoming *h, size_t i, const struct vh_standing *s,
			struct vh_batch *b)
{
	const struct vh_record *r = &h->claim->records[i];
	enum vh_tri used;

	if (!s->driver || vh_streq(s->driver, r->driver))
		return;
	used = s->on_vfio ? VH_NO : is_used_there(h->act, r);
	if (used == VH_NO)
		vh_steps_add_unbind(b, &r->addr, s->driver);
	else
		stay(h, i, s, used);
}

static void step_probe(struct homecoming *h, size_t i, const struct vh_standing *s,
		       struct vh_batch *b)
{
	const struct vh_record *r = &h->claim->records[i];

	if (r->driver && !s->driver)
		vh_steps_add_probe(b, &r->addr);
}

static void step_bind(struct homecoming *h, size_t i, const struct vh_standing *s,
		      struct vh_batch *b)
{
	const struct vh_record *r = &h->claim->records[i];

	if (!r->driver || vh_streq(s->driver, r->driver))
		return;
	if (s->driver) /* probing chose another */
		vh_steps_add_unbind(b, &r->addr, s->driver);
	vh_steps_add_bind(b, &r->addr, r->driver);
}

static void run_step(struct homecoming *h, home_step *step)
{
	_auto_batch_ struct vh_batch b = { 0 };
	struct vh_standing *before = h->states;
	struct vh_claim *c = h->claim;

	/* in ascending order: function 0 comes home first */
	for (size_t i = 0; i < c->count; i++)
		if (can_touch(&c->records[i], &before[i]) && !h->left[i])
			step(h, i, &before[i], &b);
	if (!b.count)
		return;
	vh_batch_run(h->act, &b, h->lock);
	vh_steps_mark_stuck(c, &b);
	if (vh_batch_failed(&b) && !h->why.what)
		(void)vh_steps_failed(vh_batch_failed(&b), "give back", &h->why);
	h->states = vh_standing_read(h->act->root, c);
	if (before != h->first)
		vh_standing_free(before, c->count);
}

/* Removes what is home or no longer ours; of what is neither, the first is explained. */
static void settle(struct homecoming *h, struct vh_error *err)
{
	struct vh_claim *c = h->claim;

	for (size_t i = c->count; i-- > 0;) {
		const struct vh_record *r = &c->records[i];
		const struct vh_standing *s = &h->states[i];
		struct vh_pci_addr addr = r->addr;

		if (s->known && h->first[i].known)
			vh_steps_report(h->act, c, &addr, h->first[i].driver, s->driver);
		if (r->stuck || (s->present && r->action != VH_KEEP && !vh_standing_is_home(s, r))) {
			(void)vh_fail(err, VH_E_LEFT, 0, NULL, "%s is not back on driver '%s'%s%s",
				      vh_pci_str(&addr).s, r->driver ? r->driver : "none",
				      h->why.what ? ": " : "", h->why.what ? h->why.what : "");
			continue;
		}
		if (!s->present) {
			_auto_free_ char *text = vh_printf("%s is gone, or another device by now",
							   vh_pci_str(&addr).s);
			vh_steps_warn(h->act, c, text);
		}
		vh_claim_remove(c, &addr);
	}
}

int vh_home_bring(const struct vh_act *act, struct vh_claim *c, int lock, struct vh_error *err)
{
	static home_step *const steps[] = {
		step_override, step_unbind, step_probe, step_bind, step_override,
	};
	size_t count = c->count;
	_auto_free_ bool *left = vh_alloc(count * sizeof(*left));
	struct homecoming h = { .act = act, .claim = c, .lock = lock, .left = left };

	h.first = h.states = vh_standing_read(act->root, c);
	for (size_t i = 0; i < VH_COUNT(steps); i++)
		run_step(&h, steps[i]);
	settle(&h, err);
	if (h.states != h.first)
		vh_standing_free(h.states, count);
	vh_standing_free(h.first, count);
	vh_error_clear(&h.why);
	return c->count ? -1 : 0;
}
