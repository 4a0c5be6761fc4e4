/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule-identity - is the device at the address still the one that is meant? */
#include "lib/decide/rules/rule.h"

#include "lib/base/printable.h"
#include "lib/case/expect.h"

#include "lib/base/banned.h"

#define SHOWN_MAX 4 /* addresses of devices that are alike */

/* ethernet controller 8086:1521, subsystem 15d9:1521 */
static char *seen_text(const struct vh_sighting *s, bool with_subsystem)
{
	_auto_free_ char *kind = vh_text_kind(s->class, &s->id);

	if (!with_subsystem)
		return VH_STEAL(kind);
	return vh_printf("%s, subsystem %04x:%04x", kind, s->subsystem.vendor, s->subsystem.device);
}

static bool is_like(const struct vh_expect *e, const struct vh_sighting *s)
{
	if (!vh_pci_cmp(&e->seen.addr, &s->addr))
		return false;
	return e->by == VH_BY_RECORD ? vh_sighting_is_same(&e->seen, s)
				     : !vh_pci_id_cmp(&e->seen.id, &s->id);
}

static bool is_element(const struct vh_domain *d, const struct vh_pci_addr *addr)
{
	for (size_t i = 0; d && i < d->n_devices; i++)
		if (!d->devices[i].problem && !vh_pci_cmp(&d->devices[i].addr, addr))
			return true;
	return false;
}

/* Where the expected device may be by now: those like it that the domain does not name anyway.
 * "; moved? a device like that is now at 0000:04:00.0", and for each what to write. */
static void add_elsewhere(const struct vh_case *c, const struct vh_expect *e, enum vh_element as,
			  struct vh_strbuf *message, struct vh_strbuf *fix)
{
	_auto_strbuf_ struct vh_strbuf where = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < c->elsewhere.count; i++) {
		const struct vh_sighting *s = &c->elsewhere.list[i];
		_auto_free_ char *address = NULL, *line = NULL;

		if (!is_like(e, s) || is_element(c->domain, &s->addr) || n++ >= SHOWN_MAX)
			continue;
		address = vh_text_address(&s->addr, as);
		line = vh_printf("if %s is meant: %s", vh_pci_str(&s->addr).s, address);
		vh_strbuf_join(&where, ", ", vh_pci_str(&s->addr).s);
		vh_strbuf_join(fix, "\n", line);
	}
	if (!n) {
		vh_strbuf_add(message, "; no other device of this host is like that");
		return;
	}
	vh_strbuf_addf(message, "; moved? %s like that %s now at %s",
		       n == 1 ? "a device" : "devices", n == 1 ? "is" : "are", where.data);
	if (n > SHOWN_MAX)
		vh_strbuf_addf(message, " and %zu more", n - SHOWN_MAX);
}

/* What was expected: by whom, and what. */
static void add_expected(const struct vh_case *c, const struct vh_expect *e, bool with_subsystem,
			 struct vh_strbuf *message)
{
	_auto_free_ char *seen = NULL, *name = NULL;

	switch (e->by) {
	case VH_BY_CONFIG:
		vh_strbuf_addf(message, "/" VH_CONFIG_PATH " wants %04x:%04x there",
			       e->seen.id.vendor, e->seen.id.device);
		return;
	case VH_BY_DOMAIN:
		vh_strbuf_addf(message, "line %d of the domain wants %04x:%04x there", e->line,
			       e->seen.id.vendor, e->seen.id.device);
		return;
	case VH_BY_RECORD:
		break;
	}
	seen = seen_text(&e->seen, with_subsystem);
	name = vh_printable(c->domain ? c->domain->name : "", 256);
	vh_strbuf_addf(message, "when '%s' last ran it was %s", name, seen);
}

void vh_text_expected(const struct vh_case *c, const struct vh_pci_addr *addr, enum vh_element as,
		      struct vh_strbuf *message, struct vh_strbuf *fix)
{
	struct vh_expect e[VH_EXPECT_MAX];
	size_t n = vh_expect_at(addr, c->config, c->domain, c->last, e);

