/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * memory - what the host has of memory: what is available, what swap and ZFS can give, the pools
 * of huge pages, and what a running domain holds. A handful of small files, of which none blocks.
 */
#ifndef VH_MEMORY_H
#define VH_MEMORY_H

#include "lib/base/root.h"

struct vh_bits;
struct vh_host;

/* Huge pages of one size, on one NUMA node or on all (node -1). Counts are pages. */
struct vh_huge_pool {
	uint64_t page_kib;
	int node;
	uint64_t total;
	uint64_t free;     /* neither used nor promised to somebody; of a node: not used */
	uint64_t overcommit; /* what the kernel would still make when asked (node -1 only) */
};

struct vh_memory {
	enum vh_tri read;        /* YES: the five that follow are known */
	uint64_t total_kib;
	uint64_t available_kib;  /* MemAvailable */
	uint64_t swap_kib, swap_free_kib;
	uint64_t arc_kib;        /* that ZFS would give back, which MemAvailable does not count */
	uint64_t huge_default_kib; /* size of a huge page if the domain names none; 0: unknown */
	struct vh_huge_pool *pools; /* those of all nodes first */
	size_t n_pools;
	bool limited; /* vm.overcommit_memory is 0: no process gets more than all memory and swap
			 (mm/util.c, __vm_enough_memory()). Read where nothing is pinned at start */
	enum vh_tri pools_read;  /* YES: a size that is not in `pools` does not exist here */
	enum vh_tri nodes_read;  /* the same for nodes */
	uint64_t bound_kib; /* ordinary memory of the domain that is bound to NUMA nodes which have
			       less in all; 0: there is none, or it is not known */
	uint64_t nodes_kib; /* so much */
	char *nodes;        /* these: "0-1" */
	enum vh_tri own;         /* NO: the domain does not run; YES: what follows is its */
	uint64_t own_kib;        /* resident in its QEMU, without file pages and huge pages */
	uint64_t own_huge_kib;
	bool own_huge_mixed;     /* of which size and node cannot be told, and it matters */
};

/* Reads it, but for `own`. `huge`: the pools of huge pages too, with `bound` those of each node.
 * What cannot be told goes to `unseen`. */
void vh_memory_read(const struct vh_root *root, const struct vh_host *h, bool huge, bool bound,
		    struct vh_memory *ret, struct vh_names *unseen);
/* What these NUMA nodes have in all; 0: not each of them tells. */
uint64_t vh_memory_of_nodes(const struct vh_root *root, const struct vh_bits *nodes);
/* Fills `own` with what this process, a running QEMU, holds; UNKNOWN where it cannot be seen. */
void vh_memory_read_own(const struct vh_root *root, int64_t pid, struct vh_memory *m);
void vh_memory_clear(struct vh_memory *m);

/* The pool of this size; NULL: there is none. */
const struct vh_huge_pool *vh_memory_pool(const struct vh_memory *m, uint64_t page_kib, int node);

#endif
