/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fields-status - the facts that status has: claims and their devices, refusals, and what is in
 * no claim. */
#include "cli/render/fields.h"

#include <time.h>

#include "lib/base/strbuf.h"
#include "lib/state/refusal.h"

#include "lib/base/banned.h"

/* For programs; people get vh_output_time(). */
static char *utc(int64_t seconds)
{
	time_t t = seconds;
	char buf[64];
	struct tm tm;

	if (!gmtime_r(&t, &tm) || !strftime(buf, sizeof(buf), "%Y-%m-%dT%H:%M:%SZ", &tm))
		return NULL;
	return vh_strdup(buf);
}

/* --- a device of a claim -------------------------------------------------------------------- */

VH_FIELDS_GET(char *, record_address, vh_strdup(vh_pci_str(&s->record->addr).s))
VH_FIELDS_GET(char *, record_id, vh_printf("%04x:%04x", s->record->vendor, s->record->device))
VH_FIELDS_GET(char *, role, vh_strdup(vh_claim_role_str(s->record->role)))
VH_FIELDS_GET(char *, before, vh_strdup(s->record->driver))

/* At the address something else may have been plugged in. */
static char *now_words(const struct vh_subject *s)
{
	const struct vh_pci_dev *d = s->dev;

	if (!d)
		return vh_strdup("gone");
	if (d->vendor != s->record->vendor || d->device != s->record->device)
		return vh_printf("another device (%04x:%04x)", d->vendor, d->device);
	return vh_strdup(d->driver ? d->driver : "-");
}

VH_FIELDS_GET(char *, record_state, vh_strdup(vh_claim_state_str(s->record->state)))

/* Two words for a state that nobody should see for long: somebody is at work, or was. */
static const struct {
	const char *column, *cut; /* cut: instead, where nobody is at work */
	const char *words, *cut_words;
} told[] = {
	[VH_NOTED] = { "untouched", "untouched", NULL, NULL },
	[VH_TAKING] = { "leaving", "cut off", "it is being taken now", "taking it was broken off" },
	[VH_TAKEN] = { "taken", "taken", NULL, NULL },
	[VH_RETURNING] = { "returning", "cut off", "it is on its way now",
			   "its way back was broken off" },
	[VH_STUCK] = { "stuck", "stuck", "its driver has not answered",
		       "its driver has not answered" },
};

/* What libvirt itself takes, and has taken, is noted alone (the function of an <interface>). */
static enum vh_record_state shown_state(const struct vh_subject *s)
{
	const struct vh_record *r = s->record;

	return r->state == VH_NOTED && r->action == VH_UNBIND && s->dev && s->dev->on_vfio
		       ? VH_TAKEN
		       : r->state;
}

VH_FIELDS_GET(char *, state_words,
	      vh_strdup(s->row->busy ? told[shown_state(s)].column : told[shown_state(s)].cut))

VH_FIELDS_GET(bool, is_manual, vh_streq(s->row->claim->owner, VH_MANUAL))

static const char *bringer(const struct vh_subject *s)
{
	const struct vh_record *r = s->record;

	if (is_manual(s))
		return "reattach";
	/* libvirt has taken it from there, and leaves it to its host driver */
	if (r->action == VH_UNBIND && r->driver && strstr(r->driver, "vfio"))
		return "the hook";
	return r->role == VH_NAMED ? "libvirt" : "the hook";
}

/* Where it comes back to, and by whom. */
static char *way_back(const struct vh_subject *s)
{
	const struct vh_record *r = s->record;
	struct vh_strbuf sb = { 0 };
	const char *words;

	if (r->action == VH_KEEP || (r->action == VH_LEAVE && !r->driver)) {
		vh_strbuf_add(&sb, "stays as it is");
	} else {
		vh_strbuf_addf(&sb, "%s (by %s", r->driver ? r->driver : "no driver", bringer(s));
		if (r->override)
			vh_strbuf_addf(&sb, ", override %s", r->override);
		vh_strbuf_add(&sb, ")");
	}
	words = s->row->busy ? told[r->state].words : told[r->state].cut_words;
	if (words)
		vh_strbuf_addf(&sb, "; %s", words);
	return vh_strbuf_steal(&sb);
}

