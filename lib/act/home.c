/* SPDX-License-Identifier: GPL-2.0-or-later */
/* home - the way home in five steps: override, unbind, probe, bind, override. After each
 * step the devices are read again, and only those that stand where we put them are written to. */
#include "lib/act/home.h"

#include <errno.h>
#include <time.h>

#include "lib/act/handover.h"
#include "lib/act/module.h"
#include "lib/act/steps.h"
#include "lib/act/writer.h"
#include "lib/case/standing.h"
#include "lib/host/read.h"

#include "lib/base/banned.h"

#define BUSY_NS 200000000
#define BUSY_TIMES 10

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

/*
 * Another host driver holds the device: libvirt or the kernel bound it after the guest, or
 * somebody by hand. Taking it from there is right only if the host does not use it yet. UNKNOWN:
 * not all could be seen (a reader was killed, or its driver hangs): the next one has to ask.
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
	return d->uses_read == VH_YES ? VH_NO : VH_UNKNOWN;
}

/* What bringing home knows: the claim, where its devices stand, and the first failure. */
struct homecoming {
	const struct vh_act *act;
	const struct vh_store *store;
	struct vh_claim *claim;
	struct vh_writers writers;
	struct vh_standing *first, *states;                /* at the beginning, and now */
	enum stay { GOES = 0, HAS_TO_WAIT, STAYS } * stay; /* for a later call, or for good */
	bool busy;            /* the last step found a device so, for a moment */
	bool strange;         /* or one that its driver does not know */
	bool unsaved;         /* the claim could not say that they return: then nothing is probed */
	struct vh_error *why; /* of each record: its first failure */
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
	const struct vh_record *r = &h->claim->records[i];
	_auto_free_ char *text = vh_printf(
		"%s stays on driver '%s' instead of '%s': %s", vh_pci_str(&r->addr).s, s->driver,
		r->driver ? r->driver : "none",
		used == VH_YES ? "the host uses it" : "whether the host uses it cannot be seen");

	vh_steps_warn(h->act, h->claim, text);
	h->stay[i] = used == VH_YES ? STAYS : HAS_TO_WAIT;
}

static void add_unbind(struct homecoming *h, size_t i, const struct vh_standing *s,
		       struct vh_batch *b)
{
	const struct vh_record *r = &h->claim->records[i];

	if (s->on_vfio)
		vh_steps_add_leaving(b, r, s->driver);
	else
		vh_steps_add_taking(b, r, s->driver);
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
		add_unbind(h, i, s, b);
	else
		stay(h, i, s, used);
}

static void step_probe(struct homecoming *h, size_t i, const struct vh_standing *s,
		       struct vh_batch *b)
{
	const struct vh_record *r = &h->claim->records[i];

	/* where it would land is not written down: it is bound by name, below */
	if (r->driver && !s->driver && !h->unsaved)
		vh_steps_add_probe(b, &r->addr);
}

static void step_bind(struct homecoming *h, size_t i, const struct vh_standing *s,
		      struct vh_batch *b)
{
	const struct vh_record *r = &h->claim->records[i];

	if (!r->driver || vh_streq(s->driver, r->driver))
		return;
	if (s->driver) /* probing chose another */
		add_unbind(h, i, s, b);
	vh_steps_add_bind(b, &r->addr, r->driver);
}

/* Some drivers know no device by its ids, and take what they are named for (UIO's). It was bound so,
 * and its override was cleared afterwards. Only a record that returns explains that override. */
static void step_name(struct homecoming *h, size_t i, const struct vh_standing *s,
		      struct vh_batch *b)
{
	const struct vh_record *r = &h->claim->records[i];

	if (!r->driver || s->driver || h->unsaved || vh_streq(s->override, r->driver))
		return;
	vh_steps_add_override(b, &r->addr, r->driver);
	vh_steps_add_bind(b, &r->addr, r->driver);
}

/* What was in use when it was to be taken from the driver that probing chose; and a group that a
 * guest has opened since keeps its devices for a later call. */
static void leave_used(struct homecoming *h, const struct vh_batch *b)
{
	for (size_t k = 0; k < b->count; k++) {
		const struct vh_write *w = &b->writes[k];

		for (size_t i = 0; w->result > 0 && i < h->claim->count; i++) {
			if (vh_pci_cmp(&h->claim->records[i].addr, &w->addr))
				continue;
			if (w->result == VH_WRITE_USED)
				stay(h, i, &h->states[i], VH_YES);
			else if (w->result == VH_WRITE_UNSEEN)
				stay(h, i, &h->states[i], VH_UNKNOWN);
			else if (w->result == VH_WRITE_OPEN)
				h->stay[i] = HAS_TO_WAIT;
		}
	}
}

/* One of which nobody could say where it stood when the others set out waits for a later call: its
 * record does not say yet that it returns. */
static bool is_going(const struct homecoming *h, size_t i)
{
	const struct vh_record *r = &h->claim->records[i];

	return r->now && r->state == VH_RETURNING && h->states[i].place == VH_PLACE_PUT &&
	       h->stay[i] == GOES;
}

