/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * edit - see edit.h. The tree and the text are two readings of one document: each element
 * of the tree points, by _private, to its place in the text, and their names are compared, so
 * that a difference between libxml2 and tags.c ends in an error, never in a wrong edit.
 */
#include "lib/xml/edit.h"

#include <strings.h>

#include "lib/base/printable.h"
#include "lib/xml/tags.h"

#include "lib/base/banned.h"

#define BLANKS " \t"

struct edit {
	size_t start, end; /* equal: an insertion */
	size_t number;     /* in the order of the calls */
	char *text;
	size_t tail; /* how much of its end is an end tag, which stays last */
};

struct vh_edit {
	const char *text;
	size_t len;
	xmlDoc *doc;
	struct vh_xml_tag *tags;
	size_t n_tags;
	struct edit *edits;
	size_t n_edits;
	bool lost; /* something was not found in the text that is in the tree */
};

static const struct vh_xml_tag *tag_of(const xmlNode *node)
{
	return node->_private;
}

/* --- two readings ------------------------------------------------------------------------- */

static const xmlNode *element_from(const xmlNode *node)
{
	while (node && node->type != XML_ELEMENT_NODE)
		node = node->next;
	return node;
}

/* The next element in the order of start tags, or NULL. */
static const xmlNode *next_element(const xmlNode *node)
{
	const xmlNode *next = element_from(node->children);

	while (!next && node && node->type == XML_ELEMENT_NODE) {
		next = element_from(node->next);
		node = node->parent;
	}
	return next;
}

/* Is this the name of the node, with a prefix or not? Names beyond ASCII are in another
 * encoding in the tree: not compared. */
static bool is_name(const struct vh_edit *e, size_t start, size_t end, const xmlChar *name)
{
	const char *text = e->text + start, *wanted = (const char *)name;
	const char *colon = memchr(text, ':', end - start);
	size_t n = strlen(wanted);

	for (size_t i = start; i < end; i++)
		if ((unsigned char)e->text[i] >= 0x80)
			return true;
	if (end - start == n && !memcmp(text, wanted, n))
		return true;
	return colon && (size_t)(e->text + end - colon - 1) == n && !memcmp(colon + 1, wanted, n);
}

static int match(struct vh_edit *e)
{
	const xmlNode *node = vh_xml_root(e->doc);
	size_t i = 0;

	for (; node && i < e->n_tags; node = next_element(node), i++) {
		if (!is_name(e, e->tags[i].start + 1, e->tags[i].name_end, node->name))
			return -1;
		((xmlNode *)node)->_private = &e->tags[i];
	}
	return node || i < e->n_tags ? -1 : 0;
}

/* UTF-16 and UTF-32 have been refused before, for their NUL bytes. */
static bool extends_ascii(const char *encoding)
{
	static const char *const families[] = { "UTF-8",    "UTF8",    "US-ASCII", "ASCII",
						"ISO-8859", "ISO8859", "ISO_8859", "ISO-LATIN",
						"windows-", "KOI8" };

	if (!encoding)
		return true; /* UTF-8 */
	for (size_t i = 0; i < VH_COUNT(families); i++)
		if (!strncasecmp(encoding, families[i], strlen(families[i])))
			return true;
	return false;
}

struct vh_edit *vh_edit_open(const char *text, size_t len, struct vh_error *err)
{
	_auto_(vh_edit) struct vh_edit *e = vh_alloc(sizeof(*e));
	const char *encoding;

	e->text = text;
	e->len = len;
	e->doc = vh_xml_parse(text, len, err);
	if (!e->doc)
		return NULL;
	encoding = (const char *)e->doc->encoding;
	if (!extends_ascii(encoding)) {
		_auto_free_ char *shown = vh_printable(encoding, 64);

		(void)vh_fail(err, VH_E_INPUT, 0, "iconv -f ENCODING -t UTF-8",
			      "a document in encoding '%s' cannot be changed", shown);
		return NULL;
	}
	if (vh_tags_read(text, len, &e->tags, &e->n_tags) < 0 || match(e) < 0) {
		(void)vh_fail(err, VH_E_INPUT, 0, NULL,
			      "the elements of the document could not be located");
		return NULL;
	}
	return VH_STEAL(e);
}

