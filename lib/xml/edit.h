/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * edit - changes a few places of an XML text and leaves every other byte as it is. What to
 * change is found in libxml2's tree; where that stands in the text, tags.c knows.
 *
 * Edits are collected, and made all at once by vh_edit_apply(). What lies within something
 * that is removed or replaced goes with it. Elements are written into the lines of their
 * neighbours: same indentation, same line ends.
 *
 * `xml` is well-formed and ASCII, without indentation but one tab for each level, its lines
 * separated by \n; names and values are ASCII too.
 */
#ifndef VH_EDIT_H
#define VH_EDIT_H

#include "lib/base/strbuf.h"
#include "lib/xml/xml.h"

struct vh_edit;

/* Borrows the text. NULL: it is not XML (see vh_xml_parse()), or in an encoding that does not
 * extend ASCII. */
struct vh_edit *vh_edit_open(const char *text, size_t len, struct vh_error *err) VH_CHECK;
void vh_edit_free(struct vh_edit *e);
VH_DEFINE_AUTO(vh_edit, vh_edit_free)

/* The tree of the text, as it is before all edits; every node below is one of its elements. */
const xmlDoc *vh_edit_doc(const struct vh_edit *e);
/* Where the element stands: its first byte, and the one behind it. */
void vh_edit_place(const struct vh_edit *e, const xmlNode *node, size_t *ret_start, size_t *ret_end);

/* Sets an attribute: the value where it is there, else behind the last one (once only). */
void vh_edit_set_attr(struct vh_edit *e, const xmlNode *node, const char *name, const char *value);
void vh_edit_remove_attr(struct vh_edit *e, const xmlNode *node, const char *name);
/* Everything in the element becomes this text. */
void vh_edit_set_text(struct vh_edit *e, const xmlNode *node, const char *text);
void vh_edit_replace(struct vh_edit *e, const xmlNode *node, const char *xml);
/* Removes an element, with its line if it has that for itself. */
void vh_edit_remove(struct vh_edit *e, const xmlNode *node);
/* Several at one place come in the order of the calls. */
void vh_edit_insert_after(struct vh_edit *e, const xmlNode *node, const char *xml);
void vh_edit_append(struct vh_edit *e, const xmlNode *parent, const char *xml);
/* Takes the element, as it is written, to the end of another one. */
void vh_edit_move(struct vh_edit *e, const xmlNode *node, const xmlNode *parent);

bool vh_edit_has_edits(const struct vh_edit *e);
/* The new text; it has been parsed once more. 0 or -1. */
int vh_edit_apply(const struct vh_edit *e, struct vh_strbuf *ret, struct vh_error *err) VH_CHECK;

#endif
