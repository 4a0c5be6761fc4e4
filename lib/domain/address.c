/* SPDX-License-Identifier: GPL-2.0-or-later */
/* address - see address.h. */
#include "lib/domain/address.h"

#include <ctype.h>

#include "lib/base/printable.h"
#include "lib/base/strbuf.h"
#include "lib/xml/xml.h"

#include "lib/base/banned.h"

const char *vh_address_element_str(enum vh_element e)
{
	static const char *const names[] = { "hostdev", "interface", "disk" };

	return names[e];
}

/* A number as libvirt reads it: strtoul() takes leading blanks and one plus sign, libvirt
 * then refuses a minus and anything that follows (virStrToLong_uip()). */
int vh_address_uint(const char *s, int base, uint64_t *ret)
{
	while (isspace((unsigned char)*s))
		s++;
	if (*s == '+')
		s++;
	return vh_parse_uint(s, base, UINT64_MAX, ret);
}

static const struct part {
	const char *name;
	uint32_t max;
	const char *max_text;
} parts[] = {
	{ "domain", 0xffffffff, "0xffffffff" },
	{ "bus", 0xff, "0xff" },
	{ "slot", 0x1f, "0x1f" },
	{ "function", 7, "7" },
};

static struct vh_pci_addr make_addr(const uint32_t v[4])
{
	return (struct vh_pci_addr){ v[0], (uint8_t)v[1], (uint8_t)v[2], (uint8_t)v[3] };
}

bool vh_address_is_whole(const xmlNode *node, struct vh_pci_addr *ret)
{
	uint32_t v[4];
	uint64_t n;

	for (size_t i = 0; i < VH_COUNT(parts); i++) {
		const char *text = vh_xml_attr(node, parts[i].name);

		if (!text || vh_parse_uint(text, 0, parts[i].max, &n) < 0)
			return false;
		v[i] = (uint32_t)n;
	}
	*ret = make_addr(v);
	return true;
}

/* isspace() of the C locale */
#define BLANKS " \t\n\v\f\r"

static bool has_0x(const char *s)
{
	return s[0] == '0' && (s[1] == 'x' || s[1] == 'X');
}

/* Reads hex digits, with or without 0x and blanks around them, up to a character of `ends`
 * or the end of the string. */
static int hex_number(const char **p, const char *ends, uint32_t max, uint32_t *ret)
{
	const char *s = *p + strspn(*p, BLANKS);
	_auto_free_ char *digits = NULL;
	uint64_t v;
	size_t n;

	if (has_0x(s))
		s += 2;
	n = strspn(s, "0123456789abcdefABCDEF");
	digits = vh_strndup(s, n);
	if (vh_parse_uint(digits, 16, max, &v) < 0)
		return -1;
	s += n;
	s += strspn(s, BLANKS);
	if (*s && !strchr(ends, *s))
		return -1;
	*p = *s ? s + 1 : s;
	*ret = (uint32_t)v;
	return 0;
}

/* A whole address in one attribute: 0000:03:00.0, 03:00.0, 0001:000:000:0. */
static int guess_whole(const char *value, uint32_t v[4])
{
	size_t fields = 1, at = 0;

	for (const char *p = value; (p = strpbrk(p, ":.")); p++)
		fields++;
	if (fields != 3 && fields != 4)
		return -1;
	v[0] = 0;
	for (at = 4 - fields; at < 4; at++)
		if (hex_number(&value, at < 3 ? ":." : "", parts[at].max, &v[at]) < 0)
			return -1;
	return 0;
}

/* All parts read as hex, which is how everything but libvirt's XML writes them. */
static int read_as_hex(const char *const value[4], uint32_t v[4])
{
	for (size_t i = 0; i < 4; i++) {
		const char *p = value[i] ? value[i] : "0";

		if (hex_number(&p, "", parts[i].max, &v[i]) < 0)
			return -1;
	}
	return 0;
}

static char *guess(const char *const value[4])
{
	struct vh_pci_addr addr;
	uint32_t v[4];
	bool found = false;

	for (size_t i = 0; i < 4 && !found; i++)
		found = value[i] && guess_whole(value[i], v) == 0;
	if (!found && read_as_hex(value, v) < 0)
		return NULL;
	addr = make_addr(v);
	return vh_strdup(vh_pci_str(&addr).s);
}

char *vh_address_meant(const char *text)
{
	struct vh_pci_addr addr;
	uint32_t v[4];

	if (guess_whole(text, v) < 0)
		return NULL;
	addr = make_addr(v);
	return vh_strdup(vh_pci_str(&addr).s);
}

/* The part as libvirt reads it, or a phrase that says why it is none. */
static char *read_part(const struct part *part, const char *value, uint32_t *ret)
{
	_auto_free_ char *shown = vh_printable(value, VH_VALUE_MAX);
	uint64_t v;

	if (vh_address_uint(value, 0, &v) < 0)
		return vh_printf("%s '%s' is not a number that libvirt reads", part->name, shown);
	if (v > part->max)
		return vh_printf("%s '%s' is above %s", part->name, shown, part->max_text);
	*ret = (uint32_t)v;
	return NULL;
}

bool vh_address_is_decimal(const char *value)
{
	const char *s = value + strspn(value, BLANKS "+0");

	return strlen(s) > 1 && !strpbrk(s, "xX");
}

/* virPCIDeviceAddressParseXML(), but keeps what it refuses. */
void vh_address_read(struct vh_hostdev *dev, const xmlNode *node)
{
	_auto_strbuf_ struct vh_strbuf written = { 0 };
	const char *value[4];
	uint32_t v[4] = { 0 }, hex[4];
	bool hex_fits;

	for (size_t i = 0; i < 4; i++) {
		_auto_free_ char *shown = NULL;
		char *problem = NULL;

		value[i] = vh_xml_attr(node, parts[i].name);
		if (!value[i])
			continue;
		shown = vh_printable(value[i], VH_VALUE_MAX);
		vh_strbuf_join(&written, " ", parts[i].name);
		vh_strbuf_addf(&written, "='%s'", shown);
		problem = read_part(&parts[i], value[i], &v[i]);
		if (dev->problem)
			free(problem);
		else
			dev->problem = problem;
	}
	free(dev->written);
	dev->written = vh_strbuf_steal(&written);
	if (dev->problem) {
		dev->meant = guess(value);
		return;
	}
	dev->addr = make_addr(v);
	hex_fits = read_as_hex(value, hex) == 0;
	for (size_t i = 0; i < 4; i++)
		if (value[i] && vh_address_is_decimal(value[i]))
			dev->decimal = true;
	dev->hex_valid = dev->decimal && hex_fits;
	if (dev->hex_valid)
		dev->hex = make_addr(hex);
}

bool vh_address_of_running(const xmlNode *device, struct vh_pci_addr *ret)
{
	const xmlNode *actual = vh_xml_child(device, "actual"); /* given by a network */
	const xmlNode *source = vh_xml_child(actual ? actual : device, "source");

	return vh_address_is_whole(vh_xml_child(source, "address"), ret);
}
