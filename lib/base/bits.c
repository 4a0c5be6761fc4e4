/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bits - see bits.h. */
#include "lib/base/bits.h"

#include "lib/base/banned.h"

#define BLANKS " \t\r\n"

static int parse_one(struct vh_bits *b, char *part)
{
	bool off = *part == '^';
	char *last = part + off, *first;
	uint64_t from, to;

	first = strsep(&last, "-");
	if (vh_parse_uint(first, 10, VH_BITS_MAX - 1, &from) < 0)
		return -1;
	to = from;
	if (last && (off || vh_parse_uint(last, 10, VH_BITS_MAX - 1, &to) < 0 || to < from))
		return -1;
	for (uint64_t n = from; n <= to; n++) {
		if (off)
			b->word[n / 64] &= ~(UINT64_C(1) << n % 64);
		else
			vh_bits_add(b, (unsigned int)n);
	}
	return 0;
}

int vh_bits_parse(struct vh_bits *ret, const char *list)
{
	_auto_free_ char *copy = vh_strdup(list);
	char *rest = copy, *part;
	struct vh_bits b = { 0 };

	while ((part = strsep(&rest, ","))) {
		part += strspn(part, BLANKS);
		part[strcspn(part, BLANKS)] = 0;
		if (parse_one(&b, part) < 0)
			return -1;
	}
	*ret = b;
	return 0;
}
