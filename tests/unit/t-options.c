/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * t-options - the tables of commands and options, walked: every option with every command, every
 * exclusion, help and manual; and beside them command lines with what is said of each, word for
 * word.
 */
#include <sys/mman.h>

#include "cli/boot/boot.h"
#include "cli/commands/commands.h"
#include "cli/input.h"
#include "cli/options.h"
#include "tests/tap.h"

#include "lib/base/banned.h"

#define WORDS_MAX 16
#define ROUNDS_MAX 4

/* A command line: options and arguments, and the command beside them. */
struct line {
	const struct vh_command *cmd;
	char *words[WORDS_MAX];
	int n;
};

static void line_clear(struct line *l)
{
	for (int i = 0; i < l->n; i++)
		free(l->words[i]);
	l->n = 0;
}
#define _auto_line_ __attribute__((cleanup(line_clear)))

static void add_word(struct line *l, char *word)
{
	if (l->n == WORDS_MAX)
		abort();
	l->words[l->n++] = word;
}

/* What became of it; `said` is what went to standard error. */
struct tried {
	struct vh_cli cli;
	struct vh_options options;
	char *argv[WORDS_MAX + 2];
	char *said;
	int rc;
};

static void tried_clear(struct tried *t)
{
	vh_options_clear(&t->options, &t->cli);
	free(t->said);
}
#define _auto_tried_ __attribute__((cleanup(tried_clear)))

static void try_line(struct tried *t, const struct line *l)
{
	static char program[] = "vfio-hook";
	int saved = dup(STDERR_FILENO), fd = memfd_create("stderr", MFD_CLOEXEC);
	_auto_strbuf_ struct vh_strbuf said = { 0 };

	if (saved < 0 || fd < 0 || dup2(fd, STDERR_FILENO) < 0)
		abort();
	*t = (struct tried){ .cli = { .command = l->cmd, .timeout = 10 } };
	t->argv[0] = program;
	for (int i = 0; i < l->n; i++)
		t->argv[i + 1] = l->words[i];
	t->rc = vh_options_read(&t->options, &t->cli, l->n + 1, t->argv);
	if (t->rc == 0)
		t->rc = vh_options_apply(&t->options, &t->cli);
	(void)dup2(saved, STDERR_FILENO);
	(void)lseek(fd, 0, SEEK_SET);
	if (vh_strbuf_read_fd(&said, fd, 1 << 20) < 0)
		abort();
	t->said = vh_strdup(said.data ? said.data : "");
	close(fd);
	close(saved);
}

static const struct vh_option *find_option(const char *name)
{
	for (size_t i = 0; i < vh_command_table_n_options; i++)
		if (vh_streq(name, vh_command_table_options[i].name))
			return &vh_command_table_options[i];
	return NULL;
}

/* --- lines from the tables -------------------------------------------------------------------- */

/* Adds the option, with this value or one that suits it. */
static void add_option(struct line *l, const struct vh_option *o, const char *value)
{
	_auto_free_ char *first = NULL;

	if (!value && o->put == VH_PUT_SECONDS)
		value = "5";
	if (!value && o->arg && *o->arg != '[') {
		first = vh_strndup(o->arg, strcspn(o->arg, "|"));
		value = o->put == VH_PUT_WORD ? first : "x";
	}
	add_word(l, vh_printf("--%s%s%s", o->name, value ? "=" : "", value ? value : ""));
}

/* Makes a word of an exclusion true, without the '!' that it may have. */
static void add_term(struct line *l, const char *word)
{
	size_t len = strcspn(word, "=+");
	_auto_free_ char *name = vh_strndup(word, len);
	const char *value = word[len] == '=' ? word + len + 1 : NULL;
	const struct vh_option *o = find_option(name);

	for (int i = 0; i < (word[len] == '+' ? 2 : 1); i++) {
		if (vh_streq(name, "ARGUMENT"))
			add_word(l, vh_strdup(value ? value : "x"));
		else if (o)
			add_option(l, o, value);
	}
}

