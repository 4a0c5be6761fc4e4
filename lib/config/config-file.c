/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config-file - reads vfio-hook.conf. The only user of libinih, which gets the text from us line by
 * line: it silently cuts long section names, splits long lines in two, takes an indented line for
 * the continuation of the one above and ignores what follows a "]". In a file that protects
 * the host none of these may pass.
 */
#include "lib/config/config-file.h"

#include <errno.h>
#include <ini.h>

#include "lib/base/printable.h"
#include "lib/base/uuid.h"
#include "lib/config/keys.h"

#include "lib/base/banned.h"

#define SECTION_MAX 49 /* bytes, in libinih */
#define FILE_MAX (256u << 10)
#define SHOWN_MAX 40 /* bytes of what stands in the file, in a message */

/* --- keys ---------------------------------------------------------------------------------- */

struct parser {
	struct vh_config config;
	const char *rest; /* of the text */
	int line;         /* the one that libinih has now */
	enum vh_section section;
	char *shown;         /* its name, printable */
	size_t index;        /* of the device or domain, if it is that of one */
	char *problem, *fix; /* of this line; nothing is read beyond it */
};

/* The result is what libinih takes for failure. */
static int problem(struct parser *p, char *what, char *fix)
{
	if (p->problem) {
		free(what);
		free(fix);
	} else {
		p->problem = what;
		p->fix = fix;
	}
	return 0;
}

static int unknown_key(struct parser *p, const char *name)
{
	_auto_strbuf_ struct vh_strbuf known = { 0 };
	_auto_free_ char *shown = vh_printable(name, SHOWN_MAX);

	for (size_t i = 0; i < vh_keys_count; i++)
		if (vh_keys[i].sections & p->section)
			vh_strbuf_join(&known, ", ", vh_keys[i].name);
	return problem(p, vh_printf("unknown key '%s' in [%s]", shown, p->shown),
		       vh_printf("the keys of [%s] are %s", p->shown, known.data));
}

/* What the section fills, and the lines of its keys. */
static void *target(struct parser *p, int **ret_lines)
{
	struct vh_config *c = &p->config;

	switch (p->section) {
	case VH_IN_DEVICE:
		*ret_lines = c->devices[p->index].lines;
		return &c->devices[p->index];
	case VH_IN_DOMAIN:
		*ret_lines = c->domains[p->index].values->lines;
		return c->domains[p->index].values;
	default:
		*ret_lines = c->lines;
		return c;
	}
}

/* libinih calls this for each KEY = VALUE. */
static int on_key(void *user, const char *section, const char *name, const char *value)
{
	struct parser *p = user;
	_auto_free_ char *shown = vh_printable(value ? value : "", SHOWN_MAX);
	const char *wanted;
	int *lines;
	size_t k;
	void *fills;

	(void)section; /* enter_section() has seen it */
	if (p->section == VH_NO_SECTION)
		return problem(p, vh_strdup("a key above the first section"),
			       vh_strdup("write [defaults] above it"));
	k = vh_keys_find(p->section, name);
	if (k == vh_keys_count)
		return unknown_key(p, name);
	fills = target(p, &lines);
	if (lines[k])
		return problem(p, vh_printf("'%s' is given twice in [%s]", name, p->shown),
			       vh_strdup("keep one of the two lines"));
	lines[k] = p->line;
	wanted = vh_keys[k].take(value ? value : "", vh_keys_field(fills, vh_keys[k].offset));
	if (wanted)
		return problem(
			p, vh_printf("'%s' is not a value of '%s' in [%s]", shown, name, p->shown),
			vh_printf("write %s", wanted));
	return 1;
}

/* --- lines --------------------------------------------------------------------------------- */

/* The index of the device; all sections of one device are one. */
static size_t device_index(struct parser *p, const struct vh_pci_addr *addr)
{
	struct vh_config *c = &p->config;
	size_t i = 0;

	while (i < c->n_devices && vh_pci_cmp(&c->devices[i].addr, addr))
		i++;
	if (i == c->n_devices)
		VH_APPEND(c->devices, c->n_devices)->addr = *addr;
	return i;
}

static void enter_device(struct parser *p, const char *text)
{
	struct vh_pci_addr addr;

	text += strspn(text, " \t");
	if (vh_pci_parse_loose(text, &addr) < 0) {
		(void)problem(p, vh_printf("[%s] names no PCI address", p->shown),
			      vh_strdup("write it like [device 0000:03:00.0]"));
		return;
	}
	p->section = VH_IN_DEVICE;
	p->index = device_index(p, &addr);
}

/* The index of the domain; all sections of one name or UUID are one. */
static size_t domain_index(struct parser *p, const char *domain, bool by_uuid)
{
	struct vh_config *c = &p->config;
	struct vh_domain_policy *d;
	size_t i = 0;

	while (i < c->n_domains &&
	       (c->domains[i].by_uuid != by_uuid || strcmp(c->domains[i].domain, domain)))
		i++;
	if (i == c->n_domains) {
		d = VH_APPEND(c->domains, c->n_domains);
		d->domain = vh_strdup(domain);
		d->by_uuid = by_uuid;
		d->values = vh_alloc(sizeof(*d->values));
	}
	return i;
}

