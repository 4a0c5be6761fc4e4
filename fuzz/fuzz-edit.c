/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz-edit - one edit of one element of any XML: what comes out parses, has the edit in it,
 * and is the same as before on both sides of it. Element and edit are chosen by the length.
 */
#include "fuzz/fuzz.h"
#include "lib/xml/edit.h"

static const xmlNode *next(const xmlNode *node)
{
	const xmlNode *at = node->children;

	for (;;) {
		for (; at; at = at->next)
			if (at->type == XML_ELEMENT_NODE)
				return at;
		if (!node || node->type != XML_ELEMENT_NODE)
			return NULL;
		at = node->next;
		node = node->parent;
	}
}

static const xmlNode *number(const struct vh_edit *e, size_t n)
{
	const xmlNode *node = vh_xml_root(vh_edit_doc(e));

	while (node && n--)
		node = next(node);
	return node;
}

static size_t count(const struct vh_edit *e)
{
	size_t n = 0;

	for (const xmlNode *node = vh_xml_root(vh_edit_doc(e)); node; node = next(node))
		n++;
	return n;
}

static void edit(struct vh_edit *e, const xmlNode *node, size_t op)
{
	switch (op) {
	case 0:
		vh_edit_set_attr(e, node, "managed", "'<&\"");
		break;
	case 1:
		vh_edit_set_text(e, node, "a<b");
		break;
	case 2:
		vh_edit_replace(e, node, "<new>\n\t<er/>\n</new>");
		break;
	case 3:
		vh_edit_remove(e, node);
		break;
	case 4:
		vh_edit_insert_after(e, node, "<new/>");
		break;
	default:
		vh_edit_append(e, node, "<new>\n\t<er/>\n</new>");
		break;
	}
}

/* Is the text the same before the line of the element, and behind its last line? */
static void check_rest(const char *text, size_t len, const struct vh_strbuf *out, size_t start,
		       size_t end)
{
	const char *nl;

	while (start && text[start - 1] != '\n')
		start--;
	/* a comment that begins behind the element may end lines below */
	while ((nl = memchr(text + end, '\n', len - end)) && memmem(text + end, nl - text - end, "<!", 2))
		end = (size_t)(nl - text) + 1;
	end = nl ? (size_t)(nl - text) + 1 : len;
	FUZZ_ASSERT(out->len >= start && !memcmp(text, out->data, start));
	FUZZ_ASSERT(out->len >= len - end &&
		    !memcmp(text + end, out->data + out->len - (len - end), len - end));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_auto_error_ struct vh_error err = { 0 }, again_err = { 0 };
	const char *text = (const char *)data;
	_auto_(vh_edit) struct vh_edit *e = vh_edit_open(text, size, &err), *again = NULL;
	_auto_strbuf_ struct vh_strbuf out = { 0 };
	size_t n, which, start, end;
	const xmlNode *node;

	FUZZ_ASSERT(!e == (err.what != NULL));
	if (!e)
		return 0;
	FUZZ_ASSERT(vh_edit_apply(e, &out, &err) == 0 && out.len == size &&
		    !memcmp(out.data, text, size));
	n = count(e);
	which = size / 6 % n;
	node = number(e, which);
	vh_edit_place(e, node, &start, &end);
	FUZZ_ASSERT(text[start] == '<' && text[end - 1] == '>' && end <= size);
	edit(e, node, size % 6);
	/* a prefix without a namespace, or the only element gone: refused is fine, broken is not */
	if (vh_edit_apply(e, &out, &err) < 0)
		return 0;
	check_rest(text, size, &out, start, end);
	again = vh_edit_open(out.data, out.len, &again_err);
	FUZZ_ASSERT(again);
	if (size % 6 == 0)
		FUZZ_ASSERT(vh_xml_attr_is(number(again, which), "managed", "'<&\""));
	if (size % 6 == 4)
		FUZZ_ASSERT(count(again) == n + 1);
	return 0;
}
