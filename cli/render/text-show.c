/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text-show - a device for people: a line for each fact, its group, and what a start does. */
#include "cli/render/text-fields.h"

#include "lib/base/banned.h"

static void put_member(struct vh_output *o, const struct vh_subject *s)
{
	fputs("    ", stdout);
	vh_text_fields_row(o, vh_fields_show_member, VH_ROW, s, 0);
	if (s->dev != s->shown->dev) /* told above */
		vh_text_fields_uses(o, s->dev, 8);
}

static void put_finding(struct vh_output *o, const struct vh_finding *e)
{
	if (e->severity == VH_INFO)
		return;
	fputs("    ", stdout);
	vh_text_findings_line(o->cli, stdout, e);
	if (e->fix)
		vh_put_lines(stdout, "      fix: ", e->fix);
}

static void put_each(struct vh_output *o, const struct vh_field *f, const struct vh_subject *s)
{
	struct vh_subject one;

	for (size_t at = 0; f->next(s, &at, &one);)
		if (f->fields == vh_fields_show_member)
			put_member(o, &one);
		else
			put_finding(o, one.finding);
}

/* A line for each, and after an object the lines inside of it. */
static void put_fields(struct vh_output *o, const struct vh_field *fields,
		       const struct vh_subject *s)
{
	struct vh_subject inner;

	for (const struct vh_field *f = fields; !vh_fields_is_end(f); f++) {
		vh_text_fields_line(o, f, s);
		if (f->object && f->object(s, &inner))
			put_fields(o, f->fields, &inner);
		else if (f->next)
			put_each(o, f, s);
	}
}

void vh_text_show(struct vh_output *o, const struct vh_shown *list, size_t count)
{
	struct vh_subject all = { .names = o->cli->names, .shown = list, .n_shown = count };
	struct vh_subject s;

	for (size_t at = 0; vh_fields_show_devices(&all, &at, &s);) {
		if (at > 1)
			fputc('\n', stdout);
		vh_text_fields_row(o, vh_fields_show_device, VH_ROW, &s, 0);
		put_fields(o, vh_fields_show_device, &s);
	}
}
