/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text-hosts - which of several hosts can start a domain, as a table for people. */
#include "cli/output.h"
#include "cli/render/render.h"

#include "lib/base/banned.h"

static size_t widest(const struct vh_cli *cli)
{
	size_t width = 0;

	for (size_t i = 0; i < cli->n_connect; i++) {
		_auto_free_ char *safe = vh_printable_line(cli->remotes[i].uri);
		size_t n = vh_output_columns(safe);

		width = n > width ? n : width;
	}
	return width;
}

static void put_cell(const struct vh_cli *cli, const struct vh_remote *h,
		     const struct vh_judgement *j)
{
	size_t warnings;

	if (!j->domain) {
		fputs("not asked: ", stdout);
		vh_put(stdout, h->err.what);
	} else if (vh_findings_number(&j->findings, VH_ERROR)) {
		vh_put_styled(cli, stdout, VH_BAD, "refused", 0);
		vh_text_findings_brief(&j->findings, VH_ERROR);
	} else {
		warnings = vh_findings_number(&j->findings, VH_WARNING);
		vh_put_styled(cli, stdout, VH_GOOD, "ok", 0);
		if (warnings)
			printf(", %zu warning%s", warnings, vh_render_plural(warnings));
	}
	if (j->domain && j->c.unseen.count)
		printf("; %zu not checked", j->c.unseen.count);
	fputc('\n', stdout);
}

/* What was not checked for any of them, each once. */
static void put_not_checked(const struct vh_cli *cli, const struct vh_compared *list, size_t count)
{
	struct vh_names said = { 0 };

	for (size_t i = 0; i < count * cli->n_connect; i++) {
		const struct vh_names *unseen =
			&list[i / cli->n_connect].judgements[i % cli->n_connect].c.unseen;

		for (size_t k = 0; k < unseen->count; k++) {
			if (vh_names_has(&said, unseen->name[k]))
				continue;
			*VH_APPEND(said.name, said.count) = unseen->name[k];
			fputs("not checked: ", stdout);
			vh_put(stdout, unseen->name[k]);
			fputc('\n', stdout);
		}
	}
	free(said.name);
}

void vh_text_hosts(struct vh_output *o, const struct vh_compared *list, size_t count)
{
	size_t width = widest(o->cli);

	for (size_t i = 0; i < count; i++) {
		vh_put(stdout, list[i].label);
		fputs(":\n", stdout);
		for (size_t k = 0; k < o->cli->n_connect; k++) {
			fputs("  ", stdout);
			vh_put_column(stdout, o->cli->remotes[k].uri, width + 2);
			put_cell(o->cli, &o->cli->remotes[k], &list[i].judgements[k]);
		}
	}
	put_not_checked(o->cli, list, count);
}