/* Who has unloaded the module of a home driver in the meantime finds it loaded again, unless it is
 * blacklisted. Where it does not come, the record stays, and says why. */
static void load_drivers(struct homecoming *h)
{
	const struct vh_claim *c = h->claim;

	for (size_t i = 0; i < c->count; i++) {
		const struct vh_record *r = &c->records[i];

		if (is_going(h, i) && r->driver && !vh_streq(h->states[i].driver, r->driver))
			VH_IGNORE(vh_module_load(h->act, r->driver, &h->why[i])); /* it is kept */
	}
}

/* While a device of the group is reset, which from Linux 7.0 on keeps its IOMMU from being
 * attached, no driver takes it: EBUSY. And one whose driver waits for the driver of another device
 * (sound of a card for its graphics) says EAGAIN, to whoever binds it by name. */
static bool is_for_a_moment(int result)
{
	return result == EBUSY || result == EAGAIN;
}

static void note_failures(struct homecoming *h, const struct vh_batch *b)
{
	const struct vh_claim *c = h->claim;

	for (size_t i = 0; i < b->count; i++) {
		const struct vh_write *w = &b->writes[i];

		for (size_t k = 0; w->result && k < c->count; k++)
			if (!vh_pci_cmp(&c->records[k].addr, &w->addr) && !h->why[k].what)
				(void)vh_steps_failed(w, "give back", &h->why[k]);
	}
}

/* Writes, and looks again. */
static void run_batch(struct homecoming *h, struct vh_batch *b)
{
	struct vh_standing *before = h->states;
	struct vh_claim *c = h->claim;

	if (!b->count)
		return;
	vh_batch_run(h->act, &h->writers, b);
	vh_steps_mark_stuck(c, b);
	leave_used(h, b);
	for (size_t i = 0; i < b->count; i++) {
		h->busy |= is_for_a_moment(b->writes[i].result);
		h->strange |= b->writes[i].result == ENODEV;
	}
	note_failures(h, b);
	h->states = vh_standing_read(h->act->root, c);
	if (before != h->first)
		vh_standing_free(before, c->count);
}

static void run_step(struct homecoming *h, home_step *step)
{
	_auto_batch_ struct vh_batch b = { 0 };

	h->busy = h->strange = false;
	/* in ascending order: function 0 comes home first */
	for (size_t i = 0; i < h->claim->count; i++)
		if (is_going(h, i))
			step(h, i, &h->states[i], &b);
	run_batch(h, &b);
}

/* Whoever took it keeps it; our override is not his. */
static void take_back_overrides(struct homecoming *h)
{
	_auto_batch_ struct vh_batch b = { 0 };

	for (size_t i = 0; i < h->claim->count; i++) {
		const struct vh_record *r = &h->claim->records[i];

		if (r->now && vh_standing_is_marked(&h->states[i], r))
			vh_steps_add_override(&b, &r->addr, r->override);
	}
	run_batch(h, &b);
}

/* VFIO lets what it has sleep, and forbids it when it lets go
 * (vfio_pci_core_unregister_device()); not every driver allows it again by itself. Noted before the
 * records are removed, and written last of all. */
static void add_sleepers(const struct homecoming *h, struct vh_batch *b)
{
	for (size_t i = 0; i < h->claim->count; i++) {
		const struct vh_record *r = &h->claim->records[i];

		if (r->now && r->sleeps && h->states[i].place == VH_PLACE_HOME &&
		    !vh_steps_may_sleep(h->act->root, &r->addr))
			vh_steps_add_sleep(b, &r->addr);
	}
}

/* A device that cannot, for its driver is busy, is at home anyway. */
static void let_sleep(const struct homecoming *h, struct vh_batch *b)
{
	struct vh_writers writers = { .lock = h->writers.lock };

	if (b->count)
		vh_batch_run(h->act, &writers, b);
	vh_writer_end(&writers);
}

/* A reset takes a second at most, of most devices a tenth; a driver that waits for another one's is
 * asked again by the kernel, too. */
static void bind_again(struct homecoming *h)
{
	static const struct timespec pause = { 0, BUSY_NS };

	for (int i = 0; i < BUSY_TIMES && h->busy && vh_now_ms() < h->act->deadline; i++) {
		vh_root_waits(h->act->root, "a device that no driver takes right now");
		vh_root_step(h->act->root, "wait for a device");
		(void)nanosleep(&pause, NULL); /* a shorter one does no harm */
		run_step(h, step_bind);
	}
}

/* Says of those that have a way to go that they are on it. -1: no more time; nothing was done. */
static int set_out(struct homecoming *h, struct vh_error *err)
{
	struct vh_claim *c = h->claim;
	_auto_error_ struct vh_error why = { 0 };
	bool any = false;

	for (size_t i = 0; i < c->count; i++) {
		struct vh_record *r = &c->records[i];

		if (!r->now || h->states[i].place != VH_PLACE_PUT)
			continue;
		any |= r->state != VH_RETURNING;
		r->state = VH_RETURNING;
	}
	if (!any || vh_store_save(h->store, c, h->act->deadline, &why) == 0)
		return 0;
	/* a lock that was never free has used up the time to write anything; but a /run that is
	 * full keeps nothing away from home */
	if (why.code == VH_E_TIMEOUT)
		return vh_fail(err, why.code, 0, why.fix, "%s", why.what);
	h->unsaved = true;
	return 0;
}

