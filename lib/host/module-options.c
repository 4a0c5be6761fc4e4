/* SPDX-License-Identifier: GPL-2.0-or-later */
/* module-options - see module-options.h. */
#include "lib/host/module-options.h"

#include "lib/base/strbuf.h"

#include "lib/base/banned.h"

#define BLANKS " \t\r\n"

void vh_module_options_clear(struct vh_module_options *v)
{
	for (size_t i = 0; i < v->count; i++) {
		free(v->list[i].value);
		free(v->list[i].where);
	}
	free(v->list);
	memset(v, 0, sizeof(*v));
}

/* Do the first n bytes of `s` name the module? */
static bool is_module(const char *s, size_t n, const char *module)
{
	for (size_t i = 0; i < n; i++) {
		char a = s[i] == '-' ? '_' : s[i], b = module[i] == '-' ? '_' : module[i];

		if (!b || a != b)
			return false;
	}
	return !module[n];
}

/* word: OPTION=VALUE, perhaps in quotes */
static void take(const char *word, size_t n, const char *option, const char *where,
		 struct vh_module_options *ret)
{
	size_t k = strlen(option);
	struct vh_module_option *v;

	if (n && *word == '"') {
		word++;
		n--;
	}
	if (n <= k || strncmp(word, option, k) || word[k] != '=')
		return;
	word += k + 1;
	n -= k + 1;
	if (n && *word == '"') {
		word++;
		n--;
	}
	if (n && word[n - 1] == '"')
		n--;
	v = VH_APPEND(ret->list, ret->count);
	v->value = vh_strndup(word, n);
	v->where = vh_strdup(where);
}

static void read_cmdline(const char *cmdline, const char *module, const char *option,
			 struct vh_module_options *ret)
{
	for (const char *word = cmdline; word && *word;) {
		size_t n = strcspn(word, BLANKS), dot = strcspn(word, "." BLANKS "=");

		if (word[dot] == '.' && is_module(word, dot, module))
			take(word + dot + 1, n - dot - 1, option, "the kernel command line", ret);
		word += n;
		word += strspn(word, BLANKS);
	}
}

/* What is looked for in modprobe.d, and where it goes. */
struct search {
	const char *command; /* "options", "install" or "alias" */
	const char *module;  /* NULL: any, and the whole line behind the command is taken */
	const char *option;  /* of "options"; NULL: the whole rest of the line */
	struct vh_module_options *ret;
};

static void take_rest(const struct search *s, const char *rest, const char *where)
{
	size_t n = 0;

	if (!s->option) {
		struct vh_module_option *v = VH_APPEND(s->ret->list, s->ret->count);

		rest += strspn(rest, BLANKS);
		v->value = vh_strdup(rest);
		v->where = vh_strdup(where);
		return;
	}
	while (*(rest += n)) {
		rest += strspn(rest, BLANKS);
		n = strcspn(rest, BLANKS);
		take(rest, n, s->option, where, s->ret);
	}
}

/* COMMAND MODULE REST; a backslash at the end continues the line (modprobe.d(5)) */
static void read_file(char *text, const char *where, const struct search *s)
{
	char *line;

	for (char *p = text; (p = strstr(p, "\\\n"));)
		p[0] = p[1] = ' ';
	while ((line = strsep(&text, "\n"))) {
		const char *word = line + strspn(line, BLANKS);
		size_t n = strcspn(word, BLANKS);

		if (!vh_is_word(word, n, s->command))
			continue;
		word += n;
		word += strspn(word, BLANKS);
		n = strcspn(word, BLANKS);
		if (!s->module)
			take_rest(s, word, where);
		else if (is_module(word, n, s->module))
			take_rest(s, word + n, where);
	}
}

static void read_modprobe_d(const struct vh_root *root, const struct search *s)
{
	/* of files of one name the first counts (kmod, libkmod/libkmod-config.c) */
	static const char *const dirs[] = { "etc/modprobe.d", "run/modprobe.d",
					    "usr/local/lib/modprobe.d", "usr/lib/modprobe.d",
					    "lib/modprobe.d" };
	_auto_names_ struct vh_names known = { 0 };

	for (size_t d = 0; d < VH_COUNT(dirs); d++) {
		_auto_names_ struct vh_names names = { 0 };

		if (vh_root_list(root, &names, "%s", dirs[d]) < 0)
			continue;
		for (size_t i = 0; i < names.count; i++) {
			_auto_free_ char *where = vh_printf("/%s/%s", dirs[d], names.name[i]);
			_auto_free_ char *text = NULL;

			if (!vh_has_suffix(names.name[i], ".conf") ||
			    vh_names_has(&known, names.name[i]))
				continue;
			*VH_APPEND(known.name, known.count) = vh_strdup(names.name[i]);
			text = vh_root_read(root, "%s", where + 1);
			if (text)
				read_file(text, where, s);
		}
	}
}

void vh_module_options_read(const struct vh_root *root, const char *cmdline, const char *module,
			    const char *option, struct vh_module_options *ret)
{
	struct search s = { "options", module, option, ret };

	read_modprobe_d(root, &s);
	/* modprobe gives the module those of the command line last */
	read_cmdline(cmdline, module, option, ret);
}

static bool is_true(const char *value)
{
	return *value == 'Y' || *value == 'y' || *value == '1';
}

bool vh_module_options_is_on(const struct vh_root *root, const char *cmdline, const char *module,
			     const char *option)
{
	_auto_free_ char *now = vh_root_read(root, "sys/module/%s/parameters/%s", module, option);
	_auto_module_values_ struct vh_module_options values = { 0 };
	bool is_on = false;

	if (now)
		return is_true(now);
	vh_module_options_read(root, cmdline, module, option, &values);
	for (size_t i = 0; i < values.count; i++)
		is_on = is_true(values.list[i].value);
	return is_on;
}

void vh_module_options_installs(const struct vh_root *root, struct vh_module_options *ret)
{
	struct search s = { "install", NULL, NULL, ret };

	read_modprobe_d(root, &s);
}

bool vh_module_options_is_led(const struct vh_root *root, const char *module)
{
	static const char *const commands[] = { "install", "alias" };
	_auto_module_values_ struct vh_module_options found = { 0 };

	for (size_t i = 0; i < VH_COUNT(commands); i++) {
		struct search s = { commands[i], module, NULL, &found };

		read_modprobe_d(root, &s);
	}
	return found.count > 0;
}

const char *vh_module_options_forbidden_by(const struct vh_module_options *installs,
					   const char *module)
{
	static const char *const nothing[] = {
		"/bin/false", "/bin/true", "/usr/bin/false", "/usr/bin/true", "false", "true", ":"
	};

	/* of several commands for one module the first counts (libkmod/libkmod-module.c) */
	for (size_t k = 0; k < installs->count; k++) {
		const char *command = installs->list[k].value;
		size_t n = strcspn(command, BLANKS);

		if (!is_module(command, n, module))
			continue;
		command += n + strspn(command + n, BLANKS);
		n = strcspn(command, BLANKS);
		for (size_t i = 0; i < VH_COUNT(nothing); i++)
			if (vh_is_word(command, n, nothing[i]))
				return installs->list[k].where;
		return NULL;
	}
	return NULL;
}
