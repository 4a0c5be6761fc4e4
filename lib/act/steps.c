/* SPDX-License-Identifier: GPL-2.0-or-later */
/* steps - see steps.h. The only writer to sysfs, through lib/act/batch. */
#include "lib/act/steps.h"

#include <errno.h>

#include "lib/act/batch.h"
#include "lib/case/standing.h"
#include "lib/base/child.h"
#include "lib/host/function.h"
#include "lib/host/read.h"

#include "lib/base/banned.h"

#define OVERRIDE "sys/bus/pci/devices/%s/driver_override"
#define VFIO_PCI "vfio-pci"

static void add_override(struct vh_batch *b, const struct vh_pci_addr *addr, const char *value)
{
	/* an empty write does not reach the attribute; a newline clears it */
	vh_batch_add(b, addr, value ? value : "\n", OVERRIDE, vh_pci_str(addr).s);
}

/* To the recorded driver's own file: if the device has another by now, the kernel answers
 * ENODEV instead of taking it from a driver that we have not judged. */
static void add_unbind(struct vh_batch *b, const struct vh_pci_addr *addr, const char *driver)
{
	vh_batch_add(b, addr, vh_pci_str(addr).s, "sys/bus/pci/drivers/%s/unbind", driver);
}

static void add_bind(struct vh_batch *b, const struct vh_pci_addr *addr, const char *driver)
{
	vh_batch_add(b, addr, vh_pci_str(addr).s, "sys/bus/pci/drivers/%s/bind", driver);
}

static void add_probe(struct vh_batch *b, const struct vh_pci_addr *addr)
{
	vh_batch_add(b, addr, vh_pci_str(addr).s, "sys/bus/pci/drivers_probe");
}

static void mark_stuck(struct vh_claim *c, const struct vh_batch *b)
{
	for (size_t i = 0; i < b->count; i++) {
		struct vh_record *r = vh_claim_find(c, &b->writes[i].addr);

		if (r && b->writes[i].result == VH_WRITE_STUCK)
			r->stuck = true;
	}
}

static void report(const struct vh_act *act, const struct vh_claim *c,
		   const struct vh_pci_addr *addr, const char *from, const char *to)
{
	if (act->reporter && !vh_streq(from, to))
		act->reporter->transition(act->reporter->ctx, c->name, addr, from, to);
}

static void warn(const struct vh_act *act, const struct vh_claim *c, const char *text)
{
	if (act->reporter)
		act->reporter->warning(act->reporter->ctx, c->name, text);
}

/* --- the module --------------------------------------------------------------------------------- */

static int load_in_child(void *arg)
{
	const struct vh_root *root = arg;
	int rc = root->ops->load_module(root, VFIO_PCI);

	return rc < 0 ? 1 : 0;
}

int vh_load_vfio_pci(const struct vh_act *act, struct vh_error *err)
{
	static const char fix[] = "run 'modprobe vfio-pci' and see what it says";
	struct vh_child child;

	if (vh_root_exists(act->root, "sys/bus/pci/drivers/vfio-pci"))
		return 0;
	if (vh_child_start(&child, load_in_child, (void *)act->root, &act->root->fd, 1) < 0)
		return vh_fail(err, VH_E_SYS, errno, NULL, "cannot run modprobe");
	if (!vh_child_wait(&child, 1, act->deadline))
		return vh_fail(err, VH_E_TIMEOUT, 0, fix, "loading the module vfio-pci takes too long");
	/* modprobe is silent about a module that is there; the driver is what counts */
	if (!vh_root_exists(act->root, "sys/bus/pci/drivers/vfio-pci"))
		return vh_fail(err, VH_E_SYS, 0, fix, "the module vfio-pci cannot be loaded");
	return 0;
}

/* --- taking --------------------------------------------------------------------------------------- */

static bool is_taken(const struct vh_record *r)
{
	return r->action == VH_UNBIND || r->action == VH_BIND;
}

/* A write failed: what the user is told, unless reading again shows that it did not matter. */
static int failed(const struct vh_write *w, const char *doing, struct vh_error *err)
{
	static const char writable[] =
		"sysfs is read-only for the daemon: remove ProtectKernelTunables= and "
		"ReadOnlyPaths=/sys from its systemd unit (systemctl cat libvirtd virtqemud), or "
		"mount /sys writable in the container";

	if (w->result == VH_WRITE_STUCK)
		return vh_fail(err, VH_E_LEFT, 0, NULL,
			       "cannot %s %s: its driver does not answer, and the write to '/%s' "
			       "cannot be taken back",
			       doing, vh_pci_str(&w->addr).s, w->path);
	return vh_fail(err, VH_E_SYS, w->result, w->result == EROFS ? writable : NULL,
		       "cannot %s %s: writing to '/%s'", doing, vh_pci_str(&w->addr).s, w->path);
}

static int unreadable(const struct vh_pci_addr *addr, struct vh_error *err)
{
	return vh_fail(err, VH_E_SYS, errno, NULL, "cannot read the driver of %s",
		       vh_pci_str(addr).s);
}