/* Calls fn for each word. */
static void each_word(const char *list, void (*fn)(const char *word, void *ctx), void *ctx)
{
	for (const char *p = list; *p; p += strspn(p, " ")) {
		size_t n = strcspn(p, " ");
		_auto_free_ char *word = vh_strndup(p, n);

		fn(word, ctx);
		p += n;
	}
}

struct lack {
	struct line *line;
	bool done;
};

static void add_lacking(const char *word, void *ctx)
{
	struct lack *lack = ctx;

	if (lack->done || *word != '!' || word[1] == '@')
		return;
	add_term(lack->line, word + 1);
	lack->done = true;
}

/* Adds what a refusal says is missing: of its exclusion the first word with a '!'. */
static bool add_missing(struct line *l, const char *said, const struct vh_exclusion *list, size_t n)
{
	struct lack lack = { .line = l };

	for (size_t i = 0; i < n && list[i].when && !lack.done; i++)
		if (list[i].message && strstr(said, list[i].message))
			each_word(list[i].when, add_lacking, &lack);
	return lack.done;
}

static bool complete(struct line *l, const char *said)
{
	for (size_t i = 0; i < vh_command_table_n_options; i++) {
		const struct vh_option *o = &vh_command_table_options[i];

		if (add_missing(l, said, o->excludes, VH_COUNT(o->excludes)))
			return true;
	}
	return add_missing(l, said, l->cmd->excludes, VH_COUNT(l->cmd->excludes));
}

/* Tries a line, completed by what it lacks, until it is accepted or `said` is said of it. */
static bool comes_to(struct line *l, const char *said)
{
	for (int round = 0; round < ROUNDS_MAX; round++) {
		_auto_tried_ struct tried t = { 0 };

		try_line(&t, l);
		if (said ? t.rc < 0 && strstr(t.said, said) : t.rc == 0)
			return true;
		if (t.rc == 0 || !complete(l, t.said)) {
			diag("%s with %s: %s", l->cmd->name, l->n ? l->words[0] : "nothing",
			     t.rc == 0 ? "accepted" : t.said);
			return false;
		}
	}
	diag("%s with %s: too many rounds", l->cmd->name, l->words[0]);
	return false;
}

static bool suits(const struct vh_option *o, const struct vh_command *cmd)
{
	_auto_line_ struct line l = { .cmd = cmd };
	_auto_free_ char *refusal = NULL;

	add_option(&l, o, NULL);
	for (int i = 0; i < cmd->min; i++)
		add_word(&l, vh_strdup("x"));
	if (!vh_command_table_takes(cmd, o))
		refusal = vh_printf("vfio-hook: error: option '--%s' does not apply to '%s'%s\n",
				    o->name, cmd->name,
				    cmd->flags & VH_CMD_ROOT ? ", which acts on this machine" : "");
	return comes_to(&l, refusal);
}

static void test_commands(void)
{
	for (size_t i = 0; i < vh_command_table_n_options; i++) {
		const struct vh_option *o = &vh_command_table_options[i];
		bool fine = suits(o, &vh_command_table_explain);

		for (size_t k = 0; k < vh_command_table_count; k++)
			fine = suits(o, &vh_command_table[k]) && fine;
		ok(fine, "--%s: accepted where it applies, refused elsewhere", o->name);
	}
}

/* --- exclusions ------------------------------------------------------------------------------- */

struct terms {
	struct line *line;
	bool names_own; /* the option whose exclusion it is, and that one is in it */
	bool impossible;
	const struct vh_option *own;
};

static void add_positive(const char *word, void *ctx)
{
	struct terms *t = ctx;
	size_t len = strcspn(word, "=+");
	_auto_free_ char *name = vh_strndup(word, len);
	const struct vh_option *o = find_option(name);

	if (o && !vh_command_table_takes(t->line->cmd, o))
		t->impossible = true;
	else if (*word == '@')
		t->impossible |= !vh_streq(word + 1, t->line->cmd->name);
	else if (word[0] == '!' && word[1] == '@')
		t->impossible |= vh_streq(word + 2, t->line->cmd->name);
	else if (*word != '!')
		add_term(t->line, word);
	t->names_own |= o && o == t->own;
}