static void enter_domain(struct parser *p, const char *text)
{
	const char *first = text + strspn(text, " \t");
	_auto_free_ char *name = vh_strdup(first);
	size_t n = strlen(name);
	char uuid[37];
	bool by_uuid;

	while (n && strchr(" \t", name[n - 1]))
		name[--n] = 0;
	if (!n) {
		(void)problem(p, vh_printf("[%s] names no domain", p->shown),
			      vh_strdup("write it like [domain vm], or with the UUID"));
		return;
	}
	by_uuid = vh_uuid_parse(name, uuid) == 0;
	p->section = VH_IN_DOMAIN;
	p->index = domain_index(p, by_uuid ? uuid : name, by_uuid);
}

static bool is_section_of(const char *name, const char *what)
{
	size_t n = strlen(what);

	return vh_has_prefix(name, what) && (name[n] == ' ' || name[n] == '\t');
}

/* `line` begins with "[". */
static void enter_section(struct parser *p, const char *line)
{
	size_t n = strcspn(line + 1, "]");
	_auto_free_ char *name = vh_strndup(line + 1, n);
	const char *rest = line + 1 + n;
	bool closed = *rest == ']';

	free(p->shown);
	p->shown = vh_printable(name, SECTION_MAX);
	p->section = VH_NO_SECTION;
	if (closed)
		rest += 1 + strspn(rest + 1, " \t\r");
	if (n > SECTION_MAX)
		(void)problem(p, vh_printf("a section name of more than %d bytes", SECTION_MAX),
			      vh_strdup(is_section_of(name, "domain")
						? "name the domain by its UUID"
						: "name a device by its address"));
	else if (!closed)
		(void)problem(p, vh_printf("'[%s' has no ']'", p->shown), NULL);
	else if (*rest && *rest != ';' && *rest != '#')
		(void)problem(p, vh_printf("more than [%s] on the line", p->shown),
			      vh_strdup("write keys on lines of their own"));
	else if (!strcmp(name, "defaults"))
		p->section = VH_IN_DEFAULTS;
	else if (is_section_of(name, "device"))
		enter_device(p, name + strlen("device"));
	else if (is_section_of(name, "domain"))
		enter_domain(p, name + strlen("domain"));
	else
		(void)problem(p, vh_printf("unknown section [%s]", p->shown),
			      vh_strdup("the sections are [defaults], [device ADDRESS] and "
					"[domain NAME-or-UUID]"));
}

/* What libinih calls instead of fgets(). Indentation and comments have no meaning to us and do
 * not reach it. */
static char *next_line(char *buf, int size, void *stream)
{
	struct parser *p = stream;
	_auto_free_ char *line = NULL;
	const char *text = p->rest;
	size_t n = strcspn(text, "\n");

	if (!*text || p->problem)
		return NULL;
	p->rest = text + n + (text[n] == '\n');
	line = vh_strndup(text, n);
	if (++p->line == 1 && vh_has_prefix(line, "\xef\xbb\xbf"))
		memset(line, ' ', 3); /* the byte order mark of UTF-8 */
	text = line + strspn(line, " \t");
	if (*text == '#' || *text == ';')
		text = "";
	if (*text == '[')
		enter_section(p, text);
	n = strlen(text);
	if (n + 2 > (size_t)size) {
		(void)problem(p, vh_printf("the line is longer than %d bytes", size - 2), NULL);
		text = "";
	}
	snprintf(buf, (size_t)size, "%s\n", text);
	return buf;
}

int vh_config_file_parse(struct vh_config *ret, const char *text, const char *name,
			 struct vh_error *err)
{
	struct parser p = { .rest = text };
	int failed;

	vh_config_defaults(&p.config);
	/* a line that is neither: libinih goes on, and returns its number at the end */
	failed = ini_parse_stream(next_line, &p, on_key, &p);
	free(p.shown);
	if (!failed && !p.problem) {
		*ret = p.config;
		return 0;
	}
	vh_config_clear(&p.config);
	if (failed > 0 && (!p.problem || failed < p.line))
		(void)vh_fail(err, VH_E_INPUT, 0, "write KEY = VALUE below a [section]",
			      "'%s' line %d: neither a section nor KEY = VALUE", name, failed);
	else
		(void)vh_fail(err, VH_E_INPUT, 0, p.fix, "'%s' line %d: %s", name, p.line,
			      p.problem ? p.problem : "libinih cannot read it");
	free(p.problem);
	free(p.fix);
	return -1;
}

int vh_config_file_read(struct vh_config *ret, const struct vh_root *root, struct vh_error *err)
{
	_auto_free_ char *text = vh_alloc(FILE_MAX + 1);
	ssize_t n = vh_root_read_bytes(root, text, FILE_MAX, VH_CONFIG_PATH);

	if (n < 0 && errno == ENOENT) {
		vh_config_defaults(ret);
		return 0;
	}
	if (n < 0)
		return vh_fail(err, VH_E_SYS, errno, NULL, "cannot read '/" VH_CONFIG_PATH "'");
	if (n == FILE_MAX)
		return vh_fail(err, VH_E_INPUT, 0, NULL,
			       "'/" VH_CONFIG_PATH "' is longer than %u KiB", FILE_MAX >> 10);
	/* full of them after a crash, it would read like an empty file */
	if (strlen(text) != (size_t)n)
		return vh_fail(err, VH_E_INPUT, 0, "write the file again",
			       "'/" VH_CONFIG_PATH "' holds NUL bytes");
	return vh_config_file_parse(ret, text, "/" VH_CONFIG_PATH, err);
}
