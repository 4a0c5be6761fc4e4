/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text-fields - how the facts of a table are laid out in lines. */
#include "cli/render/text-fields.h"

#include "cli/wrap.h"

#include "lib/base/banned.h"

#define WIDTH 18 /* of the titles of lines */

/* --- a line for each fact ------------------------------------------------------------------- */

static void put_line(struct vh_output *o, const struct vh_field *f, const struct vh_subject *s,
		     const char *title, const char *words)
{
	fputs("  ", stdout);
	vh_put_column(stdout, title, WIDTH);
	vh_wrap_hang(stdout);
	vh_put_styled(o->cli, stdout, vh_fields_style(f, s), words, 0);
	fputc('\n', stdout);
}

/* The title stands before the first. Returns how many there were. */
static size_t put_each(struct vh_output *o, const struct vh_field *f, const struct vh_subject *s)
{
	_auto_names_ struct vh_names names = { 0 };

	VH_IGNORE(f->list(s, &names)); /* what is not known has no names */
	for (size_t i = 0; i < names.count; i++)
		put_line(o, f, s, i ? "" : f->title, names.name[i]);
	return names.count;
}

void vh_text_fields_line(struct vh_output *o, const struct vh_field *f, const struct vh_subject *s)
{
	_auto_free_ char *words = NULL;

	if (!f->title || (f->list && !f->join && put_each(o, f, s)))
		return;
	words = vh_fields_words(f, s);
	if (words)
		put_line(o, f, s, f->title, words);
}

/* --- a line for each thing ------------------------------------------------------------------ */

static const struct vh_field *at(const struct vh_field *fields, enum vh_layout layout,
				 unsigned int place)
{
	for (; !vh_fields_is_end(fields); fields++)
		if (fields->at[layout].place == place)
			return fields;
	return NULL;
}

/* The first cell is narrower by what it was pushed. */
static size_t width_of(const struct vh_cell *cell, size_t indent)
{
	if (cell->place > 1)
		return cell->width;
	return cell->width > indent ? cell->width - indent : 0;
}

void vh_text_fields_row(struct vh_output *o, const struct vh_field *fields, enum vh_layout layout,
			const struct vh_subject *s, size_t indent)
{
	const struct vh_field *f;

	printf("%*s", (int)indent, "");
	for (unsigned int i = 1; (f = at(fields, layout, i)); i++) {
		_auto_free_ char *words = vh_fields_words(f, s);

		vh_put_styled(o->cli, stdout, vh_fields_style(f, s), words ? words : "",
			      width_of(&f->at[layout], indent));
		fputs(f->at[layout].after, stdout);
	}
}

void vh_text_fields_titles(const struct vh_field *fields, enum vh_layout layout)
{
	const struct vh_field *f;

	for (unsigned int i = 1; (f = at(fields, layout, i)); i++) {
		vh_put_column(stdout, f->title, f->at[layout].width);
		fputs(f->at[layout].after, stdout);
	}
}

bool vh_text_fields_blocks(const struct vh_use *u)
{
	return !u->peer_only && !u->weak && !u->looked;
}

const char *vh_text_fields_use(const struct vh_use *u)
{
	if (u->looked)
		return "used, no obstacle:";
	return vh_text_fields_blocks(u) ? "used:" : "used, blocks only as a group member:";
}

void vh_text_fields_uses(struct vh_output *o, const struct vh_pci_dev *d, int indent)
{
	for (size_t i = 0; i < d->n_uses; i++) {
		const struct vh_use *u = &d->uses[i];

		printf("%*s", indent, "");
		vh_put_styled(o->cli, stdout, vh_text_fields_blocks(u) ? VH_IN_USE : VH_PLAIN,
			      vh_text_fields_use(u), 0);
		fputc(' ', stdout);
		vh_put(stdout, u->text);
		fputc('\n', stdout);
	}
}