/* 0 or 1: how many lines it was refused on; -1: not refused. */
static int is_refused(const struct vh_command *cmd, const struct vh_option *own,
		      const struct vh_exclusion *e)
{
	_auto_line_ struct line l = { .cmd = cmd };
	struct terms t = { .line = &l, .own = own };

	if (own && !vh_command_table_takes(cmd, own))
		return 0;
	each_word(e->when, add_positive, &t);
	if (t.impossible)
		return 0;
	if (own && !t.names_own)
		add_option(&l, own, NULL);
	return comes_to(&l, e->message ? e->message : "exclude each other") ? 1 : -1;
}

static void test_exclusions_of(const char *whose, const struct vh_option *own,
			       const struct vh_command *only, const struct vh_exclusion *list,
			       size_t n)
{
	for (size_t i = 0; i < n && list[i].when; i++) {
		int refused = only ? is_refused(only, NULL, &list[i]) : 0;

		for (size_t k = 0; !only && k < vh_command_table_count && refused >= 0; k++) {
			int one = is_refused(&vh_command_table[k], own, &list[i]);

			refused = one < 0 ? one : refused + one;
		}
		ok(refused > 0, "%s: refused with '%s'", whose, list[i].when);
	}
}

static void test_exclusions(void)
{
	for (size_t i = 0; i < vh_command_table_n_options; i++) {
		const struct vh_option *o = &vh_command_table_options[i];
		_auto_free_ char *whose = vh_printf("--%s", o->name);

		test_exclusions_of(whose, o, NULL, o->excludes, VH_COUNT(o->excludes));
	}
	for (size_t i = 0; i < vh_command_table_count; i++)
		test_exclusions_of(vh_command_table[i].name, NULL, &vh_command_table[i],
				   vh_command_table[i].excludes,
				   VH_COUNT(vh_command_table[i].excludes));
}

/* --- the tables themselves -------------------------------------------------------------------- */

static const struct vh_command *find_command(const char *name)
{
	return vh_streq(name, vh_command_table_explain.name) ? &vh_command_table_explain
							     : vh_command_table_find(name);
}

static void look_up_command(const char *word, void *ctx)
{
	bool *fine = ctx;

	if (find_command(word) || vh_streq(word, "*"))
		return;
	diag("no command '%s'", word);
	*fine = false;
}

static void look_up_term(const char *word, void *ctx)
{
	bool *fine = ctx;
	const char *bare = word + (*word == '!');
	_auto_free_ char *name = vh_strndup(bare, strcspn(bare, "=+"));

	if (*bare == '@' ? !!vh_command_table_find(bare + 1)
			 : vh_streq(name, "ARGUMENT") || find_option(name))
		return;
	diag("'%s' stands for nothing", word);
	*fine = false;
}

/* Each line ends, and the command is in it. */
static bool has_examples(const struct vh_command *cmd)
{
	_auto_free_ char *word = vh_printf(" %s", cmd->name);
	size_t n = 0;

	for (const char *p = cmd->examples; p && *p; n++) {
		const char *end = strchr(p, '\n'), *at = strstr(p, word);

		if (!end || !at || at > end)
			return false;
		p = end + 1;
	}
	return n > 0;
}

static void test_tables(void)
{
	for (size_t i = 0; i < vh_command_table_n_options; i++) {
		const struct vh_option *o = &vh_command_table_options[i];
		const struct vh_command *of = o->of ? find_command(o->of) : NULL;
		bool fine = find_option(o->name) == o;

		each_word(o->commands, look_up_command, &fine);
		for (size_t k = 0; k < VH_COUNT(o->excludes) && o->excludes[k].when; k++) {
			each_word(o->excludes[k].when, look_up_term, &fine);
			if (!o->excludes[k].message)
				fine = fine && find_option(o->excludes[k].when);
		}
		if (o->of) /* nobody else may take it: it would go into another struct */
			fine = fine && of && o->at < of->options_size &&
			       vh_command_table_takes(of, o) &&
			       (of == &vh_command_table_explain || vh_streq(o->commands, o->of));
		ok(fine, "--%s: its line makes sense", o->name);
	}
	for (size_t i = 0; i < vh_command_table_count; i++) {
		const struct vh_command *cmd = &vh_command_table[i];
		bool fine = vh_command_table_find(cmd->name) == cmd && cmd->min <= cmd->max;

		for (size_t k = 0; k < VH_COUNT(cmd->excludes) && cmd->excludes[k].when; k++) {
			each_word(cmd->excludes[k].when, look_up_term, &fine);
			fine = fine && cmd->excludes[k].message;
		}
		ok(fine, "%s: its line makes sense", cmd->name);
		ok(has_examples(cmd), "%s: its examples are of it", cmd->name);
	}
}

