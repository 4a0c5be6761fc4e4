/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * t-fix-words - every line to type that the sources can write with something inserted begins with
 * a command of the table, which t-fixes runs, or with a word of prose: a new one is not forgotten.
 */
#include "lib/base/strbuf.h"
#include "tests/fake/scratch.h"
#include "tests/tap.h"
#include "tests/unit/fix-commands.h"

/* Words with which sentences begin, not commands. What is inserted into them is made printable. */
static const char *const prose[] = {
	"add",    "allow", "choose", "copy",  "depends", "enable",  "end",  "give", "if",   "in",
	"name",   "none",  "or",     "pass",  "remove",  "replace", "run",  "set",  "shut", "stop",
	"switch", "take",  "then",   "write", "dmesg",   "chown",   "from", "set",
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

static void test_sources(void)
{
	static const char *const dirs[] = { "lib/host",        "lib/host/uses", "lib/case",
					    "lib/act",         "lib/state",     "lib/decide",
					    "lib/decide/rules" };
	const char *top = getenv("abs_top_srcdir");
	struct vh_root source;
	size_t found = 0;

	if (vh_root_open_tree(&source, top ? top : ".", NULL) < 0)
		abort();
	for (size_t i = 0; i < VH_COUNT(dirs); i++) {
		_auto_names_ struct vh_names files = { 0 };

		VH_IGNORE(vh_root_list(&source, &files, "%s", dirs[i])); /* then too few are found */
		for (size_t k = 0; k < files.count; k++) {
			_auto_free_ char *path = vh_printf("%s/%s", dirs[i], files.name[k]);

			if (vh_has_suffix(path, ".c"))
				found += look_at_source(path);
		}
	}
	vh_root_close(&source);
	ok(found > 50, "%zu places in the sources write something to type", found);
}

int main(void)
{
	test_sources();
	return tap_done();
}