const struct vh_field vh_fields_status_record[] = {
	{ "address", "ADDRESS", .text = record_address, .at = { { 1, 13, " " } } },
	{ "id", .text = record_id },
	{ "role", "ROLE", .text = role, .at = { { 2, 6, " " } } },
	{ "driver_before", "BEFORE", .text = before, .none = "-", .at = { { 3, 13, " " } } },
	{ "driver_now", "NOW", .text = vh_fields_driver, .words = now_words,
	  .at = { { 4, 11, " " } } },
	{ "state", "STATE", .text = record_state, .words = state_words, .at = { { 5, 9, " " } } },
	{ NULL, "COMES BACK TO", .text = way_back, .at = { { 6, 0, "\n" } } },
	{ 0 },
};

bool vh_fields_status_records(const struct vh_subject *s, size_t *at, struct vh_subject *ret)
{
	if (*at >= s->row->claim->count)
		return false;
	*ret = *s;
	ret->record = &s->row->claim->records[(*at)++];
	ret->dev = vh_host_dev(s->host, &ret->record->addr);
	return true;
}

/* --- what is handed over --------------------------------------------------------------------- */

VH_FIELDS_GET(char *, loan_address, vh_strdup(vh_pci_str(&s->loan->addr).s))
VH_FIELDS_GET(char *, loan_name, vh_strdup(s->loan->name))
VH_FIELDS_GET(enum vh_tri, loan_failed, vh_fields_is(s->loan->failed))

/* That the device needs it first is a matter of the way home. */
VH_FIELDS_GET(char *, loan_kind,
	      vh_strdup(vh_loan_kind_str(s->loan->kind == VH_LOAN_DRIVER ? VH_LOAN_MODULE
									 : s->loan->kind)))

static char *loan_words(const struct vh_subject *s)
{
	const char *kind = s->loan->kind == VH_LOAN_UNIT     ? ""
			   : s->loan->kind == VH_LOAN_DRIVER ? "module "
							     : vh_loan_kind_str(s->loan->kind);

	return vh_printf("%s%s%s", kind, *kind && s->loan->kind != VH_LOAN_DRIVER ? " " : "",
			 s->loan->name);
}

static bool is_late_unit(const struct vh_subject *s)
{
	return s->loan->failed && s->loan->kind == VH_LOAN_UNIT;
}

/* What was too slow for its start, or somebody has started since, runs by now. */
static enum vh_tri loan_active(const struct vh_subject *s)
{
	const struct vh_unit_facts *u = vh_units_find(&s->status->late, s->loan->name);

	return !u || u->load == VH_UNIT_UNKNOWN ? VH_UNKNOWN : vh_fields_is(u->active);
}

static char *loan_state(const struct vh_subject *s)
{
	struct vh_pci_name addr = vh_pci_str(&s->loan->addr);

	if (!s->loan->failed)
		return vh_strdup("comes back after it");
	if (is_late_unit(s) && loan_active(s) == VH_YES)
		return vh_printf("came back late; vfio-hook reattach %s ends this entry", addr.s);
	return vh_printf("did not come back: vfio-hook reattach %s", addr.s);
}

VH_FIELDS_GET(enum vh_style, loan_style,
	      s->loan->failed && !(is_late_unit(s) && loan_active(s) == VH_YES) ? VH_BAD : VH_PLAIN)

const struct vh_field vh_fields_status_loan[] = {
	{ "address", "HANDED OVER", .text = loan_address, .at = { { 1, 13, " " } } },
	{ "kind", .text = loan_kind },
	{ "name", "", .text = loan_name, .words = loan_words, .at = { { 2, 33, " " } } },
	{ "failed", .tri = loan_failed },
	{ "active", .tri = loan_active, .applies = is_late_unit },
	{ NULL, "", .text = loan_state, .style = loan_style, .at = { { 3, 0, "\n" } } },
	{ 0 },
};

VH_FIELDS_NEXT(bool, vh_fields_status_loans, loan, s->row->claim->loans.list,
	       s->row->claim->loans.count)

