/* SPDX-License-Identifier: GPL-2.0-or-later */
/* t-plain - which domains are passed by without being parsed. That none of them has anything to
 * pass through is asserted for all inputs of fuzz/fuzz-domain.c. */
#include "lib/domain/plain.h"
#include "lib/base/util.h"
#include "tests/tap.h"

#include "lib/base/banned.h"

#define TEXT(literal) literal, sizeof(literal) - 1

static const struct {
	const char *name, *text;
	size_t len;
	bool want;
} cases[] = {
	{ "nothing in it", TEXT("<domain type='kvm'>\n\t<name>vm</name>\n</domain>\n"), true },
	{ "a network, a disk",
	  TEXT("<domain><devices><disk type='file'/><interface type='network'>"
	       "<source network='a&amp;b'/></interface></devices></domain>\n"),
	  true },
	{ "comments, CDATA", TEXT("<domain><!-- host --><a><![CDATA[dev]]></a></domain>\n"), true },
	/* what it is about */
	{ "a hostdev", TEXT("<domain><devices><hostdev/></devices></domain>\n"), false },
	{ "an interface", TEXT("<domain><interface type='hostdev'/></domain>\n"), false },
	{ "an NVMe disk", TEXT("<domain><disk type=\"nvme\"/></domain>\n"), false },
	{ "an NVMe source", TEXT("<domain><source type = 'nvme'/></domain>\n"), false },
	{ "vDPA", TEXT("<domain><interface type='vdpa'/></domain>\n"), false },
	{ "a vDPA disk", TEXT("<domain><disk type='vhostvdpa'/></domain>\n"), false },
	/* how it may be spelled */
	{ "a decimal reference", TEXT("<domain><disk type='nvm&#101;'/></domain>\n"), false },
	{ "a hexadecimal reference", TEXT("<domain><disk type='nvm&#x65;'/></domain>\n"), false },
	{ "a document type", TEXT("<domain/><!DOCTYPE domain></domain>\n"), false },
	{ "a processing instruction", TEXT("<domain><?x?></domain>\n"), false },
	{ "UTF-8",
	  TEXT("<domain><title>K\xc3\xbc"
	       "che</title></domain>\n"),
	  false },
	{ "overlong UTF-8", TEXT("<domain><\xc1\xa8ostdev/></domain>\n"), false },
	{ "a NUL byte", TEXT("<domain>\0</domain>\n"), false },
	{ "another control character", TEXT("<domain>\x0e</domain>\n"), false },
	{ "a carriage return", TEXT("<domain>\r</domain>\n"), false },
	{ "DEL", TEXT("<domain>\x7f</domain>\n"), false },
	{ "an encoding", TEXT("<?xml version='1.0' encoding='UTF-7'?><domain></domain>\n"), false },
	{ "UTF-16", TEXT("<\0d\0o\0m\0a\0i\0n\0/\0>\0"), false },
	{ "a byte order mark", TEXT("\xef\xbb\xbf<domain></domain>\n"), false },
	/* whether it is whole */
	{ "cut off", TEXT("<domain><name>vm</name></domai"), false },
	{ "without its newline", TEXT("<domain><name>vm</name></domain>"), false },
	{ "something after it", TEXT("<domain><name>vm</name></domain>\n "), false },
	{ "something before it", TEXT(" <domain><name>vm</name></domain>\n"), false },
	{ "another document", TEXT("<network></network>\n"), false },
	{ "less than a domain", TEXT("<domain>\n"), false },
	{ "empty", TEXT(""), false },
};

int main(void)
{
	for (size_t i = 0; i < VH_COUNT(cases); i++) {
		/* on the heap, and not a byte longer: valgrind and the sanitizers watch */
		char *text = vh_alloc(cases[i].len + !cases[i].len);

		memcpy(text, cases[i].text, cases[i].len);
		ok(vh_text_is_plain(text, cases[i].len) == cases[i].want, "%s: %s", cases[i].name,
		   cases[i].want ? "plain" : "to be parsed");
		free(text);
	}
	return tap_done();
}
