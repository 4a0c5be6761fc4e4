/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of facts beside docs/vfio-hook.schema.json: the same keys, of the same types; and
 * each layout of a table has its places one after the other. */
#include <json-c/json.h>

#include "cli/render/fields.h"
#include "tests/tap.h"

static struct json_object *schema;

static struct json_object *get(struct json_object *o, const char *key)
{
	return o ? json_object_object_get(o, key) : NULL;
}

static bool is_null_type(struct json_object *node)
{
	return vh_streq(json_object_get_string(get(node, "type")), "null");
}

/* What a $ref leads to; of two, the one that is not null. */
static struct json_object *resolve(struct json_object *node)
{
	static const char prefix[] = "#/$defs/";
	struct json_object *any = get(node, "anyOf");
	const char *ref = json_object_get_string(get(node, "$ref"));

	if (any) {
		node = json_object_array_get_idx(any, 0);
		return resolve(is_null_type(node) ? json_object_array_get_idx(any, 1) : node);
	}
	if (ref && vh_has_prefix(ref, prefix))
		return resolve(get(get(schema, "$defs"), ref + strlen(prefix)));
	return node;
}

static bool can_be_null(struct json_object *node)
{
	struct json_object *type = get(node, "type"), *any = get(node, "anyOf");
	struct json_object *list = any ? any : type;

	if (!list || !json_object_is_type(list, json_type_array))
		return false;
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *one = json_object_array_get_idx(list, i);

		if (any ? is_null_type(one) : vh_streq(json_object_get_string(one), "null"))
			return true;
	}
	return false;
}

/* Words are of type string, also where they are listed. */
static const char *type_of(struct json_object *node)
{
	struct json_object *type;

	node = resolve(node);
	type = get(node, "type");
	if (get(node, "enum"))
		return "string";
	if (json_object_is_type(type, json_type_array))
		type = json_object_array_get_idx(type, 0);
	return type ? json_object_get_string(type) : "nothing";
}

static const char *type_in_table(const struct vh_field *f)
{
	if (f->text)
		return "string";
	if (f->number)
		return "integer";
	if (f->tri)
		return "boolean";
	return f->object ? "object" : "array";
}

static bool is_required(struct json_object *object, const char *key)
{
	struct json_object *required = get(object, "required");

	for (size_t i = 0; required && i < json_object_array_length(required); i++)
		if (vh_streq(json_object_get_string(json_object_array_get_idx(required, i)), key))
			return true;
	return false;
}

static void check_table(const char *name, const struct vh_field *fields, struct json_object *node);

static void check_field(const char *name, const struct vh_field *f, struct json_object *object)
{
	_auto_free_ char *path = vh_printf("%s.%s", name, f->key);
	struct json_object *node = get(get(object, "properties"), f->key);
	struct json_object *items = get(resolve(node), "items");

	ok(node && is_required(object, f->key) == !f->applies, "%s is in the schema%s", path,
	   f->applies ? "" : ", and required");
	if (!ok(vh_streq(type_of(node), type_in_table(f)), "%s is of type %s", path,
		type_in_table(f)))
		diag("the schema has %s", type_of(node));
	if (f->list)
		ok(vh_streq(type_of(items), "string"), "%s has strings in it", path);
	if (f->next)
		ok(can_be_null(node) == !!f->is_known, "%s is null where the table says it", path);
	if (f->fields)
		check_table(path, f->fields, f->next ? items : node);
}

static bool has_key(const struct vh_field *fields, const char *key)
{
	for (const struct vh_field *f = fields; !vh_fields_is_end(f); f++)
		if (vh_streq(f->key, key))
			return true;
	return false;
}

/* From 1 on, each place once and none left out; the last one ends the line. */
static void check_layout(const char *name, const struct vh_field *fields, int layout)
{
	unsigned int count = 0, last = 0, sum = 0;
	const char *end = "\n";

	for (const struct vh_field *f = fields; !vh_fields_is_end(f); f++) {
		unsigned int place = f->at[layout].place;

		if (!place)
			continue;
		count++;
		sum += place;
		if (place > last) {
			last = place;
			end = f->at[layout].after;
		}
	}
	ok(count == last && sum == last * (last + 1) / 2 && vh_streq(end, "\n"),
	   "%s: %u cells in layout %d", name, count, layout);
}

static void check_table(const char *name, const struct vh_field *fields, struct json_object *node)
{
	struct json_object *object = resolve(node);

	for (const struct vh_field *f = fields; !vh_fields_is_end(f); f++)
		if (f->key)
			check_field(name, f, object);
	json_object_object_foreach(get(object, "properties"), key, value)
	{
		(void)value;
		ok(has_key(fields, key) || vh_streq(key, "schema"), "%s.%s is in the table", name,
		   key);
	}
	for (int i = 0; i < VH_LAYOUTS; i++)
		check_layout(name, fields, i);
}

int main(void)
{
	_auto_free_ char *path = vh_printf("%s/docs/vfio-hook.schema.json",
					   getenv("abs_top_srcdir"));
	struct json_object *defs;

	schema = json_object_from_file(path);
	defs = get(schema, "$defs");
	if (ok(defs != NULL, "the schema can be read")) {
		check_table("list", vh_fields_list, get(defs, "list"));
		check_table("show", vh_fields_show, get(defs, "show"));
		check_table("status", vh_fields_status, get(defs, "status"));
		check_table("boot", vh_fields_boot, get(defs, "boot"));
		check_table("check", vh_fields_check, get(defs, "check"));
		check_table("hosts", vh_fields_check_hosts, get(defs, "hosts"));
		check_table("xml", vh_fields_xml, get(defs, "xml"));
		check_table("config", vh_fields_config, get(defs, "config"));
	}
	json_object_put(schema);
	return tap_done();
}
