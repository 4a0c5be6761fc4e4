/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xml - see xml.h. */
#include "lib/xml/xml.h"

#include <errno.h>
#include <limits.h>

#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/xmlerror.h>

#include "lib/base/printable.h"
#include "lib/base/strbuf.h"

#include "lib/base/banned.h"

/* Since 2.12 libxml2 hands its errors out as const. */
#if LIBXML_VERSION >= 21200
typedef const xmlError *xml_error_ptr;
#else
typedef xmlError *xml_error_ptr;
#endif

/* How much of libxml2's text, which quotes the document, goes into a message. */
#define TEXT_MAX 200

#define FIX "give it what 'virsh dumpxml NAME' prints"

struct attempt {
	struct vh_error *err;
	bool failed; /* err is set: what follows are consequences */
};

static void fail(struct attempt *attempt, int line, const char *fix, const char *text)
{
	_auto_free_ char *shown = NULL;
	size_t len = strcspn(text, "\n");
	_auto_free_ char *first = vh_strndup(text, len);

	if (attempt->failed)
		return;
	attempt->failed = true;
	shown = vh_printable(first, TEXT_MAX);
	(void)vh_fail(attempt->err, VH_E_INPUT, 0, fix, "line %d: %s", line, shown);
}

/*
 * Takes what libxml2 would print to stderr. Of level "error" are also complaints about
 * namespaces, which libvirt accepts: only fatal ones mean that there is no document.
 */
static void on_error(void *data, xml_error_ptr error)
{
	xmlParserCtxt *ctxt = data;

	if (error->level == XML_ERR_FATAL && error->message)
		fail(ctxt->_private, error->line, FIX, error->message);
}

/*
 * Called at <!DOCTYPE, before the declarations in it are read: no entity ever gets defined,
 * so there is none that could be expanded or fetched.
 */
static void on_doctype(void *data, const xmlChar *name, const xmlChar *external_id,
		       const xmlChar *system_id)
{
	xmlParserCtxt *ctxt = data;

	(void)name;
	(void)external_id;
	(void)system_id;
	fail(ctxt->_private, xmlSAX2GetLineNumber(ctxt), "remove the <!DOCTYPE ...>",
	     "the document has a DOCTYPE, which libvirt's never have");
	xmlStopParser(ctxt);
}

static int line_of(const char *text, const char *at)
{
	int line = 1;

	for (; text < at; text++)
		line += *text == '\n';
	return line;
}

xmlDoc *vh_xml_parse(const char *text, size_t len, struct vh_error *err)
{
	struct attempt attempt = { .err = err };
	xmlParserCtxt *ctxt;
	const char *nul;
	xmlDoc *doc;

	if (len > INT_MAX) {
		(void)vh_fail(err, VH_E_INPUT, EFBIG, NULL, "cannot parse the document");
		return NULL;
	}
	/* libxml2 may take one for the end; libvirt, whose documents are C strings, always does */
	nul = len ? memchr(text, 0, len) : NULL;
	if (nul) {
		fail(&attempt, line_of(text, nul), NULL, "a NUL byte");
		return NULL;
	}
	ctxt = xmlNewParserCtxt();
	if (!ctxt) {
		(void)vh_fail(err, VH_E_SYS, ENOMEM, NULL, "cannot start libxml2");
		return NULL;
	}
	ctxt->_private = &attempt;
	ctxt->sax->serror = on_error;
	ctxt->sax->internalSubset = on_doctype;
	/* BIG_LINES: right line numbers beyond 65535 */
	doc = xmlCtxtReadMemory(ctxt, text, (int)len, NULL, NULL,
				XML_PARSE_NONET | XML_PARSE_BIG_LINES);
	if (!attempt.failed && (!doc || !ctxt->wellFormed || !xmlDocGetRootElement(doc)))
		fail(&attempt, 1, FIX, "this is not an XML document");
	xmlFreeParserCtxt(ctxt);
	if (attempt.failed)
		vh_xml_clear(&doc);
	return doc;
}

