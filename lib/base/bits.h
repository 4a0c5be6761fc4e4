/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bits - a set of small numbers, of processors or NUMA nodes. */
#ifndef VH_BITS_H
#define VH_BITS_H

#include "lib/base/util.h"

#define VH_BITS_MAX 8192 /* CONFIG_NR_CPUS of the distributions */

struct vh_bits {
	uint64_t word[VH_BITS_MAX / 64];
};

static inline bool vh_bits_has(const struct vh_bits *b, unsigned int n)
{
	return n < VH_BITS_MAX && (b->word[n / 64] >> n % 64 & 1);
}

static inline void vh_bits_add(struct vh_bits *b, unsigned int n)
{
	b->word[n / 64 % VH_COUNT(b->word)] |= UINT64_C(1) << n % 64;
}

static inline bool vh_bits_meet(const struct vh_bits *a, const struct vh_bits *b)
{
	for (size_t i = 0; i < VH_COUNT(a->word); i++)
		if (a->word[i] & b->word[i])
			return true;
	return false;
}

/* Reads "0-3,^2,8", as the kernel and libvirt write it (virBitmapParse()). 0, or -1 for
 * anything else, an empty list too. */
int vh_bits_parse(struct vh_bits *ret, const char *list) VH_CHECK;

#endif
