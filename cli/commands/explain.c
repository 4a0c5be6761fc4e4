/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain - what the rules mean, in their own words. */
#include "cli/cli.h"

#include "cli/output.h"
#include "lib/decide/rules/rule-table.h"

#include "lib/base/banned.h"

static void list(FILE *f)
{
	fputs("Rules of 'vfio-hook check'; 'vfio-hook --explain RULE' says more:\n", f);
	for (size_t i = 0; i < vh_rule_table.count; i++) {
		const struct vh_rule *r = vh_rule_table.list[i];

		fprintf(f, "  %-24s  %-7s  %s\n", r->name, vh_finding_severity_str(r->severity), r->title);
	}
}

/* The name stands in the option, or behind it, where getopt takes it for an argument. */
static int take_name(struct vh_cli *cli, char **args, int count)
{
	if (count && vh_streq(args[0], "check")) {
		args++;
		count--;
	}
	if (count && !cli->explain) {
		cli->explain = args[0];
		count--;
	}
	if (!count)
		return 0;
	vh_error(cli, "'--explain' takes one rule");
	return -1;
}

int vh_explain(struct vh_cli *cli, unsigned int used, char **args, int count)
{
	unsigned int others = used & ~(unsigned int)(VH_OPT_EXPLAIN | VH_OPT_COLOR);
	const struct vh_rule *r;

	for (size_t i = 0; i < vh_n_options; i++) {
		if (!(vh_options[i].bit & others))
			continue;
		vh_error(cli, "option '--%s' does not apply to '--explain'", vh_options[i].name);
		return VH_EXIT_USAGE;
	}
	if (take_name(cli, args, count) < 0)
		return VH_EXIT_USAGE;
	if (!cli->explain || vh_streq(cli->explain, "all")) {
		list(stdout);
		return VH_EXIT_OK;
	}
	r = vh_rule_table_find(cli->explain);
	if (!r) {
		vh_error(cli, "there is no rule '%s'", cli->explain);
		list(stderr);
		return VH_EXIT_USAGE;
	}
	printf("%s (%s): %s\n", r->name, vh_finding_severity_str(r->severity), r->title);
	if (r->explain)
		printf("\n%s\n", r->explain);
	return VH_EXIT_OK;
}