void vh_edit_free(struct vh_edit *e)
{
	if (!e)
		return;
	for (size_t i = 0; i < e->n_edits; i++)
		free(e->edits[i].text);
	free(e->edits);
	free(e->tags);
	vh_xml_clear(&e->doc);
	free(e);
}

const xmlDoc *vh_edit_doc(const struct vh_edit *e)
{
	return e->doc;
}

void vh_edit_place(const struct vh_edit *e, const xmlNode *node, size_t *ret_start, size_t *ret_end)
{
	(void)e;
	*ret_start = tag_of(node)->start;
	*ret_end = tag_of(node)->end;
}

bool vh_edit_has_edits(const struct vh_edit *e)
{
	return e->n_edits > 0;
}

/* --- lines -------------------------------------------------------------------------------- */

/* How elements are written at a place; pieces of the text, or literals. */
struct layout {
	const char *indent, *unit, *eol;
	int indent_len, unit_len;
};

/* Is there nothing but indentation before this byte on its line? *ret: where that begins. */
static bool begins_line(const struct vh_edit *e, size_t at, size_t *ret)
{
	while (at && strchr(BLANKS, e->text[at - 1]))
		at--;
	*ret = at;
	return !at || e->text[at - 1] == '\n';
}

/* Is there nothing more on the line from here, except comments if they may be? *ret: behind
 * the line. */
static bool ends_line(const struct vh_edit *e, size_t at, bool comments, size_t *ret)
{
	for (;;) {
		const char *end;

		while (at < e->len && (e->text[at] == '\r' || strchr(BLANKS, e->text[at])))
			at++;
		*ret = at + 1;
		if (at < e->len && e->text[at] == '\n')
			return true;
		if (!comments || e->len - at < 4 || memcmp(e->text + at, "<!--", 4) != 0)
			return false;
		end = memmem(e->text + at + 4, e->len - at - 4, "-->", 3);
		if (!end)
			return false;
		at = (size_t)(end - e->text) + 3;
	}
}

/* The line end before a line, or the first one behind it. */
static const char *eol_at(const struct vh_edit *e, size_t line)
{
	const char *nl = line ? e->text + line - 1 : memchr(e->text, '\n', e->len);

	return nl && nl > e->text && nl[-1] == '\r' ? "\r\n" : "\n";
}

static const xmlNode *last_element(const xmlNode *parent)
{
	const xmlNode *node = parent->last;

	while (node && node->type != XML_ELEMENT_NODE)
		node = node->prev;
	return node;
}

/* How much further than its parent the child is indented, if that can be seen. */
static void find_unit(const struct vh_edit *e, const xmlNode *child, struct layout *l)
{
	const xmlNode *parent = child ? child->parent : NULL;
	size_t outer, inner, n;

	l->unit = "  ";
	l->unit_len = 2;
	if (!parent || parent->type != XML_ELEMENT_NODE ||
	    !begins_line(e, tag_of(child)->start, &inner) ||
	    !begins_line(e, tag_of(parent)->start, &outer))
		return;
	n = tag_of(parent)->start - outer;
	if (tag_of(child)->start - inner <= n || memcmp(e->text + outer, e->text + inner, n) != 0)
		return;
	l->unit = e->text + inner + n;
	l->unit_len = (int)(tag_of(child)->start - inner - n);
}

/* The layout of what begins a line at `at`; false when it does not. */
static bool layout_at(const struct vh_edit *e, size_t at, const xmlNode *child, struct layout *l)
{
	size_t line;

	if (!begins_line(e, at, &line))
		return false;
	find_unit(e, child, l);
	l->indent = e->text + line;
	l->indent_len = (int)(at - line);
	l->eol = eol_at(e, line);
	return true;
}

/* Adds the lines of `xml`: the first one and the last line end are the caller's. Without a
 * layout all is one line. */
