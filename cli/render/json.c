/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json - answers for programs: one document a run, "schema":1. Keys are added, never
 * changed or taken away, without a new schema number. */
#include "cli/render/json.h"

#include "lib/base/banned.h"

/* json-c leaves DEL and the C1 controls as they are; a terminal would obey them. */
void vh_json_print(struct json_object *doc)
{
	const char *s = json_object_to_json_string_ext(doc, JSON_C_TO_STRING_PLAIN |
								    JSON_C_TO_STRING_NOSLASHESCAPE);

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

/* --- facts ---------------------------------------------------------------------------------- */

static struct json_object *names_of(const struct vh_field *f, const struct vh_subject *s)
{
	_auto_names_ struct vh_names names = { 0 };

	return f->list(s, &names) == VH_NO ? NULL : strings(&names);
}

static struct json_object *things(const struct vh_field *f, const struct vh_subject *s)
{
	struct json_object *array;
	struct vh_subject one;
	size_t at = 0;

	if (f->is_known && !f->is_known(s))
		return NULL;
	array = json_object_new_array();
	while (f->next(s, &at, &one)) {
		struct json_object *e = json_object_new_object();

		vh_json_fields(e, f->fields, &one);
		json_object_array_add(array, e);
	}
	return array;
}

static struct json_object *thing(const struct vh_field *f, const struct vh_subject *s)
{
	struct json_object *e;
	struct vh_subject inner = *s;

	if (!f->object(s, &inner))
		return NULL;
	e = json_object_new_object();
	vh_json_fields(e, f->fields, &inner);
	return e;
}

static struct json_object *scalar(const struct vh_field *f, const struct vh_subject *s)
{
	if (f->text) {
		_auto_free_ char *text = f->text(s);

		return string(text);
	}
	if (f->number) {
		int64_t n = f->number(s);

		return n < 0 ? NULL : json_object_new_int64(n);
	}
	switch (f->tri(s)) {
	case VH_NO:
		return json_object_new_boolean(false);
	case VH_YES:
		return json_object_new_boolean(true);
	case VH_UNKNOWN:
		break;
	}
	return NULL;
}

void vh_json_fields(struct json_object *e, const struct vh_field *fields, const struct vh_subject *s)
{
	for (const struct vh_field *f = fields; !vh_fields_is_end(f); f++) {
		if (!f->key)
			continue;
		if (f->next)
			add(e, f->key, things(f, s));
		else if (f->object)
			add(e, f->key, thing(f, s));
		else if (f->list)
			add(e, f->key, names_of(f, s));
		else
			add(e, f->key, scalar(f, s));
	}
}

void vh_json_document(const struct vh_field *fields, const struct vh_subject *s)
{
	struct json_object *doc = document();

	vh_json_fields(doc, fields, s);
	vh_json_print(doc);
}

struct json_object *vh_json_findings(const struct vh_findings *list)
{
	static const struct vh_field all = { .next = vh_fields_findings,
					     .fields = vh_fields_finding };

	return things(&all, &(struct vh_subject){ .findings = list });
}
