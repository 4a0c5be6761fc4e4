/* SPDX-License-Identifier: GPL-2.0-or-later */
/* parse - the lines of a manifest, one at a time: what a function or a file of it is to be. */
#include "lib/manifest/parse.h"

#include <ctype.h>
#include <stdarg.h>

#include "lib/manifest/manifest.h"

#include "lib/base/banned.h"

#define NAME_CHARS \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-."

int vh_parse_bad(const struct vh_manifest *m, int line, const char *fmt, ...)
{
	_auto_free_ char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = vh_vprintf(fmt, ap);
	va_end(ap);
	return vh_fail(m->err, VH_E_INPUT, 0, NULL, "%s line %d: %s", m->name, line,
		       text);
}

static size_t slot_of(const struct vh_manifest *m, const struct vh_pci_addr *addr, bool *found)
{
	size_t low = 0, high = m->n_pci;

	*found = false;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = vh_pci_cmp(addr, &m->pci[mid]->addr);

		if (!c)
			*found = true;
		if (c <= 0)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

struct vh_manifest_pci *vh_parse_find(const struct vh_manifest *m, const struct vh_pci_addr *addr)
{
	bool found;
	size_t i = slot_of(m, addr, &found);

	return found ? m->pci[i] : NULL;
}

/* One or more name characters, neither "." nor "..", short enough for a file name. */
bool vh_parse_is_name(const char *s)
{
	return *s && strlen(s) <= 64 && strspn(s, NAME_CHARS) == strlen(s) && *s != '.';
}

static bool is_name_list(const char *s)
{
	_auto_free_ char *copy = vh_strdup(s);
	char *rest = copy, *name;

	while ((name = strsep(&rest, ",")))
		if (!vh_parse_is_name(name))
			return false;
	return true;
}

static int hex_pair(const char *s, uint16_t *a, uint16_t *b)
{
	char left[5], right[5];
	uint64_t l, r;

	if (strlen(s) != 9 || s[4] != ':')
		return -1;
	memcpy(left, s, 4);
	memcpy(right, s + 5, 4);
	left[4] = right[4] = '\0';
	if (vh_parse_uint(left, 16, 0xffff, &l) < 0 || vh_parse_uint(right, 16, 0xffff, &r) < 0)
		return -1;
	*a = (uint16_t)l;
	*b = (uint16_t)r;
	return 0;
}

static int hex_value(const char *s, size_t digits, uint64_t *ret)
{
	return strlen(s) == digits ? vh_parse_uint(s, 16, UINT32_MAX, ret) : -1;
}

static int number(const char *s, uint64_t max, int *ret)
{
	uint64_t v;

	if (vh_parse_uint(s, 10, max, &v) < 0)
		return -1;
	*ret = (int)v;
	return 0;
}

static int text_value(char **field, const char *value, bool valid)
{
	if (!valid)
		return -1;
	*field = vh_strdup(value);
	return 0;
}

static int set_class(struct vh_manifest_pci *p, const char *v)
{
	uint64_t n;

	if (hex_value(v, 6, &n) < 0)
		return -1;
	p->class = (uint32_t)n;
	return 0;
}

static int set_byte(int *field, const char *v)
{
	uint64_t n;

	if (hex_value(v, 2, &n) < 0)
		return -1;
	*field = (int)n;
	return 0;
}

static int set_id(struct vh_manifest_pci *p, const char *v)
{
	return hex_pair(v, &p->vendor, &p->device);
}

static int set_sub(struct vh_manifest_pci *p, const char *v)
{
	return hex_pair(v, &p->subvendor, &p->subdevice);
}

static int set_rev(struct vh_manifest_pci *p, const char *v)
{
	return set_byte(&p->revision, v);
}

static int set_header(struct vh_manifest_pci *p, const char *v)
{
	return set_byte(&p->header, v);
}

static int set_group(struct vh_manifest_pci *p, const char *v)
{
	return number(v, 99999, &p->group);
}

static int set_totalvfs(struct vh_manifest_pci *p, const char *v)
{
	return number(v, 65535, &p->totalvfs);
}

static int set_numvfs(struct vh_manifest_pci *p, const char *v)
{
	return number(v, 65535, &p->numvfs);
}

static int set_vga(struct vh_manifest_pci *p, const char *v)
{
	return number(v, 1, &p->vga);
}

static int set_dead(struct vh_manifest_pci *p, const char *v)
{
	return number(v, 1, &p->dead);
}

static int set_bare(struct vh_manifest_pci *p, const char *v)
{
	return number(v, 1, &p->bare);
}

static int set_driver(struct vh_manifest_pci *p, const char *v)
{
	return text_value(&p->driver, v, vh_parse_is_name(v));
}

static int set_probes(struct vh_manifest_pci *p, const char *v)
{
	return text_value(&p->probes, v, is_name_list(v));
}

static int set_override(struct vh_manifest_pci *p, const char *v)
{
	return text_value(&p->override, v, vh_parse_is_name(v));
}

/* Ids of two or four hexadecimal digits, or "?" */
static bool is_cap_list(const char *s)
{
	_auto_free_ char *copy = vh_strdup(s);
	char *rest = copy, *id;
	int count[2] = { 0 };
	uint64_t n;

	if (!strcmp(s, "?"))
		return true;
	while ((id = strsep(&rest, ","))) {
		bool extended = strlen(id) == 4;

		if (hex_value(id, extended ? 4 : 2, &n) < 0 ||
		    ++count[extended] > VH_MANIFEST_CAPS)
			return false;
	}
	return true;
}

static int set_caps(struct vh_manifest_pci *p, const char *v)
{
	return text_value(&p->caps, v, is_cap_list(v));
}

static int set_parent(struct vh_manifest_pci *p, const char *v)
{
	p->has_parent = true;
	return vh_pci_parse(v, &p->parent);
}

static int set_physfn(struct vh_manifest_pci *p, const char *v)
{
	p->has_physfn = true;
	return vh_pci_parse(v, &p->physfn);
}

static const struct {
	const char *key;
	int (*set)(struct vh_manifest_pci *p, const char *value);
	bool required;
} keys[] = {
	{ "class", set_class, true },
	{ "id", set_id, true },
	{ "sub", set_sub, false },
	{ "rev", set_rev, false },
	{ "group", set_group, false },
	{ "driver", set_driver, false },
	{ "probes", set_probes, false },
	{ "parent", set_parent, false },
	{ "override", set_override, false },
	{ "header", set_header, false },
	{ "physfn", set_physfn, false },
	{ "totalvfs", set_totalvfs, false },
	{ "numvfs", set_numvfs, false },
	{ "vga", set_vga, false },
	{ "dead", set_dead, false },
	{ "caps", set_caps, false },
	{ "bare", set_bare, false },
};

static int parse_key(const struct vh_manifest *m, int line, struct vh_manifest_pci *p, char *word,
		     unsigned int *seen)
{
	char *value = strchr(word, '=');

	if (!value)
		return vh_parse_bad(m, line, "'%s' is not KEY=VALUE", word);
	*value++ = '\0';
	for (size_t i = 0; i < VH_COUNT(keys); i++) {
		if (strcmp(keys[i].key, word) != 0)
			continue;
		if (*seen & 1u << i)
			return vh_parse_bad(m, line, "'%s' is given twice", word);
		*seen |= 1u << i;
		if (keys[i].set(p, value) < 0)
			return vh_parse_bad(m, line, "%s='%s' is not valid", word, value);
		return 0;
	}
	return vh_parse_bad(m, line, "unknown key '%s'", word);
}

/* Where the function stands in sys/devices. A function below a bridge of another domain has
 * a host bridge of its own in between (VMD). */
static int place(const struct vh_manifest *m, int line, struct vh_manifest_pci *p)
{
	const struct vh_manifest_pci *above = NULL;
	_auto_free_ char *bus = NULL;

	if (p->has_physfn) {
		const struct vh_manifest_pci *pf = vh_parse_find(m, &p->physfn);

		if (!pf)
			return vh_parse_bad(m, line, "physfn is not on an earlier line");
		if (!p->has_parent && pf->has_parent) {
			p->has_parent = true;
			p->parent = pf->parent;
		}
	}
	if (p->has_parent) {
		above = vh_parse_find(m, &p->parent);
		if (!above)
			return vh_parse_bad(m, line, "parent is not on an earlier line");
	}
	if (!above || above->addr.domain != p->addr.domain)
		bus = vh_printf("/pci%04x:%02x", p->addr.domain, p->addr.bus);
	p->path = vh_printf("%s%s/%s", above ? above->path : "sys/devices", bus ? bus : "",
			    vh_pci_str(&p->addr).s);
	if (strlen(p->path) > VH_MANIFEST_PATH)
		return vh_parse_bad(m, line, "too many bridges above it");
	return 0;
}

static int parse_pci(struct vh_manifest *m, int line, char *rest)
{
	struct vh_manifest_pci *p = vh_alloc(sizeof(*p));
	char *word = strsep(&rest, " ");
	unsigned int seen = 0;
	bool found;
	size_t at;

	*VH_APPEND(m->owned, m->n_owned) = p;
	p->line = line;
	p->group = p->header = -1;
	if (!word || vh_pci_parse(word, &p->addr) < 0)
		return vh_parse_bad(m, line, "'%s' is not a PCI address", word ? word : "");
	while ((word = strsep(&rest, " ")))
		if (*word && parse_key(m, line, p, word, &seen) < 0)
			return -1;
	for (size_t i = 0; i < VH_COUNT(keys); i++)
		if (keys[i].required && !(seen & 1u << i))
			return vh_parse_bad(m, line, "'%s' is missing", keys[i].key);
	if (p->numvfs > p->totalvfs)
		return vh_parse_bad(m, line, "more VFs than it can have");
	at = slot_of(m, &p->addr, &found);
	if (found)
		return vh_parse_bad(m, line, "this address stands on line %d already",
				    m->pci[at]->line);
	if (place(m, line, p) < 0)
		return -1;
	(void)VH_APPEND(m->pci, m->n_pci);
	memmove(&m->pci[at + 1], &m->pci[at], (m->n_pci - 1 - at) * sizeof(*m->pci));
	m->pci[at] = p;
	return 0;
}

static int unescape(char *s, size_t *ret_len)
{
	char *out = s;

	for (const char *in = s; *in; in++) {
		char hex[3] = { 0 };
		uint64_t byte;

		if (*in != '\\') {
			*out++ = *in;
			continue;
		}
		in++;
		if (*in == 'n' || *in == 't' || *in == '\\') {
			*out++ = (char)(*in == 'n' ? '\n' : *in == 't' ? '\t' : '\\');
			continue;
		}
		if (*in != 'x' || !isxdigit((unsigned char)in[1]) || !isxdigit((unsigned char)in[2]))
			return -1;
		memcpy(hex, in + 1, 2);
		if (vh_parse_uint(hex, 16, 0xff, &byte) < 0)
			return -1;
		*out++ = (char)byte;
		in += 2;
	}
	*ret_len = (size_t)(out - s);
	return 0;
}

static int parse_entry(struct vh_manifest *m, int line, char type, char *rest)
{
	struct vh_manifest_entry *e = VH_APPEND(m->entries, m->n_entries);
	char *text = strchr(rest, '\t');
	bool takes_text = type == 'f' || type == 'l';

	e->line = line;
	e->type = type;
	if (!takes_text && text)
		return vh_parse_bad(m, line, "only files and links have content");
	if (takes_text && !text)
		return vh_parse_bad(m, line, "there is no tab after the path");
	if (text)
		*text++ = '\0';
	e->path = vh_strdup(rest);
	e->text = vh_strdup(text);
	e->len = text ? strlen(text) : 0;
	if (type == 'f' && unescape(e->text, &e->len) < 0)
		return vh_parse_bad(m, line, "an escape is none of \\n \\t \\\\ \\xHH");
	return 0;
}

int vh_parse_line(struct vh_manifest *m, int line, char *s)
{
	if (!*s || *s == '#')
		return 0;
	for (const char *c = s; *c; c++)
		if (iscntrl((unsigned char)*c) && *c != '\t')
			return vh_parse_bad(m, line, "a control character");
	if (vh_has_prefix(s, "pci "))
		return parse_pci(m, line, s + 4);
	if (strchr("dflux", *s) && s[1] == ' ')
		return parse_entry(m, line, *s, s + 2);
	return vh_fail(m->err, VH_E_INPUT, 0,
		       "vfio-hook snapshot >FILE   # typed on that host; then --host FILE",
		       "%s line %d: not a snapshot of a host, whose lines begin with pci, d, f, l, u "
		       "or x",
		       m->name, line);
}

void vh_parse_clear(struct vh_manifest *m)
{
	for (size_t i = 0; i < m->n_owned; i++) {
		free(m->owned[i]->driver);
		free(m->owned[i]->probes);
		free(m->owned[i]->override);
		free(m->owned[i]->caps);
		free(m->owned[i]->path);
		free(m->owned[i]);
	}
	for (size_t i = 0; i < m->n_entries; i++) {
		free(m->entries[i].path);
		free(m->entries[i].text);
	}
	free(m->owned);
	free(m->pci);
	free(m->entries);
}
