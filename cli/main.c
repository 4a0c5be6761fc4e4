/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * main - the start of the vfio-hook program: reads the command line, opens what is looked at, and
 * runs the command.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>

#include "cli/cli.h"
#include "cli/devices/pci-ids.h"
#include "cli/libvirt/ask.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/source.h"
#include "cli/wrap.h"
#include "lib/base/backend.h"

#include "lib/base/banned.h"

/* A closed 0, 1 or 2 would be given to the next file that is opened. What we put there
 * fails on use, so that an answer that goes nowhere is noticed. */
static void keep_standard_fds(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
		    open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
			_exit(VH_EXIT_USAGE);
}

static int run_command(struct vh_cli *cli, char **args, int count)
{
	int rc = cli->command->run(cli, args, count);

	if (vh_output_finish(cli) < 0 && rc < VH_EXIT_USAGE)
		rc = VH_EXIT_USAGE;
	return rc;
}

static int put_version(const struct vh_cli *cli)
{
	fputs("vfio-hook " PACKAGE_VERSION "\n"
	      "License GPL-2.0-or-later; there is no warranty.\n",
	      stdout);
	return vh_output_finish(cli) < 0 ? VH_EXIT_USAGE : VH_EXIT_OK;
}

/* The command that the first argument names; that word is taken away. */
static const struct vh_command *take_command(const struct vh_cli *cli, struct vh_options *o)
{
	const struct vh_command *cmd = vh_command_table_ask(cli, o->args[0]);

	o->args++;
	o->n_args--;
	return cmd;
}

/* --help stands instead of a command, whatever else is there. */
static int run_help(struct vh_cli *cli, const struct vh_options *o)
{
	cli->command = vh_command_table_find("help");
	return run_command(cli, o->args, o->n_args ? 1 : 0);
}

static int run(struct vh_cli *cli, struct vh_options *o)
{
	if (vh_options_has(o, "version"))
		return put_version(cli);
	if (vh_options_has(o, "help"))
		return run_help(cli, o);
	if (vh_options_has(o, "explain"))
		cli->command = &vh_command_table_explain;
	else if (o->n_args)
		cli->command = take_command(cli, o);
	else
		vh_command_table_usage(stderr);
	if (!cli->command || vh_options_apply(o, cli) < 0)
		return VH_EXIT_USAGE;
	if (cli->command->flags & VH_CMD_PLAIN)
		return run_command(cli, o->args, o->n_args);
	if (cli->command->flags & VH_CMD_ROOT && !vh_backend_privileged()) {
		vh_error(cli, "'%s' needs root", cli->command->name);
		return VH_EXIT_USAGE;
	}
	return vh_source_run(cli, run_command, o->args, o->n_args);
}

int main(int argc, char **argv)
{
	struct vh_cli cli = { .source = "live", .timeout = VH_SILENCE };
	struct vh_options options;
	int rc;

	keep_standard_fds();
	vh_wrap_begin();
	signal(SIGCHLD, SIG_DFL); /* our children are waited for */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* RLIMIT_FSIZE: the write fails, and is told */
	vh_oom_exit = VH_EXIT_USAGE;
	cli.names = vh_pci_ids_new();
	rc = vh_options_read(&options, &cli, argc, argv) < 0 ? VH_EXIT_USAGE : run(&cli, &options);
	vh_pci_ids_free(cli.names);
	vh_options_clear(&options, &cli);
	return rc;
}
