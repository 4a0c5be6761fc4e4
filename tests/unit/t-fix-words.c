/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * t-fix-words - every line to type that the sources can write with something inserted begins with
 * a command of the table, which t-fixes runs, or with a word of prose; and what is inserted behind
 * a command was made one word of a shell by lib/base/shell.c: a new line is not forgotten.
 */
#include <ctype.h>

#include "lib/base/strbuf.h"
#include "tests/fake/scratch.h"
#include "cli/wrap.h"
#include "tests/tap.h"
#include "tests/unit/fix-commands.h"

/* Words with which sentences begin, not commands. What is inserted into them is made printable. */
static const char *const prose[] = {
	"add",    "allow", "choose", "copy",  "depends", "enable",  "end",  "give", "if",   "in",
	"name",   "none",  "or",     "pass",  "remove",  "replace", "run",  "set",  "shut", "stop",
	"switch", "take",  "then",   "write", "dmesg",   "chown",   "from", "set",  "this",
};

static bool is_listed(const char *const *list, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(list[i], word))
			return true;
	return false;
}

/* Each line of a literal into which a name is inserted: its first word has to be known. */
static void look_at_literal(const char *file, const char *text)
{
	_auto_free_ char *copy = vh_strdup(text);
	char *rest = copy, *line;

	while ((line = strsep(&rest, "\n"))) {
		const char *command = fix_command_in(line);
		_auto_free_ char *word = NULL;

		if (!strstr(line, "%s") && !strstr(line, "%p"))
			continue;
		if (command)
			continue;
		command = line;
		word = vh_strndup(command, strspn(command, "abcdefghijklmnopqrstuvwxyz-"));
		if (!*word || command[strlen(word)] != ' ' ||
		    is_listed(prose, VH_COUNT(prose), word))
			continue;
		ok(false, "%s: '%s' is in the table of commands: %s", file, word, line);
	}
}

/* The literals of a statement, or of one member of a table, from `at` to its end; "\n" as it is
 * written becomes one. */
static const char *statement(const char *at, const char *ends, struct vh_strbuf *ret)
{
	bool quoted = false, joined = true;

	for (; *at && (quoted || !strchr(ends, *at)); at++) {
		if (!quoted && *at == '"' && !joined && ret->len)
			vh_strbuf_add(ret, "\n"); /* another one, not its continuation */
		if (*at == '"')
			joined = true;
		else if (!quoted)
			joined &= *at == ' ' || *at == '\t' || *at == '\n';
		if (!quoted || *at == '"')
			quoted ^= *at == '"';
		else if (*at == '\\' && at[1] == 'n')
			vh_strbuf_add(ret, "\n"), at++;
		else
			vh_strbuf_add_mem(ret, at, 1);
	}
	return at;
}

/* What a statement that makes a fix has as literals: "fix = ...", and all that a function *_fix
 * returns. */
static size_t look_at_source(const char *path)
{
	_auto_free_ char *text = scratch_source(path, NULL);
	bool in_fix = false;
	size_t found = 0;

	for (const char *at = text; *at; at++) {
		_auto_strbuf_ struct vh_strbuf sb = { 0 };
		bool begins = at > text && at[-1] == '\n';
		size_t n = strcspn(at, "\n");
		_auto_free_ char *line = begins ? vh_strndup(at, n) : NULL;

		if (line && (vh_has_prefix(line, "static ") || vh_has_prefix(line, "char ")))
			in_fix = strstr(line, "fix") != NULL;
		if (!vh_has_prefix(at, "fix = ") && !(in_fix && vh_has_prefix(at, "return ")) &&
		    !(in_fix && vh_has_prefix(at, "vh_strbuf_add")))
			continue;
		at = statement(at, at > text && at[-1] == '.' ? ",}" : ";", &sb);
		if (!sb.len)
			continue;
		look_at_literal(path, sb.data);
		found++;
		if (!*at)
			break;
	}
	return found;
}

