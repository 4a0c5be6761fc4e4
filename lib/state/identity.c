/* SPDX-License-Identifier: GPL-2.0-or-later */
/* identity - see identity.h. The parser takes what the formatter writes, and nothing else. */
#include "lib/state/identity.h"

#include "lib/base/printable.h"
#include "lib/base/uuid.h"
#include "lib/state/lines.h"

#include "lib/base/banned.h"

#define MAGIC "vfio-hook-devices"
#define NAME_MAX_SHOWN 256

struct vh_identity *vh_identity_new(const char *uuid, const char *name)
{
	struct vh_identity *i = vh_alloc(sizeof(*i));

	i->uuid = vh_strdup(uuid);
	i->name = vh_printable(name, NAME_MAX_SHOWN);
	return i;
}

void vh_identity_free(struct vh_identity *i)
{
	if (!i)
		return;
	free(i->uuid);
	free(i->name);
	free(i->devs);
	free(i->members);
	free(i);
}

static int by_addr(const void *a, const void *b)
{
	const struct vh_sighting *x = a, *y = b;

	return vh_pci_cmp(&x->addr, &y->addr);
}

static struct vh_sighting *find(const struct vh_identity *i, const struct vh_pci_addr *addr)
{
	struct vh_sighting key = { .addr = *addr };

	return i->count ? bsearch(&key, i->devs, i->count, sizeof(key), by_addr) : NULL;
}

const struct vh_sighting *vh_identity_find(const struct vh_identity *i,
					   const struct vh_pci_addr *addr)
{
	return find(i, addr);
}

void vh_identity_put(struct vh_identity *i, const struct vh_sighting *s)
{
	struct vh_sighting *there = find(i, &s->addr);

	if (there) {
		*there = *s;
		return;
	}
	if (i->count == VH_IDENTITY_MAX)
		return;
	*VH_APPEND(i->devs, i->count) = *s;
	if (i->count > 1 && by_addr(&i->devs[i->count - 2], s) > 0)
		qsort(i->devs, i->count, sizeof(*s), by_addr);
}

static int by_place(const void *a, const void *b)
{
	return vh_pci_cmp(a, b);
}

bool vh_identity_has_member(const struct vh_identity *i, const struct vh_pci_addr *addr)
{
	return i->n_members &&
	       bsearch(addr, i->members, i->n_members, sizeof(*addr), by_place) != NULL;
}

void vh_identity_put_member(struct vh_identity *i, const struct vh_pci_addr *addr)
{
	if (i->n_members == VH_IDENTITY_MAX || vh_identity_has_member(i, addr))
		return;
	*VH_APPEND(i->members, i->n_members) = *addr;
	qsort(i->members, i->n_members, sizeof(*addr), by_place);
}

char *vh_identity_format(const struct vh_identity *i)
{
	struct vh_strbuf sb = { 0 };

	/* what older versions can read stays as they write it */
	vh_strbuf_addf(&sb, MAGIC " %d\ndomain %s\n", i->n_members ? VH_IDENTITY_VERSION : 1,
		       i->uuid);
	vh_lines_add(&sb, "name", i->name);
	for (size_t n = 0; n < i->count; n++) {
		const struct vh_sighting *s = &i->devs[n];

		vh_strbuf_addf(&sb, "device %s %04x:%04x sub=%04x:%04x class=%06x\n",
			       vh_pci_str(&s->addr).s, s->id.vendor, s->id.device,
			       s->subsystem.vendor, s->subsystem.device, s->class);
	}
	for (size_t n = 0; n < i->n_members; n++)
		vh_strbuf_addf(&sb, "member %s\n", vh_pci_str(&i->members[n]).s);
	vh_strbuf_add(&sb, "end\n");
	return vh_strbuf_steal(&sb);
}

/* --- reading ---------------------------------------------------------------------------------- */