/* --- claims --------------------------------------------------------------------------------- */

VH_FIELDS_GET(char *, domain, is_manual(s) ? NULL : vh_strdup(s->row->claim->name))

static char *domain_words(const struct vh_subject *s)
{
	const char *name = s->row->claim->name;

	return vh_strdup(is_manual(s) ? "detached by hand" : name ? name : "-");
}

VH_FIELDS_GET(char *, uuid, is_manual(s) ? NULL : vh_strdup(s->row->claim->owner))
VH_FIELDS_GET(char *, uuid_words, is_manual(s) ? NULL : vh_printf(" (%s)", s->row->claim->owner))
VH_FIELDS_GET(char *, since, utc(s->row->claim->since))
VH_FIELDS_GET(char *, since_words, vh_output_time(s->row->claim->since))
VH_FIELDS_GET(char *, state, vh_strdup(s->row->state))

VH_FIELDS_GET(char *, why, vh_strdup(s->row->why))

/* Has something come to a halt that a person has to set going again? */
static bool has_halted(const struct vh_status_row *row)
{
	const struct vh_claim *c = row->claim;

	if (row->busy)
		return false;
	for (size_t i = 0; i < c->count; i++)
		if (c->records[i].state != VH_NOTED && c->records[i].state != VH_TAKEN)
			return true;
	return vh_streq(row->state, "stale") || vh_streq(row->state, "releasing");
}

/* What to type, for all of its groups. */
static char *claim_fix(const struct vh_subject *s)
{
	const struct vh_claim *c = s->row->claim;
	struct vh_strbuf sb = { 0 };

	if (!(has_halted(s->row) || vh_streq(s->row->state, "stuck")))
		return NULL;
	vh_strbuf_add(&sb, "vfio-hook reattach");
	/* all devices are home, and something that was handed over with one is not back yet */
	if (!c->count && c->loans.count)
		vh_strbuf_addf(&sb, " %s", vh_pci_str(&c->loans.list[0].addr).s);
	for (size_t i = 0; i < c->count; i++) {
		bool known = false;

		for (size_t k = 0; k < i; k++)
			known |= c->records[k].group == c->records[i].group;
		if (!known || c->records[i].group < 0)
			vh_strbuf_addf(&sb, " %s", vh_pci_str(&c->records[i].addr).s);
	}
	return vh_strbuf_steal(&sb);
}

static enum vh_style state_style(const struct vh_subject *s)
{
	if (vh_streq(s->row->state, "held"))
		return VH_GOOD;
	return vh_streq(s->row->state, "stuck") ? VH_BAD : VH_CAUTION;
}

const struct vh_field vh_fields_status_claim[] = {
	{ "domain", .text = domain, .words = domain_words, .style = vh_fields_is_head,
	  .at = { { 1, 0, "" } } },
	{ "uuid", .text = uuid, .words = uuid_words, .at = { { 2, 0, ": " } } },
	{ "since", .text = since, .words = since_words, .at = { { 4, 0, "\n" } } },
	{ "state", .text = state, .style = state_style, .at = { { 3, 0, " since " } } },
	{ "why", .text = why },
	{ "fix", .text = claim_fix },
	{ "devices", .next = vh_fields_status_records, .fields = vh_fields_status_record },
	{ "handed_over", .next = vh_fields_status_loans, .fields = vh_fields_status_loan },
	{ 0 },
};

VH_FIELDS_NEXT(bool, vh_fields_status_claims, row, s->status->rows, s->status->count)

/* One that could not be read may be the only one. */
VH_FIELDS_GET(bool, claims_are_known,
	      !s->status->unseen && !(s->status->damaged && !s->status->count))

/* --- refusals ------------------------------------------------------------------------------- */

VH_FIELDS_GET(char *, refused_domain, vh_strdup(s->refusal->name))
VH_FIELDS_GET(char *, refused_uuid, vh_strdup(s->refusal->uuid))
VH_FIELDS_GET(char *, refused, vh_strdup("refused"))
VH_FIELDS_GET(enum vh_style, is_bad, VH_BAD)
VH_FIELDS_GET(char *, when, utc(s->refusal->when))
VH_FIELDS_GET(char *, when_words, vh_output_time(s->refusal->when))
VH_FIELDS_GET(char *, message, vh_strdup(s->refusal->text))

