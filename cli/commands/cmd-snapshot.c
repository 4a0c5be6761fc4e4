/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd-snapshot - this host as one text file. */
#include <errno.h>
#include <sys/random.h>
#include <time.h>

#include "cli/commands/commands.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/survey.h"
#include "cli/wrap.h"
#include "lib/snapshot/snapshot.h"

#include "lib/base/banned.h"

int vh_cmd_snapshot(struct vh_cli *cli, char **args, int count)
{
	_auto_strbuf_ struct vh_strbuf text = { 0 };
	const struct vh_opt_snapshot *given = cli->options;
	struct vh_snapshot_options options = {
		.identifiers = given->identifiers,
		.ask = vh_survey,
	};
	_auto_error_ struct vh_error err = { 0 };
	time_t now = time(NULL);
	char date[32] = "";
	struct tm utc;
	struct vh_progress progress;
	int taken;

	(void)args;
	(void)count;
	if (getrandom(&options.key, sizeof(options.key), 0) != sizeof(options.key)) {
		vh_error(cli, "no random numbers, with which addresses are replaced: %s",
			 strerror(errno));
		return VH_EXIT_USAGE;
	}
	if (gmtime_r(&now, &utc))
		(void)strftime(date, sizeof(date), "%Y-%m-%d %H:%M UTC", &utc); /* it fits */
	options.date = date;
	vh_progress_read(&progress, &cli->root);
	taken = vh_snapshot_take(&cli->root, &options, &text, &err);
	vh_progress_end(&progress);
	if (taken < 0) {
		vh_error_report(cli, NULL, &err);
		return VH_EXIT_USAGE;
	}
	vh_wrap_document(stdout);
	fwrite(text.data, 1, text.len, stdout);
	return VH_EXIT_OK;
}
