/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd-show - everything about a device, and what a start of a domain that has it would do. */
#include "cli/advice.h"
#include "cli/commands/commands.h"
#include "cli/devices/lookup.h"
#include "cli/devices/caps.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/render/render.h"

#include "lib/base/banned.h"

/* What the structs for the renderer borrow from. */
struct shown {
	struct vh_judgement j;
	struct vh_detail *detail;
	struct vh_names caps;
};

static void shown_clear(struct shown *s)
{
	vh_judge_clear(&s->j);
	vh_detail_free(s->detail);
	vh_names_clear(&s->caps);
}

/* Was this device asked for before, by whatever name? */
static bool is_shown(const struct vh_shown *list, size_t n, const struct vh_pci_addr *addr)
{
	for (size_t i = 0; i < n; i++)
		if (!vh_pci_cmp(&list[i].dev->addr, addr))
			return true;
	return false;
}

/* 0 or an exit status. `ret`, which is behind `n` others, is filled in for a new device. */
static int look(struct vh_cli *cli, const struct vh_config *config, const char *config_problem,
		const char *text, struct shown *s, struct vh_shown *list, size_t n)
{
	struct vh_shown *ret = &list[n];
	_auto_error_ struct vh_error err = { 0 };
	struct vh_progress progress;
	struct vh_pci_addr addr;

	if (vh_lookup_address(&cli->root, text, &addr, &err) < 0) {
		vh_error_report(cli, NULL, &err);
		return VH_EXIT_USAGE;
	}
	if (is_shown(list, n, &addr))
		return VH_EXIT_OK;
	vh_progress_read(&progress, &cli->root);
	vh_judge_devices(&s->j, &cli->root, config, &addr, 1);
	vh_progress_end(&progress);
	vh_advice_findings(cli, &s->j.findings);
	ret->dev = vh_host_dev(s->j.c.host, &addr);
	if (!ret->dev) {
		_auto_free_ char *why = vh_lookup_absent(&cli->root, &addr);

		vh_error(cli, "%s", why);
		return VH_EXIT_FINDINGS;
	}
	if (config_problem)
		vh_names_note(&s->j.c.unseen, "/" VH_CONFIG_PATH " (%s): judged by the defaults",
			      config_problem);
	s->detail = vh_detail_read(&cli->root, s->j.c.host, ret->dev);
	ret->all_caps = vh_caps_read(&cli->root, ret->dev, &s->caps);
	ret->detail = s->detail;
	ret->caps = &s->caps;
	ret->start = &s->j;
	return VH_EXIT_OK;
}

int vh_cmd_show(struct vh_cli *cli, char **args, int count)
{
	struct vh_output out = vh_choose_output(cli);
	_auto_free_ struct shown *all = vh_alloc((size_t)count * sizeof(*all));
	_auto_free_ struct vh_shown *list = vh_alloc((size_t)count * sizeof(*list));
	struct vh_config config = { 0 };
	const char *config_problem;
	int rc = VH_EXIT_OK;
	size_t n = 0;

	if (vh_judge_config(cli, &config, &config_problem) < 0)
		return VH_EXIT_USAGE;
	for (int i = 0; i < count; i++) {
		int one = look(cli, &config, config_problem, args[i], &all[i], list, n);

		n += list[n].dev != NULL;
		rc = one > rc ? one : rc;
	}
	out.r->show(&out, list, n);
	for (int i = 0; i < count; i++)
		shown_clear(&all[i]);
	vh_config_clear(&config);
	return rc;
}
