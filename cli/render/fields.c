/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fields - the facts that several tables have, and how a fact reads in one line. */
#include "cli/render/fields.h"

#include <inttypes.h>

#include "cli/devices/pci-ids.h"
#include "lib/base/strbuf.h"

#include "lib/base/banned.h"

bool vh_fields_is_end(const struct vh_field *f)
{
	return !f->text && !f->number && !f->tri && !f->list && !f->object && !f->next;
}

/* --- in one line ---------------------------------------------------------------------------- */

static char *text_words(const struct vh_field *f, const struct vh_subject *s)
{
	_auto_free_ char *text = f->text(s);

	if (!text)
		return vh_strdup(f->none);
	return f->before ? vh_printf("%s%s", f->before, text) : VH_STEAL(text);
}

static char *number_words(const struct vh_field *f, const struct vh_subject *s)
{
	int64_t n = f->number(s);

	return n < 0 ? vh_strdup(f->none) : vh_printf("%" PRId64, n);
}

static char *list_words(const struct vh_field *f, const struct vh_subject *s)
{
	_auto_names_ struct vh_names names = { 0 };
	struct vh_strbuf sb = { 0 };
	enum vh_tri known = f->list(s, &names);

	if (known == VH_NO)
		return vh_strdup(f->none);
	if (!names.count)
		return known == VH_YES ? vh_strdup(f->empty) : NULL;
	for (size_t i = 0; i < names.count; i++)
		vh_strbuf_join(&sb, f->join, names.name[i]);
	return vh_strbuf_steal(&sb);
}

char *vh_fields_words(const struct vh_field *f, const struct vh_subject *s)
{
	if (f->words)
		return f->words(s);
	if (f->text)
		return text_words(f, s);
	if (f->number)
		return number_words(f, s);
	return f->list ? list_words(f, s) : NULL;
}

enum vh_style vh_fields_style(const struct vh_field *f, const struct vh_subject *s)
{
	return f->style ? f->style(s) : VH_PLAIN;
}

enum vh_style vh_fields_is_head(const struct vh_subject *s)
{
	(void)s;
	return VH_HEAD;
}

/* --- of a device ---------------------------------------------------------------------------- */

char *vh_fields_address(const struct vh_subject *s)
{
	return vh_strdup(vh_pci_str(&s->dev->addr).s);
}

char *vh_fields_class(const struct vh_subject *s)
{
	return vh_printf("%04x", s->dev->class >> 8 & 0xffff);
}

char *vh_fields_class_name(const struct vh_subject *s)
{
	return vh_pci_ids_class(s->names, s->dev);
}

char *vh_fields_class_title(const struct vh_subject *s)
{
	return vh_pci_ids_title(s->names, s->dev);
}

char *vh_fields_id(const struct vh_subject *s)
{
	return vh_printf("%04x:%04x", s->dev->vendor, s->dev->device);
}

char *vh_fields_description(const struct vh_subject *s)
{
	return vh_pci_ids_device(s->names, s->dev);
}

char *vh_fields_driver(const struct vh_subject *s)
{
	return s->dev ? vh_strdup(s->dev->driver) : NULL;
}

enum vh_tri vh_fields_bridge(const struct vh_subject *s)
{
	return vh_fields_is(vh_host_is_bridge(s->dev));
}

char *vh_fields_parent(const struct vh_subject *s)
{
	return s->dev->root_bus ? NULL : vh_strdup(vh_pci_str(&s->dev->bridge).s);
}

void vh_fields_name(struct vh_names *names, const char *name)
{
	*VH_APPEND(names->name, names->count) = vh_strdup(name);
}

enum vh_tri vh_fields_names(const struct vh_names *from, struct vh_names *to)
{
	for (size_t i = 0; i < from->count; i++)
		vh_fields_name(to, from->name[i]);
	return VH_YES;
}

enum vh_tri vh_fields_is(bool yes)
{
	return yes ? VH_YES : VH_NO;
}

bool vh_fields_same(const struct vh_subject *s, struct vh_subject *ret)
{
	*ret = *s;
	return true;
}

enum vh_tri vh_fields_detach(const struct vh_plan *p, struct vh_names *ret)
{
	for (size_t i = 0; p && i < p->count; i++)
		if (vh_render_is_detached(&p->devs[i]))
			vh_fields_name(ret, vh_pci_str(&p->devs[i].dev->addr).s);
	return VH_YES;
}

enum vh_tri vh_fields_uses(const struct vh_subject *s, struct vh_names *ret)
{
	for (size_t i = 0; i < s->dev->n_uses; i++)
		vh_fields_name(ret, s->dev->uses[i].text);
	return s->dev->uses_read == VH_YES ? VH_YES : VH_UNKNOWN;
}

/* --- of a finding --------------------------------------------------------------------------- */

VH_FIELDS_GET(char *, rule, vh_strdup(s->finding->rule->name))
VH_FIELDS_GET(char *, severity, vh_strdup(vh_finding_severity_str(s->finding->severity)))
VH_FIELDS_GET(int64_t, line, s->finding->line ? s->finding->line : -1)
VH_FIELDS_GET(char *, about,
	      s->finding->has_addr ? vh_strdup(vh_pci_str(&s->finding->addr).s) : NULL)
VH_FIELDS_GET(char *, message, vh_strdup(s->finding->message))
VH_FIELDS_GET(char *, fix, vh_strdup(s->finding->fix))

/* For people a finding is some lines, written in text-findings.c. */
const struct vh_field vh_fields_finding[] = {
	{ "rule", .text = rule },
	{ "severity", .text = severity },
	{ "line", .number = line },
	{ "address", .text = about },
	{ "message", .text = message },
	{ "fix", .text = fix },
	{ 0 },
};

VH_FIELDS_NEXT(bool, vh_fields_findings, finding, s->findings->list, s->findings->count)