/* The first line; the name, which stands in it too, has been told. */
static char *message_words(const struct vh_subject *s)
{
	_auto_free_ char *first = vh_strndup(s->refusal->text, strcspn(s->refusal->text, "\n"));
	const char *why = strstr(first, "not started: ");

	return vh_strdup(why ? why + strlen("not started: ") : first);
}

const struct vh_field vh_fields_status_refusal[] = {
	{ "domain", .text = refused_domain, .style = vh_fields_is_head, .at = { { 1, 0, " (" } } },
	{ "uuid", .text = refused_uuid, .at = { { 2, 0, "): " } } },
	{ NULL, .text = refused, .style = is_bad, .at = { { 3, 0, " " } } },
	{ "when", .text = when, .words = when_words, .at = { { 4, 0, ": " } } },
	{ "message", .text = message, .words = message_words, .at = { { 5, 0, "\n" } } },
	{ 0 },
};

VH_FIELDS_NEXT(bool, vh_fields_status_refusals, refusal, s->status->refusals, s->status->n_refusals)

VH_FIELDS_GET(bool, refusals_are_known, !s->status->unseen)

/* --- in no claim ---------------------------------------------------------------------------- */

VH_FIELDS_GET(char *, driver_override, vh_strdup(s->dev->override))
VH_FIELDS_GET(char *, holder, vh_strdup(s->view->holder))

/* Who has it; or what gives it back. */
static char *holder_words(const struct vh_subject *s)
{
	const struct vh_pci_dev *d = s->dev;

	if (s->view->open == VH_YES)
		return vh_strdup(s->view->holder ? s->view->holder : "in use");
	if (d->on_vfio)
		return vh_printf("virsh nodedev-reattach %s", vh_pci_nodedev(&d->addr).s);
	if (d->driver)
		return NULL;
	return vh_printf("echo > /sys/bus/pci/devices/%s/driver_override; "
			 "echo %s > /sys/bus/pci/drivers_probe",
			 vh_pci_str(&d->addr).s, vh_pci_str(&d->addr).s);
}

const struct vh_field vh_fields_status_unclaimed[] = {
	{ "address", "ADDRESS", .text = vh_fields_address, .at = { { 1, 13, " " } } },
	{ "id", .text = vh_fields_id },
	{ "driver", "DRIVER", .text = vh_fields_driver, .none = "-", .at = { { 2, 13, " " } } },
	{ "override", "OVERRIDE", .text = driver_override, .none = "-", .at = { { 3, 13, " " } } },
	{ "holder", "USED BY, OR GIVEN BACK WITH", .text = holder, .words = holder_words,
	  .at = { { 4, 0, "\n" } } },
	{ 0 },
};

bool vh_fields_status_others(const struct vh_subject *s, size_t *at, struct vh_subject *ret)
{
	const struct vh_host *h = s->host;

	while (*at < h->n_devs && !vh_render_is_unclaimed(s->status, h->devs[*at]))
		(*at)++;
	if (*at >= h->n_devs)
		return false;
	*ret = *s;
	ret->dev = h->devs[(*at)++];
	ret->view = vh_claims_group(&s->status->seen, ret->dev->group);
	return true;
}

bool vh_fields_status_is_whole(const struct vh_subject *s)
{
	return !s->status->unseen && !s->status->damaged;
}

/* What could not be seen is null, not an empty list. */
const struct vh_field vh_fields_status[] = {
	{ "claims", .next = vh_fields_status_claims, .is_known = claims_are_known,
	  .fields = vh_fields_status_claim },
	{ "refusals", .next = vh_fields_status_refusals, .is_known = refusals_are_known,
	  .fields = vh_fields_status_refusal },
	{ "unclaimed", .next = vh_fields_status_others, .is_known = vh_fields_status_is_whole,
	  .fields = vh_fields_status_unclaimed },
	{ 0 },
};