void vh_xml_clear(xmlDoc **doc)
{
	if (*doc)
		xmlFreeDoc(*doc);
	*doc = NULL;
}

const char *vh_xml_name(const xmlNode *node)
{
	return (const char *)node->name;
}

bool vh_xml_is(const xmlNode *node, const char *name)
{
	return node && node->type == XML_ELEMENT_NODE && !node->ns &&
	       (!name || !strcmp(vh_xml_name(node), name));
}

static const xmlNode *first_of(const xmlNode *node, const char *name)
{
	while (node && !vh_xml_is(node, name))
		node = node->next;
	return node;
}

const xmlNode *vh_xml_root(const xmlDoc *doc)
{
	return xmlDocGetRootElement((xmlDoc *)doc);
}

const xmlNode *vh_xml_child(const xmlNode *parent, const char *name)
{
	return parent ? first_of(parent->children, name) : NULL;
}

const xmlNode *vh_xml_next(const xmlNode *node, const char *name)
{
	return node ? first_of(node->next, name) : NULL;
}

static const xmlNode *first_element(const xmlNode *node)
{
	while (node && node->type != XML_ELEMENT_NODE)
		node = node->next;
	return node;
}

static const xmlNode *first_in(const xmlNode *node, const char *uri, const char *name)
{
	while (node &&
	       !(node->type == XML_ELEMENT_NODE && node->ns &&
		 vh_streq((const char *)node->ns->href, uri) && !strcmp(vh_xml_name(node), name)))
		node = node->next;
	return node;
}

const xmlNode *vh_xml_first(const xmlNode *parent)
{
	return first_element(parent->children);
}

const xmlNode *vh_xml_following(const xmlNode *node)
{
	return first_element(node->next);
}

const char *vh_xml_namespace(const xmlNode *node)
{
	return node->ns ? (const char *)node->ns->href : NULL;
}

bool vh_xml_declares(const xmlNode *node, const char *uri)
{
	for (const xmlNs *ns = node ? node->nsDef : NULL; ns; ns = ns->next)
		if (vh_streq((const char *)ns->href, uri))
			return true;
	return false;
}

const xmlNode *vh_xml_child_in(const xmlNode *parent, const char *uri, const char *name)
{
	return parent ? first_in(parent->children, uri, name) : NULL;
}

const xmlNode *vh_xml_next_in(const xmlNode *node, const char *uri, const char *name)
{
	return node ? first_in(node->next, uri, name) : NULL;
}

int vh_xml_line(const xmlNode *node)
{
	return node ? (int)xmlGetLineNo((xmlNode *)node) : 0;
}

/* Like libvirt's virXMLPropString(), by xmlHasProp(), which does not look at the namespace of
 * an attribute. */
const xmlAttr *vh_xml_attribute(const xmlNode *node, const char *name)
{
	return node ? xmlHasProp((xmlNode *)node, (const xmlChar *)name) : NULL;
}

/* As no document has entities of its own, a value is one text node, or none when it is empty. */
const char *vh_xml_attr(const xmlNode *node, const char *name)
{
	const xmlAttr *attr = vh_xml_attribute(node, name);

	if (!attr)
		return NULL;
	if (!attr->children || !attr->children->content)
		return "";
	return (const char *)attr->children->content;
}

bool vh_xml_attr_is(const xmlNode *node, const char *name, const char *value)
{
	return vh_streq(vh_xml_attr(node, name), value);
}

char *vh_xml_text(const xmlNode *node)
{
	xmlChar *content = node ? xmlNodeGetContent((xmlNode *)node) : NULL;
	char *text = NULL;

	if (content && *content)
		text = vh_strdup((const char *)content);
	if (content)
		xmlFree(content);
	return text;
}

char *vh_xml_escape(const char *text)
{
	_auto_strbuf_ struct vh_strbuf to = { 0 };

	vh_strbuf_add(&to, "");
	for (; *text; text++) {
		if (strchr("<>&'\"", *text))
			vh_strbuf_addf(&to, "&#%d;", *text);
		else
			vh_strbuf_add_mem(&to, text, 1);
	}
	return vh_strbuf_steal(&to);
}
