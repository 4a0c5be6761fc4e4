/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json - what the JSON renderers share, in short words: only they include it. */
#ifndef VH_JSON_H
#define VH_JSON_H

#include <json-c/json.h>

#include "cli/devices/pci-ids.h"
#include "cli/output.h"
#include "cli/render/fields.h"
#include "cli/render/render.h"
#include "lib/base/strbuf.h"

/* Prints the document on a line of stdout and frees it. */
void vh_json_print(struct json_object *doc);
/* Adds what the table has a key for. */
void vh_json_fields(struct json_object *e, const struct vh_field *fields,
		    const struct vh_subject *s);
/* Prints a document that has nothing else. */
void vh_json_document(const struct vh_field *fields, const struct vh_subject *s);
struct json_object *vh_json_findings(const struct vh_findings *list);

/* JSON has no other text than UTF-8; NULL becomes null. */
static inline struct json_object *string(const char *s)
{
	_auto_free_ char *utf8 = s ? vh_utf8(s) : NULL;

	return s ? json_object_new_string(utf8) : NULL;
}

static inline void add(struct json_object *o, const char *key, struct json_object *value)
{
	json_object_object_add(o, key, value);
}

static inline struct json_object *address(const struct vh_pci_addr *a)
{
	return json_object_new_string(vh_pci_str(a).s);
}

static inline struct json_object *id(uint16_t vendor, uint16_t device)
{
	char buf[16];

	snprintf(buf, sizeof(buf), "%04x:%04x", vendor, device);
	return json_object_new_string(buf);
}

static inline struct json_object *description(struct vh_output *o, const struct vh_pci_dev *d)
{
	_auto_free_ char *name = vh_pci_names_device(o->cli->names, d);

	return string(name);
}

static inline struct json_object *strings(const struct vh_names *names)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < names->count; i++)
		json_object_array_add(array, string(names->name[i]));
	return array;
}

static inline struct json_object *document(void)
{
	struct json_object *doc = json_object_new_object();

	add(doc, "schema", json_object_new_int(1));
	return doc;
}

#endif
