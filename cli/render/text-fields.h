/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text-fields - facts for people: a line for each, or a line for each thing. Only the text
 * renderers include it. */
#ifndef VH_TEXT_FIELDS_H
#define VH_TEXT_FIELDS_H

#include "cli/render/fields.h"

/* A line of the fact, or one for each that is in a list, if it has a title and something to
 * say. */
void vh_text_fields_line(struct vh_output *o, const struct vh_field *f, const struct vh_subject *s);
/* A line of the thing: the cells of its facts in their order; the first is pushed to the right
 * by `indent` columns. */
void vh_text_fields_row(struct vh_output *o, const struct vh_field *fields, enum vh_layout layout,
			const struct vh_subject *s, size_t indent);
/* The titles of those cells. */
void vh_text_fields_titles(const struct vh_field *fields, enum vh_layout layout);
/* Does this use refuse a start that names the device? No configuration is asked. */
bool vh_text_fields_blocks(const struct vh_use *u);
/* What stands before it, with its colon. */
const char *vh_text_fields_use(const struct vh_use *u);
/* A line for each use of the device by the host. */
void vh_text_fields_uses(struct vh_output *o, const struct vh_pci_dev *d, int indent);

#endif
