/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * commands - what the table of commands has to know of each: its function, and the options that it
 * alone takes. They stand in cli->options while it runs. `boot` is in cli/boot/boot.h.
 */
#ifndef VH_COMMANDS_H
#define VH_COMMANDS_H

#include "cli/cli.h"

struct vh_opt_check {
	const char **domains; /* each --domain */
	size_t n_domains;
	bool all, verbose;
	enum vh_fix fix;
};
vh_command_fn vh_cmd_check;

struct vh_opt_list {
	bool tree;
};
vh_command_fn vh_cmd_list;

struct vh_opt_xml {
	const char *group; /* or NULL */
	const char *into;  /* or NULL */
};
vh_command_fn vh_cmd_xml;

struct vh_opt_reattach {
	bool all_stale;
};
vh_command_fn vh_cmd_detach, vh_cmd_reattach;

struct vh_opt_snapshot {
	bool identifiers;
};
vh_command_fn vh_cmd_snapshot;

vh_command_fn vh_cmd_show, vh_cmd_handover, vh_cmd_status, vh_cmd_why, vh_cmd_accept, vh_cmd_config;

/* What --explain does instead of a command. */
struct vh_opt_explain {
	const char *rule; /* NULL: it stands behind the option, or all are listed */
};
vh_command_fn vh_explain;

#endif
