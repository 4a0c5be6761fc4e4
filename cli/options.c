/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * options - from the words of a command line to the structs that commands read. What an option is
 * and what it excludes is in the tables of command-table.c, not here.
 */
#include "cli/options.h"

#include <getopt.h>

#include "cli/output.h"
#include "cli/suggest.h"
#include "lib/base/strbuf.h"

#include "lib/base/banned.h"

#define TIMEOUT_MAX 3600 /* seconds */

/* --- reading ---------------------------------------------------------------------------------- */

static bool may_lack_value(const struct vh_option *o)
{
	return o->arg[0] == '[';
}

/* The place of a value among the words that the option takes: "text|json|dot",
 * "[=unassigned|guest]". Returns -1 where it is not one of them. */
static int find_word(const struct vh_option *o, const char *value)
{
	size_t len = strlen(value);
	const char *p = o->arg + strspn(o->arg, "[=");

	for (int i = 0; *p && *p != ']'; i++) {
		size_t n = strcspn(p, "|]");

		if (n == len && !strncmp(p, value, n))
			return i;
		p += n;
		p += *p == '|';
	}
	return -1;
}

/* "text, json or dot" */
static char *words_of(const struct vh_option *o)
{
	_auto_strbuf_ struct vh_strbuf sb = { 0 };
	const char *p = o->arg + strspn(o->arg, "[=");

	while (*p && *p != ']') {
		size_t n = strcspn(p, "|]");
		bool last = p[n] != '|';

		vh_strbuf_add(&sb, !sb.len ? "" : last ? " or " : ", ");
		vh_strbuf_add_mem(&sb, p, n);
		p += n + !last;
	}
	return VH_STEAL(sb.data);
}

static int read_word(const struct vh_cli *cli, struct vh_given *g)
{
	int place = g->value ? find_word(g->option, g->value) : 0;

	if (place < 0) {
		_auto_free_ char *words = words_of(g->option);

		vh_error(cli, "option '--%s' does not know '%s'; it takes %s", g->option->name,
			 g->value, words);
		return -1;
	}
	g->number = place + may_lack_value(g->option); /* 0 is there: it was not given */
	return 0;
}

static int read_seconds(const struct vh_cli *cli, struct vh_given *g)
{
	uint64_t seconds;

	if (vh_parse_uint(g->value, 10, TIMEOUT_MAX, &seconds) < 0 || !seconds) {
		vh_error(cli, "'%s' is not a number of seconds from 1 to %d", g->value, TIMEOUT_MAX);
		return -1;
	}
	g->number = (unsigned int)seconds;
	return 0;
}

static int read_value(const struct vh_cli *cli, struct vh_given *g)
{
	switch (g->option->put) {
	case VH_PUT_WORD:
		return read_word(cli, g);
	case VH_PUT_SECONDS:
		return read_seconds(cli, g);
	default:
		return 0;
	}
}

/* Puts a value into the struct that begins at `base`. */
static void put(const struct vh_given *g, void *base)
{
	const struct vh_option *o = g->option;
	void *at = (char *)base + o->at;
	size_t *count = (void *)((char *)base + o->count_at);

	switch (o->put) {
	case VH_PUT_FLAG:
		*(bool *)at = true;
		break;
	case VH_PUT_TEXT:
		*(const char **)at = g->value;
		break;
	case VH_PUT_LIST:
		*VH_APPEND(*(const char ***)at, *count) = g->value;
		break;
	case VH_PUT_WORD:
		*(unsigned int *)at = g->number;
		break;
	case VH_PUT_SECONDS:
		*(int *)at = (int)g->number;
		break;
	case VH_PUT_NOTHING:
		break;
	}
}

static int add(struct vh_options *o, struct vh_cli *cli, const struct vh_option *option,
	       const char *value)
{
	struct vh_given *g = VH_APPEND(o->given, o->count);

	*g = (struct vh_given){ .option = option, .value = value };
	if (read_value(cli, g) < 0)
		return -1;
	if (!option->of) /* the colour of the next error line may be one of them */
		put(g, cli);
	return 0;
}

/* The place of -h in the table. */
static int find_help(void)
{
	int i = 0;

	while (!vh_streq(vh_command_table_options[i].name, "help"))
		i++;
	return i;
}

static struct option *getopt_table(void)
{
	struct option *table = vh_alloc((vh_command_table_n_options + 1) * sizeof(*table));

	for (size_t i = 0; i < vh_command_table_n_options; i++) {
		const struct vh_option *o = &vh_command_table_options[i];

		table[i].name = o->name;
		table[i].has_arg = !o->arg             ? no_argument
				   : may_lack_value(o) ? optional_argument
						       : required_argument;
	}
	return table;
}

