/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fields-config - the facts that config has: each key, its value, and where that comes from. For
 * people they make a file that vfio-hook reads again. */
#include "cli/render/fields.h"

#include "lib/base/banned.h"

/* --- a key ---------------------------------------------------------------------------------- */

VH_FIELDS_GET(char *, key, vh_strdup(s->setting->key))
VH_FIELDS_GET(char *, value, vh_strdup(s->setting->value))
VH_FIELDS_GET(int64_t, line, s->setting->line > 0 ? s->setting->line : -1)
VH_FIELDS_GET(char *, elsewhere, vh_strdup(s->setting->domain))

static char *assignment(const struct vh_subject *s)
{
	const char *set = s->setting->value;

	return vh_printf("%s%s = %s", set ? "" : "; ", s->setting->key, set ? set : "");
}

static char *origin(const struct vh_subject *s)
{
	if (s->setting->line == VH_LINE_METADATA)
		return vh_strdup("metadata");
	return vh_strdup(s->setting->line ? "file" : "default");
}

static char *origin_words(const struct vh_subject *s)
{
	if (s->setting->line == VH_LINE_METADATA)
		return vh_strdup("the metadata of the domain");
	return s->setting->line ? vh_printf("line %d", s->setting->line) : vh_strdup("default");
}

static char *elsewhere_words(const struct vh_subject *s)
{
	return s->setting->domain ? vh_printf(", [domain %s]", s->setting->domain) : NULL;
}

const struct vh_field vh_fields_config_value[] = {
	{ "key", .text = key },
	{ "value", .text = value },
	{ NULL, .text = assignment, .at = { { 1, 31, " ; " } } },
	{ "origin", .text = origin, .words = origin_words, .at = { { 2, 0, "" } } },
	{ "line", .number = line },
	{ "domain", .text = elsewhere, .words = elsewhere_words, .at = { { 3, 0, "\n" } } },
	{ 0 },
};

VH_FIELDS_NEXT(bool, vh_fields_config_values, setting, s->section->settings, s->section->count)

/* --- sections, and the whole ---------------------------------------------------------------- */

VH_FIELDS_GET(char *, section, vh_strdup(s->section->name))
VH_FIELDS_GET(char *, section_words, vh_printf("[%s]", s->section->name))

const struct vh_field vh_fields_config_section[] = {
	{ "section", .text = section, .words = section_words, .at = { { 1, 0, "\n" } } },
	{ "values", .next = vh_fields_config_values, .fields = vh_fields_config_value },
	{ 0 },
};

VH_FIELDS_NEXT(bool, vh_fields_config_sections, section, s->settings->sections, s->settings->count)

VH_FIELDS_GET(const struct vh_domain *, of, s->settings->domain)
VH_FIELDS_GET(char *, file, vh_strdup("/" VH_CONFIG_PATH))
VH_FIELDS_GET(enum vh_tri, exists, vh_fields_is(s->settings->exists))
VH_FIELDS_GET(char *, domain, of(s) ? vh_strdup(of(s)->name) : NULL)
VH_FIELDS_GET(char *, uuid, of(s) ? vh_strdup(of(s)->uuid) : NULL)

static char *exists_words(const struct vh_subject *s)
{
	return s->settings->exists ? NULL : vh_strdup(": not there, so these are the defaults");
}

const struct vh_field vh_fields_config[] = {
	{ "file", .text = file, .at = { { 1, 0, "" } } },
	{ "exists", .tri = exists, .words = exists_words, .at = { { 2, 0, "\n" } } },
	{ "domain", .text = domain },
	{ "uuid", .text = uuid },
	{ "sections", .next = vh_fields_config_sections, .fields = vh_fields_config_section },
	{ 0 },
};
