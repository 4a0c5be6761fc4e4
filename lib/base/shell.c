/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shell - see shell.h. */
#include "lib/base/shell.h"

#include "lib/base/printable.h"
#include "lib/base/strbuf.h"

#include "lib/base/banned.h"

#define PLAIN "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./:@%+=,-"

/* A leading = is expanded by zsh. */
static bool is_plain(const char *text)
{
	return *text && *text != '=' && !text[strspn(text, PLAIN)];
}

static char *single_quoted(const char *text)
{
	struct vh_strbuf sb = { 0 };

	vh_strbuf_add(&sb, "'");
	for (const char *p = text; *p; p++) {
		if (*p == '\'')
			vh_strbuf_add(&sb, "'\\''");
		else
			vh_strbuf_add_mem(&sb, p, 1);
	}
	vh_strbuf_add(&sb, "'");
	return vh_strbuf_steal(&sb);
}

/* Three octal digits: of \xHH shells differ in how many digits they take. */
static char *escaped(const char *text)
{
	struct vh_strbuf sb = { 0 };

	vh_strbuf_add(&sb, "$'");
	while (*text) {
		size_t n = vh_printable_length(text);

		if (*text == '\'' || *text == '\\')
			vh_strbuf_addf(&sb, "\\%c", *text);
		else if (*text == '\n')
			vh_strbuf_add(&sb, "\\n");
		else if (n)
			vh_strbuf_add_mem(&sb, text, n);
		else
			vh_strbuf_addf(&sb, "\\%03o", (unsigned char)*text);
		text += n ? n : 1;
	}
	vh_strbuf_add(&sb, "'");
	return vh_strbuf_steal(&sb);
}

char *vh_shell_quote(const char *text)
{
	_auto_free_ char *line = NULL;

	if (is_plain(text))
		return vh_strdup(text);
	line = vh_printable_line(text);
	return strcmp(line, text) ? escaped(text) : single_quoted(text);
}

char *vh_shell_operand(const char *text)
{
	_auto_free_ char *word = vh_shell_quote(text);

	return *text == '-' ? vh_printf("-- %s", word) : VH_STEAL(word);
}
