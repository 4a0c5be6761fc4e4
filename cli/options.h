/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * options - reads a command line by the tables in command-table.c: which options there are, whether
 * all of it suits the command, and each value to its place.
 */
#ifndef VH_OPTIONS_H
#define VH_OPTIONS_H

#include "cli/command-table.h"

struct vh_given {
	const struct vh_option *option;
	const char *value;   /* NULL: none */
	unsigned int number; /* what the value says, where it is a word or a number */
};

struct vh_options {
	struct vh_given *given; /* in their order */
	size_t count;
	char **args; /* what is not an option */
	int n_args;
	void *own; /* the struct of the command, in cli->options */
};

/* Options that several commands take are in `cli` afterwards. 0, or -1 after an error line; in
 * both cases vh_options_clear() frees. */
int vh_options_read(struct vh_options *ret, struct vh_cli *cli, int argc, char **argv) VH_CHECK;
void vh_options_clear(struct vh_options *o, struct vh_cli *cli);

bool vh_options_has(const struct vh_options *o, const char *name);

/* Do options and arguments suit cli->command? Then cli->options becomes what it alone takes. 0, or
 * -1 after an error line. */
int vh_options_apply(struct vh_options *o, struct vh_cli *cli) VH_CHECK;

#endif