	for (size_t i = 0; i < n; i++) {
		vh_strbuf_add(message, "; ");
		add_expected(c, &e[i], false, message);
		add_elsewhere(c, &e[i], as, message, fix);
	}
}

/* The way to say that the device which is there now is the right one. */
static void add_accept(const struct vh_case *c, const struct vh_expect *e,
		       const struct vh_sighting *now, struct vh_strbuf *fix)
{
	_auto_free_ char *name = NULL, *id = NULL, *lines = NULL;

	id = vh_printf("%04x:%04x", now->id.vendor, now->id.device);
	switch (e->by) {
	case VH_BY_CONFIG:
		lines = vh_text_config(&now->addr, "id", id);
		break;
	case VH_BY_DOMAIN:
		lines = vh_printf("in line %d: <vfio:device address='%s' id='%s'/>", e->line,
				  vh_pci_str(&now->addr).s, id);
		break;
	case VH_BY_RECORD:
		name = vh_text_domain(c->domain->name, c->domain->uuid);
		lines = vh_printf("if %s is meant as it is now: vfio-hook accept %s",
				  vh_pci_str(&now->addr).s, name);
		break;
	}
	vh_strbuf_join(fix, "\n", lines);
}

/* Only the ids of a record that differ do not stop a start. */
static enum vh_severity severity_of(const struct vh_expect *e, const struct vh_sighting *now)
{
	return e->by == VH_BY_RECORD && vh_sighting_is_same_class(&e->seen, now) ? VH_WARNING
										 : VH_ERROR;
}

static void changed(const struct vh_case *c, const struct vh_rule *r,
		    const struct vh_plan_dev *pd, const struct vh_expect *e,
		    struct vh_findings *out)
{
	struct vh_sighting now = vh_pci_sighting(pd->dev);
	bool with_subsystem = !vh_pci_id_cmp(&e->seen.id, &now.id);
	enum vh_element as = pd->element ? pd->element->element : VH_HOSTDEV;
	_auto_strbuf_ struct vh_strbuf message = { 0 }, fix = { 0 };
	_auto_free_ char *seen = seen_text(&now, with_subsystem);
	struct vh_finding *f;

	vh_strbuf_addf(&message, "%s is %s; ", vh_pci_str(&now.addr).s, seen);
	add_expected(c, e, with_subsystem, &message);
	add_elsewhere(c, e, as, &message, &fix);
	add_accept(c, e, &now, &fix);
	f = vh_finding_add(out, r, pd, fix.data, "%s", message.data);
	f->severity = severity_of(e, &now);
	if (!pd->element)
		vh_finding_about(f, &now.addr, vh_group_line(c, pd->dev->group));
}

const char vh_explain_identity[] =
	"An address names a slot, not a card. A card that is added, removed or moved,\n"
	"or a firmware setting, renumbers the buses, and another device stands where\n"
	"the domain expects its own. vfio-hook therefore notes the ids of a domain's\n"
	"devices each time the guest has started, and compares before the next start.\n"
	"A device of another class, or one that is not what an 'id' in the\n"
	"configuration or in the domain's metadata demands, is refused; where only\n"
	"the ids differ, as with a newer card of the same kind, it is a warning.\n"
	"Write the address where the old device stands now, or, if the new one is\n"
	"meant, run 'vfio-hook accept DOMAIN' or change the pinned id.";

/* Pins hold for whatever is taken, so that what the configuration allows for a device is not
 * had by another one; the record is of what the domain names. */
void vh_check_identity(const struct vh_case *c, const struct vh_rule *r, struct vh_findings *out)
{
	const struct vh_plan_dev *pd = NULL;

	while ((pd = vh_next_dev(c, pd))) {
		const struct vh_identity *last = pd->role == VH_NAMED ? c->last : NULL;
		struct vh_sighting now = vh_pci_sighting(pd->dev);
		struct vh_expect e[VH_EXPECT_MAX];
		size_t n = vh_expect_at(&now.addr, c->config, c->domain, last, e);

		for (size_t i = 0; i < n; i++)
			if (!vh_expect_is_met(&e[i], &now))
				changed(c, r, pd, &e[i], out);
	}
}
