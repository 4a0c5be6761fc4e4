/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * t-xmledit - edits of an XML text: the whole result, byte for byte. What is edited is the
 * first element of a name.
 */
#include "lib/xml/edit.h"
#include "tests/tap.h"

#include "lib/base/banned.h"

/* The first element of this name, below the node or the node itself. */
static const xmlNode *find(const xmlNode *node, const char *name)
{
	for (; node; node = node->next) {
		const xmlNode *below;

		if (node->type != XML_ELEMENT_NODE)
			continue;
		if (!strcmp(vh_xml_name(node), name))
			return node;
		below = find(node->children, name);
		if (below)
			return below;
	}
	return NULL;
}

enum op { NOTHING, SET, UNSET, TEXT, REPLACE, REMOVE, AFTER, APPEND, MOVE };

struct step {
	enum op op;
	const char *element, *a, *b;
};

static const struct {
	const char *name, *text;
	struct step steps[4];
	const char *want; /* NULL: an error */
} cases[] = {
	{ "nothing",
	  "<?xml version='1.0'?>\r\n<d>\t<a />\n</d>\n<!-- < -->",
	  { { NOTHING, NULL, NULL, NULL } },
	  "<?xml version='1.0'?>\r\n<d>\t<a />\n</d>\n<!-- < -->" },

	{ "value of an attribute",
	  "<d><a  x = 'no'\n y=\"1\"/></d>",
	  { { SET, "a", "x", "yes" } },
	  "<d><a  x = 'yes'\n y=\"1\"/></d>" },
	{ "value in double quotes",
	  "<a y=\"\"/>",
	  { { SET, "a", "y", "2\"&'<" } },
	  "<a y=\"2&#34;&#38;'&#60;\"/>" },
	{ "value with markup in it",
	  "<a x='/>&lt;>' y='1'>z</a>",
	  { { SET, "a", "y", "2" } },
	  "<a x='/>&lt;>' y='2'>z</a>" },
	{ "last value wins",
	  "<a y='1'/>",
	  { { SET, "a", "y", "2" }, { SET, "a", "y", "3" } },
	  "<a y='3'/>" },
	{ "new attribute", "<a/>", { { SET, "a", "y", "1" } }, "<a y='1'/>" },
	{ "new attribute before a blank", "<a />", { { SET, "a", "y", "1" } }, "<a y='1' />" },
	{ "new attribute behind the others",
	  "<a b=\"1\"\n>t</a>",
	  { { SET, "a", "y", "1" } },
	  "<a b=\"1\" y=\"1\"\n>t</a>" },
	{ "attributes and namespaces",
	  "<a xmlns:q='urn:q' q:x='1' xmlns='urn:d' z:w='2' y='3'/>",
	  { { SET, "a", "y", "4" } },
	  "<a xmlns:q='urn:q' q:x='1' xmlns='urn:d' z:w='2' y='4'/>" },
	{ "attribute with a prefix, as libvirt reads it",
	  "<a xmlns:q='urn:q' q:x='1'/>",
	  { { SET, "a", "x", "2" } },
	  "<a xmlns:q='urn:q' q:x='2'/>" },

	{ "text", "<d><m u='k'>12</m></d>", { { TEXT, "m", "24", NULL } }, "<d><m u='k'>24</m></d>" },
	{ "text and comments",
	  "<m>1<!-- </m> -->2</m>",
	  { { TEXT, "m", "3 < 4", NULL } },
	  "<m>3 &#60; 4</m>" },
	{ "text into nothing", "<m></m>", { { TEXT, "m", "3", NULL } }, "<m>3</m>" },
	{ "text into an empty element", "<m u='1' />", { { TEXT, "m", "3", NULL } }, "<m u='1'>3</m>" },
	{ "text and attribute of an empty element",
	  "<m/>",
	  { { TEXT, "m", "3", NULL }, { SET, "m", "u", "k" } },
	  "<m u='k'>3</m>" },

	{ "replace",
	  "<d>\n  <b m='x'>\n    <c/>\n  </b>\n</d>\n",
	  { { REPLACE, "b", "<b m='n'/>", NULL } },
	  "<d>\n  <b m='n'/>\n</d>\n" },
	{ "replace by lines",
	  "<d>\n  <b/> <!-- b -->\n</d>\n",
	  { { REPLACE, "b", "<h>\n\t<s/>\n</h>", NULL } },
	  "<d>\n  <h>\n    <s/>\n  </h> <!-- b -->\n</d>\n" },
	{ "replace in a line",
	  "<d><b/><c/></d>",
	  { { REPLACE, "b", "<h>\n\t<s/>\n</h>", NULL } },
	  "<d><h><s/></h><c/></d>" },

	{ "remove a line",
	  "<d>\n  <b/>\n  <c/>\n</d>\n",
	  { { REMOVE, "b", NULL, NULL } },
	  "<d>\n  <c/>\n</d>\n" },
	{ "remove lines",
	  "<d>\r\n\t<b>\r\n\t\t<e/>\r\n\t</b>  \r\n\t<c/>\r\n</d>\r\n",
	  { { REMOVE, "b", NULL, NULL } },
	  "<d>\r\n\t<c/>\r\n</d>\r\n" },
	{ "remove between others",
	  "<d><b/><c/><e/></d>",
	  { { REMOVE, "c", NULL, NULL } },
	  "<d><b/><e/></d>" },
	{ "remove beside a comment",
	  "<d>\n  <b/> <!-- why -->\n</d>",
	  { { REMOVE, "b", NULL, NULL } },
	  "<d>\n   <!-- why -->\n</d>" },
	{ "remove what is edited",
	  "<d>\n <b><c x='1'/></b>\n</d>",
	  { { SET, "c", "x", "2" }, { REMOVE, "b", NULL, NULL }, { APPEND, "b", "<f/>", NULL } },
	  "<d>\n</d>" },
	{ "remove neighbours",
	  "<d>\n <b/>\n <c/>\n</d>",
	  { { REMOVE, "c", NULL, NULL }, { REMOVE, "b", NULL, NULL } },
	  "<d>\n</d>" },
	{ "the root stays", "<d/>", { { REMOVE, "d", NULL, NULL } }, NULL },

	{ "insert after",
	  "<d>\n    <b/>\n</d>\n",
	  { { AFTER, "b", "<c/>", NULL } },
	  "<d>\n    <b/>\n    <c/>\n</d>\n" },
	{ "insert lines after, with tabs",
	  "<d>\n\t<b>\n\t</b>\n</d>\n",
	  { { AFTER, "b", "<h>\n\t<s>\n\t\t<a/>\n\t</s>\n</h>", NULL } },
	  "<d>\n\t<b>\n\t</b>\n\t<h>\n\t\t<s>\n\t\t\t<a/>\n\t\t</s>\n\t</h>\n</d>\n" },
	{ "insert with carriage returns",
	  "<d>\r\n <b/>\r\n</d>",
	  { { AFTER, "b", "<h>\n\t<s/>\n</h>", NULL } },
	  "<d>\r\n <b/>\r\n <h>\r\n  <s/>\r\n </h>\r\n</d>" },
	{ "insert behind the comment of a line",
	  "<d>\n <b/> <!-- b\n of mine --> \n</d>",
	  { { AFTER, "b", "<c/>", NULL } },
	  "<d>\n <b/> <!-- b\n of mine --> \n <c/>\n</d>" },
	{ "insert before another of the line",
	  "<d>\n <b/><e/>\n</d>",
	  { { AFTER, "b", "<c/>", NULL } },
	  "<d>\n <b/><c/><e/>\n</d>" },
	{ "insert in order",
	  "<d>\n <b/>\n</d>",
	  { { AFTER, "b", "<x/>", NULL }, { AFTER, "b", "<y/>", NULL }, { REMOVE, "b", NULL, NULL } },
	  "<d>\n <x/>\n <y/>\n</d>" },

	{ "append",
	  "<d>\n  <v>\n    <b/>\n  </v>\n</d>",
	  { { APPEND, "v", "<c/>", NULL } },
	  "<d>\n  <v>\n    <b/>\n    <c/>\n  </v>\n</d>" },
	{ "append as the others are indented",
	  "<d>\n <v>\n       <b/>\n </v>\n</d>",
	  { { APPEND, "v", "<c>\n\t<s/>\n</c>", NULL } },
	  "<d>\n <v>\n       <b/>\n       <c>\n             <s/>\n       </c>\n </v>\n</d>" },
	{ "append behind a comment",
	  "<v>\n  <b/>\n  <!-- end -->\n</v>",
	  { { APPEND, "v", "<c/>", NULL } },
	  "<v>\n  <b/>\n  <!-- end -->\n  <c/>\n</v>" },
	{ "append to an element with blanks in it",
	  "<d>\n  <v>\n  </v>\n</d>",
	  { { APPEND, "v", "<c/>", NULL } },
	  "<d>\n  <v>\n    <c/>\n  </v>\n</d>" },
	{ "append in a line",
	  "<d><v><b/></v></d>",
	  { { APPEND, "v", "<c>\n\t<s/>\n</c>", NULL }, { APPEND, "v", "<e/>", NULL } },
	  "<d><v><b/><c><s/></c><e/></v></d>" },
	{ "append to an empty element",
	  "<d>\r\n\t<v/>\r\n</d>",
	  { { APPEND, "v", "<c/>", NULL }, { APPEND, "v", "<e/>", NULL } },
	  "<d>\r\n\t<v>\r\n\t\t<c/>\r\n\t\t<e/>\r\n\t</v>\r\n</d>" },
	{ "append to an empty element in a line",
	  "<d><v /></d>",
	  { { APPEND, "v", "<c/>", NULL }, { APPEND, "d", "<e/>", NULL } },
	  "<d><v><c/></v><e/></d>" },

	{ "what only looks like elements",
	  "<d><!-- <a x='1'/> --><![CDATA[<a x='1'>]]><?p <a x='1'/>?><a x='1'/></d>",
	  { { SET, "a", "x", "2" } },
	  "<d><!-- <a x='1'/> --><![CDATA[<a x='1'>]]><?p <a x='1'/>?><a x='2'/></d>" },
	{ "names that begin alike",
	  "<a><ab x='0'/><a x='1'/></a >",
	  { { SET, "ab", "x", "2" } },
	  "<a><ab x='2'/><a x='1'/></a >" },
	{ "a byte order mark",
	  "\xef\xbb\xbf<d>\n <a x='1'/>\n</d>",
	  { { SET, "a", "x", "2" } },
	  "\xef\xbb\xbf<d>\n <a x='2'/>\n</d>" },
	{ "UTF-8",
	  "<d n='\xc3\xa4'>\n <a x='1'/>\xe2\x82\xac</d>",
	  { { SET, "a", "x", "2" } },
	  "<d n='\xc3\xa4'>\n <a x='2'/>\xe2\x82\xac</d>" },
	{ "another encoding that extends ASCII",
	  "<?xml version='1.0' encoding='ISO-8859-1'?><d n='\xe4'><\xe4/><a x='\xe4'/>\xe4</d>",
	  { { SET, "a", "x", "2" } },
	  "<?xml version='1.0' encoding='ISO-8859-1'?><d n='\xe4'><\xe4/><a x='2'/>\xe4</d>" },
	{ "an attribute less",
	  "<d><a  x='1'\n y='2' z='3'/></d>",
	  { { UNSET, "a", "y", NULL }, { UNSET, "a", "w", NULL } },
	  "<d><a  x='1' z='3'/></d>" },
	{ "the only attribute, beside a declaration",
	  "<d><a xmlns:q='u' x='1' /></d>",
	  { { UNSET, "a", "x", NULL } },
	  "<d><a xmlns:q='u' /></d>" },
	{ "move into another",
	  "<d>\r\n  <a>\r\n    <x/>\r\n  </a>\r\n  <b>\r\n    <y/>\r\n  </b>\r\n</d>",
	  { { MOVE, "a", "b", NULL } },
	  "<d>\r\n  <b>\r\n    <y/>\r\n    <a>\r\n      <x/>\r\n    </a>\r\n  </b>\r\n</d>" },
	{ "move out",
	  "<d>\n\t<b>\n\t\t<q:a xmlns:q='u'>\n\t\t\t<x/>\n\t\t</q:a>\n\t</b>\n</d>",
	  { { MOVE, "a", "d", NULL } },
	  "<d>\n\t<b>\n\t</b>\n\t<q:a xmlns:q='u'>\n\t\t<x/>\n\t</q:a>\n</d>" },
	{ "move in a line",
	  "<d><a>\xc3\xa4</a><b/></d>",
	  { { MOVE, "a", "b", NULL } },
	  "<d><b><a>\xc3\xa4</a></b></d>" },
	{ "what would not be XML any more", "<d><a/></d>", { { REPLACE, "a", "<b>", NULL } }, NULL },
};

