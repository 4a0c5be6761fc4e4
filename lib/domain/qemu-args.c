/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qemu-args - see qemu-args.h. */
#include "lib/domain/qemu-args.h"

#include <ctype.h>

#include "lib/base/names.h"
#include "lib/base/printable.h"
#include "lib/xml/xml.h"

#include "lib/base/banned.h"

#define NAMESPACE "http://libvirt.org/schemas/domain/qemu/1.0"
#define SHOWN_MAX 80
#define ARGS_MAX 4096 /* no domain has a fraction of this */

static void clear_set(struct vh_qemu_set *s)
{
	free(s->id);
	free(s->property);
	free(s->value);
}

void vh_qemu_args_clear(struct vh_smuggled_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->list[i].host);
	free(l->list);
	for (size_t i = 0; i < l->n_sets; i++)
		clear_set(&l->sets[i]);
	free(l->sets);
	for (size_t i = 0; i < l->n_overrides; i++)
		clear_set(&l->overrides[i]);
	free(l->overrides);
	memset(l, 0, sizeof(*l));
}

/* --- driver,key=value,... ---------------------------------------------------------------------- */

/* A value ends at a comma; two of them are one that belongs to it (util/qemu-option.c). */
static char *take_value(const char **at)
{
	struct vh_strbuf sb = { 0 };
	const char *p = *at;

	vh_strbuf_add(&sb, "");
	for (; *p && (*p != ',' || p[1] == ','); p++) {
		p += *p == ',';
		vh_strbuf_add_mem(&sb, p, 1);
	}
	*at = *p ? p + 1 : p;
	return vh_strbuf_steal(&sb);
}

/* The first word may be the driver's name alone. */
static char *plain_value(const char *device, const char *key)
{
	const char *at = device;
	char *found = NULL;

	while (*at) {
		size_t n = strcspn(at, "=,");
		bool named = at[n] == '=';
		bool wanted = named ? vh_is_word(at, n, key)
				    : at == device && !strcmp(key, "driver");
		char *value;

		if (named)
			at += n + 1;
		value = take_value(&at);
		if (wanted) { /* the last one counts */
			free(found);
			found = VH_STEAL(value);
		}
		free(value);
	}
	return found;
}

/* --- JSON --------------------------------------------------------------------------------------- */

/* QEMU's own reader takes texts in single quotes as well (qobject/json-lexer.c). Letters of an
 * escape other than those of ASCII do not come up in what is looked for. */
static char *take_text(const char **at)
{
	struct vh_strbuf sb = { 0 };
	const char *p = *at;
	char quote = *p++;

	vh_strbuf_add(&sb, "");
	for (; *p && *p != quote; p++) {
		unsigned int code;
		char c;

		if (*p != '\\' || !p[1]) {
			vh_strbuf_add_mem(&sb, p, 1);
			continue;
		}
		p++;
		c = *p;
		if (c == 'u' && sscanf(p + 1, "%4x", &code) == 1 && code && code < 0x80 &&
		    strspn(p + 1, "0123456789abcdefABCDEF") >= 4) {
			c = (char)code;
			p += 4;
		}
		vh_strbuf_add_mem(&sb, &c, 1);
	}
	*at = *p ? p + 1 : p;
	return vh_strbuf_steal(&sb);
}

#define BLANKS " \t\r\n"

static const char *skip_blank(const char *p)
{
	return p + strspn(p, BLANKS);
}

/* A number, a word, or something in brackets, of which texts may hold anything. */
static const char *skip_other(const char *p)
{
	int depth = 0;

	for (; *p; p++) {
		if (*p == '"' || *p == '\'') {
			free(take_text(&p));
			p--;
		} else if (*p == '{' || *p == '[') {
			depth++;
		} else if (depth && (*p == '}' || *p == ']')) {
			depth--;
		} else if (!depth && (*p == ',' || *p == '}')) {
			break;
		}
	}
	return p;
}

/* Of the object itself, not of what is in it: a text, or a word as it stands there. */
static char *json_value(const char *device, const char *key)
{
	const char *p = skip_blank(device + 1);

	while (*p == '"' || *p == '\'') {
		_auto_free_ char *name = take_text(&p);

		p = skip_blank(p);
		if (*p != ':')
			return NULL;
		p = skip_blank(p + 1);
		if (*p != '"' && *p != '\'') {
			const char *from = p;

			p = skip_other(p);
			if (!strcmp(name, key))
				return vh_strndup(from, strcspn(from, ",}" BLANKS));
		} else {
			_auto_free_ char *value = take_text(&p);

			if (!strcmp(name, key))
				return VH_STEAL(value);
			p = skip_blank(p);
		}
		if (*p != ',')
			return NULL;
		p = skip_blank(p + 1);
	}
	return NULL;
}