/* --- what is inserted ------------------------------------------------------------------------------ */

/* These are no names from outside. */
static const struct {
	const char *file, *arg;
} harmless[] = {
	{ "release.c", "c->owner" },         /* a UUID */
	{ "rule-bypass.c", "i->daemon" },    /* one of two */
	{ "rule-bypass.c", "VH_HOOKSDIR" },  /* a constant */
	{ "rule-device.c", "name.s" },       /* an address */
	{ "rule-topology.c", "name.s" },     /* an address */
	{ "rule-hugepages.c", "nodes" },     /* numbers */
	{ "rule-hugepages.c", "option" },    /* a size */
	{ "rule-health.c", "name.s" },       /* an address */
	{ "rule-host.c", "daemon" },         /* one of two */
	{ "rule-host.c", "setting" },        /* one of ours */
	{ "rule-memory.c", "less" },         /* a size, in front of the command */
	{ "rule-memory.c", "all" },          /* a size, in front of the command */
	{ "rule-platform.c", "module" },     /* one of two */
	{ "rule-use.c", "g->nodes" },        /* /dev/vfio and numbers */
	{ "rule-use.c", "end" },             /* a line that is done */
	{ "display.c", "console" },          /* vtcon and a number */
	{ "fabric.c", "name" },              /* nvme and a number */
	{ "ties.c", "name" },                /* nbd and a number, rbd and a number */
	{ "members.c", "dev ? dev : node" }, /* numbers, or the kernel's name of a disk */
	{ "net.c", "cuts" },                 /* a comment */
	{ "net.c", "table" },                /* a number */
	{ "net.c", "line" },                 /* a line that is done */
	{ "net.c", "route" },     /* an option, words of ours and a destination in numbers */
	{ "dir.c", "ret->path" }, /* a folder of ours */
};

/* `id` is set, somewhere in the file, to what lib/base/shell.c makes. */
static bool is_word_of_shell(const char *text, const char *id)
{
	_auto_free_ char *set = vh_printf("%s = ", id);

	for (const char *at = text; (at = strstr(at, set)); at++) {
		_auto_free_ char *rest = vh_strndup(at, strcspn(at, ";"));

		if (at > text && (isalnum((unsigned char)at[-1]) || at[-1] == '_'))
			continue;
		if (strstr(rest, "vh_shell_") || strstr(rest, "vh_wording_domain("))
			return true;
	}
	return false;
}

static bool is_safe(const char *file, const char *text, const char *arg)
{
	const char *id = arg + strlen(arg);

	if (strchr(arg, '"') || strstr(arg, "CUTS") || vh_has_prefix(arg, "vh_pci_") ||
	    vh_has_prefix(arg, "vh_address_element_str("))
		return true; /* ours */
	for (size_t i = 0; i < VH_COUNT(harmless); i++)
		if (vh_has_suffix(file, harmless[i].file) && !strcmp(harmless[i].arg, arg))
			return true;
	while (id > arg && (isalnum((unsigned char)id[-1]) || id[-1] == '_'))
		id--;
	if (vh_has_suffix(file, "wording.c") && !strcmp(arg, "domain")) /* vh_wording_domain() */
		return true;
	return *id && is_word_of_shell(text, id);
}

/* The next argument of a call, without blanks around it; *at goes behind the comma. NULL: no more. */
static char *next_arg(const char **at)
{
	const char *from = *at + strspn(*at, " \t\n"), *p = from, *end;
	bool quoted = false;
	int depth = 0;

	if (*from == ')' || !*from)
		return NULL;
	for (; *p && (quoted || depth || (*p != ',' && *p != ')')); p++) {
		if (*p == '\\' && quoted && p[1])
			p++;
		else if (*p == '"')
			quoted = !quoted;
		else if (!quoted)
			depth += (*p == '(') - (*p == ')');
	}
	for (end = p; end > from && strchr(" \t\n", end[-1]); end--)
		;
	*at = p + (*p == ',');
	return vh_strndup(from, (size_t)(end - from));
}

