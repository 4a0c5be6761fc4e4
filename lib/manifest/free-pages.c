/* SPDX-License-Identifier: GPL-2.0-or-later */
/* free-pages - see free-pages.h. */
#include "lib/manifest/free-pages.h"

#include "lib/base/bits.h"
#include "lib/xml/xml.h"

#include "lib/base/banned.h"

#define POOLS_MAX 1024         /* more are left out */
#define PAGES_MAX (1ull << 40) /* that many times as many do not overflow */

static bool is_known(const struct vh_told_pool *list, size_t count, const struct vh_told_pool *p)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].node == p->node && list[i].page_kib == p->page_kib)
			return true;
	return false;
}

/* The first <pages> of a cell are the ordinary ones (virCapabilitiesHostNUMAInitReal()). */
static void read_cell(const xmlNode *cell, struct vh_told_pool **list, size_t *count)
{
	const char *id = vh_xml_attr(cell, "id");
	const xmlNode *pages = vh_xml_next(vh_xml_child(cell, "pages"), "pages");
	uint64_t node;

	if (!id || vh_parse_uint(id, 10, VH_NODES_MAX - 1, &node) < 0)
		return;
	for (; pages && *count < POOLS_MAX; pages = vh_xml_next(pages, "pages")) {
		const char *size = vh_xml_attr(pages, "size");
		_auto_free_ char *text = vh_xml_text(pages);
		struct vh_told_pool p = { .node = (unsigned int)node };

		if (!vh_xml_attr_is(pages, "unit", "KiB") || !size || !text ||
		    vh_parse_uint(size, 10, UINT32_MAX, &p.page_kib) < 0 || !p.page_kib ||
		    vh_parse_uint(text, 10, PAGES_MAX, &p.total) < 0)
			continue;
		if (!is_known(*list, *count, &p))
			*VH_APPEND(*list, *count) = p;
	}
}

size_t vh_free_pages_pools(const char *capabilities, struct vh_told_pool **ret)
{
	_auto_xml_ xmlDoc *doc = capabilities
					 ? vh_xml_parse(capabilities, strlen(capabilities), NULL)
					 : NULL;
	const xmlNode *host = doc ? vh_xml_child(vh_xml_root(doc), "host") : NULL;
	const xmlNode *cells = vh_xml_child(vh_xml_child(host, "topology"), "cells");
	size_t count = 0;

	*ret = NULL;
	for (const xmlNode *c = vh_xml_child(cells, "cell"); c; c = vh_xml_next(c, "cell"))
		read_cell(c, ret, &count);
	return count;
}

static char *begin(const struct vh_told_pool *p)
{
	return vh_printf("%u %llu ", p->node, (unsigned long long)p->page_kib);
}

char *vh_free_pages_line(const struct vh_told_pool *pool, uint64_t pages)
{
	_auto_free_ char *before = begin(pool);

	return vh_printf("%s%llu", before, (unsigned long long)pages);
}

static int find_free(const struct vh_told_pool *p, const struct vh_names *lines, uint64_t *ret)
{
	_auto_free_ char *before = begin(p);

	for (size_t i = 0; i < lines->count; i++)
		if (vh_has_prefix(lines->name[i], before))
			return vh_parse_uint(lines->name[i] + strlen(before), 10, PAGES_MAX, ret);
	return -1;
}

/* `unused` NULL: not told; a pool of which one number is missing is one that cannot be read. */
static void put_pool(struct vh_strbuf *ret, const char *dir, uint64_t page_kib, uint64_t total,
		     const uint64_t *unused)
{
	unsigned long long size = page_kib;

	vh_strbuf_addf(ret, "f %s/hugepages-%llukB/nr_hugepages\t%llu\n", dir, size,
		       (unsigned long long)total);
	if (unused)
		vh_strbuf_addf(ret, "f %s/hugepages-%llukB/free_hugepages\t%llu\n", dir, size,
			       (unsigned long long)*unused);
}

static void put_sum(struct vh_strbuf *ret, const struct vh_told_pool *pools, size_t count,
		    uint64_t page_kib, const struct vh_names *lines)
{
	uint64_t total = 0, unused = 0, one;
	bool all = true;

	for (size_t i = 0; i < count; i++) {
		if (pools[i].page_kib != page_kib)
			continue;
		total += pools[i].total;
		if (find_free(&pools[i], lines, &one) == 0)
			unused += one;
		else
			all = false;
	}
	put_pool(ret, "sys/kernel/mm/hugepages", page_kib, total, all ? &unused : NULL);
}

void vh_free_pages_manifest(const char *capabilities, const struct vh_names *free_pages,
			    struct vh_strbuf *ret)
{
	_auto_free_ struct vh_told_pool *pools = NULL;
	size_t count = vh_free_pages_pools(capabilities, &pools);

	for (size_t i = 0; i < count; i++) {
		_auto_free_ char *dir = vh_printf("sys/devices/system/node/node%u/hugepages",
						  pools[i].node);
		bool first = true;
		uint64_t unused;

		for (size_t k = 0; k < i; k++)
			first &= pools[k].page_kib != pools[i].page_kib;
		if (first)
			put_sum(ret, pools, count, pools[i].page_kib, free_pages);
		put_pool(ret, dir, pools[i].page_kib, pools[i].total,
			 find_free(&pools[i], free_pages, &unused) == 0 ? &unused : NULL);
	}
}
