/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bits - sets of processors and NUMA nodes: the lists of a domain XML (virBitmapParse() of
 * libvirt's util/virbitmap.c), of which those that the kernel prints (%*pbl, "0-3,8") are a part.
 */
#include "lib/base/bits.h"

#include "lib/base/strbuf.h"

#include "lib/base/banned.h"

static const char *skip_blanks(const char *p)
{
	return p + strspn(p, " \t\r\n\f");
}

/* The number at *p, which moves behind it and the blanks that follow. 0 or -1. */
static int take_number(const char **p, size_t limit, uint64_t *ret)
{
	size_t n = strspn(*p, "0123456789");
	_auto_free_ char *digits = vh_strndup(*p, n);

	*p = skip_blanks(*p + n);
	return vh_parse_uint(digits, 10, limit - 1, ret);
}

int vh_bits_parse(struct vh_bits *ret, const char *list, size_t limit)
{
	const char *p = skip_blanks(list);
	struct vh_bits b = { 0 };

	while (*p) {
		bool without = *p == '^';
		uint64_t from, to;

		p += without;
		if (take_number(&p, limit, &from) < 0)
			return -1;
		to = from;
		if (*p == '-') {
			p = skip_blanks(p + 1);
			if (without || take_number(&p, limit, &to) < 0 || to < from)
				return -1;
		}
		for (uint64_t n = from; n <= to && !without; n++)
			vh_bits_add(&b, n);
		if (without)
			b.word[from / 64] &= ~(UINT64_C(1) << from % 64);
		if (*p && *p++ != ',')
			return -1;
		p = skip_blanks(p);
	}
	if (!vh_bits_count(&b))
		return -1;
	*ret = b;
	return 0;
}

bool vh_bits_meet(const struct vh_bits *a, const struct vh_bits *b)
{
	for (size_t i = 0; i < VH_COUNT(a->word); i++)
		if (a->word[i] & b->word[i])
			return true;
	return false;
}

bool vh_bits_is_within(const struct vh_bits *inner, const struct vh_bits *outer)
{
	for (size_t i = 0; i < VH_COUNT(inner->word); i++)
		if (inner->word[i] & ~outer->word[i])
			return false;
	return true;
}

size_t vh_bits_count(const struct vh_bits *b)
{
	size_t n = 0;

	for (size_t i = 0; i < VH_COUNT(b->word); i++)
		n += (size_t)__builtin_popcountll(b->word[i]);
	return n;
}

char *vh_bits_text(const struct vh_bits *b)
{
	struct vh_strbuf sb = { 0 };

	for (uint64_t i = 0; i < VH_BITS_MAX; i++) {
		uint64_t last = i;
		_auto_free_ char *range = NULL;

		if (!vh_bits_has(b, i))
			continue;
		while (vh_bits_has(b, last + 1))
			last++;
		range = last > i ? vh_printf("%d-%d", (int)i, (int)last) : vh_printf("%d", (int)i);
		vh_strbuf_join(&sb, ",", range);
		i = last;
	}
	return vh_strbuf_steal(&sb);
}
