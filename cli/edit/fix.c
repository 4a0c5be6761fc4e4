/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fix - judges and corrects in turn until there is nothing to correct. */
#include "cli/edit/fix.h"

#include "lib/decide/correct.h"

#include "lib/base/banned.h"

/* A device that is found by one correction brings its group, which may want another; more
 * rounds than there are kinds of corrections do not come up. */
#define ROUNDS_MAX 16

void vh_fix_clear(struct vh_fixed *f)
{
	vh_strbuf_clear(&f->xml);
	vh_names_clear(&f->done);
	vh_judge_clear(&f->judgement);
}

static void correct(struct vh_edit *e, struct vh_fixed *f, const struct vh_config *config,
		    enum vh_fix members)
{
	const struct vh_judgement *j = &f->judgement;
	struct vh_case c = {
		.domain = j->domain,
		.host = j->c.host,
		.config = config,
		.plan = j->plan,
		.around = j->c.around, /* borrowed, as all of it */
		.memory = j->c.memory,
		.networks = j->c.networks,
	};

	if (j->c.host) /* else there is no passthrough */
		vh_correct(e, &c, &j->findings,
			   members == VH_FIX_GUEST ? VH_MEMBERS_GUEST : VH_MEMBERS_UNASSIGNED,
			   &f->done);
}

/* One round: judges f->xml, and corrects it. 1: it was changed, 0: there is nothing to correct
 * any more, -1. */
static int round_of(struct vh_fixed *f, const struct vh_root *root, const struct vh_config *config,
		    enum vh_fix members, struct vh_error *err)
{
	_auto_(vh_edit) struct vh_edit *e = vh_edit_open(f->xml.data, f->xml.len, err);
	struct vh_strbuf corrected = { 0 };
	struct vh_domain *d = e ? vh_judge_read(vh_edit_doc(e), err) : NULL;

	if (!d)
		return -1;
	vh_judge_clear(&f->judgement);
	vh_judge_parsed(&f->judgement, root, config, d);
	correct(e, f, config, members);
	for (size_t i = 0; i < d->n_devices; i++)
		d->devices[i].node = NULL;
	if (!vh_edit_has_edits(e))
		return 0;
	if (vh_edit_apply(e, &corrected, err) < 0)
		return -1;
	vh_edit_free(VH_STEAL(e)); /* before the text that it borrows */
	vh_strbuf_clear(&f->xml);
	f->xml = corrected;
	return 1;
}

int vh_fix_domain(struct vh_fixed *ret, const struct vh_root *root, const struct vh_config *config,
		  const struct vh_strbuf *xml, enum vh_fix members, struct vh_error *err)
{
	int more = 1;

	vh_strbuf_add_mem(&ret->xml, xml->data, xml->len);
	for (int i = 0; more > 0 && i < ROUNDS_MAX; i++)
		more = round_of(ret, root, config, members, err);
	if (more <= 0)
		return more;
	return vh_fail(err, VH_E_INPUT, 0, NULL, "the corrections do not come to an end");
}
