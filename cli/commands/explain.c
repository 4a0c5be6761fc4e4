/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain - what the rules mean, in their own words. */
#include "cli/commands/commands.h"
#include "cli/output.h"
#include "cli/suggest.h"
#include "cli/wrap.h"
#include "lib/decide/rules/rule-table.h"

#include "lib/base/banned.h"

static void list(FILE *f)
{
	fputs("Rules of 'vfio-hook check'; 'vfio-hook --explain RULE' says more:\n", f);
	for (size_t i = 0; i < vh_rule_table.count; i++) {
		const struct vh_rule *r = vh_rule_table.list[i];

		fprintf(f, "  %-24s  %-7s  ", r->name, vh_finding_severity_str(r->severity));
		vh_wrap_hang(f);
		fprintf(f, "%s\n", r->title);
	}
}

/* The name stands in the option, or behind it, where getopt takes it for an argument. 0, or -1
 * after an error line. */
static int take_name(struct vh_cli *cli, char **args, int count, const char **ret_name)
{
	const struct vh_opt_explain *options = cli->options;

	*ret_name = options->rule;
	if (count && vh_streq(args[0], "check")) {
		args++;
		count--;
	}
	if (count && !*ret_name) {
		*ret_name = args[0];
		count--;
	}
	if (!count)
		return 0;
	vh_error(cli, "'--explain' takes one rule");
	return -1;
}

/* One that was mistyped is named; else all of them. */
static int unknown(const struct vh_cli *cli, const char *name)
{
	struct vh_suggest s = { .word = name };
	_auto_free_ char *hint = NULL;
	bool meant;

	for (size_t i = 0; i < vh_rule_table.count; i++)
		vh_suggest_add(&s, vh_rule_table.list[i]->name);
	meant = s.closest;
	hint = vh_suggest_text(&s, "");
	vh_error(cli, "there is no rule '%s'%s", name, hint);
	if (!meant)
		list(stderr);
	return VH_EXIT_USAGE;
}

int vh_explain(struct vh_cli *cli, char **args, int count)
{
	const struct vh_rule *r;
	const char *name;

	if (take_name(cli, args, count, &name) < 0)
		return VH_EXIT_USAGE;
	if (!name || vh_streq(name, "all")) {
		list(stdout);
		return VH_EXIT_OK;
	}
	r = vh_rule_table_find(name);
	if (!r)
		return unknown(cli, name);
	printf("%s (%s): %s\n", r->name, vh_finding_severity_str(r->severity), r->title);
	if (r->explain) {
		putchar('\n');
		vh_put_prose(stdout, r->explain);
	}
	return VH_EXIT_OK;
}