/* --- arguments ---------------------------------------------------------------------------------- */

static bool is_json(const char *device)
{
	return *skip_blank(device) == '{';
}

static char *value_of(const char *device, const char *key)
{
	return is_json(device) ? json_value(skip_blank(device), key) : plain_value(device, key);
}

/* qapi/qapi-util.c:qapi_bool_parse() */
static bool is_on(const char *value)
{
	return vh_streq(value, "on") || vh_streq(value, "yes") || vh_streq(value, "true") ||
	       vh_streq(value, "y");
}

/* One number of an address, as strtoul() takes it there, and what follows. */
static bool take_number(const char **at, unsigned int base, uint64_t *ret)
{
	const char *p = *at;
	uint64_t v = 0;

	if (base == 16 && p[0] == '0' && (p[1] == 'x' || p[1] == 'X') &&
	    isxdigit((unsigned char)p[2]))
		p += 2;
	*at = p;
	for (; base == 16 ? isxdigit((unsigned char)*p) : isdigit((unsigned char)*p); p++) {
		unsigned int digit = isdigit((unsigned char)*p)
					     ? (unsigned int)(*p - '0')
					     : (unsigned int)(tolower((unsigned char)*p) - 'a') + 10;

		if (v > UINT32_MAX)
			return false;
		v = v * base + digit;
	}
	if (p == *at)
		return false;
	*at = p;
	*ret = v;
	return true;
}

/* [DOMAIN:]BUS:SLOT.FUNCTION, of as many digits as one likes; the function is decimal
 * (hw/core/qdev-properties-system.c:set_pci_host_devaddr()). */
static bool read_address(const char *text, struct vh_pci_addr *ret)
{
	uint64_t domain = 0, bus, slot, function;
	const char *p = text;

	if (!take_number(&p, 16, &bus) || *p++ != ':' || !take_number(&p, 16, &slot))
		return false;
	if (*p == ':') {
		p++;
		domain = bus;
		bus = slot;
		if (!take_number(&p, 16, &slot))
			return false;
	}
	if (*p++ != '.' || !take_number(&p, 10, &function) || *p || domain > UINT32_MAX ||
	    bus > 0xff || slot > 0x1f || function > 7)
		return false;
	*ret = (struct vh_pci_addr){ .domain = (uint32_t)domain,
				     .bus = (uint8_t)bus,
				     .slot = (uint8_t)slot,
				     .function = (uint8_t)function };
	return true;
}

/* vfio-pci and its kin: vfio-pci-nohotplug, vfio-pci-igd-lpc-bridge */
static void read_device(struct vh_smuggled_list *to, const char *device, int line)
{
	_auto_free_ char *driver = value_of(device, "driver"), *host = NULL, *vga = NULL;
	const char *name;
	struct vh_smuggled *s;

	if (!driver || !vh_has_prefix(driver, "vfio-pci"))
		return;
	host = value_of(device, "host");
	if (!host)
		host = value_of(device, "sysfsdev");
	s = VH_APPEND(to->list, to->count);
	s->line = line;
	s->host = vh_printable(host ? host : "a device", SHOWN_MAX);
	vga = value_of(device, "x-vga");
	s->vga = is_on(vga);
	name = host ? strrchr(host, '/') : NULL;
	s->has_addr = host && read_address(name ? name + 1 : host, &s->addr);
}

/* --- an IOMMU ----------------------------------------------------------------------------------- */

