/* SPDX-License-Identifier: GPL-2.0-or-later */
/* printable - text from outside made safe to show: whatever could steer a terminal becomes \xHH. */
#include "lib/base/printable.h"

#include "lib/base/banned.h"

char *vh_printable(const char *s, size_t max)
{
	struct vh_strbuf sb = { 0 };

	for (size_t i = 0; s[i]; i++) {
		unsigned char c = s[i];

		if (i == max) {
			vh_strbuf_add(&sb, "...");
			break;
		}
		if (c < 0x20 || c == 0x7f || c == '\\')
			vh_strbuf_addf(&sb, "\\x%02x", c);
		else
			vh_strbuf_add_mem(&sb, &s[i], 1);
	}
	return vh_strbuf_steal(&sb);
}

/* --- UTF-8 -------------------------------------------------------------------------------- */

/* Of the character that begins with this byte; 0: none does. */
static size_t length(unsigned char first)
{
	static const struct {
		unsigned char below;
		size_t n;
	} ranges[] = { { 0x80, 1 }, { 0xc2, 0 }, { 0xe0, 2 }, { 0xf0, 3 }, { 0xf5, 4 } };

	for (size_t i = 0; i < VH_COUNT(ranges); i++)
		if (first < ranges[i].below)
			return ranges[i].n;
	return 0;
}

/* Decodes one character of UTF-8. Returns its length in bytes, 0 when it is none. */
static size_t decode(const unsigned char *s, uint32_t *ret)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = length(s[0]);
	uint32_t c;

	if (n <= 1) {
		*ret = s[0];
		return n;
	}
	c = s[0] & (0xffu >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*ret = c;
	return n;
}

static bool steers(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x200e || c == 0x200f ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

size_t vh_printable_length(const char *s)
{
	uint32_t c;
	size_t n = decode((const unsigned char *)s, &c);

	return n && !steers(c) ? n : 0;
}

static char *clean(const char *s, bool keep_controls)
{
	struct vh_strbuf sb = { 0 };

	while (*s) {
		uint32_t c;
		size_t n = 0;
		bool keep;

		while (s[n] >= 0x20 && s[n] < 0x7f) /* nearly all there is, hence at once */
			n++;
		if (n) {
			vh_strbuf_add_mem(&sb, s, n);
			s += n;
			continue;
		}
		n = decode((const unsigned char *)s, &c);
		keep = n && (keep_controls || !steers(c));
		if (!n)
			n = 1;
		if (keep)
			vh_strbuf_add_mem(&sb, s, n);
		for (size_t i = 0; !keep && i < n; i++)
			vh_strbuf_addf(&sb, "\\x%02x", (unsigned char)s[i]);
		s += n;
	}
	return vh_strbuf_steal(&sb);
}

char *vh_printable_line(const char *s)
{
	return clean(s, false);
}

char *vh_printable_utf8(const char *s)
{
	return clean(s, true);
}

void vh_printable_undo(char *s)
{
	char *to = s;

	for (const char *p = s; *p; p++) {
		char hex[3] = { 0 };
		uint64_t c;

		if (p[0] == '\\' && p[1] == 'x')
			memcpy(hex, p + 2, strnlen(p + 2, 2));
		if (hex[1] && vh_parse_uint(hex, 16, 255, &c) == 0 && c) {
			*to++ = (char)c;
			p += 3;
		} else {
			*to++ = *p;
		}
	}
	*to = 0;
}
