/* SPDX-License-Identifier: GPL-2.0-or-later */
/* glance - looks at the elements, wherever they stand, or, where there are none, for words. */
#include "lib/domain/glance.h"

#include "lib/base/strbuf.h"
#include "lib/xml/xml.h"

#include "lib/base/banned.h"

/* --- elements --------------------------------------------------------------------------------- */

/* Types of <hostdev> that are no PCI devices; one that nobody knows may be. */
static const char *const others[] = { "usb", "scsi", "scsi_host", "mdev", "net", "storage", "misc" };

static bool is_other_hostdev(const xmlNode *node)
{
	for (size_t i = 0; i < VH_COUNT(others); i++)
		if (vh_xml_attr_is(node, "type", others[i]))
			return true;
	return false;
}

static bool passes(const xmlNode *node, struct vh_names *networks)
{
	const char *name = vh_xml_name(node), *network;

	if (!strcmp(name, "hostdev"))
		return !is_other_hostdev(node);
	if (!strcmp(name, "arg") && vh_xml_attr(node, "value"))
		return strstr(vh_xml_attr(node, "value"), "vfio") != NULL;
	if (vh_xml_attr_is(node, "type", "nvme") || vh_xml_attr_is(node, "type", "hostdev") ||
	    vh_xml_attr_is(node, "type", "vdpa"))
		return true;
	network = vh_xml_attr(node, "network");
	if (network && !strcmp(name, "source"))
		*VH_APPEND(networks->name, networks->count) = vh_strdup(network);
	return false;
}

/* Whatever the namespace. libxml2 bounds the depth of what it parses. */
static bool any_passes(const xmlNode *parent, struct vh_names *networks)
{
	for (const xmlNode *n = vh_xml_first(parent); n; n = vh_xml_following(n))
		if (passes(n, networks) || any_passes(n, networks))
			return true;
	return false;
}

/* --- words ------------------------------------------------------------------------------------ */

/* Without what may stand between the letters of a word: the zeros of other encodings, and
 * references to characters (&#104;). */
static void add_plain(struct vh_strbuf *to, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned int c;
		int n = 0;

		if (!text[i])
			continue;
		if (text[i] == '&' && len - i > 4 &&
		    (sscanf(text + i, "&#%u;%n", &c, &n) == 1 ||
		     sscanf(text + i, "&#x%x;%n", &c, &n) == 1) &&
		    n > 0 && c < 128) {
			vh_strbuf_add_mem(to, (char[]){ (char)c }, 1);
			i += (size_t)n - 1;
			continue;
		}
		vh_strbuf_add_mem(to, text + i, 1);
	}
}

/* Begins or ends an element here that is not a PCI device? `at`: behind its name. */
static bool is_other_tag(const char *plain, const char *word, const char *at)
{
	size_t len = strcspn(at, "<>");

	if (word == plain || !strchr("</:", word[-1]))
		return false;
	if (word[-1] == '/')
		return true;
	for (size_t i = 0; i < VH_COUNT(others); i++) {
		_auto_free_ char *one = vh_printf("type='%s'", others[i]);
		_auto_free_ char *two = vh_printf("type=\"%s\"", others[i]);

		if (memmem(at, len, one, strlen(one)) || memmem(at, len, two, strlen(two)))
			return true;
	}
	return false;
}

/* In the first `len` characters of it. */
static bool has_any_word(const char *plain, size_t len)
{
	static const char *const words[] = { "nvme", "vfio", "vdpa" };
	static const char hostdev[] = "hostdev";
	const char *at = plain;

	if (!plain)
		return false;
	for (size_t i = 0; i < VH_COUNT(words); i++) {
		const char *word = strstr(plain, words[i]);

		if (word && word < plain + len)
			return true;
	}
	while ((at = strstr(at, hostdev)) && at < plain + len) {
		const char *word = at;

		at += strlen(hostdev);
		if (!is_other_tag(plain, word, at))
			return true;
	}
	return false;
}

bool vh_glance_has_word(const char *text, size_t len, bool last)
{
	size_t tail = last || len < VH_GLANCE_OVERLAP ? 0 : VH_GLANCE_OVERLAP, begun;
	_auto_strbuf_ struct vh_strbuf plain = { 0 };

	add_plain(&plain, text, len - tail);
	begun = plain.len;
	add_plain(&plain, text + len - tail, tail);
	return has_any_word(plain.data, begun);
}

static bool has(const char *text, const char *word)
{
	return text && strstr(text, word);
}

/* What was cut off before its end may have had any. */
static bool is_cut(const char *plain)
{
	return has(plain, "<domain") && !has(plain, "</domain");
}

bool vh_glance_may_pass(const char *text, size_t len, struct vh_names *networks)
{
	_auto_xml_ xmlDoc *doc = vh_xml_parse(text, len, NULL);
	_auto_strbuf_ struct vh_strbuf plain = { 0 };

	if (doc)
		return passes(vh_xml_root(doc), networks) || any_passes(vh_xml_root(doc), networks);
	add_plain(&plain, text, len);
	return has_any_word(plain.data, plain.len) || is_cut(plain.data);
}