static void read_iommu(struct vh_guest_iommu *to, const char *device, int line)
{
	static const struct {
		const char *driver, *model;
	} models[] = {
		{ "intel-iommu", "intel" },
		{ "amd-iommu", "amd" },
		{ "virtio-iommu-pci", "virtio" },
	};
	_auto_free_ char *driver = value_of(device, "driver"), *bits = NULL, *caching = NULL;
	_auto_free_ char *remaps = NULL;

	for (size_t i = 0; i < VH_COUNT(models) && !to->line; i++) {
		if (!vh_streq(driver, models[i].driver))
			continue;
		bits = value_of(device, "aw-bits");
		caching = value_of(device, "caching-mode");
		remaps = value_of(device, "intremap");
		to->line = line;
		to->by_args = true;
		to->model = vh_strdup(models[i].model);
		to->caching_mode |= is_on(caching);
		if (remaps)
			to->intremap = is_on(remaps) ? VH_YES : VH_NO;
		if (bits && vh_parse_uint(bits, 0, UINT8_MAX, &to->aw_bits) < 0)
			to->aw_bits = 0; /* QEMU refuses it */
	}
}

/* -machine kernel_irqchip=split */
static void read_machine(struct vh_guest_iommu *to, const char *text)
{
	_auto_free_ char *old = plain_value(text, "kernel_irqchip");
	_auto_free_ char *chip = old ? NULL : plain_value(text, "kernel-irqchip");
	const char *value = old ? old : chip;

	to->split |= vh_streq(value, "split") || vh_streq(value, "off");
}

/* -global intel-iommu.caching-mode=on, which counts for libvirt's <iommu> as well
 * (softmmu/vl.c:qemu_global_option()) */
static void read_global(struct vh_guest_iommu *to, const char *text)
{
	static const char driver[] = "intel-iommu.";
	const char *property, *value = strchr(text, '=');
	size_t n;

	if (!vh_has_prefix(text, driver) || !value)
		return;
	property = text + strlen(driver);
	n = (size_t)(value++ - property);
	if (vh_is_word(property, n, "caching-mode"))
		to->caching_mode |= is_on(value);
	else if (vh_is_word(property, n, "intremap"))
		to->global_intremap = is_on(value);
	else if (vh_is_word(property, n, "aw-bits") &&
		 vh_parse_uint(value, 0, UINT8_MAX, &to->global_aw_bits) < 0)
		to->global_aw_bits = 0; /* QEMU refuses it */
}

/* The arguments may come in any order. */
static void settle_iommu(struct vh_guest_iommu *g)
{
	g->remaps_by_args = g->by_args && g->intremap == VH_YES;
	if (!g->line || strcmp(g->model, "intel") != 0)
		return;
	if (!g->aw_bits)
		g->aw_bits = g->global_aw_bits;
	g->remaps_by_args |= g->intremap == VH_UNKNOWN && g->global_intremap;
}

/* --- the rest ----------------------------------------------------------------------------------- */

/* "-device vfio-pci,host=..." in one argument, or with '=' in between. */
static void read_misspelt(struct vh_smuggled_list *to, const char *arg, int line)
{
	static const char option[] = "-device";
	size_t before = to->count;

	arg += vh_has_prefix(arg, "--");
	if (!vh_has_prefix(arg, option) || !strchr(" =", arg[strlen(option)]) ||
	    !arg[strlen(option)])
		return;
	arg += strlen(option) + 1;
	read_device(to, arg + strspn(arg, " "), line);
	if (to->count > before)
		to->list[before].misspelt = true;
}

/* device.ID.PROPERTY=VALUE (softmmu/vl.c:qemu_set_option()) */
static void read_set(struct vh_smuggled_list *to, const char *text, int line)
{
	static const char group[] = "device.";
	const char *id = text + strlen(group), *property, *value;
	struct vh_qemu_set *s;

	if (!vh_has_prefix(text, group))
		return;
	property = strchr(id, '.');
	value = property ? strchr(property, '=') : NULL;
	if (!value)
		return;
	s = VH_APPEND(to->sets, to->n_sets);
	s->line = line;
	s->id = vh_strndup(id, (size_t)(property - id));
	s->property = vh_strndup(property + 1, (size_t)(value - property) - 1);
	s->value = vh_strdup(value + 1);
}

/* A device of this command line has its properties in words, which -set adds to; written as JSON it
 * has not. */
static void drop_own_sets(struct vh_smuggled_list *l, const struct vh_names *ids)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->n_sets; i++) {
		bool own = false;

		for (size_t k = 0; k < ids->count; k++)
			own = own || !strcmp(ids->name[k], l->sets[i].id);
		if (!own) {
			l->sets[kept++] = l->sets[i];
			continue;
		}
		clear_set(&l->sets[i]);
	}
	l->n_sets = kept;
}

static bool is_option(const char *arg, const char *name)
{
	return arg && *arg == '-' && !strcmp(arg + 1 + (arg[1] == '-'), name);
}

