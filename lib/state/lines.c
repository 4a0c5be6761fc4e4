/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lines - see lines.h. */
#include "lib/state/lines.h"

#include <ctype.h>

#include "lib/base/banned.h"

static int line_of(const char *text, size_t at)
{
	int line = 1;

	for (size_t i = 0; i < at; i++)
		line += text[i] == '\n';
	return line;
}

int vh_lines_open(struct vh_lines *ret, const char *text, size_t len, struct vh_error *err)
{
	char *copy = vh_strndup(text ? text : "", len);
	size_t n = strlen(copy);

	*ret = (struct vh_lines){ vh_strdup(copy), copy, copy, 0, err };
	if (n == len)
		return 0;
	return vh_fail(err, VH_E_INPUT, 0, NULL, "line %d: a NUL byte", line_of(copy, n));
}

void vh_lines_close(struct vh_lines *l)
{
	free(l->original);
	free(l->text);
	memset(l, 0, sizeof(*l));
}

int vh_lines_bad(struct vh_lines *l, const char *what)
{
	return vh_fail(l->err, VH_E_INPUT, 0, NULL, "line %d: %s", l->line, what);
}

bool vh_lines_has(const struct vh_lines *l, const char *key)
{
	return vh_has_prefix(l->rest, key) && l->rest[strlen(key)] == ' ';
}

char *vh_lines_next(struct vh_lines *l, const char *key)
{
	char *line = l->rest, *end = strchr(line, '\n');
	size_t n = strlen(key);

	l->line++;
	if (!end) {
		(void)vh_lines_bad(l, "the file is truncated");
		return NULL;
	}
	*end = 0;
	l->rest = end + 1;
	if (!strncmp(line, key, n) && line[n] == ' ')
		return line + n + 1;
	(void)vh_fail(l->err, VH_E_INPUT, 0, NULL, "line %d: no '%s'", l->line, key);
	return NULL;
}

int vh_lines_end(struct vh_lines *l)
{
	if (!strcmp(l->rest, "end\n"))
		return 0;
	l->line++;
	return vh_lines_bad(l, vh_has_prefix("end\n", l->rest) ? "the file is truncated"
							      : "unexpected line");
}

int vh_lines_compare(struct vh_lines *l, const char *canonical)
{
	const char *text = l->original;
	size_t same = 0;

	while (text[same] && text[same] == canonical[same])
		same++;
	if (text[same] == canonical[same])
		return 0;
	l->line = line_of(text, same);
	return vh_lines_bad(l, "not as vfio-hook writes it");
}

void vh_lines_add(struct vh_strbuf *sb, const char *key, const char *text)
{
	vh_strbuf_addf(sb, "%s ", key);
	for (const char *c = text; *c; c++) {
		if (iscntrl((unsigned char)*c))
			vh_strbuf_addf(sb, "\\x%02x", (unsigned char)*c);
		else
			vh_strbuf_add_mem(sb, c, 1);
	}
	vh_strbuf_add(sb, "\n");
}