static void step(struct vh_edit *e, const struct step *s)
{
	const xmlNode *node = s->element ? find(vh_xml_root(vh_edit_doc(e)), s->element) : NULL;

	if (!node)
		return;
	switch (s->op) {
	case NOTHING:
		break;
	case SET:
		vh_edit_set_attr(e, node, s->a, s->b);
		break;
	case UNSET:
		vh_edit_remove_attr(e, node, s->a);
		break;
	case MOVE:
		vh_edit_move(e, node, find(vh_xml_root(vh_edit_doc(e)), s->a));
		break;
	case TEXT:
		vh_edit_set_text(e, node, s->a);
		break;
	case REPLACE:
		vh_edit_replace(e, node, s->a);
		break;
	case REMOVE:
		vh_edit_remove(e, node);
		break;
	case AFTER:
		vh_edit_insert_after(e, node, s->a);
		break;
	case APPEND:
		vh_edit_append(e, node, s->a);
		break;
	}
}

static void test_edits(void)
{
	for (size_t i = 0; i < VH_COUNT(cases); i++) {
		_auto_error_ struct vh_error err = { 0 };
		_auto_strbuf_ struct vh_strbuf out = { 0 };
		_auto_(vh_edit) struct vh_edit *e = vh_edit_open(cases[i].text,
								 strlen(cases[i].text), &err);
		int rc = -1;

		for (size_t k = 0; e && k < VH_COUNT(cases[i].steps); k++)
			step(e, &cases[i].steps[k]);
		if (e)
			rc = vh_edit_apply(e, &out, &err);
		if (!ok(cases[i].want ? rc == 0 && vh_streq(out.data, cases[i].want)
				      : rc < 0 && err.what && !out.data,
			"%s", cases[i].name))
			diag("have: %s%s", out.data ? out.data : "", err.what ? err.what : "");
	}
}

