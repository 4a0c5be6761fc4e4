/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * t-rules - every rule on hand-built input: all that is found, with severity, address and line,
 * and words of its message and fix. Each rule needs a case in which it fires and one that
 * comes close and in which it is silent; the end of the test demands both.
 */
#include "tests/rules/rule-cases.h"
#include "tests/tap.h"
#include "lib/decide/rules/rule-table.h"

#include "lib/base/banned.h"

static char *show(const struct vh_findings *found)
{
	struct vh_strbuf sb = { 0 };

	for (size_t i = 0; i < found->count; i++) {
		const struct vh_finding *f = &found->list[i];

		vh_strbuf_addf(&sb, "%s%s %s", i ? ", " : "", vh_finding_severity_str(f->severity),
			       f->rule->name);
		if (f->has_addr)
			vh_strbuf_addf(&sb, " %s", vh_pci_str(&f->addr).s);
		if (f->line)
			vh_strbuf_addf(&sb, ":%d", f->line);
	}
	return vh_strbuf_steal(&sb);
}

static bool has(const char *text, const char *words)
{
	return !words || (text && strstr(text, words));
}

/* Messages and fixes are typed and pasted: no full stop, no tab, nothing empty. */
static bool is_well_written(const struct vh_finding *f)
{
	size_t n = strlen(f->message);

	if (!n || f->message[n - 1] == '.' || strpbrk(f->message, "\n\t") ||
	    strstr(f->message, "  "))
		return false;
	return !f->fix || (*f->fix && !strchr(f->fix, '\t') && f->fix[strlen(f->fix) - 1] != '.');
}

/* The count: it is not in the table. */
static size_t place_of(const struct vh_rule *r)
{
	size_t i = 0;

	while (i < vh_rule_table.count && vh_rule_table.list[i] != r)
		i++;
	return i;
}

static void run(const struct rule_case *t, bool *fired, bool *silent)
{
	static struct world w;
	struct vh_pci_addr asked[WORLD_MAX];
	_auto_(vh_plan) struct vh_plan *plan = NULL;
	_auto_findings_ struct vh_findings found = { 0 };
	_auto_free_ char *have = NULL;
	bool well = true;

	world_init(&w);
	t->setup(&w);
	w.pool.claims = w.claims;
	w.c.pools.count = w.pool.network != NULL;
	w.c.plan = plan = world_plan(&w, asked);
	if (w.by_hand || w.host_only)
		w.c.domain = NULL;
	vh_rule_table_run(&w.c, t->scopes ? t->scopes : ~0u, &found);
	have = show(&found);
	for (size_t i = 0; i < found.count; i++) {
		const struct vh_finding *f = &found.list[i];

		well = well && is_well_written(f) && f->severity <= f->rule->severity;
		fired[place_of(f->rule)] = true;
	}
	for (size_t i = 0; i < vh_rule_table.count; i++) {
		if (t->silent && !strcmp(t->silent, vh_rule_table.list[i]->name))
			silent[i] = true;
	}
	well = well && !strcmp(have, t->want) && !(t->silent && strstr(have, t->silent));
	if (found.count)
		well = well && has(found.list[0].message, t->says) && has(found.list[0].fix, t->fix);
	else
		well = well && !t->says && !t->fix;
	if (ok(well, "%s", t->name))
		return;
	diag("have: %s", have);
	for (size_t i = 0; i < found.count; i++) {
		diag("%s", found.list[i].message);
		for (char *line, *fix = found.list[i].fix; (line = strsep(&fix, "\n"));)
			diag("  fix: %s", line);
	}
}

/* What --explain prints and the man page holds: sentences, in lines of at most 76 columns. */
static bool is_explained(const struct vh_rule *r)
{
	const char *text = r->explain;
	size_t n = text ? strlen(text) : 0;

	if (n < 100 || text[n - 1] != '.' || strstr(text, "  ") || strchr(text, '\t'))
		return false;
	for (; *text; text += strspn(text, "\n"), text += strcspn(text, "\n"))
		if (strcspn(text + strspn(text, "\n"), "\n") > 76)
			return false;
	return true;
}

static void check_table(const bool *fired, const bool *silent)
{
	for (size_t i = 0; i < vh_rule_table.count; i++) {
		const struct vh_rule *r = vh_rule_table.list[i];

		ok(vh_rule_table_find(r->name) == r && *r->title && r->scopes && fired[i] &&
			   silent[i],
		   "table: %s fires and is silent", r->name);
		ok(is_explained(r), "table: %s is explained", r->name);
	}
	ok(!fired[vh_rule_table.count], "table: it has every rule that fires");
}

/* The linker says where its section begins and ends. */
extern const struct rule_case *const __start_rule_cases[], *const __stop_rule_cases[];

int main(void)
{
	bool *fired = vh_alloc(vh_rule_table.count + 1), *silent = vh_alloc(vh_rule_table.count + 1);

	for (const struct rule_case *const *one = __start_rule_cases; one < __stop_rule_cases; one++)
		run(*one, fired, silent);
	check_table(fired, silent);
	free(fired);
	free(silent);
	return tap_done();
}