/* --- words and values ------------------------------------------------------------------------- */

static const struct {
	const char *command, *words, *said; /* NULL: accepted */
} lines[] = {
	{ "list", "--frobnicate", "unknown option '--frobnicate'; see 'vfio-hook --help'" },
	{ "list", "--format", "option '--format' needs a value: --format text|json|dot" },
	{ "list", "--format xml", "option '--format' does not know 'xml'; it takes text, json or dot" },
	{ "list", "--format tex", "option '--format' does not know 'tex'; it takes text, json or dot" },
	{ "list", "--form json", NULL },
	{ "check", "--fix=host x", "option '--fix' does not know 'host'; it takes unassigned or guest" },
	{ "check", "--timeout 0", "'0' is not a number of seconds from 1 to 3600" },
	{ "check", "--timeout 3601", "'3601' is not a number of seconds from 1 to 3600" },
	{ "check", "--timeout 3600", NULL },
	{ "list", "--strict", "option '--strict' does not apply to 'list'" },
	{ "list", "--strict --tree --all", "option '--all' does not apply to 'list'" },
	{ "detach", "--host x 1:0.0",
	  "option '--host' does not apply to 'detach', which acts on this machine" },
	{ "--explain", "--explain --strict x", "option '--strict' does not apply to '--explain'" },
	{ "--explain", "--explain --color never x y z", NULL },
	{ "list", "--format dot", NULL },
	{ "show", "--format dot", "'--format dot' is for 'list' alone" },
	{ "show", "--format dot --format json x", NULL },
	{ "list", "--sysroot x --host x",
	  "'--host', '--sysroot' and '--connect' exclude each other" },
	{ "list", "--connect x --host x",
	  "'--host', '--sysroot' and '--connect' exclude each other" },
	{ "xml", "--connect x --connect y", "'xml' looks at one host: give '--connect' once" },
	{ "detach", "", "too few arguments; usage: vfio-hook detach ADDRESS..." },
	{ "list", "x", "too many arguments; usage: vfio-hook list" },
	{ "check", "--all x",
	  "'--all' stands for every domain of libvirt: it excludes other arguments" },
	{ "check", "--all --domain x",
	  "'--all' stands for every domain of libvirt: it excludes other arguments" },
	{ "check", "--all --fix", "'--all' stands for every domain of libvirt: it excludes '--fix'" },
	{ "check", "--verbose x", "'--verbose' is for '--all'" },
	{ "check", "--fix", "'--fix' takes one file or domain, or '-'" },
	{ "check", "--fix x y", "'--fix' takes one file or domain, or '-'" },
	{ "check", "--fix x --domain y", "'--fix' takes one file or domain, or '-'" },
	{ "check", "--fix --domain y", NULL },
	{ "check", "--fix x --format json", "'--fix' writes XML: it excludes '--format json'" },
	{ "check", "--connect x --connect y",
	  "several '--connect' judge domains that are named: name one" },
	{ "check", "--connect x --connect y --all",
	  "several '--connect' judge domains that are named: no '--all'" },
	{ "check", "--connect x --connect y --fix x",
	  "several '--connect' judge domains that are named: no '--fix'" },
	{ "check", "--connect x --connect y --domain x", NULL },
	{ "xml", "",
	  "name the devices, or one --group; usage: vfio-hook xml ADDRESS...|--group NUMBER" },
	{ "xml", "--group 1 x",
	  "name the devices, or one --group; usage: vfio-hook xml ADDRESS...|--group NUMBER" },
	{ "reattach", "",
	  "name the devices, or --all-stale; usage: vfio-hook reattach ADDRESS...|--all-stale" },
	{ "reattach", "--all-stale x",
	  "name the devices, or --all-stale; usage: vfio-hook reattach ADDRESS...|--all-stale" },
	{ "boot", "generate --host x",
	  "'--host' shows a copy of a machine: only with --dry-run, or verify" },
	{ "boot", "generate --host x --dry-run", NULL },
	{ "boot", "verify --host x --format json", NULL },
	{ "boot", "remove --format json", "only 'boot verify' has an answer as JSON" },
};