static void test_refusals(void)
{
	static const struct {
		const char *name, *text, *says;
	} bad[] = {
		{ "not XML", "<d>", "line 1: " },
		{ "a DOCTYPE", "<!DOCTYPE d><d/>", "DOCTYPE" },
		{ "an encoding that does not extend ASCII",
		  "<?xml version='1.0' encoding='ISO-2022-JP'?><d/>", "encoding 'ISO-2022-JP'" },
	};

	for (size_t i = 0; i < VH_COUNT(bad); i++) {
		_auto_error_ struct vh_error err = { 0 };
		_auto_(vh_edit) struct vh_edit *e = vh_edit_open(bad[i].text, strlen(bad[i].text),
								 &err);

		if (!ok(!e && err.what && strstr(err.what, bad[i].says), "refused: %s", bad[i].name))
			diag("have: %s", err.what ? err.what : "nothing");
	}
}

static void test_place(void)
{
	static const char text[] = "<d>\n <b x='>'><c/></b >\n</d>";
	_auto_error_ struct vh_error err = { 0 };
	_auto_(vh_edit) struct vh_edit *e = vh_edit_open(text, strlen(text), &err);
	size_t start = 0, end = 0;

	ok(e && !vh_edit_has_edits(e), "no edits");
	if (e)
		vh_edit_place(e, find(vh_xml_root(vh_edit_doc(e)), "b"), &start, &end);
	ok(start == 5 && end == 23, "a place");
	if (e)
		vh_edit_remove(e, find(vh_xml_root(vh_edit_doc(e)), "b"));
	ok(e && vh_edit_has_edits(e), "edits");
}

int main(void)
{
	test_edits();
	test_refusals();
	test_place();
	return tap_done();
}