static void add_lines(struct vh_strbuf *sb, const struct layout *l, const char *xml)
{
	while (*xml) {
		size_t n = strcspn(xml, "\n");

		vh_strbuf_add_mem(sb, xml, n);
		xml += n;
		if (!*xml)
			return;
		xml++;
		if (l)
			vh_strbuf_addf(sb, "%s%.*s", l->eol, l->indent_len, l->indent);
		for (; *xml == '\t'; xml++)
			if (l)
				vh_strbuf_add_mem(sb, l->unit, l->unit_len);
	}
}

/* --- edits -------------------------------------------------------------------------------- */

static struct edit *find(const struct vh_edit *e, size_t start, size_t end)
{
	for (size_t i = 0; i < e->n_edits; i++)
		if (e->edits[i].start == start && e->edits[i].end == end)
			return &e->edits[i];
	return NULL;
}

/* A second edit of one range takes the place of the first. */
static struct edit *add(struct vh_edit *e, size_t start, size_t end, char *text)
{
	struct edit *edit = start < end ? find(e, start, end) : NULL;

	if (!edit)
		edit = VH_APPEND(e->edits, e->n_edits);
	free(edit->text);
	*edit = (struct edit){ start, end, (size_t)(edit - e->edits), text, 0 };
	return edit;
}

static char *quoted(const char *value, char quote)
{
	struct vh_strbuf sb = { 0 };

	vh_strbuf_add_mem(&sb, &quote, 1);
	for (; *value; value++) {
		if (*value == '&' || *value == '<' || *value == quote)
			vh_strbuf_addf(&sb, "&#%d;", *value);
		else
			vh_strbuf_add_mem(&sb, value, 1);
	}
	vh_strbuf_add_mem(&sb, &quote, 1);
	return vh_strbuf_steal(&sb);
}

static bool is_declaration(const struct vh_edit *e, const struct vh_xml_attribute *a)
{
	const char *name = e->text + a->name;
	size_t n = a->name_end - a->name;

	return n >= 5 && !memcmp(name, "xmlns", 5) && (n == 5 || name[5] == ':');
}

/* Where the attribute `wanted` stands (NULL: nowhere): with the blanks before it from *ret_from on.
 * *ret_end is behind the last one, *quote that one's. */
static bool find_attr(struct vh_edit *e, const xmlNode *node, const xmlAttr *wanted,
		      struct vh_xml_attribute *a, size_t *ret_from, size_t *ret_end, char *quote)
{
	const xmlAttr *attr = node->properties;
	size_t at = tag_of(node)->name_end;

	*ret_end = at;
	while (vh_tags_attribute(e->text, e->len, &at, a) > 0) {
		*ret_from = *ret_end;
		*ret_end = at;
		*quote = e->text[a->value];
		if (is_declaration(e, a))
			continue;
		if (!attr || !is_name(e, a->name, a->name_end, attr->name)) {
			e->lost = true;
			return false;
		}
		if (attr == wanted)
			return true;
		attr = attr->next;
	}
	e->lost = e->lost || attr || wanted;
	return false;
}

void vh_edit_set_attr(struct vh_edit *e, const xmlNode *node, const char *name, const char *value)
{
	const xmlAttr *wanted = vh_xml_attribute(node, name);
	struct vh_xml_attribute a;
	_auto_free_ char *text = NULL;
	char quote = '\'';
	size_t from, end;

	if (find_attr(e, node, wanted, &a, &from, &end, &quote)) {
		(void)add(e, a.value, a.value_end, quoted(value, quote));
		return;
	}
	text = quoted(value, quote);
	if (!wanted)
		(void)add(e, end, end, vh_printf(" %s=%s", name, text));
}

void vh_edit_remove_attr(struct vh_edit *e, const xmlNode *node, const char *name)
{
	const xmlAttr *wanted = vh_xml_attribute(node, name);
	struct vh_xml_attribute a;
	size_t from, end;
	char quote;

	if (wanted && find_attr(e, node, wanted, &a, &from, &end, &quote))
		(void)add(e, from, a.value_end, vh_strdup(""));
}

static char *name_of(const struct vh_edit *e, const struct vh_xml_tag *tag)
{
	return vh_strndup(e->text + tag->start + 1, tag->name_end - tag->start - 1);
}

/* Turns <empty/> into <empty>INSIDE</empty>; several times, what is inside adds up. `before` is
 * what stands before the end tag. */
