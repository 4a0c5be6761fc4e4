/* SPDX-License-Identifier: GPL-2.0-or-later */
/* together - remarks on groups, memory and autostart of domains that were judged one by one. */
#include "lib/decide/together.h"

#include "lib/base/printable.h"
#include "lib/base/size.h"
#include "lib/decide/memory-need.h"
#include "lib/decide/rules/rule.h"

#include "lib/base/banned.h"

void vh_together_members_clear(struct vh_member *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(list[i].name);
		free(list[i].why);
		free(list[i].groups);
	}
	free(list);
}

void vh_together_remarks_clear(struct vh_remarks *r)
{
	for (size_t i = 0; i < r->count; i++)
		free(r->list[i].message);
	free(r->list);
	memset(r, 0, sizeof(*r));
}

static void VH_PRINTF(3, 4)
	remark(struct vh_remarks *to, enum vh_severity severity, const char *fmt, ...)
{
	struct vh_remark *r = VH_APPEND(to->list, to->count);
	va_list ap;

	r->severity = severity;
	va_start(ap, fmt);
	r->message = vh_vprintf(fmt, ap);
	va_end(ap);
}

static bool has_group(const struct vh_member *m, int group)
{
	for (size_t i = 0; i < m->n_groups; i++)
		if (m->groups[i] == group)
			return true;
	return false;
}

void vh_together_look(struct vh_member *m, const struct vh_case *c)
{
	const struct vh_group *g;

	for (size_t i = 0; c->plan && (g = vh_rule_next_group(c, &i));)
		if (!has_group(m, g->number))
			*VH_APPEND(m->groups, m->n_groups) = g->number;
	m->need_kib = vh_memory_need_kib(c);
}

/* 'a', 'b' and 2 more */
static void add_name(struct vh_strbuf *sb, size_t n, const char *name)
{
	enum { SHOWN = 8 };
	_auto_free_ char *shown = vh_printable(name, 60), *quoted = vh_printf("'%s'", shown);

	if (n < SHOWN)
		vh_strbuf_join(sb, ", ", quoted);
	else if (n == SHOWN)
		vh_strbuf_add(sb, " and more");
}

/* Who wants this group? Said once, by the first of them. */
static void look_at_group(const struct vh_member *list, size_t count, size_t first, int group,
			  struct vh_remarks *ret)
{
	_auto_strbuf_ struct vh_strbuf names = { 0 };
	size_t n = 0, autostart = 0;

	for (size_t i = 0; i < count; i++) {
		if (!has_group(&list[i], group))
			continue;
		if (i < first)
			return;
		add_name(&names, n++, list[i].name);
		autostart += list[i].autostart;
	}
	if (n < 2)
		return;
	if (autostart > 1)
		remark(ret, VH_WARNING,
		       "IOMMU group %d is wanted by %s, of which %zu start with the host: only one of them can run",
		       group, names.data, autostart);
	else
		remark(ret, VH_INFO, "IOMMU group %d is wanted by %s: only one of them can run",
		       group, names.data);
}

static void look_at_memory(const struct vh_member *list, size_t count, uint64_t total_kib,
			   struct vh_remarks *ret)
{
	_auto_strbuf_ struct vh_strbuf names = { 0 };
	_auto_free_ char *need_text = NULL, *total_text = NULL;
	uint64_t need = 0;
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		if (!list[i].autostart || !list[i].need_kib)
			continue;
		add_name(&names, n++, list[i].name);
		need = vh_size_add(need, list[i].need_kib);
	}
	if (n < 2 || !total_kib || need <= total_kib)
		return;
	need_text = vh_size_text(need, VH_TENTHS);
	total_text = vh_size_text(total_kib, VH_TENTHS);
	remark(ret, VH_WARNING, "%s start with the host and pin %s of memory together: it has %s",
	       names.data, need_text, total_text);
}

static void look_at_autostart(const struct vh_member *list, size_t count, struct vh_remarks *ret)
{
	for (size_t i = 0; i < count; i++) {
		const char *why = list[i].why;
		_auto_free_ char *shown = NULL;

		if (!list[i].autostart || !list[i].refused)
			continue;
		shown = vh_printable(list[i].name, 60);
		remark(ret, VH_WARNING, "'%s' is to start with the host, and will be refused%s%s",
		       shown, why ? ": " : "", why ? why : "");
	}
}

void vh_together(const struct vh_member *list, size_t count, uint64_t total_kib,
		 struct vh_remarks *ret)
{
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < list[i].n_groups; k++)
			look_at_group(list, count, i, list[i].groups[k], ret);
	look_at_memory(list, count, total_kib, ret);
	look_at_autostart(list, count, ret);
}
