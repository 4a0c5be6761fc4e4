/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text-findings - findings like a compiler's, for check and for whoever refuses. */
#include "cli/output.h"
#include "cli/render/render.h"

#include "lib/base/banned.h"

#define QUOTED_MAX 100 /* columns of an XML line */

/* The n-th line (from 1) without indentation; NULL when there is none to be shown. */
static char *line_of(const char *text, size_t len, int n)
{
	const char *end, *p = text, *eol;

	if (!text || n < 1 || memchr(text, 0, len)) /* a NUL: UTF-16, nothing to be shown */
		return NULL;
	end = text + len;
	while (n-- > 1) {
		p = memchr(p, '\n', end - p);
		if (!p)
			return NULL;
		p++;
	}
	eol = memchr(p, '\n', end - p);
	eol = eol ? eol : end;
	while (p < eol && (*p == ' ' || *p == '\t'))
		p++;
	while (eol > p && (eol[-1] == '\r' || eol[-1] == ' ' || eol[-1] == '\t'))
		eol--;
	return p == eol ? NULL : vh_strndup(p, eol - p);
}

static void put_quoted(FILE *f, const struct vh_report *r, int n)
{
	_auto_free_ char *line = r->xml ? line_of(r->xml->data, r->xml->len, n) : NULL;
	_auto_free_ char *safe = NULL;
	size_t columns = 0;

	if (!line)
		return;
	for (char *p = line; *p; p++)
		if (*p == '\t')
			*p = ' ';
	safe = vh_printable_line(line);
	if (vh_output_columns(safe) > QUOTED_MAX) {
		char *p = safe;

		/* cut before the first byte of a character */
		for (; columns < QUOTED_MAX - 3 || (*p & 0xc0) == 0x80; p++)
			columns += (p[1] & 0xc0) != 0x80;
		*p = 0;
		fprintf(f, "    %s...\n", safe);
		return;
	}
	fprintf(f, "    %s\n", safe);
}

void vh_text_findings_line(const struct vh_cli *cli, FILE *f, const struct vh_finding *e)
{
	vh_put_severity(cli, f, vh_finding_severity_str(e->severity));
	fputs(": ", f);
	vh_put(f, e->message);
	fprintf(f, " [%s]\n", e->rule->name);
}

void vh_text_findings(const struct vh_cli *cli, FILE *f, const struct vh_findings *list)
{
	for (size_t i = 0; i < list->count; i++) {
		vh_text_findings_line(cli, f, &list->list[i]);
		if (list->list[i].fix)
			vh_put_lines(f, "  fix: ", list->list[i].fix);
	}
}

/* They are sorted: errors first, and those of a rule together. */
void vh_text_findings_brief(const struct vh_findings *f, enum vh_severity least)
{
	const char *sign = " [";

	for (size_t i = 0; i < f->count && f->list[i].severity >= least; i++) {
		if (i && f->list[i].rule == f->list[i - 1].rule)
			continue;
		printf("%s%s", sign, f->list[i].rule->name);
		sign = ", ";
	}
	if (!f->count || f->list[0].severity < least)
		return;
	fputs("]: ", stdout);
	vh_put(stdout, f->list[0].message);
}

void vh_text_findings_report(const struct vh_cli *cli, FILE *f, const struct vh_report *r)
{
	const struct vh_findings *list = &r->judgement->findings;

	for (size_t i = 0; i < list->count; i++) {
		const struct vh_finding *e = &list->list[i];

		vh_put(f, r->label);
		if (e->line)
			fprintf(f, ":%d", e->line);
		fputs(": ", f);
		vh_text_findings_line(cli, f, e);
		put_quoted(f, r, e->line);
		if (e->fix)
			vh_put_lines(f, "  fix: ", e->fix);
	}
}
