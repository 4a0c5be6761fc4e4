/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lending - see lending.h. */
#include "lib/decide/lending.h"

#include "lib/base/unit.h"
#include "lib/decide/plan.h"

#include "lib/base/banned.h"

/* Is this device taken, or left to libvirt to be taken? */
static bool is_concerned(const struct vh_case *c, const struct vh_pci_dev *d)
{
	for (size_t i = 0; c->plan && i < c->plan->count; i++)
		if (c->plan->devs[i].dev == d)
			return c->plan->devs[i].action != VH_KEEP;
	return false;
}

/* --- what is explained ---------------------------------------------------------------------------- */

/* What systemd does not know stops for nobody, though it has the name that a unit would have. */
static bool is_of_unit(const struct vh_case *c, const struct vh_handed_dev *d, const char *word)
{
	for (size_t i = 0; i < d->units.count; i++) {
		const struct vh_unit_facts *u = vh_units_find(&c->handed.units, d->units.name[i]);

		if (u && (u->active || u->load != VH_UNIT_MISSING) && vh_names_has(&u->names, word))
			return true;
	}
	return false;
}

static bool ends(const struct vh_case *c, const struct vh_handed_dev *d, const char *word)
{
	static const char module[] = "module:";
	enum vh_handed_over over = c->handed.over;

	if (vh_has_prefix(word, module))
		return over < VH_HANDED_ALL && vh_names_has(&d->modules, word + strlen(module));
	if (!strcmp(word, "console:"))
		return over < VH_HANDED_UNITS && d->console;
	return over < VH_HANDED_UNITS && is_of_unit(c, d, word);
}

/* One of the words of a line does: a unit that is stopped for another device of this start, too. */
static bool is_line_explained(const struct vh_case *c, const char *line)
{
	_auto_names_ struct vh_names words = { 0 };

	vh_unit_words(&words, line);
	for (size_t i = 0; i < words.count; i++)
		for (size_t k = 0; k < c->handed.count; k++)
			if (is_concerned(c, c->handed.devs[k].dev) &&
			    ends(c, &c->handed.devs[k], words.name[i]))
				return true;
	return false;
}

bool vh_lending_explains(const struct vh_case *c, const struct vh_use *use)
{
	_auto_free_ char *copy = vh_strdup(use->by);
	char *rest = copy, *line;

	if (!use->by)
		return false;
	while ((line = strsep(&rest, "\n")))
		if (!is_line_explained(c, line))
			return false;
	return true;
}

static bool is_line_lendable(const char *line)
{
	_auto_names_ struct vh_names words = { 0 };

	vh_unit_words(&words, line);
	for (size_t i = 0; i < words.count; i++)
		if (vh_unit_is_name(words.name[i]) || vh_has_prefix(words.name[i], "module:") ||
		    !strcmp(words.name[i], "console:"))
			return true;
	return false;
}

bool vh_lending_may_explain(const struct vh_use *use)
{
	_auto_free_ char *copy = vh_strdup(use->by);
	char *rest = copy, *line;

	if (!use->by)
		return false;
	while ((line = strsep(&rest, "\n")))
		if (!is_line_lendable(line))
			return false;
	return true;
}

/* --- what is lent --------------------------------------------------------------------------------- */

/* What stops with it is started again after it: it stands before it here. Scopes and slices cannot
 * be started, and come back with what is in them; what was made by hand never comes back. */
static void lend_unit(const struct vh_units *units, const struct vh_pci_addr *addr,
		      const char *name, struct vh_loans *to)
{
	const struct vh_unit_facts *u = vh_units_find(units, name);
	_auto_names_ struct vh_names all = { 0 };

	if (u && u->following)
		name = u->following;
	vh_units_stopped_with(units, name, &all);
	for (size_t i = 0; i < all.count; i++)
		if (vh_unit_is_name(all.name[i]) && !vh_units_find(units, all.name[i])->made_by_hand)
			vh_loans_add(to, addr, VH_LOAN_UNIT, all.name[i]);
}

static bool drives(const struct vh_case *c, const char *module)
{
	for (size_t i = 0; i < c->handed.count; i++)
		if (vh_streq(c->handed.devs[i].driver_module, module))
			return true;
	return false;
}

static void lend_modules(const struct vh_case *c, const struct vh_handed_dev *d, struct vh_loans *to)
{
	for (size_t i = 0; i < d->modules.count; i++) {
		const char *name = d->modules.name[i];

		if (d->states[i] == VH_MODULE_IN)
			vh_loans_add(to, &d->dev->addr,
				     drives(c, name) ? VH_LOAN_DRIVER : VH_LOAN_MODULE, name);
	}
}

static void lend_screens(const struct vh_handed_dev *d, struct vh_loans *to)
{
	for (size_t i = 0; i < d->consoles.count; i++)
		vh_loans_add(to, &d->dev->addr, VH_LOAN_CONSOLE, d->consoles.name[i]);
	for (size_t i = 0; i < d->framebuffers.count; i++)
		vh_loans_add(to, &d->dev->addr, VH_LOAN_FRAMEBUFFER, d->framebuffers.name[i]);
}

/* Those that start others of them, or those that do not. */
static void lend_units(const struct vh_case *c, bool waking, struct vh_loans *to)
{
	const struct vh_handed *h = &c->handed;

	for (size_t i = 0; i < h->count; i++) {
		const struct vh_handed_dev *d = &h->devs[i];

		for (size_t k = 0; is_concerned(c, d->dev) && k < d->units.count; k++)
			if (vh_units_wakes_asked(&h->units, d->units.name[k]) == waking)
				lend_unit(&h->units, &d->dev->addr, d->units.name[k], to);
	}
}

/* All units first, of whichever device: a service may have a node of another one open. */
void vh_lending_loans(const struct vh_case *c, struct vh_loans *ret)
{
	const struct vh_handed *h = &c->handed;

	lend_units(c, false, ret);
	lend_units(c, true, ret);
	for (size_t i = 0; i < h->count; i++)
		if (is_concerned(c, h->devs[i].dev))
			lend_screens(&h->devs[i], ret);
	for (size_t i = 0; i < h->count; i++)
		if (is_concerned(c, h->devs[i].dev))
			lend_modules(c, &h->devs[i], ret);
}
