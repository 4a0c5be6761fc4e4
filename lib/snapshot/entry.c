/* SPDX-License-Identifier: GPL-2.0-or-later */
/* entry - see entry.h. */
#include "lib/snapshot/entry.h"

#include <ctype.h>

#include "lib/manifest/manifest.h"
#include "lib/manifest/parse.h"

#include "lib/base/banned.h"

void vh_entry_clear(struct vh_entries *e)
{
	for (size_t i = 0; i < e->count; i++) {
		free(e->list[i].path);
		free(e->list[i].text);
	}
	free(e->list);
	memset(e, 0, sizeof(*e));
}

static bool is_path(const char *path)
{
	if (!*path || strlen(path) > VH_MANIFEST_PATH)
		return false;
	for (; *path; path++)
		if (iscntrl((unsigned char)*path))
			return false;
	return true;
}

static char *escaped(const char *text, size_t len)
{
	_auto_strbuf_ struct vh_strbuf to = { 0 };

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '\n')
			vh_strbuf_add(&to, "\\n");
		else if (c == '\t')
			vh_strbuf_add(&to, "\\t");
		else if (c == '\\')
			vh_strbuf_add(&to, "\\\\");
		else if (iscntrl(c))
			vh_strbuf_addf(&to, "\\x%02x", c);
		else
			vh_strbuf_add_mem(&to, &text[i], 1);
	}
	return to.data ? vh_strbuf_steal(&to) : vh_strdup("");
}

void vh_entry_put(struct vh_entries *to, char type, const char *path, const char *text, size_t len)
{
	struct vh_entry *e;

	if (!is_path(path) || (type == 'l' && !is_path(text)))
		return;
	e = VH_APPEND(to->list, to->count);
	e->type = type;
	e->path = vh_strdup(path);
	if (type == 'f')
		e->text = escaped(text, len);
	else if (type == 'l')
		e->text = vh_strdup(text);
}

/* What stands in a directory follows it. */
static int path_order(const char *a, const char *b)
{
	for (; *a && *a == *b; a++)
		b++;
	if (*a == *b)
		return 0;
	if (!*a || !*b)
		return *a ? 1 : -1;
	if (*a == '/' || *b == '/')
		return *a == '/' ? -1 : 1;
	return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
}

/* A file of which something is known, a link, ... */
static int rank(const struct vh_entry *e)
{
	static const char order[] = "fluxd";

	return e->type == 'f' && !*e->text ? 3 : (int)(strchr(order, e->type) - order);
}

static int entry_order(const void *a, const void *b)
{
	const struct vh_entry *x = a, *y = b;
	int c = path_order(x->path, y->path);

	if (!c)
		c = rank(x) - rank(y);
	return c ? c : x->text && y->text ? strcmp(x->text, y->text) : 0;
}

static bool is_below(const char *dir, const char *path)
{
	size_t n = strlen(dir);

	return !strncmp(dir, path, n) && path[n] == '/';
}

static bool is_same(const struct vh_entries *e, size_t a, size_t b)
{
	return !strcmp(e->list[a].path, e->list[b].path);
}

/* Of several lines for a path the first one holds; and a file, or what was not read, cannot be one
 * in which others stand. */
static void find_needless(const struct vh_entries *e, bool *drop)
{
	for (size_t i = 0; i < e->count; i++) {
		const struct vh_entry *one = &e->list[i];
		size_t next = i + 1;

		drop[i] = i && is_same(e, i - 1, i);
		while (next < e->count && is_same(e, i, next))
			next++;
		if (one->type != 'x' && next < e->count && e->list[next].type != 'x' &&
		    is_below(one->path, e->list[next].path))
			drop[i] = true;
	}
}

void vh_entry_sort(struct vh_entries *e)
{
	_auto_free_ bool *drop = vh_alloc((e->count + 1) * sizeof(*drop));
	size_t kept = 0;

	if (!e->count)
		return;
	qsort(e->list, e->count, sizeof(*e->list), entry_order);
	find_needless(e, drop);
	for (size_t i = 0; i < e->count; i++) {
		if (!drop[i]) {
			e->list[kept++] = e->list[i];
			continue;
		}
		free(e->list[i].path);
		free(e->list[i].text);
	}
	e->count = kept;
}

void vh_entry_write(const struct vh_entries *e, struct vh_strbuf *to)
{
	for (size_t i = 0; i < e->count; i++) {
		const struct vh_entry *one = &e->list[i];

		vh_strbuf_addf(to, "%c %s%s%s\n", one->type, one->path, one->text ? "\t" : "",
			       one->text ? one->text : "");
	}
}
