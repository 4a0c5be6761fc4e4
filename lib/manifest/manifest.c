/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * manifest - see manifest.h. Lines are parsed into memory first, so that a line may name a
 * function that stands further down; then tree.c writes them out.
 */
#include "lib/manifest/manifest.h"

#include "lib/manifest/byte-order.h"
#include "lib/manifest/parse.h"
#include "lib/manifest/tree.h"

#include "lib/base/banned.h"

/* The mark in the comments at the beginning; NULL: it was written by hand. */
static const char *find_mark(const char *text)
{
	const char *end = text;

	while (*end == '#' || *end == '\n') {
		const char *next = strchrnul(end, '\n');
		const char *mark = memmem(end, (size_t)(next - end), VH_SNAPSHOT_MARK,
					  strlen(VH_SNAPSHOT_MARK));

		if (mark)
			return mark + strlen(VH_SNAPSHOT_MARK);
		end = next + (*next == '\n');
	}
	return NULL;
}

/* Before anything else is looked at: a newer one may have lines that we do not know. *ret_version
 * stays as it is where the text is not a snapshot. */
static int check_snapshot(const struct vh_manifest *m, const char *text, size_t len,
			  unsigned int *ret_version)
{
	static const char end[] = VH_SNAPSHOT_END;
	const char *mark = find_mark(text);
	size_t n = strlen(end);
	unsigned int version;

	if (!mark)
		return 0;
	if (sscanf(mark, "%u:", &version) != 1)
		return vh_fail(m->err, VH_E_INPUT, 0, "copy it again from where it was made",
			       "%s is cut in its first line", m->name);
	if (version > VH_SNAPSHOT_VERSION)
		return vh_fail(m->err, VH_E_INPUT, 0,
			       "read it with the version that wrote it, or a newer one",
			       "%s is of a newer vfio-hook: snapshot %u, and this one reads up to %d",
			       m->name, version, VH_SNAPSHOT_VERSION);
	*ret_version = version;
	while (len && (text[len - 1] == '\n' || text[len - 1] == ' '))
		len--;
	if (len >= n && !strncmp(text + len - n, end, n) && (len == n || text[len - n - 1] == '\n'))
		return 0;
	return vh_fail(m->err, VH_E_INPUT, 0, "copy it again from where it was made",
		       "%s is cut: it is a snapshot, and does not end with '%s'", m->name, end);
}

bool vh_manifest_has_lines(const char *text, size_t len)
{
	bool begins = true, comment = false;

	for (size_t i = 0; i < len; i++) {
		if (begins)
			comment = text[i] == '#';
		if (!comment && text[i] != '\n')
			return true;
		begins = text[i] == '\n';
	}
	return false;
}

static int parse_text(struct vh_manifest *m, const char *text, size_t len)
{
	_auto_free_ char *copy = NULL;
	unsigned int version = 0;
	char *rest, *s;
	int line = 0;

	if (len > VH_MANIFEST_MAX)
		return vh_parse_bad(m, 1, "longer than %u bytes", VH_MANIFEST_MAX);
	if (len && memchr(text, '\0', len))
		return vh_parse_bad(m, 1, "not a text file");
	copy = vh_strndup(len ? text : "", len);
	if (check_snapshot(m, copy, len, &version) < 0)
		return -1;
	rest = copy;
	while ((s = strsep(&rest, "\n"))) {
		if (++line > VH_MANIFEST_LINES)
			return vh_parse_bad(m, line, "more than %d lines", VH_MANIFEST_LINES);
		if (vh_parse_line(m, line, s) < 0)
			return -1;
	}
	vh_byte_order_settle(m, version);
	return 0;
}

int vh_manifest_expand(const char *text, size_t len, const char *name, const char *dir,
		       struct vh_error *err)
{
	struct vh_manifest m = { .name = name, .err = err };
	int r = parse_text(&m, text, len);

	if (r == 0)
		r = vh_tree_write(&m, dir);
	vh_parse_clear(&m);
	return r;
}
