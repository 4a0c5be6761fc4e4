/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json-config - the configuration as it holds, for programs. */
#include "cli/render/json.h"

#include "lib/base/banned.h"

static const char *origin(const struct vh_setting *s)
{
	if (s->line == VH_LINE_METADATA)
		return "metadata";
	return s->line ? "file" : "default";
}

static struct json_object *section(const struct vh_setting_list *list)
{
	struct json_object *e = json_object_new_object(), *values = json_object_new_array();

	add(e, "section", string(list->name));
	for (size_t i = 0; i < list->count; i++) {
		const struct vh_setting *s = &list->settings[i];
		struct json_object *v = json_object_new_object();

		add(v, "key", string(s->key));
		add(v, "value", string(s->value));
		add(v, "origin", string(origin(s)));
		add(v, "line", s->line > 0 ? json_object_new_int(s->line) : NULL);
		add(v, "domain", string(s->domain));
		json_object_array_add(values, v);
	}
	add(e, "values", values);
	return e;
}

void vh_json_config_settings(struct vh_output *o, const struct vh_settings *s)
{
	struct json_object *doc = document(), *sections = json_object_new_array();

	(void)o;
	add(doc, "file", string("/" VH_CONFIG_PATH));
	add(doc, "exists", json_object_new_boolean(s->exists));
	add(doc, "domain", s->domain ? string(s->domain->name) : NULL);
	add(doc, "uuid", s->domain ? string(s->domain->uuid) : NULL);
	for (size_t i = 0; i < s->count; i++)
		json_object_array_add(sections, section(&s->sections[i]));
	add(doc, "sections", sections);
	vh_json_print(doc);
}
