/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd-detach - detach and reattach by hand: the same rules, claims and code as the hook's. */
#include <signal.h>

#include "cli/devices/lookup.h"
#include "cli/commands/commands.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/render/render.h"
#include "lib/act/act.h"
#include "lib/base/backend.h"
#include "lib/config/config-file.h"

#include "lib/base/banned.h"

/* One call: what was asked for, and what the operation tells. */
struct action {
	struct vh_cli *cli;
	struct vh_pci_addr *addrs;
	size_t count;
	size_t moved;
	bool told; /* what was found, before anything was moved */
	struct vh_config config;
	struct vh_reporter reporter;
	struct vh_progress progress;
	struct vh_act act;
	struct vh_findings findings;
};

static void transition(void *ctx, const char *domain, const struct vh_pci_addr *addr,
		       const char *from, const char *to)
{
	struct action *a = ctx;

	(void)domain;
	a->moved++;
	vh_progress_hide(&a->progress);
	printf("%s: ", vh_pci_str(addr).s);
	vh_put(stdout, from ? from : "no driver");
	fputs(" -> ", stdout);
	vh_put(stdout, to ? to : "no driver");
	fputc('\n', stdout);
	(void)fflush(stdout); /* the next one may take long; a failure is seen at the end */
}

static void warning(void *ctx, const char *domain, const char *text)
{
	struct action *a = ctx;

	(void)domain;
	vh_progress_hide(&a->progress);
	fputs("vfio-hook: ", stderr);
	vh_put_severity(a->cli, stderr, "warning");
	fputs(": ", stderr);
	vh_put(stderr, text);
	fputc('\n', stderr);
}

/* What the host is about to lose is told while it is still there. */
static void judged(void *ctx, const struct vh_findings *findings)
{
	struct action *a = ctx;

	vh_progress_hide(&a->progress);
	vh_text_findings(a->cli, stderr, findings);
	a->told = true;
}

/* What protects devices must be known before any is taken; giving back needs only times. */
static int read_config(struct action *a, bool takes)
{
	_auto_error_ struct vh_error err = { 0 };

	if (vh_config_file_read(&a->config, &a->cli->root, &err) == 0)
		return 0;
	vh_error_report(a->cli, NULL, &err);
	if (takes)
		return -1;
	vh_note("going on with the defaults");
	vh_config_defaults(&a->config);
	return 0;
}

/* `takes`: the action takes devices from drivers. 0 or an exit status. */
static int begin(struct action *a, struct vh_cli *cli, char **args, int count, bool takes)
{
	_auto_error_ struct vh_error err = { 0 };

	a->cli = cli;
	for (int i = 0; i < count; i++) {
		struct vh_pci_addr addr;

		if (vh_lookup_address(&cli->root, args[i], &addr, &err) < 0) {
			vh_error_report(cli, NULL, &err);
			return VH_EXIT_USAGE;
		}
		*VH_APPEND(a->addrs, a->count) = addr;
	}
	if (read_config(a, takes) < 0)
		return VH_EXIT_USAGE;
	a->reporter = (struct vh_reporter){
		.transition = transition,
		.warning = warning,
		.ctx = a,
		.judged = judged,
	};
	a->act = (struct vh_act){
		.root = &cli->root,
		.config = &a->config,
		.reporter = &a->reporter,
		.deadline = vh_now_ms() + a->config.timeout_call,
	};
	/* The terminal may be of the desktop that is handed over, and end with it; some seconds
	 * later systemd ends all that the user began there (user@.service). We have our own end. */
	signal(SIGHUP, SIG_IGN);
	if (takes)
		signal(SIGTERM, SIG_IGN);
	vh_progress_begin(&a->progress, "looking at the devices", a->config.timeout_call);
	vh_progress_listen(&a->progress, &cli->root);
	return 0;
}

static void end(struct action *a)
{
	vh_findings_clear(&a->findings);
	vh_config_clear(&a->config);
	free(a->addrs);
}

/* Says why it failed, and what that means for the devices. */
static int failure(const struct action *a, const struct vh_error *err)
{
	if (err->code == VH_E_REFUSED && vh_findings_number(&a->findings, VH_ERROR))
		vh_note(a->told ? "refused, and everything is as it was before: %s"
				: "refused, nothing was changed: %s",
			err->what);
	else
		vh_error_report(a->cli, NULL, err);
	switch (err->code) {
	case VH_E_INPUT:
		return VH_EXIT_USAGE;
	case VH_E_REFUSED:
		return VH_EXIT_FINDINGS;
	case VH_E_LEFT:
		vh_note("'vfio-hook status' shows what is left, 'vfio-hook reattach' tries again");
		return VH_EXIT_LEFT;
	default:
		vh_note("the devices are as they were before");
		return VH_EXIT_UNDONE;
	}
}

static void put_next(const struct action *a, const char *text)
{
	if (!a->moved)
		fputs("no device had to be moved\n", stdout);
	fputs(text, stdout);
	for (size_t i = 0; i < a->count; i++)
		printf(" %s", vh_pci_str(&a->addrs[i]).s);
	fputc('\n', stdout);
}

/* What was not told before. What refuses after a hand-over has begun was not there then. */
static void put_findings(const struct action *a, bool failed)
{
	struct vh_findings list = a->findings;

	if (a->told) /* errors are the first */
		list.count = failed ? vh_findings_number(&list, VH_ERROR) : 0;
	vh_text_findings(a->cli, stderr, &list);
}

int vh_cmd_detach(struct vh_cli *cli, char **args, int count)
{
	_auto_error_ struct vh_error err = { 0 };
	struct action a = { .progress.tty = -1 };
	int rc = begin(&a, cli, args, count, true), done;

	if (rc == 0) {
		done = vh_prepare_by_hand(&a.act, a.addrs, a.count, &a.findings, &err);
		vh_progress_end(&a.progress);
		put_findings(&a, done < 0);
		if (done < 0)
			rc = failure(&a, &err);
		else
			put_next(&a, "to give back: vfio-hook reattach");
	}
	end(&a);
	return rc;
}

static int reattach_stale(struct action *a)
{
	_auto_error_ struct vh_error err = { 0 };
	size_t ended;
	int rc = vh_reattach_stale(&a->act, &ended, &err);

	vh_progress_end(&a->progress);
	if (ended)
		printf("%zu stale claim%s ended\n", ended, vh_render_plural(ended));
	else
		puts("no stale claims");
	if (rc == 0)
		return VH_EXIT_OK;
	vh_error_report(a->cli, NULL, &err);
	vh_note("'vfio-hook status' shows what is left");
	return VH_EXIT_LEFT;
}

int vh_cmd_reattach(struct vh_cli *cli, char **args, int count)
{
	_auto_error_ struct vh_error err = { 0 };
	const struct vh_opt_reattach *options = cli->options;
	struct action a = { .progress.tty = -1 };
	int rc = begin(&a, cli, args, count, false), done;

	if (rc == 0 && options->all_stale) {
		rc = reattach_stale(&a);
	} else if (rc == 0) {
		done = vh_reattach(&a.act, a.addrs, a.count, &err);
		vh_progress_end(&a.progress);
		if (done < 0)
			rc = failure(&a, &err);
		else
			put_next(&a, "given back:");
	}
	end(&a);
	return rc;
}
