/* SPDX-License-Identifier: GPL-2.0-or-later */
/* expected - the words for the device that was expected, and for those like it elsewhere. */
#include "lib/decide/rules/expected.h"

#include "lib/base/printable.h"
#include "lib/decide/rules/wording.h"

#include "lib/base/banned.h"

#define SHOWN_MAX 4 /* addresses of devices that are alike */

char *vh_expected_seen(const struct vh_sighting *s, bool with_subsystem)
{
	_auto_free_ char *kind = vh_wording_kind(s->class, &s->id);

	if (!with_subsystem)
		return VH_STEAL(kind);
	return vh_printf("%s, subsystem %04x:%04x", kind, s->subsystem.vendor, s->subsystem.device);
}

static bool is_like(const struct vh_expect *e, const struct vh_sighting *s)
{
	if (!vh_pci_cmp(&e->seen.addr, &s->addr))
		return false;
	return e->by == VH_BY_RECORD ? vh_pci_is_same_make(&e->seen, s)
				     : !vh_pci_id_cmp(&e->seen.id, &s->id);
}

static bool is_element(const struct vh_domain *d, const struct vh_pci_addr *addr)
{
	for (size_t i = 0; d && i < d->n_devices; i++)
		if (!d->devices[i].problem && !vh_pci_cmp(&d->devices[i].addr, addr))
			return true;
	return false;
}

void vh_expected_add_elsewhere(const struct vh_case *c, const struct vh_expect *e,
			       enum vh_element as, struct vh_strbuf *message, struct vh_strbuf *fix)
{
	_auto_strbuf_ struct vh_strbuf where = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < c->elsewhere.count; i++) {
		const struct vh_sighting *s = &c->elsewhere.list[i];
		_auto_free_ char *address = NULL, *line = NULL;

		if (!is_like(e, s) || is_element(c->domain, &s->addr) || n++ >= SHOWN_MAX)
			continue;
		address = vh_wording_address(&s->addr, as);
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

void vh_expected_add_by(const struct vh_case *c, const struct vh_expect *e, bool with_subsystem,
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
	seen = vh_expected_seen(&e->seen, with_subsystem);
	name = vh_printable(c->domain ? c->domain->name : "", 256);
	vh_strbuf_addf(message, "when '%s' last ran it was %s", name, seen);
}

void vh_expected_add(const struct vh_case *c, const struct vh_pci_addr *addr, enum vh_element as,
		     struct vh_strbuf *message, struct vh_strbuf *fix)
{
	struct vh_expect e[VH_EXPECT_MAX];
	size_t n = vh_expect_at(addr, c->config, c->domain, c->last, e);

	for (size_t i = 0; i < n; i++) {
		vh_strbuf_add(message, "; ");
		vh_expected_add_by(c, &e[i], false, message);
		vh_expected_add_elsewhere(c, &e[i], as, message, fix);
	}
}
