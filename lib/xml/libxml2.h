/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libxml2 - the parser, loaded when there is a document to parse. Most calls of the hook have
 * none, and to map libxml2 with the eleven libraries that it needs takes longer than such a
 * call does otherwise (docs/performance.md). Once loaded it stays.
 */
#ifndef VH_LIBXML2_H
#define VH_LIBXML2_H

#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/tree.h>

#include "lib/base/error.h"

/* The functions that we call, by their own names and with their own types. */
#define VH_LIBXML2_FUNCTIONS(FUNCTION) \
	FUNCTION(xmlCtxtReadMemory)    \
	FUNCTION(xmlDocGetRootElement) \
	FUNCTION(xmlFreeDoc)           \
	FUNCTION(xmlFreeParserCtxt)    \
	FUNCTION(xmlGetLineNo)         \
	FUNCTION(xmlHasProp)           \
	FUNCTION(xmlNewParserCtxt)     \
	FUNCTION(xmlNodeGetContent)    \
	FUNCTION(xmlSAX2GetLineNumber) \
	FUNCTION(xmlStopParser)

struct vh_libxml2 {
#define VH_LIBXML2_MEMBER(name) __typeof__(name) *name;
	VH_LIBXML2_FUNCTIONS(VH_LIBXML2_MEMBER)
#undef VH_LIBXML2_MEMBER
	xmlFreeFunc *xmlFree; /* a variable of libxml2 */
};

/* NULL, with `err` set, where the library is not to be had. Whoever holds a document may call
 * it without looking: it is loaded then. */
const struct vh_libxml2 *vh_libxml2(struct vh_error *err);

#endif
