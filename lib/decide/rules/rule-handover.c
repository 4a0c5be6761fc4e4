/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule-handover - what the host gives up while the guest runs, and whether it gets that back. */
#include "lib/base/printable.h"
#include "lib/base/unit.h"
#include "lib/decide/lending.h"
#include "lib/decide/rules/rule.h"

#include "lib/base/banned.h"

/* What is listed for a device that this start takes; NULL: nothing. */
static const struct vh_handed_dev *handed_of(const struct vh_case *c, const struct vh_plan_dev *pd)
{
	for (size_t i = 0; pd->action != VH_KEEP && i < c->handed.count; i++)
		if (c->handed.devs[i].dev == pd->dev)
			return &c->handed.devs[i];
	return NULL;
}

/* The unit that has the file, where a listed one is only another name for it. */
static const struct vh_unit_facts *unit_of(const struct vh_case *c, const char *name)
{
	const struct vh_unit_facts *u = vh_units_find(&c->handed.units, name), *other = NULL;

	if (u && u->following)
		other = vh_units_find(&c->handed.units, u->following);
	return other ? other : u;
}

/* --- handed-over --------------------------------------------------------------------------------- */

static const char *how_long(const struct vh_case *c)
{
	return c->domain ? "while the guest runs" : "until it is reattached";
}

static void tell_unit(const struct vh_case *c, const struct vh_plan_dev *pd,
		      const struct vh_unit_facts *u, const struct vh_rule *r,
		      struct vh_findings *out)
{
	_auto_names_ struct vh_names all = { 0 };
	_auto_strbuf_ struct vh_strbuf with = { 0 };

	vh_units_stopped_with(&c->handed.units, u->name, &all);
	for (size_t i = 0; i < all.count; i++)
		if (strcmp(all.name[i], u->name) != 0)
			vh_strbuf_join(&with, ", ", all.name[i]);
	vh_finding_add(out, r, pd, NULL, "%s is stopped %s%s%s", u->name, how_long(c),
		       with.len ? ", and with it " : "", with.len ? with.data : "");
}

static void check_handed_over(const struct vh_case *c, const struct vh_rule *r,
			      struct vh_findings *out)
{
	const struct vh_plan_dev *pd = NULL;

	while ((pd = vh_rule_next_dev(c, pd))) {
		const struct vh_handed_dev *d = handed_of(c, pd);
		_auto_strbuf_ struct vh_strbuf modules = { 0 };

		for (size_t i = 0; d && i < d->units.count; i++) {
			const struct vh_unit_facts *u = unit_of(c, d->units.name[i]);

			if (u && u->active)
				tell_unit(c, pd, u, r, out);
		}
		if (d && (d->consoles.count || d->framebuffers.count))
			vh_finding_add(out, r, pd, NULL, "the console is not drawn on it %s",
				       how_long(c));
		for (size_t i = 0; d && i < d->modules.count; i++)
			if (d->states[i] == VH_MODULE_IN)
				vh_strbuf_join(&modules, ", ", d->modules.name[i]);
		if (modules.len)
			vh_finding_add(out, r, pd, NULL, "unloaded %s: %s", how_long(c),
				       modules.data);
	}
}

const struct vh_rule vh_rule_handed_over = {
	.name = "handed-over",
	.severity = VH_INFO,
	.scopes = VH_SCOPE_DEVICE,
	.title = "what the host gives up while the guest runs",
	.check = check_handed_over,
	.explain = "This is information, not a problem. The configuration lists what the host\n"
		   "does without while a guest has this device: units of systemd, the text\n"
		   "consoles, modules. They are stopped before the device is taken, and come\n"
		   "back when the device is back; the message names them. If something else\n"
		   "still uses the device then, everything comes back at once and the start is\n"
		   "refused. 'vfio-hook status' shows what is handed over, and what did not come\n"
		   "back.",
};

/* --- unit-unfit ---------------------------------------------------------------------------------- */

/* The first that stops with it and that libvirt needs, also where only its name is known; NULL:
 * none. Caller frees. */
static char *libvirt_with(const struct vh_case *c, const char *name)
{
	_auto_names_ struct vh_names all = { 0 };

	vh_units_stopped_with(&c->handed.units, name, &all);
	vh_units_unseen_with(&c->handed.units, name, &all);
	for (size_t i = 0; i < all.count; i++)
		if (vh_units_serve_libvirt(all.name[i]))
			return vh_strdup(all.name[i]);
	return NULL;
}

