/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text-status - claims, refusals and what nobody claims, for people. */
#include "cli/render/text-fields.h"
#include "lib/state/refusal.h"

#include "lib/base/banned.h"

/* A fact of the claim that has a line of its own. */
static void put_line(const struct vh_subject *claim, const char *key)
{
	for (const struct vh_field *f = vh_fields_status_claim; !vh_fields_is_end(f); f++) {
		_auto_free_ char *text = vh_streq(f->key, key) ? f->text(claim) : NULL;

		if (text)
			printf("  %s: %s\n", key, text);
	}
}

static void put_claim(struct vh_output *o, const struct vh_subject *claim)
{
	const struct vh_claim *c = claim->row->claim;
	struct vh_subject record, loan;
	size_t at = 0, lent = 0;

	vh_text_fields_row(o, vh_fields_status_claim, VH_ROW, claim, 0);
	if (c->count) {
		fputs("  ", stdout);
		vh_text_fields_titles(vh_fields_status_record, VH_ROW);
	}
	while (vh_fields_status_records(claim, &at, &record)) {
		fputs("  ", stdout);
		vh_text_fields_row(o, vh_fields_status_record, VH_ROW, &record, 0);
	}
	if (c->loans.count) {
		fputs("  ", stdout);
		vh_text_fields_titles(vh_fields_status_loan, VH_ROW);
	}
	while (vh_fields_status_loans(claim, &lent, &loan)) {
		fputs("  ", stdout);
		vh_text_fields_row(o, vh_fields_status_loan, VH_ROW, &loan, 0);
	}
	if (!vh_streq(c->owner, VH_MANUAL) || claim->row->busy)
		put_line(claim, "why");
	put_line(claim, "fix");
}

static void put_refusal(struct vh_output *o, const struct vh_subject *refusal)
{
	const char *more = strchr(refusal->refusal->text, '\n');

	vh_text_fields_row(o, vh_fields_status_refusal, VH_ROW, refusal, 0);
	if (more && more[1])
		vh_put_lines(stdout, "  ", more + 1);
}

static void put_others(struct vh_output *o, const struct vh_subject *s)
{
	struct vh_subject other;

	for (size_t at = 0, n = 0; vh_fields_status_others(s, &at, &other); n++) {
		if (!n) {
			fputs("in no claim of vfio-hook:\n  ", stdout);
			vh_text_fields_titles(vh_fields_status_unclaimed, VH_ROW);
		}
		fputs("  ", stdout);
		vh_text_fields_row(o, vh_fields_status_unclaimed, VH_ROW, &other, 0);
	}
}

void vh_text_status(struct vh_output *o, const struct vh_status *status)
{
	struct vh_subject s = { .names = o->cli->names, .host = status->host, .status = status };
	struct vh_subject one;

	for (size_t at = 0; vh_fields_status_claims(&s, &at, &one);)
		put_claim(o, &one);
	if (!status->count && vh_fields_status_is_whole(&s))
		fputs("no devices are claimed\n", stdout);
	for (size_t at = 0; vh_fields_status_refusals(&s, &at, &one);)
		put_refusal(o, &one);
	if (vh_fields_status_is_whole(&s))
		put_others(o, &s);
}
