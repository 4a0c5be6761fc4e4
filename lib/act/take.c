/* SPDX-License-Identifier: GPL-2.0-or-later */
/* take - all overrides, then all unbinds, then the binds of peers; what counts is the driver that
 * is read afterwards. A peer that is gone by then is not a member of the group any more. */
#include "lib/act/take.h"

#include <errno.h>

#include "lib/act/steps.h"
#include "lib/act/writer.h"
#include "lib/case/standing.h"
#include "lib/host/function.h"

#include "lib/base/banned.h"

#define VFIO_PCI "vfio-pci"

static const char *driver_for(const struct vh_record *r)
{
	return r->action == VH_BIND && r->onto ? r->onto : VFIO_PCI;
}

static bool is_taken(const struct vh_record *r)
{
	return r->now && r->state != VH_NOTED && (r->action == VH_UNBIND || r->action == VH_BIND);
}

/* Some go when another leaves its driver: what a VMD controller shows is not there without it. */
static bool has_gone(const struct vh_act *act, const struct vh_claim *c,
		     const struct vh_pci_addr *addr)
{
	const struct vh_record *r = vh_claim_find(c, addr);

	return r && r->role == VH_PEER && vh_standing_is_gone(act->root, r, NULL);
}

static int unreadable(const struct vh_pci_addr *addr, struct vh_error *err)
{
	return vh_fail(err, VH_E_SYS, errno, NULL, "cannot read the driver of %s",
		       vh_pci_str(addr).s);
}

/* From where they were when the claim was written, a moment ago. What cannot be read is told as if
 * it had no driver. */
static void report(const struct vh_act *act, const struct vh_claim *c, bool all_are_taken)
{
	for (size_t i = 0; i < c->count; i++) {
		const struct vh_record *r = &c->records[i];
		_auto_free_ char *now = NULL;
		bool vfio;

		if (!is_taken(r))
			continue;
		/* that those for libvirt have no driver was seen */
		if (!all_are_taken || r->action == VH_BIND)
			VH_IGNORE(vh_function_driver(act->root, &r->addr, &now, &vfio));
		vh_steps_report(act, c, &r->addr, r->driver, now);
	}
}

/* What counts is where the devices are, not what the writes returned: a success may have been
 * undone by a driver that binds again, an ENODEV may mean that somebody was faster. */
static int verify(const struct vh_act *act, const struct vh_claim *c, const struct vh_batch *b,
		  const char *doing, bool want_vfio, struct vh_error *err)
{
	int rc = 0;

	for (size_t i = 0; i < b->count; i++) {
		const struct vh_write *w = &b->writes[i];
		_auto_free_ char *now = NULL;
		bool vfio = false;

		if (w->result == VH_WRITE_STUCK)
			return vh_steps_failed(w, doing, err);
		if (has_gone(act, c, &w->addr))
			continue;
		if (vh_function_driver(act->root, &w->addr, &now, &vfio) < 0)
			return unreadable(&w->addr, err);
		if (vfio || (!want_vfio && !now) || rc < 0)
			continue;
		rc = w->result
			     ? vh_steps_failed(w, doing, err)
			     : vh_fail(err, VH_E_SYS, 0, NULL, "cannot %s %s: it is on driver '%s'",
				       doing, vh_pci_str(&w->addr).s, now ? now : "none");
	}
	return rc;
}

static int take_overrides(const struct vh_act *act, struct vh_claim *c, struct vh_writers *ws,
			  struct vh_error *err)
{
	_auto_batch_ struct vh_batch b = { 0 };

	for (size_t i = c->count; i-- > 0;)
		if (is_taken(&c->records[i]))
			vh_steps_add_override(&b, &c->records[i].addr, driver_for(&c->records[i]));
	vh_batch_run(act, ws, &b);
	vh_steps_mark_stuck(c, &b);
	for (size_t i = 0; i < b.count; i++)
		if (b.writes[i].result && !has_gone(act, c, &b.writes[i].addr))
			return vh_steps_failed(&b.writes[i], "set the driver_override of", err);
	return 0;
}

static int take_unbind(const struct vh_act *act, struct vh_claim *c, struct vh_writers *ws,
		       struct vh_error *err)
{
	_auto_batch_ struct vh_batch b = { 0 };

	/* highest function first: function 0 of a card often serves the others */
	for (size_t i = c->count; i-- > 0;)
		if (is_taken(&c->records[i]) && c->records[i].driver)
			vh_steps_add_taking(&b, &c->records[i], c->records[i].driver);
	vh_batch_run(act, ws, &b);
	vh_steps_mark_stuck(c, &b);
	return verify(act, c, &b, "take", false, err);
}

static int take_bind(const struct vh_act *act, struct vh_claim *c, struct vh_writers *ws,
		     struct vh_error *err)
{
	_auto_batch_ struct vh_batch b = { 0 };

	for (size_t i = c->count; i-- > 0;) {
		const struct vh_record *r = &c->records[i];
		_auto_free_ char *now = NULL;
		bool vfio = false;

		if (!is_taken(r) || r->action != VH_BIND || has_gone(act, c, &r->addr))
			continue;
		if (vh_function_driver(act->root, &r->addr, &now, &vfio) < 0)
			return unreadable(&r->addr, err);
		if (!vfio && r->driver)
			vh_steps_add_bind(&b, &r->addr, driver_for(r));
		else if (!vfio) /* nothing was looked at yet: it had no driver to leave */
			vh_steps_add_giving(&b, r, driver_for(r));
	}
	vh_batch_run(act, ws, &b);
	vh_steps_mark_stuck(c, &b);
	return verify(act, c, &b, "bind", true, err);
}

/* All of them are where they should be: the claim says so, without those that have gone. */
static void mark_taken(const struct vh_act *act, struct vh_claim *c)
{
	for (size_t i = c->count; i-- > 0;) {
		struct vh_pci_addr addr = c->records[i].addr;
		_auto_free_ char *text = NULL;

		if (!is_taken(&c->records[i]))
			continue;
		c->records[i].state = VH_TAKEN;
		if (!has_gone(act, c, &addr))
			continue;
		text = vh_printf("%s has gone with another device that left its driver",
				 vh_pci_str(&addr).s);
		vh_steps_warn(act, c, text);
		vh_claim_remove(c, &addr);
	}
}

int vh_take(const struct vh_act *act, struct vh_claim *c, int lock, struct vh_error *err)
{
	struct vh_writers writers = { .lock = lock };
	int rc = take_overrides(act, c, &writers, err);

	if (rc == 0)
		rc = take_unbind(act, c, &writers, err);
	if (rc == 0)
		rc = take_bind(act, c, &writers, err);
	vh_writer_end(&writers);
	report(act, c, rc == 0);
	if (rc == 0)
		mark_taken(act, c);
	return rc;
}
