/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * free-pages - the huge pages of a host as its libvirt reports them: how many a NUMA node has
 * is in the capabilities, how many of them are free is asked for each (virNodeGetFreePages()). What
 * is promised to others, and what the kernel would still make, libvirt does not tell.
 */
#ifndef VH_FREE_PAGES_H
#define VH_FREE_PAGES_H

#include "lib/base/root.h"
#include "lib/base/strbuf.h"

struct vh_told_pool {
	unsigned int node;
	uint64_t page_kib, total;
};

/* The pools of all nodes, each once; *ret is for free(). Returns how many. */
size_t vh_free_pages_pools(const char *capabilities, struct vh_told_pool **ret);

/* What a line of `free_pages` says of a pool, for vh_free_pages_manifest(). */
char *vh_free_pages_line(const struct vh_told_pool *pool, uint64_t pages) VH_CHECK;

/* Lines of a manifest for the pools; one of which the free pages were not told, by such lines,
 * reads as one that cannot be seen. */
void vh_free_pages_manifest(const char *capabilities, const struct vh_names *free_pages,
			    struct vh_strbuf *ret);

#endif