/* The word that getopt did not know. Of several letters behind one '-' it stands at that word until
 * the last of them. */
static const char *unknown_word(int argc, char **argv)
{
	const char *last = argv[optind - 1];
	size_t n = strlen(last);

	if (optopt && (*last != '-' || n < 2 || last[1] == '-' || last[n - 1] != optopt) &&
	    optind < argc)
		return argv[optind];
	return last;
}

/* An option in error: it is unknown, or it was given a value that it does not take. */
static void tell_unknown(const struct vh_cli *cli, int argc, char **argv)
{
	const char *word = unknown_word(argc, argv);
	_auto_free_ char *name = vh_strndup(word, strcspn(word, "="));
	_auto_free_ char *hint = NULL;
	bool is_short = word[1] != '-';
	struct vh_suggest s = { .word = name + (is_short ? 1 : 2) };

	for (size_t i = 0; i < vh_command_table_n_options; i++)
		vh_suggest_add(&s, vh_command_table_options[i].name);
	if (vh_streq(s.word, "json")) { /* as other programs have it */
		free(s.closest);
		s.closest = vh_strdup("format json");
	}
	if (!is_short && vh_streq(s.closest, s.word)) {
		vh_error(cli, "option '%s' takes no value", name);
		free(s.closest);
		return;
	}
	if (s.closest)
		hint = vh_printf("; did you mean '--%s'?", s.closest);
	free(s.closest);
	vh_error(cli, "unknown option '%s'%s", word, hint ? hint : "; see 'vfio-hook --help'");
}

/* An option, perhaps abbreviated, that stands without its value at the end of the line. */
static void tell_value(const struct vh_cli *cli, const char *word)
{
	const struct vh_option *o = vh_command_table_options;

	while (!vh_has_prefix(o->name, word + 2))
		o++;
	vh_error(cli, "option '--%s' needs a value: --%s %s", o->name, o->name, o->arg);
}

int vh_options_read(struct vh_options *ret, struct vh_cli *cli, int argc, char **argv)
{
	_auto_free_ struct option *table = getopt_table();
	int c, index = 0;

	*ret = (struct vh_options){ 0 };
	opterr = 0;
	optind = 0; /* from the first word, whatever was read before */
	while ((c = getopt_long(argc, argv, ":h", table, &index)) != -1) {
		if (c == ':') {
			tell_value(cli, argv[optind - 1]);
			return -1;
		}
		if (c == '?') {
			tell_unknown(cli, argc, argv);
			return -1;
		}
		if (c == 'h')
			index = find_help();
		if (add(ret, cli, &vh_command_table_options[index], optarg) < 0)
			return -1;
	}
	ret->args = argv + optind;
	ret->n_args = argc - optind;
	return 0;
}

void vh_options_clear(struct vh_options *o, struct vh_cli *cli)
{
	for (size_t i = 0; i < o->count; i++) {
		const struct vh_option *option = o->given[i].option;
		void *base = option->of ? o->own : cli;
		const char ***list = base ? (void *)((char *)base + option->at) : NULL;

		if (option->put != VH_PUT_LIST || !list)
			continue;
		free(*list);
		*list = NULL;
	}
	free(o->own);
	free(o->given);
	*o = (struct vh_options){ 0 };
}

/* --- what suits ------------------------------------------------------------------------------- */

/* How often an option is there, and its last value. */
static size_t times(const struct vh_options *o, const char *name, const char **ret_value)
{
	size_t n = 0;

	for (size_t i = 0; i < o->count; i++) {
		if (!vh_streq(name, o->given[i].option->name))
			continue;
		*ret_value = o->given[i].value;
		n++;
	}
	return n;
}

bool vh_options_has(const struct vh_options *o, const char *name)
{
	const char *value;

	return times(o, name, &value) > 0;
}

static size_t n_arguments(const struct vh_options *o)
{
	size_t n = o->n_args;

	for (size_t i = 0; i < o->count; i++)
		n += o->given[i].option->is_argument;
	return n;
}

/* Is this word of an exclusion true? They are described at struct vh_exclusion. */
static bool is_true(const struct vh_options *o, const struct vh_command *cmd, const char *word)
{
	size_t len = strcspn(word, "+="), n;
	_auto_free_ char *name = vh_strndup(word, len);
	const char *value = NULL;

	if (*word == '!')
		return !is_true(o, cmd, word + 1);
	if (*word == '@')
		return vh_streq(word + 1, cmd->name);
	if (vh_streq(name, "ARGUMENT")) {
		n = n_arguments(o);
		value = o->n_args ? o->args[0] : NULL;
	} else {
		n = times(o, name, &value);
	}
	if (word[len] == '=')
		return n && vh_streq(value, word + len + 1);
	return n > (word[len] == '+');
}

