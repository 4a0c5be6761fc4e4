/* SPDX-License-Identifier: GPL-2.0-or-later */
/* size - amounts of memory in KiB, which end at UINT64_MAX instead of wrapping. */
#ifndef VH_SIZE_H
#define VH_SIZE_H

#include "lib/base/util.h"

#define MIB UINT64_C(1024) /* in KiB */
#define GIB (MIB * 1024)

uint64_t vh_size_add(uint64_t a, uint64_t b);
uint64_t vh_size_mul(uint64_t a, uint64_t b);
static inline uint64_t vh_size_sub(uint64_t a, uint64_t b) /* never below 0 */
{
	return a > b ? a - b : 0;
}

/* How a size is written. */
enum vh_unit {
	VH_BEST,   /* 15.2 GiB, 384 MiB */
	VH_TENTHS, /* 15.2 GiB, 0.4 GiB: what is added to gibibytes */
	VH_EXACT,  /* 15540 MiB: where a tenth would hide the point */
};
char *vh_size_text(uint64_t kib, enum vh_unit unit) VH_CHECK;

#endif
