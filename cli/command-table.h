/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * command-table - the commands and the options, a line each: usage, help, completion, what is
 * accepted, what is refused and where a value goes all follow from these two tables.
 */
#ifndef VH_COMMAND_TABLE_H
#define VH_COMMAND_TABLE_H

#include "cli/cli.h"

/*
 * What cannot be used together: refused when all words of `when` are true. Of an option it is
 * looked at when that is given, of a command always.
 *
 *   group        this option is given          @boot        this is the command
 *   group+       more than once                ARGUMENT     there is an argument
 *   format=json  with this value               ARGUMENT=x   the first one is x
 *   !WORD        the contrary of each
 *
 * An option whose value is an argument (--domain) counts as ARGUMENT. An option need not give a
 * message where `when` is the name of another: "'--host' and '--sysroot' exclude each other".
 */
struct vh_exclusion {
	const char *when;
	const char *message;
};

/* How a value goes to its place. */
enum vh_put {
	VH_PUT_NOTHING = 0, /* that the option is given says all */
	VH_PUT_FLAG,        /* bool */
	VH_PUT_TEXT,        /* const char * */
	VH_PUT_LIST,        /* const char **, and size_t: each value */
	VH_PUT_WORD,        /* an enum: which of the words in `arg`; of "[=...]" counted from 1 */
	VH_PUT_SECONDS,     /* int */
};

struct vh_option {
	const char *name;
	const char *arg; /* NULL: takes none; in brackets: may have one, behind a '=' */
	const char *help;
	const char *commands; /* which take it, with blanks between them; "*": all */
	const char *last_for; /* its last value, told behind ';' of its help, is for this command */

	/* where it goes: into this command's struct, or (NULL) into struct vh_cli */
	const char *of;
	size_t at, count_at;
	enum vh_put put;
	bool is_argument; /* its value counts as one */

	struct vh_exclusion excludes[5];
};

enum vh_command_flag {
	VH_CMD_ROOT = 1,  /* acts on this machine, and needs root */
	VH_CMD_PLAIN = 2, /* looks at no system at all */
	VH_CMD_MOVES = 4, /* moves devices: all others only look at the kernel */
	VH_CMD_ACTS = 8,  /* may fail half-way, with exit status 3 or 4 */
};

/* summary is one line, details are for `help COMMAND`; flags of enum vh_command_flag */
struct vh_command {
	const char *name;
	const char *args;
	const char *summary;
	const char *details;
	int min, max; /* number of arguments */
	unsigned int flags;
	vh_command_fn *run;
	size_t options_size; /* of the struct for the options that it alone takes */
	struct vh_exclusion excludes[2];
	const char *examples; /* lines to type, each with its end; or NULL */
};

extern const struct vh_option vh_command_table_options[];
extern const size_t vh_command_table_n_options;
extern const struct vh_command vh_command_table[];
extern const size_t vh_command_table_count;
/* What --explain is: it stands instead of a command. */
extern const struct vh_command vh_command_table_explain;

const struct vh_command *vh_command_table_find(const char *name); /* NULL: there is none */
/* The same, after an error line where there is none. */
const struct vh_command *vh_command_table_ask(const struct vh_cli *cli, const char *name);
bool vh_command_table_takes(const struct vh_command *cmd, const struct vh_option *o);

void vh_command_table_usage(FILE *f);
void vh_command_table_help(FILE *f, const struct vh_command *cmd);

#endif
