/* SPDX-License-Identifier: GPL-2.0-or-later */
/* help - usage and help, made from the tables in main.c. */
#include "cli/cli.h"

#include "cli/output.h"

#include "lib/base/banned.h"

static void put_options(FILE *f, unsigned int mask)
{
	fputs("\nOptions:\n", f);
	for (size_t i = 0; i < vh_n_options; i++) {
		const struct vh_option *o = &vh_options[i];
		_auto_free_ char *left = NULL;

		if (!(o->bit & mask))
			continue;
		left = vh_printf("--%s%s%s", o->name, o->arg && o->arg[1] != '=' ? " " : "",
				 o->arg ? o->arg : "");
		fprintf(f, "  %-28s %s\n", left, o->help);
	}
}

static void put_exit(FILE *f)
{
	fputs("\nExit status:\n"
	      "  0  fine, warnings included\n"
	      "  1  errors found (with --strict: or warnings)\n"
	      "  2  wrong usage, or input that cannot be read\n"
	      "  3  an action failed and was undone\n"
	      "  4  an action failed and left something; 'vfio-hook status' shows it\n",
	      f);
}

void vh_usage(FILE *f)
{
	fputs("usage: vfio-hook [OPTION]... COMMAND [ARGUMENT]...\n"
	      "PCI passthrough for libvirt: checks domains, shows groups, moves devices.\n"
	      "\nCommands:\n",
	      f);
	for (size_t i = 0; i < vh_n_commands; i++) {
		const struct vh_command *c = &vh_commands[i];
		_auto_free_ char *left = vh_printf("%s%s%s", c->name, *c->args ? " " : "", c->args);

		fprintf(f, "  %-28s %s\n", left, c->summary);
	}
	put_options(f, ~0u);
	put_exit(f);
}

void vh_help_command(FILE *f, const struct vh_command *cmd)
{
	fprintf(f, "usage: vfio-hook %s [OPTION]...%s%s\n%s\n", cmd->name, *cmd->args ? " " : "",
		cmd->args, cmd->summary);
	if (cmd->details)
		fprintf(f, "\n%s\n", cmd->details);
	put_options(f, cmd->options);
	if (!(cmd->flags & VH_CMD_PLAIN))
		put_exit(f);
}

int vh_cmd_help(struct vh_cli *cli, char **args, int count)
{
	const struct vh_command *cmd;

	if (count == 0) {
		vh_usage(stdout);
		return VH_EXIT_OK;
	}
	cmd = vh_command_find(args[0]);
	if (!cmd) {
		vh_error(cli, "unknown command '%s'; 'vfio-hook --help' lists them", args[0]);
		return VH_EXIT_USAGE;
	}
	vh_help_command(stdout, cmd);
	return VH_EXIT_OK;
}
