/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bits - a set of small numbers, of processors or NUMA nodes. */
#ifndef VH_BITS_H
#define VH_BITS_H

#include "lib/base/util.h"

#define VH_BITS_MAX 8192  /* CONFIG_NR_CPUS of the distributions */
#define VH_NODES_MAX 1024 /* the largest CONFIG_NODES_SHIFT */

struct vh_bits {
	uint64_t word[VH_BITS_MAX / 64];
};

static inline bool vh_bits_has(const struct vh_bits *b, uint64_t n)
{
	return n < VH_BITS_MAX && (b->word[n / 64] >> n % 64 & 1);
}

/* A number beyond VH_BITS_MAX is not added. */
static inline void vh_bits_add(struct vh_bits *b, uint64_t n)
{
	if (n < VH_BITS_MAX)
		b->word[n / 64] |= UINT64_C(1) << n % 64;
}

bool vh_bits_meet(const struct vh_bits *a, const struct vh_bits *b);
bool vh_bits_is_within(const struct vh_bits *inner, const struct vh_bits *outer);
size_t vh_bits_count(const struct vh_bits *b);

/*
 * Reads "0-3,^2,8" with blanks between its parts, and nothing else, as libvirt and the kernel write
 * it; its numbers are below `limit`, which is VH_BITS_MAX at most. 0, or -1 and no change for
 * anything else, which includes an empty set: libvirt takes none.
 */
int vh_bits_parse(struct vh_bits *ret, const char *list, size_t limit) VH_CHECK;
char *vh_bits_text(const struct vh_bits *b) VH_CHECK; /* "0-1,3"; caller frees */

#endif
