/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slots - see slots.h. */
#include "lib/domain/slots.h"

#include "lib/base/printable.h"
#include "lib/domain/address.h"
#include "lib/xml/xml.h"

#include "lib/base/banned.h"

#define SLOTS_MAX 4096 /* no guest has a fraction of this */

static bool is_hostdev(const xmlNode *node)
{
	return vh_xml_is(node, "hostdev") ||
	       (vh_xml_is(node, "interface") && vh_xml_attr_is(node, "type", "hostdev"));
}

static const struct {
	const char *name;
	uint64_t max;
} parts[] = {
	{ "domain", UINT32_MAX },
	{ "bus", 0xff },
	{ "slot", 0x1f },
	{ "function", 7 },
};

/* The first part that is too large, or no number; NULL: none is. */
static const char *read_parts(const xmlNode *address, struct vh_pci_addr *ret)
{
	uint64_t v[VH_COUNT(parts)] = { 0 };

	for (size_t i = 0; i < VH_COUNT(parts); i++) {
		const char *text = vh_xml_attr(address, parts[i].name);

		if (text && (vh_address_uint(text, 0, &v[i]) < 0 || v[i] > parts[i].max))
			return parts[i].name;
	}
	*ret = (struct vh_pci_addr){ .domain = (uint32_t)v[0],
				     .bus = (uint8_t)v[1],
				     .slot = (uint8_t)v[2],
				     .function = (uint8_t)v[3] };
	return NULL;
}

static bool says_where(const xmlNode *address)
{
	return vh_xml_attr_is(address, "type", "pci") &&
	       (vh_xml_attr(address, "bus") || vh_xml_attr(address, "slot"));
}

/* <address type='pci'> without anything is one that libvirt chooses, and so is one in which
 * domain, bus and slot are 0 (virDeviceInfoPCIAddressIsWanted()). */
static bool is_wanted(const struct vh_pci_addr *a)
{
	return !a->domain && !a->bus && !a->slot;
}

bool vh_slots_place(const xmlNode *device, struct vh_pci_addr *ret)
{
	const xmlNode *address = vh_xml_child(device, "address");

	return says_where(address) && !read_parts(address, ret) && !is_wanted(ret);
}

/* virDomainHostdevDefValidate() */
static void read_wrong_type(struct vh_slots *to, const xmlNode *node, const xmlNode *address)
{
	static const char *const right[] = { "pci", "unassigned", "none" };
	const char *type = vh_xml_attr(address, "type"), *mode = vh_xml_attr(node, "mode");

	if (!type || to->wrong_type || !vh_xml_is(node, "hostdev") ||
	    !vh_xml_attr_is(node, "type", "pci") || (mode && strcmp(mode, "subsystem") != 0))
		return;
	for (size_t i = 0; i < VH_COUNT(right); i++)
		if (!strcmp(type, right[i]))
			return;
	to->wrong_type = vh_printable(type, VH_VALUE_MAX);
	to->wrong_line = vh_xml_line(node);
}

/* What is too large is kept, if it is a device's of the host. */
static void note_wrong_part(struct vh_slots *to, const xmlNode *node, const xmlNode *address,
			    const char *name)
{
	_auto_free_ char *shown = NULL;

	if (to->wrong_part || !is_hostdev(node))
		return;
	shown = vh_printable(vh_xml_attr(address, name), VH_VALUE_MAX);
	to->wrong_part = vh_printf("%s='%s'", name, shown);
	to->part_line = vh_xml_line(node);
}

static void read_slot(struct vh_slots *to, const xmlNode *node)
{
	const xmlNode *address = vh_xml_child(node, "address");
	struct vh_pci_addr addr = { 0 };
	const char *wrong;
	struct vh_slot *s;

	read_wrong_type(to, node, address);
	if (!says_where(address) || to->count >= SLOTS_MAX)
		return;
	wrong = read_parts(address, &addr);
	if (wrong)
		note_wrong_part(to, node, address, wrong);
	if (wrong || is_wanted(&addr))
		return;
	s = VH_APPEND(to->list, to->count);
	s->line = vh_xml_line(node);
	s->element = vh_printable(vh_xml_name(node), VH_VALUE_MAX);
	s->single = vh_xml_attr_is(address, "multifunction", "off");
	s->is_hostdev = is_hostdev(node);
	s->addr = addr;
}