/* <qemu:capabilities><qemu:del capability='...'/>: libvirt takes it that QEMU cannot do that. */
static void read_capabilities(struct vh_smuggled_list *ret, const xmlNode *domain)
{
	const xmlNode *c = vh_xml_child_in(domain, NAMESPACE, "capabilities"), *del;

	for (del = vh_xml_child_in(c, NAMESPACE, "del"); del;
	     del = vh_xml_next_in(del, NAMESPACE, "del")) {
		ret->in_words |= vh_xml_attr_is(del, "capability", VH_QEMU_ARGS_JSON);
		ret->in_words_once |= vh_xml_attr_is(del, "capability", VH_QEMU_ARGS_JSON_ONCE);
	}
}

/* <qemu:device alias='hostdev0'><qemu:frontend><qemu:property name='x-vga' value='true'/> */
static void read_overrides(struct vh_smuggled_list *to, const xmlNode *domain)
{
	const xmlNode *o = vh_xml_child_in(domain, NAMESPACE, "override");
	const xmlNode *d = vh_xml_child_in(o, NAMESPACE, "device"), *p;

	for (; d; d = vh_xml_next_in(d, NAMESPACE, "device")) {
		p = vh_xml_child_in(vh_xml_child_in(d, NAMESPACE, "frontend"), NAMESPACE,
				    "property");
		for (; p && to->n_overrides < ARGS_MAX; p = vh_xml_next_in(p, NAMESPACE, "property"))
			*VH_APPEND(to->overrides, to->n_overrides) = (struct vh_qemu_set){
				.line = vh_xml_line(p),
				.id = vh_strdup(vh_xml_attr(d, "alias")),
				.property = vh_strdup(vh_xml_attr(p, "name")),
				.value = vh_strdup(vh_xml_attr(p, "value")),
			};
	}
}

static int line_of(const struct vh_qemu_set *list, size_t n, const char *id, const char *property)
{
	for (size_t i = 0; i < n; i++)
		if (vh_streq(list[i].id, id) && vh_streq(list[i].property, property) &&
		    is_on(list[i].value))
			return list[i].line;
	return 0;
}

int vh_qemu_args_turned_on(const struct vh_smuggled_list *l, bool sets, const char *id,
			   const char *property)
{
	int line = line_of(l->overrides, l->n_overrides, id, property);

	return line || !sets ? line : line_of(l->sets, l->n_sets, id, property);
}

/* What follows an option is its value. Returns the id of a device that is in words. */
static char *read_arg(struct vh_smuggled_list *ret, struct vh_guest_iommu *iommu,
		      const char *option, const char *value, int line)
{
	if (is_option(option, "device")) {
		read_device(ret, value, line);
		read_iommu(iommu, value, line);
		return is_json(value) ? NULL : plain_value(value, "id");
	}
	if (is_option(option, "set"))
		read_set(ret, value, line);
	else if (is_option(option, "global"))
		read_global(iommu, value);
	else if (is_option(option, "machine") || is_option(option, "M"))
		read_machine(iommu, value);
	else if (is_option(option, "fw_cfg"))
		ret->wide_window |= strstr(value, "X-PciMmio64") != NULL;
	read_misspelt(ret, value, line);
	return NULL;
}

void vh_qemu_args_read(struct vh_smuggled_list *ret, struct vh_guest_iommu *iommu,
		       const xmlNode *domain)
{
	_auto_names_ struct vh_names ids = { 0 };
	size_t n = 0;

	for (const xmlNode *c = vh_xml_child_in(domain, NAMESPACE, "commandline"); c;
	     c = vh_xml_next_in(c, NAMESPACE, "commandline")) {
		const char *before = NULL;

		for (const xmlNode *a = vh_xml_child_in(c, NAMESPACE, "arg"); a && n < ARGS_MAX;
		     a = vh_xml_next_in(a, NAMESPACE, "arg"), n++) {
			const char *value = vh_xml_attr(a, "value");
			char *id = value ? read_arg(ret, iommu, before, value, vh_xml_line(a))
					 : NULL;

			if (id)
				*VH_APPEND(ids.name, ids.count) = id;
			before = value;
		}
	}
	settle_iommu(iommu);
	drop_own_sets(ret, &ids);
	read_capabilities(ret, domain);
	read_overrides(ret, domain);
}
