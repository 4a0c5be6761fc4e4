/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json - answers for programs: the tables of facts as one document a run, "schema":1. Keys are
 * added, never changed or taken away, without a new schema number. The only file that knows
 * json-c. */
#include <json-c/json.h>

#include "cli/render/fields.h"
#include "cli/wrap.h"
#include "lib/base/printable.h"

#include "lib/base/banned.h"

/* --- values --------------------------------------------------------------------------------- */

static void add_fields(struct json_object *e, const struct vh_field *fields,
		       const struct vh_subject *s);

/* JSON has no other text than UTF-8; NULL becomes null. */
static struct json_object *string(const char *s)
{
	_auto_free_ char *utf8 = s ? vh_printable_utf8(s) : NULL;

	return s ? json_object_new_string(utf8) : NULL;
}

static struct json_object *object(const struct vh_field *fields, const struct vh_subject *s)
{
	struct json_object *e = json_object_new_object();

	add_fields(e, fields, s);
	return e;
}

static struct json_object *strings(const struct vh_field *f, const struct vh_subject *s)
{
	_auto_names_ struct vh_names names = { 0 };
	struct json_object *array;

	if (f->list(s, &names) == VH_NO)
		return NULL;
	array = json_object_new_array();
	for (size_t i = 0; i < names.count; i++)
		json_object_array_add(array, string(names.name[i]));
	return array;
}

static struct json_object *objects(const struct vh_field *f, const struct vh_subject *s)
{
	struct json_object *array;
	struct vh_subject one;

	if (f->is_known && !f->is_known(s))
		return NULL;
	array = json_object_new_array();
	for (size_t at = 0; f->next(s, &at, &one);)
		json_object_array_add(array, object(f->fields, &one));
	return array;
}

static struct json_object *boolean(enum vh_tri value)
{
	return value == VH_UNKNOWN ? NULL : json_object_new_boolean(value == VH_YES);
}

static struct json_object *number(int64_t value)
{
	return value < 0 ? NULL : json_object_new_int64(value);
}

static struct json_object *value_of(const struct vh_field *f, const struct vh_subject *s)
{
	_auto_free_ char *text = f->text ? f->text(s) : NULL;
	struct vh_subject inner;

	if (f->next)
		return objects(f, s);
	if (f->object)
		return f->object(s, &inner) ? object(f->fields, &inner) : NULL;
	if (f->list)
		return strings(f, s);
	if (f->tri)
		return boolean(f->tri(s));
	return f->number ? number(f->number(s)) : string(text);
}

static void add_fields(struct json_object *e, const struct vh_field *fields,
		       const struct vh_subject *s)
{
	for (const struct vh_field *f = fields; !vh_fields_is_end(f); f++)
		if (f->key && (!f->applies || f->applies(s)))
			json_object_object_add(e, f->key, value_of(f, s));
}

/* --- documents ------------------------------------------------------------------------------ */

static struct json_object *document(const struct vh_field *fields, const struct vh_subject *s)
{
	struct json_object *doc = json_object_new_object();

	json_object_object_add(doc, "schema", json_object_new_int(1));
	add_fields(doc, fields, s);
	return doc;
}

/* json-c leaves DEL and the C1 controls as they are; a terminal would obey them. */
static void print(struct json_object *doc)
{
	const char *s = json_object_to_json_string_ext(doc, JSON_C_TO_STRING_PLAIN |
								    JSON_C_TO_STRING_NOSLASHESCAPE);

	vh_wrap_document(stdout);
	for (; *s; s++) {
		unsigned char c = s[0], next = s[1];

		if (c == 0x7f) {
			fputs("\\u007f", stdout);
		} else if (c == 0xc2 && next >= 0x80 && next <= 0x9f) {
			printf("\\u%04x", next);
			s++;
		} else {
			fputc(c, stdout);
		}
	}
	fputc('\n', stdout);
	json_object_put(doc);
}

/* --- check, which answers bit by bit -------------------------------------------------------- */

static struct vh_subject check(const struct vh_output *o, const struct vh_report *r)
{
	return (struct vh_subject){
		.names = o->cli->names,
		.source = o->cli->source,
		.report = r,
		.judgement = r ? r->judgement : NULL,
	};
}

/* The fact of this key, now that there is more to say. */
static void tell(struct vh_output *o, const char *key, const struct vh_subject *s)
{
	for (const struct vh_field *f = vh_fields_check; !vh_fields_is_end(f); f++)
		if (vh_streq(f->key, key))
			json_object_object_add(o->doc, key, value_of(f, s));
}

void vh_json_check_begin(struct vh_output *o)
{
	struct vh_subject s = check(o, NULL);

	o->doc = document(vh_fields_check, &s);
}

void vh_json_check_host(struct vh_output *o, const struct vh_report *r)
{
	struct vh_subject s = check(o, r);

	tell(o, "host", &s);
}

void vh_json_check_domain(struct vh_output *o, const struct vh_report *r)
{
	struct vh_subject s = check(o, r);

	json_object_array_add(json_object_object_get(o->doc, "domains"),
			      object(vh_fields_check_domain, &s));
}

void vh_json_check_together(struct vh_output *o, const struct vh_remarks *remarks)
{
	struct vh_subject s = { .remarks = remarks };

	tell(o, "together", &s);
}

void vh_json_check_end(struct vh_output *o)
{
	print(VH_STEAL(o->doc));
}

/* --- the others, which know all ------------------------------------------------------------- */

static void answer(const struct vh_output *o, const struct vh_field *fields, struct vh_subject s)
{
	s.names = o->cli->names;
	print(document(fields, &s));
}

void vh_json_hosts(struct vh_output *o, const struct vh_compared *list, size_t count)
{
	answer(o, vh_fields_check_hosts,
	       (struct vh_subject){ .compared = list,
				    .n_compared = count,
				    .remotes = o->cli->remotes,
				    .n_remotes = o->cli->n_connect });
}

void vh_json_list(struct vh_output *o, const struct vh_host *h, const struct vh_findings *why)
{
	answer(o, vh_fields_list, (struct vh_subject){ .host = h });
	vh_text_findings(o->cli, stderr, why);
}

void vh_json_status(struct vh_output *o, const struct vh_status *s)
{
	answer(o, vh_fields_status, (struct vh_subject){ .host = s->host, .status = s });
}

void vh_json_show(struct vh_output *o, const struct vh_shown *list, size_t count)
{
	answer(o, vh_fields_show, (struct vh_subject){ .shown = list, .n_shown = count });
}

void vh_json_xml(struct vh_output *o, const struct vh_fragment *f, const char *text)
{
	answer(o, vh_fields_xml, (struct vh_subject){ .fragment = f, .xml = text });
}

void vh_json_config(struct vh_output *o, const struct vh_settings *s)
{
	answer(o, vh_fields_config, (struct vh_subject){ .settings = s });
}

void vh_json_boot(struct vh_output *o, const struct vh_boot_report *r)
{
	answer(o, vh_fields_boot, (struct vh_subject){ .boot = r });
}