static void take_word(const char *word, void *ctx)
{
	add_word(ctx, vh_strdup(word));
}

static void test_lines(void)
{
	for (size_t i = 0; i < VH_COUNT(lines); i++) {
		_auto_line_ struct line l = { .cmd = find_command(lines[i].command) };
		_auto_tried_ struct tried t = { 0 };
		_auto_free_ char *want = lines[i].said
						 ? vh_printf("vfio-hook: error: %s\n", lines[i].said)
						 : vh_strdup("");

		each_word(lines[i].words, take_word, &l);
		try_line(&t, &l);
		if (!ok(vh_streq(t.said, want) && (t.rc < 0) == !!lines[i].said, "%s %s",
			lines[i].command, lines[i].words))
			diag("%d %s", t.rc, t.said);
	}
}

static void try_words(struct tried *t, struct line *l, const char *command, const char *words)
{
	line_clear(l);
	l->cmd = find_command(command);
	each_word(words, take_word, l);
	try_line(t, l);
}

/* Tries a line, and evaluates an expression on `o`, what the command then has, and `t`. */
#define HOLDS(type, command, words, expr)                                         \
	do {                                                                      \
		_auto_line_ struct line l = { 0 };                                \
		_auto_tried_ struct tried t = { 0 };                              \
		const type *o;                                                    \
                                                                                  \
		try_words(&t, &l, command, words);                                \
		o = t.cli.options;                                                \
		ok(t.rc == 0 && o && (expr), "%s %s: %s", command, words, #expr); \
	} while (0)

static void test_values(void)
{
	HOLDS(struct vh_opt_check, "check", "--format json --color never --strict --host H",
	      t.cli.format == VH_FORMAT_JSON && t.cli.color == VH_COLOR_NEVER && t.cli.strict &&
		      vh_streq(t.cli.host, "H") && !t.cli.sysroot && t.cli.timeout == 10);
	HOLDS(struct vh_opt_check, "check", "--connect a --connect b --timeout 7 x",
	      t.cli.n_connect == 2 && vh_streq(t.cli.connect[0], "a") &&
		      vh_streq(t.cli.connect[1], "b") && t.cli.timeout == 7 && !t.cli.strict);
	HOLDS(struct vh_opt_check, "check", "--sysroot S --format json --format text",
	      vh_streq(t.cli.sysroot, "S") && t.cli.format == VH_FORMAT_TEXT &&
		      t.cli.color == VH_COLOR_AUTO && o->fix == VH_FIX_NOTHING);
	HOLDS(struct vh_opt_check, "check", "--domain a x --domain b",
	      o->n_domains == 2 && vh_streq(o->domains[0], "a") && vh_streq(o->domains[1], "b") &&
		      !o->all && !o->verbose);
	HOLDS(struct vh_opt_check, "check", "--all --verbose",
	      o->all && o->verbose && !o->n_domains);
	HOLDS(struct vh_opt_check, "check", "--all", o->all && !o->verbose);
	HOLDS(struct vh_opt_check, "check", "--fix x", o->fix == VH_FIX_UNASSIGNED);
	HOLDS(struct vh_opt_check, "check", "--fix=unassigned x", o->fix == VH_FIX_UNASSIGNED);
	HOLDS(struct vh_opt_check, "check", "--fix=guest x", o->fix == VH_FIX_GUEST);
	HOLDS(struct vh_opt_list, "list", "", !o->tree);
	HOLDS(struct vh_opt_list, "list", "--tree", o->tree);
	HOLDS(struct vh_opt_list, "list", "--format dot", t.cli.format == VH_FORMAT_DOT);
	HOLDS(struct vh_opt_xml, "xml", "--group 5 --into f",
	      vh_streq(o->group, "5") && vh_streq(o->into, "f"));
	HOLDS(struct vh_opt_xml, "xml", "x", !o->group && !o->into);
	HOLDS(struct vh_opt_snapshot, "snapshot", "", !o->identifiers);
	HOLDS(struct vh_opt_snapshot, "snapshot", "--with-identifiers", o->identifiers);
	HOLDS(struct vh_opt_reattach, "reattach", "x", !o->all_stale);
	HOLDS(struct vh_opt_reattach, "reattach", "--all-stale", o->all_stale);
	HOLDS(struct vh_opt_boot, "boot", "remove",
	      o->by == VH_BOOT_BY_ADDRESS && !o->initramfs && !o->dry_run && !o->no_rebuild);
	HOLDS(struct vh_opt_boot, "boot", "remove --by id --dry-run --initramfs dracut",
	      o->by == VH_BOOT_BY_ID && o->initramfs == VH_INITRAMFS_DRACUT && o->dry_run &&
		      !o->no_rebuild);
	HOLDS(struct vh_opt_boot, "boot", "remove --no-rebuild", o->no_rebuild && !o->dry_run);
	HOLDS(struct vh_opt_explain, "--explain", "--explain", !o->rule);
	HOLDS(struct vh_opt_explain, "--explain", "--explain=balloon", vh_streq(o->rule, "balloon"));
}

/* --- help and manual -------------------------------------------------------------------------- */

/* Does a line of the help begin with this option, and not with one whose name is longer? */
static bool has_line(const char *help, const char *name)
{
	_auto_free_ char *begin = vh_printf("\n  --%s", name);
	const char *found = help;

	while ((found = strstr(found, begin)) != NULL) {
		found += strlen(begin);
		if (*found == ' ' || *found == '[')
			return true;
	}
	return false;
}

static char *help_of(const struct vh_command *cmd)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		abort();
	if (cmd)
		vh_command_table_help(f, cmd);
	else
		vh_command_table_usage(f);
	(void)fclose(f);
	return text;
}