/* A board has PCI or PCI Express, and its root is bus 0 (qemuDomainDefAddDefaultDevices(),
 * virDomainPCIAddressFlagsCompatible()). */
static void read_model(struct vh_slots *to, const xmlNode *node, const char *model)
{
	bool odd = (to->board == VH_BOARD_I440FX && vh_has_prefix(model, "pcie-")) ||
		   (to->board == VH_BOARD_Q35 && !strcmp(model, "pci-root"));

	if (!odd || to->odd_model)
		return;
	to->odd_model = vh_printable(model, VH_VALUE_MAX);
	to->odd_line = vh_xml_line(node);
}

/* virDomainPCIAddressBusSetModel(). NULL: a bus of another kind. */
static struct vh_bits *buses_of(struct vh_slots *to, const char *model)
{
	const struct {
		const char *model;
		struct vh_bits *buses;
	} models[] = {
		{ "pcie-root-port", &to->ports },
		{ "pcie-switch-downstream-port", &to->ports },
		{ "dmi-to-pci-bridge", &to->dmi },
		{ "pci-bridge", &to->bridges },
		{ "pcie-to-pci-bridge", &to->bridges },
		{ "pcie-switch-upstream-port", &to->joints },
		{ "pcie-expander-bus", &to->joints },
	};

	for (size_t i = 0; i < VH_COUNT(models); i++)
		if (!strcmp(model, models[i].model))
			return models[i].buses;
	return NULL;
}

static void read_controller(struct vh_slots *to, const xmlNode *node)
{
	const char *text = vh_xml_attr(node, "index"), *model = vh_xml_attr(node, "model");
	struct vh_bits *buses;
	uint64_t index;

	if (!vh_xml_is(node, "controller") || !vh_xml_attr_is(node, "type", "pci") || !model)
		return;
	read_model(to, node, model);
	buses = buses_of(to, model);
	if (!text) {
		to->n_loose++;
		to->loose_bridge |= buses == &to->bridges || buses == &to->dmi;
		return;
	}
	if (vh_address_uint(text, 10, &index) < 0)
		return;
	vh_bits_add(&to->numbered, index);
	if (buses)
		vh_bits_add(buses, index);
}

enum vh_tri vh_slots_is_bridged(const struct vh_slots *s, uint8_t bus)
{
	if (vh_bits_has(&s->bridges, bus) || vh_bits_has(&s->dmi, bus))
		return VH_YES;
	return !bus || vh_bits_has(&s->numbered, bus) ? VH_NO : VH_UNKNOWN;
}

/* Beyond all that are used, and one further for its port. */
unsigned int vh_slots_free_index(const struct vh_slots *s)
{
	size_t last = 0;

	for (unsigned int bus = 0; bus <= UINT8_MAX; bus++)
		if (vh_bits_has(&s->numbered, bus))
			last = bus;
	for (size_t i = 0; i < s->count; i++)
		if (s->list[i].addr.bus > last)
			last = s->list[i].addr.bus;
	last += s->n_loose + 2;
	return last <= UINT8_MAX ? (unsigned int)last : 0;
}

/* Without a name, and with one of a distribution's, it is not known. */
static enum vh_board read_board(const xmlNode *domain)
{
	const xmlNode *type = vh_xml_child(vh_xml_child(domain, "os"), "type");
	const char *arch = vh_xml_attr(type, "arch"), *machine = vh_xml_attr(type, "machine");