/* Where the devices to be taken are now; freed by the caller. */
static char **drivers_now(const struct vh_act *act, const struct vh_claim *c)
{
	char **drivers = vh_alloc(c->count * sizeof(*drivers));
	bool vfio;

	/* for the report only: what cannot be read is not told */
	for (size_t i = 0; i < c->count; i++)
		if (is_taken(&c->records[i]))
			VH_IGNORE(vh_pci_read_driver(act->root, &c->records[i].addr, &drivers[i],
						     &vfio));
	return drivers;
}

/* What counts is where the devices are, not what the writes returned: a success may have been
 * undone by a driver that binds again, an ENODEV may mean that somebody was faster. */
static int verify(const struct vh_act *act, const struct vh_batch *b, const char *doing,
		  bool want_vfio, struct vh_error *err)
{
	int rc = 0;

	for (size_t i = 0; i < b->count; i++) {
		const struct vh_write *w = &b->writes[i];
		_auto_free_ char *now = NULL;
		bool vfio = false;

		if (w->result == VH_WRITE_STUCK)
			return failed(w, doing, err);
		if (vh_pci_read_driver(act->root, &w->addr, &now, &vfio) < 0)
			return unreadable(&w->addr, err);
		if (vfio || (!want_vfio && !now) || rc < 0)
			continue;
		rc = w->result ? failed(w, doing, err)
			       : vh_fail(err, VH_E_SYS, 0, NULL, "cannot %s %s: it is on driver '%s'",
					 doing, vh_pci_str(&w->addr).s, now ? now : "none");
	}
	return rc;
}

static int take_overrides(const struct vh_act *act, struct vh_claim *c, int lock, struct vh_error *err)
{
	_auto_batch_ struct vh_batch b = { 0 };
	const struct vh_write *w;

	for (size_t i = c->count; i-- > 0;)
		if (is_taken(&c->records[i]))
			add_override(&b, &c->records[i].addr, VFIO_PCI);
	vh_batch_run(act, &b, lock);
	mark_stuck(c, &b);
	w = vh_batch_failed(&b);
	return w ? failed(w, "set the driver_override of", err) : 0;
}

static int take_unbind(const struct vh_act *act, struct vh_claim *c, int lock, struct vh_error *err)
{
	_auto_batch_ struct vh_batch b = { 0 };

	/* highest function first: function 0 of a card often serves the others */
	for (size_t i = c->count; i-- > 0;)
		if (is_taken(&c->records[i]) && c->records[i].driver)
			add_unbind(&b, &c->records[i].addr, c->records[i].driver);
	vh_batch_run(act, &b, lock);
	mark_stuck(c, &b);
	return verify(act, &b, "take", false, err);
}

static int take_bind(const struct vh_act *act, struct vh_claim *c, int lock, struct vh_error *err)
{
	_auto_batch_ struct vh_batch b = { 0 };

	for (size_t i = c->count; i-- > 0;) {
		const struct vh_record *r = &c->records[i];
		_auto_free_ char *now = NULL;
		bool vfio = false;

		if (r->action != VH_BIND)
			continue;
		if (vh_pci_read_driver(act->root, &r->addr, &now, &vfio) < 0)
			return unreadable(&r->addr, err);
		if (!vfio)
			add_bind(&b, &r->addr, VFIO_PCI);
	}
	vh_batch_run(act, &b, lock);
	mark_stuck(c, &b);
	return verify(act, &b, "bind", true, err);
}

int vh_take(const struct vh_act *act, struct vh_claim *c, int lock, struct vh_error *err)
{
	_auto_free_ char **before = drivers_now(act, c), **after = NULL;
	int rc = take_overrides(act, c, lock, err);

	if (rc == 0)
		rc = take_unbind(act, c, lock, err);
	if (rc == 0)
		rc = take_bind(act, c, lock, err);
	after = drivers_now(act, c);
	for (size_t i = 0; i < c->count; i++) {
		report(act, c, &c->records[i].addr, before[i], after[i]);
		free(before[i]);
		free(after[i]);
	}
	return rc;
}

/* --- bringing home ---------------------------------------------------------------------------------- */

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
static bool can_touch(const struct vh_record *r, const struct vh_state *s)
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
	_auto_(vh_host) const struct vh_host *h =
		vh_host_read(act->root, &r->addr, 1, VH_HOST_USES, act->deadline);
	const struct vh_pci_dev *d = vh_host_dev(h, &r->addr);

	if (!d || h->failed || d->uses_read == VH_NO)
		return VH_UNKNOWN;
	for (size_t i = 0; i < d->n_uses; i++)
		if (r->role == VH_PEER || !d->uses[i].peer_only)
			return VH_YES;
	return d->uses_read == VH_YES ? VH_NO : VH_YES; /* what is not fully seen counts */
}

/* What bringing home knows: the claim, where its devices stand, and the first failure. */
struct homecoming {
	const struct vh_act *act;
	struct vh_claim *claim;
	int lock;
	struct vh_state *first, *states; /* at the beginning, and now */
	bool *left;                      /* records that have to wait for a later call */
	struct vh_error why;
};