static void test_help(void)
{
	_auto_free_ char *usage = help_of(NULL);

	for (size_t i = 0; i < vh_command_table_n_options; i++)
		ok(has_line(usage, vh_command_table_options[i].name), "--help has --%s",
		   vh_command_table_options[i].name);
	for (size_t k = 0; k < vh_command_table_count; k++) {
		const struct vh_command *cmd = &vh_command_table[k];
		_auto_free_ char *help = help_of(cmd), *line = vh_printf("\n  %s ", cmd->name);
		bool fine = !!strstr(usage, line);

		for (size_t i = 0; i < vh_command_table_n_options; i++)
			fine = fine &&
			       has_line(help, vh_command_table_options[i].name) ==
				       vh_command_table_takes(cmd, &vh_command_table_options[i]);
		ok(fine, "help %s has its options, and no others", cmd->name);
	}
}

static void test_manual(void)
{
	const char *top = getenv("abs_top_srcdir");
	_auto_free_ char *path = vh_printf("%s/man/vfio-hook.pod", top ? top : ".");
	_auto_strbuf_ struct vh_strbuf text = { 0 };

	if (!ok(vh_input_read(&text, path, 1 << 20, NULL) == 0, "the manual is there"))
		return;
	for (size_t i = 0; i < vh_command_table_n_options; i++) {
		_auto_free_ char *bold = vh_printf("B<--%s>", vh_command_table_options[i].name);

		ok(strstr(text.data, bold), "the manual has %s", bold);
	}
}

int main(void)
{
	test_tables();
	test_commands();
	test_exclusions();
	test_lines();
	test_values();
	test_help();
	test_manual();
	return tap_done();
}
