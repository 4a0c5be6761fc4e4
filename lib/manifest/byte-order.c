/* SPDX-License-Identifier: GPL-2.0-or-later */
/* byte-order - see byte-order.h. */
#include "lib/manifest/byte-order.h"

#include <endian.h>

#include "lib/base/banned.h"

#define DIGITS 8 /* of an IPv4 address */
#define Z "IBM/S390"

/* Of the machines that ran version 1 IBM Z alone was big-endian. */
static bool was_big(const struct vh_manifest *m)
{
	for (size_t i = 0; i < m->n_entries; i++) {
		const struct vh_manifest_entry *e = &m->entries[i];

		if (e->type == 'f' && !strcmp(e->path, "proc/cpuinfo"))
			return memmem(e->text, e->len, Z, strlen(Z));
	}
	return false;
}

static void turn(char *digits)
{
	for (size_t i = 0; i < DIGITS / 2; i += 2) {
		char pair[2] = { digits[i], digits[i + 1] };
		char *other = digits + DIGITS - 2 - i;

		memcpy(digits + i, other, 2);
		memcpy(other, pair, 2);
	}
}

static bool is_hex(char c)
{
	return strchr("0123456789abcdefABCDEF", c) && c;
}

/* Destination, gateway and mask are the only words of eight digits. The text has no end but `len`. */
static void turn_routes(char *text, size_t len)
{
	for (size_t i = 0, n; i < len; i += n + 1) {
		bool hex = true;

		for (n = 0; i + n < len && text[i + n] != '\t' && text[i + n] != '\n' &&
			    text[i + n] != ' ';
		     n++)
			hex = hex && is_hex(text[i + n]);
		if (hex && n == DIGITS)
			turn(text + i);
	}
}

void vh_byte_order_settle(struct vh_manifest *m, unsigned int version)
{
	bool big = version == 1 && was_big(m);

	if (big == (__BYTE_ORDER == __BIG_ENDIAN))
		return;
	for (size_t i = 0; i < m->n_entries; i++)
		if (m->entries[i].type == 'f' && !strcmp(m->entries[i].path, "proc/net/route"))
			turn_routes(m->entries[i].text, m->entries[i].len);
}