/* Adds the writes of one step for record i, which stands in state s. */
typedef void home_step(struct homecoming *h, size_t i, const struct vh_state *s,
		       struct vh_batch *b);

static void step_override(struct homecoming *h, size_t i, const struct vh_state *s,
			  struct vh_batch *b)
{
	const struct vh_record *r = &h->claim->records[i];
	bool bound = vh_streq(s->driver, r->driver);
	const char *want = bound ? r->override : binding_override(r);

	if (!vh_streq(s->override, want))
		add_override(b, &r->addr, want);
}

/* Leaves it where the host uses it, and for later where that cannot be seen. */
static void stay(struct homecoming *h, size_t i, const struct vh_state *s, enum vh_tri used)
{
	struct vh_record *r = &h->claim->records[i];
	_auto_free_ char *text = vh_printf("%s stays on driver '%s' instead of '%s': %s",
					   vh_pci_str(&r->addr).s, s->driver,
					   r->driver ? r->driver : "none",
					   used == VH_YES ? "the host uses it"
							  : "whether the host uses it cannot be seen");

	warn(h->act, h->claim, text);
	h->left[i] = used != VH_YES;
	if (used == VH_YES)
		r->action = VH_KEEP; /* no longer ours to move */
}

static void step_unbind(struct homecoming *h, size_t i, const struct vh_state *s,
			struct vh_batch *b)
{
	const struct vh_record *r = &h->claim->records[i];
	enum vh_tri used;

	if (!s->driver || vh_streq(s->driver, r->driver))
		return;
	used = s->on_vfio ? VH_NO : is_used_there(h->act, r);
	if (used == VH_NO)
		add_unbind(b, &r->addr, s->driver);
	else
		stay(h, i, s, used);
}

static void step_probe(struct homecoming *h, size_t i, const struct vh_state *s, struct vh_batch *b)
{
	const struct vh_record *r = &h->claim->records[i];

	if (r->driver && !s->driver)
		add_probe(b, &r->addr);
}

static void step_bind(struct homecoming *h, size_t i, const struct vh_state *s, struct vh_batch *b)
{
	const struct vh_record *r = &h->claim->records[i];

	if (!r->driver || vh_streq(s->driver, r->driver))
		return;
	if (s->driver) /* probing chose another */
		add_unbind(b, &r->addr, s->driver);
	add_bind(b, &r->addr, r->driver);
}

static void run_step(struct homecoming *h, home_step *step)
{
	_auto_batch_ struct vh_batch b = { 0 };
	struct vh_state *before = h->states;
	struct vh_claim *c = h->claim;

	/* in ascending order: function 0 comes home first */
	for (size_t i = 0; i < c->count; i++)
		if (can_touch(&c->records[i], &before[i]) && !h->left[i])
			step(h, i, &before[i], &b);
	if (!b.count)
		return;
	vh_batch_run(h->act, &b, h->lock);
	mark_stuck(c, &b);
	if (vh_batch_failed(&b) && !h->why.what)
		(void)failed(vh_batch_failed(&b), "give back", &h->why);
	h->states = vh_states_read(h->act->root, c);
	if (before != h->first)
		vh_states_free(before, c->count);
}

/* Removes what is home or no longer ours; of what is neither, the first is explained. */
static void settle(struct homecoming *h, struct vh_error *err)
{
	struct vh_claim *c = h->claim;

	for (size_t i = c->count; i-- > 0;) {
		const struct vh_record *r = &c->records[i];
		const struct vh_state *s = &h->states[i];
		struct vh_pci_addr addr = r->addr;

		if (s->known && h->first[i].known)
			report(h->act, c, &addr, h->first[i].driver, s->driver);
		if (r->stuck || (s->present && r->action != VH_KEEP && !vh_state_is_home(s, r))) {
			(void)vh_fail(err, VH_E_LEFT, 0, NULL,
				      "%s is not back on driver '%s'%s%s", vh_pci_str(&addr).s,
				      r->driver ? r->driver : "none", h->why.what ? ": " : "",
				      h->why.what ? h->why.what : "");
			continue;
		}
		if (!s->present) {
			_auto_free_ char *text = vh_printf("%s is gone, or another device by now",
							   vh_pci_str(&addr).s);
			warn(h->act, c, text);
		}
		vh_claim_remove(c, &addr);
	}
}

int vh_bring_home(const struct vh_act *act, struct vh_claim *c, int lock, struct vh_error *err)
{
	static home_step *const steps[] = {
		step_override, step_unbind, step_probe, step_bind, step_override,
	};
	size_t count = c->count;
	_auto_free_ bool *left = vh_alloc(count * sizeof(*left));
	struct homecoming h = { .act = act, .claim = c, .lock = lock, .left = left };

	h.first = h.states = vh_states_read(act->root, c);
	for (size_t i = 0; i < VH_COUNT(steps); i++)
		run_step(&h, steps[i]);
	settle(&h, err);
	if (h.states != h.first)
		vh_states_free(h.states, count);
	vh_states_free(h.first, count);
	vh_error_clear(&h.why);
	return c->count ? -1 : 0;
}