static void fill(struct vh_edit *e, const struct vh_xml_tag *tag, const char *inside,
		 const char *before)
{
	_auto_free_ char *name = name_of(e, tag), *old = NULL;
	size_t slash = tag->end - 2, n = strlen(before) + strlen(name) + strlen("</>");
	struct edit *edit;

	while (strchr(BLANKS "\r\n", e->text[slash - 1]))
		slash--;
	edit = find(e, slash, tag->end);
	old = edit ? vh_strndup(edit->text, strlen(edit->text) - edit->tail) : vh_strdup(">");
	edit = add(e, slash, tag->end, vh_printf("%s%s%s</%s>", old, inside, before, name));
	edit->tail = n;
}

void vh_edit_set_text(struct vh_edit *e, const xmlNode *node, const char *text)
{
	const struct vh_xml_tag *tag = tag_of(node);
	_auto_free_ char *with_quotes = quoted(text, '\'');
	_auto_free_ char *content = vh_strndup(with_quotes + 1, strlen(with_quotes) - 2);

	if (vh_tags_is_empty(tag))
		fill(e, tag, content, "");
	else
		(void)add(e, tag->inside, tag->inside_end, VH_STEAL(content));
}

void vh_edit_replace(struct vh_edit *e, const xmlNode *node, const char *xml)
{
	const struct vh_xml_tag *tag = tag_of(node);
	struct vh_strbuf sb = { 0 };
	struct layout l;

	add_lines(&sb, layout_at(e, tag->start, node, &l) ? &l : NULL, xml);
	(void)add(e, tag->start, tag->end, vh_strbuf_steal(&sb));
}

void vh_edit_remove(struct vh_edit *e, const xmlNode *node)
{
	const struct vh_xml_tag *tag = tag_of(node);
	size_t start, end;

	if (!begins_line(e, tag->start, &start) || !ends_line(e, tag->end, false, &end)) {
		start = tag->start;
		end = tag->end;
	}
	(void)add(e, start, end, vh_strdup(""));
}

/* A line of its own for each line of `xml`, at `at`, where a line begins. */
static void insert_lines(struct vh_edit *e, size_t at, const struct layout *l, const char *xml)
{
	struct vh_strbuf sb = { 0 };

	vh_strbuf_add_mem(&sb, l->indent, l->indent_len);
	add_lines(&sb, l, xml);
	vh_strbuf_add(&sb, l->eol);
	(void)add(e, at, at, vh_strbuf_steal(&sb));
}

static void insert_inline(struct vh_edit *e, size_t at, const char *xml)
{
	struct vh_strbuf sb = { 0 };

	add_lines(&sb, NULL, xml);
	(void)add(e, at, at, vh_strbuf_steal(&sb));
}

void vh_edit_insert_after(struct vh_edit *e, const xmlNode *node, const char *xml)
{
	const struct vh_xml_tag *tag = tag_of(node);
	struct layout l;
	size_t line;

	if (layout_at(e, tag->start, node, &l) && ends_line(e, tag->end, true, &line))
		insert_lines(e, line, &l, xml);
	else
		insert_inline(e, tag->end, xml);
}

/* The layout of one more child of an element whose end tag, or itself, begins a line at `at`. */
static bool layout_inside(const struct vh_edit *e, const xmlNode *parent, size_t at,
			  struct layout *l, char **ret_indent)
{
	const xmlNode *last = last_element(parent);
	size_t line;

	if (!layout_at(e, at, last ? last : parent, l))
		return false;
	if (last && begins_line(e, tag_of(last)->start, &line))
		*ret_indent = vh_strndup(e->text + line, tag_of(last)->start - line);
	else
		*ret_indent = vh_printf("%.*s%.*s", l->indent_len, l->indent, l->unit_len, l->unit);
	l->indent = *ret_indent;
	l->indent_len = (int)strlen(*ret_indent);
	return true;
}

