/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tags - where the elements of an XML text stand, byte by byte: libxml2 tells lines only.
 * For text that libxml2 has accepted, without a DOCTYPE, in an encoding that extends ASCII;
 * of anything else it reads no byte too many, and may fail.
 */
#ifndef VH_TAGS_H
#define VH_TAGS_H

#include "lib/base/util.h"

/* Offsets of an element. Of <empty/> the last three are equal. */
struct vh_xml_tag {
	size_t start;      /* of its '<' */
	size_t name_end;   /* behind the name in the start tag */
	size_t inside;     /* behind the start tag */
	size_t inside_end; /* of the '<' of the end tag */
	size_t end;        /* behind the end tag */
};

/* The elements in the order of their start tags; the caller frees them. 0 or -1. */
int vh_tags_read(const char *text, size_t len, struct vh_xml_tag **ret, size_t *ret_count) VH_CHECK;
bool vh_tags_is_empty(const struct vh_xml_tag *tag);

struct vh_xml_attribute {
	size_t name, name_end;
	size_t value, value_end; /* with its quotes */
};

/* The next attribute of a start tag; *at is name_end of the tag to begin with. 1, 0 when there
 * is none any more (*at is then at '/' or '>'), -1. */
int vh_tags_attribute(const char *text, size_t len, size_t *at,
		      struct vh_xml_attribute *ret) VH_CHECK;

#endif