/* It would be stopped, and never run again. A mount below a listed one may be a container's, which
 * ends with another listed unit and comes back with that: only told. */
static void check_return(const struct vh_plan_dev *pd, const struct vh_unit_facts *u, bool listed,
			 const struct vh_rule *r, struct vh_findings *out)
{
	static const char fstab[] = "write a line for it into /etc/fstab, then: systemctl "
				    "daemon-reload";
	static const char file[] = "write a file for it into /etc/systemd/system, then: systemctl "
				   "daemon-reload";
	_auto_free_ char *path = vh_unit_path(u->name);

	if (u->load != VH_UNIT_LOADED)
		vh_finding_add(out, r, pd, NULL,
			       "%s runs, but is masked, or its file is invalid or gone: it could "
			       "not be started again",
			       u->name);
	else if (u->made_by_hand)
		vh_finding_add(out, r, pd, path ? fstab : file,
			       "%s was made by hand: once stopped, systemd could not start it again",
			       u->name)
			->severity = path && !listed ? VH_WARNING : VH_ERROR;
}

static bool is_stopped(const struct vh_case *c, const char *name)
{
	const struct vh_units *all = &c->handed.units;
	_auto_names_ struct vh_names stopped = { 0 };

	for (size_t i = 0; i < all->asked; i++)
		vh_units_stopped_with(all, all->list[i].name, &stopped);
	return vh_names_has(&stopped, name);
}

/* What starts it runs on: the guest may have the device when it does. */
static void check_waking(const struct vh_case *c, const struct vh_plan_dev *pd,
			 const struct vh_unit_facts *u, const struct vh_rule *r,
			 struct vh_findings *out)
{
	for (size_t i = 0; i < u->waking.count; i++) {
		const char *name = u->waking.name[i];
		const struct vh_unit_facts *waking = vh_units_find(&c->handed.units, name);
		_auto_free_ char *fix = NULL;

		if (!waking || !waking->active || is_stopped(c, name))
			continue;
		fix = vh_printf("add %s to stop-units of [device %s] in /" VH_CONFIG_PATH, name,
				vh_pci_str(&pd->dev->addr).s);
		vh_finding_add(out, r, pd, fix,
			       "%s stops, but %s is active and may start it again %s", u->name,
			       name, how_long(c))
			->severity = VH_WARNING;
	}
}

/* What stops with it, and the unit itself. Scopes and slices come back with what is in them. */
static void check_stopped(const struct vh_case *c, const struct vh_plan_dev *pd, const char *name,
			  const char *fix, const struct vh_rule *r, struct vh_findings *out)
{
	_auto_names_ struct vh_names all = { 0 }, unseen = { 0 };

	vh_units_unseen_with(&c->handed.units, name, &unseen);
	if (unseen.count)
		vh_finding_add(out, r, pd, fix,
			       "%s cannot be stopped for a guest: whether %s runs, which stops "
			       "with it, cannot be seen, so it would not be started again",
			       name, unseen.name[0]);
	vh_units_stopped_with(&c->handed.units, name, &all);
	for (size_t i = 0; i < all.count; i++) {
		const struct vh_unit_facts *u = vh_units_find(&c->handed.units, all.name[i]);

		if (!vh_unit_is_name(u->name))
			continue;
		if (u->calls_libvirt)
			vh_finding_add(out, r, pd, fix,
				       "%s cannot be stopped for a guest: it calls virsh, which "
				       "waits for libvirt, which waits for this start",
				       u->name);
		else
			check_return(pd, u, !strcmp(u->name, name), r, out);
		check_waking(c, pd, u, r, out);
	}
}