static void tell_elsewhere(const struct homecoming *h, size_t i)
{
	const struct vh_record *r = &h->claim->records[i];
	const struct vh_standing *s = &h->states[i];
	_auto_free_ char *text = NULL;

	if (s->gone)
		text = vh_printf("%s is gone, or another device by now", vh_pci_str(&r->addr).s);
	else if (r->action != VH_KEEP)
		text = vh_printf("%s stays on driver '%s'%s%s%s: somebody else has put it there",
				 vh_pci_str(&r->addr).s, s->driver ? s->driver : "none",
				 s->override ? " with driver_override '" : "",
				 s->override ? s->override : "", s->override ? "'" : "");
	if (text)
		vh_steps_warn(h->act, h->claim, text);
}

/* Is the record done with? What is neither home nor another's is explained. */
static bool is_settled(struct homecoming *h, size_t i, struct vh_error *err)
{
	const struct vh_record *r = &h->claim->records[i];
	const struct vh_standing *s = &h->states[i];
	const struct vh_error *why = &h->why[i];

	if (s->known && h->first[i].known && !s->gone)
		vh_steps_report(h->act, h->claim, &r->addr, h->first[i].driver, s->driver);
	if (s->place == VH_PLACE_ELSEWHERE)
		tell_elsewhere(h, i);
	if (s->place == VH_PLACE_HOME || h->stay[i] == STAYS ||
	    (s->place == VH_PLACE_ELSEWHERE && !vh_standing_is_marked(s, r)) ||
	    (r->action == VH_KEEP && r->state != VH_STUCK))
		return true;
	(void)vh_fail(err, VH_E_LEFT, 0, why->fix, "%s is not back on driver '%s'%s%s",
		      vh_pci_str(&r->addr).s, r->driver ? r->driver : "none",
		      why->what                      ? ": "
		      : s->place == VH_PLACE_UNKNOWN ? ": where it stands cannot be read"
						     : "",
		      why->what ? why->what : "");
	return false;
}

/* Removes what is done with. Is anything left of what was to go home? */
static bool settle(struct homecoming *h, struct vh_error *err)
{
	struct vh_claim *c = h->claim;
	bool left = false;

	for (size_t i = c->count; i-- > 0;) {
		struct vh_pci_addr addr = c->records[i].addr;

		if (!c->records[i].now)
			continue;
		c->records[i].now = false;
		if (is_settled(h, i, err))
			vh_claim_remove(c, &addr);
		else
			left = true;
	}
	return left;
}

static int walk(struct homecoming *h, struct vh_error *err)
{
	static home_step *const steps[] = {
		step_override, step_unbind, step_probe, step_bind, step_override,
	};
	_auto_error_ struct vh_error why = { 0 };
	_auto_batch_ struct vh_batch sleepers = { 0 };
	size_t count = h->claim->count;
	bool left;

	if (set_out(h, err) < 0)
		return -1;
	vh_handover_load_drivers(h->act, h->claim, h->writers.lock);
	load_drivers(h);
	take_back_overrides(h);
	for (size_t i = 0; i < VH_COUNT(steps); i++) {
		run_step(h, steps[i]);
		if (steps[i] == step_bind)
			bind_again(h);
		if (steps[i] == step_bind && h->strange)
			run_step(h, step_name);
	}
	vh_writer_end(&h->writers);
	add_sleepers(h, &sleepers);
	left = settle(h, err);
	if (h->states != h->first)
		vh_standing_free(h->states, count);
	if (vh_handover_return(h->act, h->claim, h->writers.lock, left ? NULL : err) < 0)
		left = true;
	let_sleep(h, &sleepers);
	if (vh_store_save(h->store, h->claim, h->act->deadline, &why) < 0 && !left)
		return vh_fail(err, VH_E_LEFT, 0, why.fix, "%s", why.what);
	return left ? -1 : 0;
}

int vh_home_bring(const struct vh_act *act, const struct vh_store *s, struct vh_claim *c, int lock,
		  struct vh_error *err)
{
	size_t count = c->count, marked = 0;
	_auto_free_ enum stay *stay = vh_alloc(count * sizeof(*stay));
	_auto_free_ struct vh_error *why = vh_alloc(count * sizeof(*why));
	struct homecoming h = { .act = act,
				.store = s,
				.claim = c,
				.writers = { .lock = lock },
				.stay = stay,
				.why = why };
	int rc;

	for (size_t i = 0; i < count; i++)
		marked += c->records[i].now;
	if (!marked && !vh_handover_is_due(c))
		return 0;
	h.first = h.states = vh_standing_read(act->root, c);
	rc = walk(&h, err);
	for (size_t i = 0; i < c->count; i++)
		c->records[i].now = false;
	vh_standing_free(h.first, count);
	for (size_t i = 0; i < count; i++)
		vh_error_clear(&why[i]);
	return rc;
}
