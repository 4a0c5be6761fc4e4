/* SPDX-License-Identifier: GPL-2.0-or-later */
/* size - amounts of memory in KiB: sums that do not wrap, and how they are written. */
#include "lib/base/size.h"

#include "lib/base/banned.h"

uint64_t vh_size_add(uint64_t a, uint64_t b)
{
	uint64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

uint64_t vh_size_mul(uint64_t a, uint64_t b)
{
	uint64_t product;

	return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

char *vh_size_text(uint64_t kib, enum vh_unit unit)
{
	uint64_t tenths = kib / GIB * 10 + (kib % GIB * 10 + GIB / 2) / GIB;
	uint64_t least = unit == VH_TENTHS ? GIB / 10 : GIB;

	if (kib < MIB)
		return vh_printf("%llu KiB", (unsigned long long)kib);
	if (kib < least || (unit == VH_EXACT && kib % GIB))
		return vh_printf("%llu MiB", (unsigned long long)(kib / MIB));
	if (tenths % 10)
		return vh_printf("%llu.%llu GiB", (unsigned long long)(tenths / 10),
				 (unsigned long long)(tenths % 10));
	return vh_printf("%llu GiB", (unsigned long long)(tenths / 10));
}