static bool has_command(const char *format)
{
	_auto_free_ char *copy = vh_strdup(format);
	char *rest = copy, *line;

	while ((line = strsep(&rest, "\n"))) {
		const char *command = fix_command_in(vh_has_prefix(line, "%s") ? line + 2 : line);

		if (command && strstr(command, "%s"))
			return true;
	}
	return false;
}

/* `at` is behind the parenthesis of a call that formats. 1: it makes a line to type. */
static size_t look_at_call(const char *file, const char *text, const char *at)
{
	_auto_strbuf_ struct vh_strbuf format = { 0 };
	_auto_free_ char *first = next_arg(&at);

	if (first && *first == '&') {
		free(first);
		first = next_arg(&at);
	}
	if (!first || *first != '"')
		return 0;
	(void)statement(first, "", &format);
	if (!format.len || !has_command(format.data))
		return 0;
	for (const char *p = format.data; (p = strchr(p, '%')); p++) {
		_auto_free_ char *arg = NULL;

		p++;
		if (*p == '%')
			continue;
		arg = next_arg(&at);
		p += strspn(p, "0123456789.*l-");
		if (*p == 's' && (!arg || !is_safe(file, text, arg)))
			ok(false, "%s: '%s' is a word of the shell in: %s", file, arg ? arg : "",
			   format.data);
	}
	return 1;
}

static size_t look_at_calls(const char *path)
{
	static const char *const calls[] = { "vh_printf(", "vh_strbuf_addf(" };
	_auto_free_ char *text = scratch_source(path, NULL);
	size_t found = 0;

	for (size_t i = 0; i < VH_COUNT(calls); i++)
		for (const char *at = text; (at = strstr(at, calls[i])); at++)
			found += look_at_call(path, text, at + strlen(calls[i]));
	return found;
}

/* All below it: a new folder is in by itself. */
static void look_below(const struct vh_root *source, const char *dir, size_t *found, size_t *calls)
{
	_auto_names_ struct vh_names files = { 0 }, dirs = { 0 };

	VH_IGNORE(vh_root_list(source, &files, "%s", dir)); /* then too few are found */
	for (size_t i = 0; i < files.count; i++) {
		_auto_free_ char *path = vh_printf("%s/%s", dir, files.name[i]);

		if (!vh_has_suffix(path, ".c"))
			continue;
		*found += look_at_source(path);
		*calls += look_at_calls(path);
	}
	VH_IGNORE(vh_root_list_dirs(source, &dirs, "%s", dir));
	for (size_t i = 0; i < dirs.count; i++) {
		_auto_free_ char *path = vh_printf("%s/%s", dir, dirs.name[i]);

		look_below(source, path, found, calls);
	}
}

static void test_sources(void)
{
	const char *top = getenv("abs_top_srcdir");
	struct vh_root source;
	size_t found = 0, calls = 0;

	if (vh_root_open_tree(&source, top ? top : ".", NULL) < 0)
		abort();
	look_below(&source, "lib", &found, &calls);
	vh_root_close(&source);
	ok(found > 50, "%zu places in the sources write something to type", found);
	ok(calls > 40, "%zu calls insert something into a line to type", calls);
}

/* The terminal continues a command by a backslash, and prose not. */
static void test_terminal(void)
{
	size_t missed = 0;

	for (size_t i = 0; i < VH_COUNT(fix_commands); i++) {
		_auto_free_ char *line = vh_printf("either: %s -x y", fix_commands[i].name);
		const char *found = vh_wrap_find_command(line);

		if (found == line + strlen("either: "))
			continue;
		printf("# %s\n", fix_commands[i].name);
		missed++;
	}
	ok(!missed, "all commands are commands to the terminal");
	ok(!vh_wrap_find_command("install the package: ipmitool is in it"), "prose is none");
}

int main(void)
{
	test_terminal();
	test_sources();
	return tap_done();
}