static void check_unit(const struct vh_case *c, const struct vh_plan_dev *pd, const char *name,
		       const struct vh_rule *r, struct vh_findings *out)
{
	const struct vh_unit_facts *u = unit_of(c, name);
	_auto_free_ char *needed = libvirt_with(c, u ? u->name : name), *fix = NULL;

	if (!u || u->load == VH_UNIT_UNKNOWN)
		return; /* that is told as not checked, and refuses a start */
	fix = vh_printf("take it out of stop-units of [device %s] in /" VH_CONFIG_PATH,
			vh_pci_str(&pd->dev->addr).s);
	if (needed || vh_units_serve_libvirt(name))
		vh_finding_add(out, r, pd, fix,
			       "%s cannot be stopped for a guest: libvirt needs %s, and this start "
			       "comes from libvirt",
			       name, needed ? needed : "it");
	else if (u->active)
		check_stopped(c, pd, u->name, fix, r, out);
	else if (u->load != VH_UNIT_LOADED)
		vh_finding_add(out, r, pd, fix, "%s: %s", name,
			       u->load == VH_UNIT_MISSING ? "systemd knows no such unit"
							  : "it is masked, or has a bad file")
			->severity = VH_WARNING;
}

static bool is_taken_too(const struct vh_case *c, const struct vh_pci_addr *addr)
{
	for (size_t i = 0; i < c->plan->count; i++)
		if (!vh_pci_cmp(&c->plan->devs[i].dev->addr, addr))
			return c->plan->devs[i].action != VH_KEEP;
	return false;
}

static void check_modules(const struct vh_case *c, const struct vh_plan_dev *pd,
			  const struct vh_handed_dev *d, const struct vh_rule *r,
			  struct vh_findings *out)
{
	_auto_free_ char *fix = NULL, *reboot = NULL;

	for (size_t i = 0; i < d->modules.count; i++)
		if (d->states[i] == VH_MODULE_BUILT_IN)
			vh_finding_add(out, r, pd, NULL,
				       "module '%s' cannot be unloaded: it is built into the kernel",
				       d->modules.name[i]);
	fix = vh_printf("take it out of unload-modules of [device %s] in /" VH_CONFIG_PATH,
			vh_pci_str(&d->addr).s);
	reboot = vh_printf("reboot, if the kernel has been updated since this one started; or %s", fix);
	for (size_t i = 0; i < d->modules.count; i++)
		if (d->states[i] == VH_MODULE_ORPHAN)
			vh_finding_add(out, r, pd, reboot,
				       "module '%s' cannot be unloaded: the kernel that runs, %s, "
				       "has none of that name to be loaded again",
				       d->modules.name[i], c->host->release);
	for (size_t i = 0; i < d->n_others; i++)
		if (!is_taken_too(c, &d->others[i].addr))
			vh_finding_add(out, r, pd, fix,
				       "module '%s' cannot be unloaded: it drives %s too, which "
				       "the host would lose",
				       d->others[i].module, vh_pci_str(&d->others[i].addr).s);
}

static void check_unit_unfit(const struct vh_case *c, const struct vh_rule *r,
			     struct vh_findings *out)
{
	const struct vh_plan_dev *pd = NULL;

	while ((pd = vh_rule_next_dev(c, pd))) {
		const struct vh_handed_dev *d = handed_of(c, pd);

		for (size_t i = 0; d && i < d->units.count; i++)
			check_unit(c, pd, d->units.name[i], r, out);
		if (d)
			check_modules(c, pd, d, r, out);
	}
}

const struct vh_rule vh_rule_unit_unfit = {
	.name = "unit-unfit",
	.severity = VH_ERROR,
	.scopes = VH_SCOPE_DEVICE,
	.title = "what is handed over cannot stop, or would not come back",
	.check = check_unit_unfit,
	.explain = "A unit in stop-units cannot be stopped for a guest, or would not come back.\n"
		   "A unit that libvirt needs, or that stops libvirt, cannot be stopped while\n"
		   "libvirt waits for this start; neither can a unit whose commands call virsh.\n"
		   "A mount or swap that was made by hand, and is neither in /etc/fstab nor in a\n"
		   "unit file, is unknown to systemd once it has stopped: write a line into\n"
		   "/etc/fstab. A socket, timer, path or automount that starts a listed unit\n"
		   "is a warning, unless it is listed too: the unit may start again before\n"
		   "the guest has the device, which refuses the start, or while the guest has\n"
		   "it. A module that is built into the kernel cannot be unloaded; one that\n"
		   "also drives a device which the guest does not get would take that device\n"
		   "from the host; and one that is no longer among the kernel's, as after an\n"
		   "update of the kernel, could not be loaded again. A unit that does not exist\n"
		   "is only a warning: perhaps its package is not installed yet.",
};