	if (arch && vh_has_prefix(arch, "s390"))
		return VH_BOARD_CCW;
	if (arch && strcmp(arch, "x86_64") != 0 && strcmp(arch, "i686") != 0)
		return VH_BOARD_OTHER;
	if (machine && (!strcmp(machine, "q35") || vh_has_prefix(machine, "pc-q35-")))
		return VH_BOARD_Q35;
	if (machine && (!strcmp(machine, "microvm") || !strcmp(machine, "isapc")))
		return VH_BOARD_NO_PCI;
	if (machine && (!strcmp(machine, "pc") || vh_has_prefix(machine, "pc-i440fx-")))
		return VH_BOARD_I440FX;
	return VH_BOARD_OTHER;
}

bool vh_slots_is_plain(const char *name, size_t n)
{
	return n &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") >= n;
}

static void add_misplaced(struct vh_slots *to, const xmlNode *node, const char *element,
			  enum vh_placed place)
{
	struct vh_misplaced *m;

	if (to->n_misplaced >= SLOTS_MAX)
		return;
	m = VH_APPEND(to->misplaced, to->n_misplaced);
	m->line = vh_xml_line(node);
	m->place = place;
	m->name = vh_strdup(vh_xml_name(node));
	m->element = element;
}

/* Of an element by which QEMU is told more: how it is called; NULL: it is none. */
static const char *extension_of(const xmlNode *node)
{
	static const char *const names[] = { "commandline", "override" };
	static const char *const shown[] = { "<qemu:commandline>", "<qemu:override>" };
	const char *colon = strchr(vh_xml_name(node), ':');
	const char *name = colon ? colon + 1 : vh_xml_name(node);

	for (size_t i = 0; i < VH_COUNT(names); i++)
		if (!strcmp(name, names[i]))
			return shown[i];
	return NULL;
}

static bool is_of_qemu(const xmlNode *node)
{
	return vh_streq(vh_xml_namespace(node), VH_SLOTS_QEMU);
}

/* Without a declaration the prefix is part of the name, to libxml2 and to libvirt. */
static void read_foreign(struct vh_slots *to, const xmlNode *domain)
{
	for (const xmlNode *n = vh_xml_first(domain); n; n = vh_xml_following(n))
		if (extension_of(n) && !is_of_qemu(n))
			add_misplaced(to, n, extension_of(n),
				      strchr(vh_xml_name(n), ':') ? VH_PLACED_UNDECLARED
								  : VH_PLACED_FOREIGN);
}

/* Those by which a guest gets a device. */
static void read_misplaced(struct vh_slots *to, const xmlNode *domain)
{
	const xmlNode *d = vh_xml_child(domain, "devices");

	for (const xmlNode *n = vh_xml_child(domain, "hostdev"); n; n = vh_xml_next(n, "hostdev"))
		add_misplaced(to, n, "<hostdev>", VH_PLACED_OUTSIDE);
	for (const xmlNode *n = vh_xml_child(domain, "interface"); n;
	     n = vh_xml_next(n, "interface"))
		if (vh_xml_attr_is(n, "type", "hostdev"))
			add_misplaced(to, n, "<interface>", VH_PLACED_OUTSIDE);
	read_foreign(to, domain);
	for (; d; d = vh_xml_next(d, "devices"))
		for (const xmlNode *n = vh_xml_first(d); n; n = vh_xml_following(n))
			if (extension_of(n))
				add_misplaced(to, n, extension_of(n), VH_PLACED_INSIDE);
}

void vh_slots_read(struct vh_slots *ret, const xmlNode *root)
{
	if (!vh_xml_is(root, "domain")) {
		read_slot(ret, root);
		return;
	}
	read_misplaced(ret, root);
	ret->board = read_board(root);
	for (const xmlNode *d = vh_xml_child(root, "devices"); d; d = vh_xml_next(d, "devices"))
		for (const xmlNode *n = vh_xml_child(d, NULL); n; n = vh_xml_next(n, NULL)) {
			read_slot(ret, n);
			read_controller(ret, n);
		}
}

void vh_slots_clear(struct vh_slots *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->list[i].element);
	free(s->list);
	free(s->wrong_type);
	free(s->wrong_part);
	free(s->odd_model);
	for (size_t i = 0; i < s->n_misplaced; i++)
		free(s->misplaced[i].name);
	free(s->misplaced);
	memset(s, 0, sizeof(*s));
}
