/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tags - see tags.h. */
#include "lib/xml/tags.h"

#include "lib/base/banned.h"

#define BLANKS " \t\r\n"

struct reader {
	const char *text;
	size_t len, at;
	struct vh_xml_tag *tags;
	size_t count;
	size_t *open; /* those without an end tag as yet, outermost first */
	size_t n_open;
};

bool vh_tags_is_empty(const struct vh_xml_tag *tag)
{
	return tag->inside == tag->end;
}

static bool stands_at(const char *text, size_t len, size_t at, const char *word)
{
	size_t n = strlen(word);

	return len - at >= n && !memcmp(text + at, word, n);
}

static size_t skip(const char *text, size_t len, size_t at, const char *set)
{
	while (at < len && text[at] && strchr(set, text[at]))
		at++;
	return at;
}

static size_t skip_until(const char *text, size_t len, size_t at, const char *set)
{
	while (at < len && text[at] && !strchr(set, text[at]))
		at++;
	return at;
}

int vh_tags_attribute(const char *text, size_t len, size_t *at, struct vh_xml_attribute *ret)
{
	struct vh_xml_attribute a;
	const char *quote;

	a.name = skip(text, len, *at, BLANKS);
	if (a.name < len && (text[a.name] == '/' || text[a.name] == '>')) {
		*at = a.name;
		return 0;
	}
	a.name_end = skip_until(text, len, a.name, BLANKS "=/>");
	a.value = skip(text, len, a.name_end, BLANKS);
	if (a.name_end == a.name || a.value == len || text[a.value] != '=')
		return -1;
	a.value = skip(text, len, a.value + 1, BLANKS);
	if (a.value == len || (text[a.value] != '"' && text[a.value] != '\''))
		return -1;
	quote = memchr(text + a.value + 1, text[a.value], len - a.value - 1);
	if (!quote)
		return -1;
	a.value_end = (size_t)(quote - text) + 1;
	*at = a.value_end;
	*ret = a;
	return 1;
}

static int start_tag(struct reader *r)
{
	struct vh_xml_tag *tag = VH_APPEND(r->tags, r->count);
	struct vh_xml_attribute a;
	int more;

	tag->start = r->at;
	tag->name_end = skip_until(r->text, r->len, r->at + 1, BLANKS "/>");
	r->at = tag->name_end;
	while ((more = vh_tags_attribute(r->text, r->len, &r->at, &a)) > 0)
		;
	if (more < 0)
		return -1;
	if (stands_at(r->text, r->len, r->at, "/>")) {
		r->at += 2;
		tag->inside = tag->inside_end = tag->end = r->at;
		return 0;
	}
	if (r->text[r->at] != '>')
		return -1;
	tag->inside = ++r->at;
	*VH_APPEND(r->open, r->n_open) = r->count - 1;
	return 0;
}

static int end_tag(struct reader *r)
{
	struct vh_xml_tag *tag;
	size_t name, n;

	if (!r->n_open)
		return -1;
	tag = &r->tags[r->open[--r->n_open]];
	name = r->at + 2;
	n = tag->name_end - tag->start - 1;
	if (r->len - name < n || memcmp(r->text + name, r->text + tag->start + 1, n) != 0)
		return -1;
	tag->inside_end = r->at;
	r->at = skip(r->text, r->len, name + n, BLANKS);
	if (r->at == r->len || r->text[r->at] != '>')
		return -1;
	tag->end = ++r->at;
	return 0;
}

/* What has no elements in it: goes behind its end. */
static int skip_markup(struct reader *r)
{
	static const struct {
		const char *start, *end;
	} kinds[] = { { "<!--", "-->" }, { "<![CDATA[", "]]>" }, { "<?", "?>" } };

	for (size_t i = 0; i < VH_COUNT(kinds); i++) {
		size_t from = r->at + strlen(kinds[i].start);
		const char *end;

		if (!stands_at(r->text, r->len, r->at, kinds[i].start))
			continue;
		end = memmem(r->text + from, r->len - from, kinds[i].end, strlen(kinds[i].end));
		if (!end)
			return -1;
		r->at = (size_t)(end - r->text) + strlen(kinds[i].end);
		return 0;
	}
	return -1;
}

static int markup(struct reader *r)
{
	char next = r->at + 1 < r->len ? r->text[r->at + 1] : 0;

	if (next == '!' || next == '?')
		return skip_markup(r);
	return next == '/' ? end_tag(r) : start_tag(r);
}

int vh_tags_read(const char *text, size_t len, struct vh_xml_tag **ret, size_t *ret_count)
{
	struct reader r = { .text = text, .len = len };
	const char *p;
	int rc = 0;

	while (rc == 0 && r.at < len && (p = memchr(text + r.at, '<', len - r.at))) {
		r.at = (size_t)(p - text);
		rc = markup(&r);
	}
	free(r.open);
	if (rc < 0 || r.n_open) {
		free(r.tags);
		return -1;
	}
	*ret = r.tags;
	*ret_count = r.count;
	return 0;
}
