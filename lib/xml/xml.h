/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xml - the only place that calls libxml2, and the few questions that are asked of its trees.
 * No network, no DTD, no entities but the five that XML predefines, and so no catalog, which
 * only entities are looked up in; nothing is printed, and no setting of the library's is changed.
 * Names are those of elements without a namespace.
 */
#ifndef VH_XML_H
#define VH_XML_H

#include <libxml/tree.h>

#include "lib/base/error.h"

/* The document in `text`; the caller frees it. VH_E_INPUT names the line of the first error. */
xmlDoc *vh_xml_parse(const char *text, size_t len, struct vh_error *err) VH_CHECK;
void vh_xml_clear(xmlDoc **doc);
#define _auto_xml_ __attribute__((cleanup(vh_xml_clear)))

/* Elements. Each accepts NULL for the node and then finds nothing, so that calls nest.
 * vh_xml_child() and vh_xml_next() take NULL for the name as "any". */
const xmlNode *vh_xml_root(const xmlDoc *doc);
const xmlNode *vh_xml_child(const xmlNode *parent, const char *name);
const xmlNode *vh_xml_next(const xmlNode *node, const char *name);
bool vh_xml_is(const xmlNode *node, const char *name);
const char *vh_xml_name(const xmlNode *node);
/* The same walk over elements of one namespace. */
const xmlNode *vh_xml_child_in(const xmlNode *parent, const char *uri, const char *name);
const xmlNode *vh_xml_next_in(const xmlNode *node, const char *uri, const char *name);
int vh_xml_line(const xmlNode *node);

/* Elements of any namespace or none, and the URI of it (NULL: none). */
const xmlNode *vh_xml_first(const xmlNode *parent);
const xmlNode *vh_xml_following(const xmlNode *node);
const char *vh_xml_namespace(const xmlNode *node);
/* Does this element itself declare a prefix for it? */
bool vh_xml_declares(const xmlNode *node, const char *uri);

/* An attribute, borrowed from the tree; NULL when it is absent. */
const char *vh_xml_attr(const xmlNode *node, const char *name);
const xmlAttr *vh_xml_attribute(const xmlNode *node, const char *name);
bool vh_xml_attr_is(const xmlNode *node, const char *name, const char *value);
/* All text below the node, the caller's; NULL when there is none (libvirt's virXPathString()
 * makes no difference between an empty element and an absent one either). */
char *vh_xml_text(const xmlNode *node) VH_CHECK;

/* As the text of an element or the value of an attribute. Caller frees. */
char *vh_xml_escape(const char *text) VH_CHECK;

#endif