static void append_to_empty(struct vh_edit *e, const xmlNode *parent, const char *xml)
{
	const struct vh_xml_tag *tag = tag_of(parent);
	_auto_free_ char *indent = NULL, *before = NULL;
	_auto_strbuf_ struct vh_strbuf sb = { 0 };
	struct layout inner, outer;

	if (!layout_inside(e, parent, tag->start, &inner, &indent) ||
	    !layout_at(e, tag->start, parent, &outer)) {
		add_lines(&sb, NULL, xml);
		fill(e, tag, sb.data, "");
		return;
	}
	vh_strbuf_addf(&sb, "%s%s", inner.eol, indent);
	add_lines(&sb, &inner, xml);
	before = vh_printf("%s%.*s", outer.eol, outer.indent_len, outer.indent);
	fill(e, tag, sb.data, before);
}

void vh_edit_append(struct vh_edit *e, const xmlNode *parent, const char *xml)
{
	const struct vh_xml_tag *tag = tag_of(parent);
	_auto_free_ char *indent = NULL;
	struct layout l;
	size_t line;

	if (vh_tags_is_empty(tag)) {
		append_to_empty(e, parent, xml);
	} else if (layout_inside(e, parent, tag->inside_end, &l, &indent)) {
		(void)begins_line(e, tag->inside_end, &line);
		insert_lines(e, line, &l, xml);
	} else {
		insert_inline(e, tag->inside_end, xml);
	}
}

/* Its further lines without the indentation of the first: those of a parent add it. */
static char *text_of(const struct vh_edit *e, const struct vh_xml_tag *tag)
{
	struct vh_strbuf sb = { 0 };
	size_t line, indent = 0;

	if (begins_line(e, tag->start, &line))
		indent = tag->start - line;
	for (size_t at = tag->start; at < tag->end; at++) {
		size_t n = 0;

		if (e->text[at] != '\r')
			vh_strbuf_add_mem(&sb, e->text + at, 1);
		while (e->text[at] == '\n' && n < indent && strchr(BLANKS, e->text[at + n + 1]))
			n++;
		at += n;
	}
	return vh_strbuf_steal(&sb);
}

void vh_edit_move(struct vh_edit *e, const xmlNode *node, const xmlNode *parent)
{
	_auto_free_ char *text = text_of(e, tag_of(node));

	vh_edit_remove(e, node);
	vh_edit_append(e, parent, text);
}

/* --- the new text ------------------------------------------------------------------------- */

static int by_place(const void *a, const void *b)
{
	const struct edit *x = a, *y = b;

	bool inserts = x->start == x->end, also = y->start == y->end;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	if (inserts != also)
		return inserts ? -1 : 1;
	if (x->end != y->end) /* what contains the others first */
		return x->end > y->end ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

static int make(const struct vh_edit *e, struct vh_strbuf *out)
{
	_auto_free_ struct edit *edits = vh_realloc_array(NULL, e->n_edits + 1, sizeof(*edits));
	size_t at = 0; /* up to here the text is done */

	if (e->n_edits) {
		memcpy(edits, e->edits, e->n_edits * sizeof(*edits));
		qsort(edits, e->n_edits, sizeof(*edits), by_place);
	}
	for (size_t i = 0; i < e->n_edits; i++) {
		const struct edit *edit = &edits[i];

		if (edit->start < at && edit->end <= at)
			continue; /* gone with what it is in */
		if (edit->start < at)
			return -1;
		vh_strbuf_add_mem(out, e->text + at, edit->start - at);
		vh_strbuf_add(out, edit->text);
		at = edit->end;
	}
	vh_strbuf_add_mem(out, e->text + at, e->len - at);
	return 0;
}

int vh_edit_apply(const struct vh_edit *e, struct vh_strbuf *ret, struct vh_error *err)
{
	_auto_strbuf_ struct vh_strbuf out = { 0 };
	_auto_xml_ xmlDoc *doc = NULL;

	if (e->lost || make(e, &out) < 0)
		return vh_fail(err, VH_E_INPUT, 0, NULL,
			       "what is to be changed could not be located in the document");
	doc = vh_xml_parse(out.data, out.len, err);
	if (!doc)
		return vh_wrap(err, "the changes would break the document");
	vh_strbuf_clear(ret);
	*ret = out;
	memset(&out, 0, sizeof(out));
	return 0;
}