/* What follows `key` in the next word. */
static const char *word_after(char **rest, const char *key)
{
	const char *word = strsep(rest, " ");

	return word && vh_has_prefix(word, key) ? word + strlen(key) : "";
}

static int read_device(struct vh_lines *l, char *text, struct vh_identity *i)
{
	struct vh_sighting s = { 0 };
	uint64_t class;

	if (i->count == VH_IDENTITY_MAX)
		return vh_lines_bad(l, "too many devices");
	if (vh_pci_parse(word_after(&text, ""), &s.addr) < 0)
		return vh_lines_bad(l, "no PCI address");
	if (i->count && vh_pci_cmp(&i->devs[i->count - 1].addr, &s.addr) >= 0)
		return vh_lines_bad(l, "devices out of order");
	if (vh_pci_id_parse(word_after(&text, ""), &s.id) < 0 ||
	    vh_pci_id_parse(word_after(&text, "sub="), &s.subsystem) < 0)
		return vh_lines_bad(l, "no ids of device and subsystem");
	if (vh_parse_uint(word_after(&text, "class="), 16, 0xffffff, &class) < 0)
		return vh_lines_bad(l, "no class");
	if (text)
		return vh_lines_bad(l, "unexpected words at the end");
	s.class = (uint32_t) class;
	vh_identity_put(i, &s);
	return 0;
}

static int read_member(struct vh_lines *l, const char *text, struct vh_identity *i)
{
	struct vh_pci_addr addr;

	if (i->n_members == VH_IDENTITY_MAX)
		return vh_lines_bad(l, "too many members");
	if (vh_pci_parse(text, &addr) < 0)
		return vh_lines_bad(l, "no PCI address");
	if (i->n_members && vh_pci_cmp(&i->members[i->n_members - 1], &addr) >= 0)
		return vh_lines_bad(l, "members out of order");
	*VH_APPEND(i->members, i->n_members) = addr;
	return 0;
}

static int read_head(struct vh_lines *l, struct vh_identity *i)
{
	const char *word = vh_lines_next(l, MAGIC);
	uint64_t version;
	char uuid[37];

	if (!word)
		return -1;
	if (vh_parse_uint(word, 10, INT32_MAX, &version) < 0 || version == 0)
		return vh_lines_bad(l, "no version");
	if (version > VH_IDENTITY_VERSION)
		return vh_fail(l->err, VH_E_INPUT, 0, NULL,
			       "written by a newer vfio-hook (version %llu)",
			       (unsigned long long)version);
	word = vh_lines_next(l, "domain");
	if (!word)
		return -1;
	if (vh_uuid_parse(word, uuid) < 0 || strcmp(word, uuid))
		return vh_lines_bad(l, "no UUID");
	i->uuid = vh_strdup(word);
	i->name = vh_strdup(vh_lines_next(l, "name"));
	return i->name ? 0 : -1;
}

static int read_identity(struct vh_lines *l, struct vh_identity *i)
{
	if (read_head(l, i) < 0)
		return -1;
	while (vh_lines_has(l, "device")) {
		char *text = vh_lines_next(l, "device");

		if (!text || read_device(l, text, i) < 0)
			return -1;
	}
	while (vh_lines_has(l, "member")) {
		char *text = vh_lines_next(l, "member");

		if (!text || read_member(l, text, i) < 0)
			return -1;
	}
	return vh_lines_end(l);
}

struct vh_identity *vh_identity_parse(const char *text, size_t len, struct vh_error *err)
{
	_auto_(vh_identity) struct vh_identity *i = vh_alloc(sizeof(*i));
	_auto_lines_ struct vh_lines lines = { 0 };
	_auto_free_ char *canonical = NULL;

	if (vh_lines_open(&lines, text, len, err) < 0 || read_identity(&lines, i) < 0)
		return NULL;
	canonical = vh_identity_format(i);
	return vh_lines_compare(&lines, canonical) < 0 ? NULL : VH_STEAL(i);
}
