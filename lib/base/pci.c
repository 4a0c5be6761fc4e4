/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pci - see pci.h. */
#include "lib/base/pci.h"

#include <ctype.h>

#include "lib/base/banned.h"

struct vh_pci_name vh_pci_str(const struct vh_pci_addr *a)
{
	struct vh_pci_name n;

	snprintf(n.s, sizeof(n.s), "%04x:%02x:%02x.%x", a->domain, a->bus, a->slot, a->function);
	return n;
}

struct vh_pci_name vh_pci_nodedev(const struct vh_pci_addr *a)
{
	struct vh_pci_name name;

	snprintf(name.s, sizeof(name.s), "pci_%04x_%02x_%02x_%u", a->domain, a->bus, a->slot,
		 a->function);
	return name;
}

/* Reads `min` to `max` lower-case hex digits at *p and then the character `end`. */
static int field(const char **p, int min, int max, char end, uint32_t *ret)
{
	const char *s = *p;
	uint32_t v = 0;
	int n = 0;

	for (; isdigit((unsigned char)*s) || (*s >= 'a' && *s <= 'f'); s++, n++) {
		if (n == max)
			return -1;
		v = v << 4 | (uint32_t)(isdigit((unsigned char)*s) ? *s - '0' : *s - 'a' + 10);
	}
	if (n < min || *s != end)
		return -1;
	*p = end ? s + 1 : s;
	*ret = v;
	return 0;
}

int vh_pci_parse(const char *s, struct vh_pci_addr *ret)
{
	/* more digits than four only where they are needed */
	bool padded = *s == '0' && strcspn(s, ":") > 4;
	uint32_t domain, bus, slot, function;

	if (field(&s, 4, 8, ':', &domain) || field(&s, 2, 2, ':', &bus) ||
	    field(&s, 2, 2, '.', &slot) || field(&s, 1, 1, 0, &function) || slot > 31 || function > 7 ||
	    padded)
		return -1;
	*ret = (struct vh_pci_addr){ domain, bus, slot, function };
	return 0;
}

int vh_pci_parse_loose(const char *s, struct vh_pci_addr *ret)
{
	struct vh_pci_addr a;
	char buf[32] = "0000:";
	bool virsh = vh_has_prefix(s, "pci_");
	const char *text;
	size_t at = 0;

	if (strlen(s) > sizeof(buf) - 6)
		return -1;
	if (virsh)
		s += 4;
	else if (strchr(s, ':') && strchr(s, ':') == strrchr(s, ':'))
		at = 5; /* no domain: keep the "0000:" */
	for (size_t i = 0; i == 0 || s[i - 1]; i++)
		buf[at + i] = (char)tolower((unsigned char)s[i]);
	if (virsh) {
		char *last = strrchr(buf, '_');

		for (char *p = buf; *p; p++)
			if (*p == '_')
				*p = p == last ? '.' : ':';
	}
	for (text = buf; *text == '0' && strcspn(text, ":") > 4;)
		text++;
	if (vh_pci_parse(text, &a) < 0)
		return -1;
	*ret = a;
	return 0;
}

int vh_pci_id_parse(const char *s, struct vh_pci_id *ret)
{
	char buf[sizeof("8086:10d3")];
	const char *p = buf;
	uint32_t vendor, device;

	if (strlen(s) != sizeof(buf) - 1)
		return -1;
	for (size_t i = 0; i < sizeof(buf); i++)
		buf[i] = (char)tolower((unsigned char)s[i]);
	if (field(&p, 4, 4, ':', &vendor) < 0 || field(&p, 4, 4, 0, &device) < 0)
		return -1;
	*ret = (struct vh_pci_id){ (uint16_t)vendor, (uint16_t)device };
	return 0;
}

int vh_pci_cmp(const struct vh_pci_addr *a, const struct vh_pci_addr *b)
{
	if (a->domain != b->domain)
		return a->domain < b->domain ? -1 : 1;
	if (a->bus != b->bus)
		return a->bus < b->bus ? -1 : 1;
	if (a->slot != b->slot)
		return a->slot < b->slot ? -1 : 1;
	return (int)a->function - (int)b->function;
}

int vh_pci_id_cmp(const struct vh_pci_id *a, const struct vh_pci_id *b)
{
	if (a->vendor != b->vendor)
		return a->vendor < b->vendor ? -1 : 1;
	return (int)a->device - (int)b->device;
}

bool vh_pci_same_slot(const struct vh_pci_addr *a, const struct vh_pci_addr *b)
{
	return a->domain == b->domain && a->bus == b->bus && a->slot == b->slot;
}

bool vh_pci_is_same_make(const struct vh_sighting *a, const struct vh_sighting *b)
{
	return !vh_pci_id_cmp(&a->id, &b->id) && !vh_pci_id_cmp(&a->subsystem, &b->subsystem);
}

bool vh_pci_is_same_class(const struct vh_sighting *a, const struct vh_sighting *b)
{
	return VH_PCI_CLASS(a->class) == VH_PCI_CLASS(b->class);
}
