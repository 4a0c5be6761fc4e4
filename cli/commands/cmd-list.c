/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd-list - IOMMU groups, devices, drivers, and what the host uses them for. */
#include "cli/advice.h"
#include "cli/commands/commands.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/render/render.h"
#include "lib/decide/rules/rule-table.h"
#include "lib/host/read.h"

#include "lib/base/banned.h"

/* Why there are no groups: what the rule says. */
static void find_reason(const struct vh_host *h, struct vh_findings *ret)
{
	struct vh_config config;
	struct vh_case c = { .host = h, .config = &config };

	if (h->iommu)
		return;
	vh_config_defaults(&config);
	vh_rule_iommu_off.check(&c, &vh_rule_iommu_off, ret);
	vh_config_clear(&config);
}

int vh_cmd_list(struct vh_cli *cli, char **args, int count)
{
	const struct vh_opt_list *options = cli->options;
	struct vh_output out = vh_choose_output(cli);
	_auto_findings_ struct vh_findings why = { 0 };
	_auto_(vh_host) const struct vh_host *h = NULL;
	struct vh_progress progress;

	(void)args;
	(void)count;
	vh_progress_read(&progress, &cli->root);
	h = vh_host_read(&cli->root, NULL, 0, VH_HOST_ALL | VH_HOST_USES, INT64_MAX);
	vh_progress_end(&progress);
	find_reason(h, &why);
	vh_advice_findings(cli, &why);
	out.tree = options->tree;
	out.r->list(&out, h, &why);
	(void)fflush(stdout); /* keeps the order; a failure is seen later */
	for (size_t i = 0; i < h->not_checked.count; i++)
		vh_note("not checked: %s", h->not_checked.name[i]);
	return h->iommu ? VH_EXIT_OK : VH_EXIT_FINDINGS;
}