static bool are_true(const struct vh_options *o, const struct vh_command *cmd, const char *when)
{
	for (const char *p = when; *p; p += strspn(p, " ")) {
		size_t n = strcspn(p, " ");
		_auto_free_ char *word = vh_strndup(p, n);

		if (!is_true(o, cmd, word))
			return false;
		p += n;
	}
	return true;
}

/* Does it say of another option that the two exclude each other, and nothing more? */
static bool excludes(const struct vh_option *o, const struct vh_option *other)
{
	for (size_t i = 0; i < VH_COUNT(o->excludes); i++)
		if (!o->excludes[i].message && vh_streq(o->excludes[i].when, other->name))
			return true;
	return false;
}

/* The option and all that it excludes: "'--a', '--b' and '--c' exclude each other". */
static void tell_excluded(const struct vh_cli *cli, const struct vh_option *o)
{
	_auto_strbuf_ struct vh_strbuf names = { 0 };
	size_t left = 1;

	for (size_t i = 0; i < vh_command_table_n_options; i++)
		left += excludes(o, &vh_command_table_options[i]);
	for (size_t i = 0; i < vh_command_table_n_options; i++) {
		const struct vh_option *one = &vh_command_table_options[i];

		if (one != o && !excludes(o, one))
			continue;
		left--;
		vh_strbuf_addf(&names, "'--%s'%s", one->name,
			       left > 1 ? ", "
			       : left   ? " and "
					: "");
	}
	vh_error(cli, "%s exclude each other", names.data);
}

/* `o`: whose exclusions these are; NULL: the command's. */
static int check_exclusions(const struct vh_options *given, const struct vh_cli *cli,
			    const struct vh_option *o, const struct vh_exclusion *list, size_t n)
{
	for (size_t i = 0; i < n && list[i].when; i++) {
		if (!are_true(given, cli->command, list[i].when))
			continue;
		if (o && !list[i].message)
			tell_excluded(cli, o);
		else
			vh_error(cli, "%s", list[i].message);
		return -1;
	}
	return 0;
}

static int check_all_exclusions(const struct vh_options *given, const struct vh_cli *cli)
{
	for (size_t i = 0; i < vh_command_table_n_options; i++) {
		const struct vh_option *o = &vh_command_table_options[i];

		if (vh_options_has(given, o->name) &&
		    check_exclusions(given, cli, o, o->excludes, VH_COUNT(o->excludes)) < 0)
			return -1;
	}
	return check_exclusions(given, cli, NULL, cli->command->excludes,
				VH_COUNT(cli->command->excludes));
}

/* The first in the order of the table that the command does not take. */
static int check_options(const struct vh_options *given, const struct vh_cli *cli)
{
	const struct vh_command *cmd = cli->command;

	for (size_t i = 0; i < vh_command_table_n_options; i++) {
		const struct vh_option *o = &vh_command_table_options[i];

		if (!vh_options_has(given, o->name) || vh_command_table_takes(cmd, o))
			continue;
		vh_error(cli, "option '--%s' does not apply to '%s'%s", o->name, cmd->name,
			 cmd->flags & VH_CMD_ROOT ? ", which acts on this machine" : "");
		return -1;
	}
	return 0;
}

static int check_arguments(const struct vh_options *given, const struct vh_cli *cli)
{
	const struct vh_command *cmd = cli->command;

	if (given->n_args >= cmd->min && given->n_args <= cmd->max)
		return 0;
	vh_error(cli, "too %s arguments; usage: vfio-hook %s%s%s",
		 given->n_args < cmd->min ? "few" : "many", cmd->name, *cmd->args ? " " : "",
		 cmd->args);
	return -1;
}

int vh_options_apply(struct vh_options *o, struct vh_cli *cli)
{
	const struct vh_command *cmd = cli->command;

	if (check_options(o, cli) < 0 || check_all_exclusions(o, cli) < 0 ||
	    check_arguments(o, cli) < 0)
		return -1;
	if (cmd->options_size)
		o->own = vh_alloc(cmd->options_size);
	for (size_t i = 0; i < o->count; i++)
		if (vh_streq(o->given[i].option->of, cmd->name))
			put(&o->given[i], o->own);
	cli->options = o->own;
	return 0;
}
