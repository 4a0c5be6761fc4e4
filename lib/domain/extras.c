/* SPDX-License-Identifier: GPL-2.0-or-later */
/* extras - see extras.h. What the functions of libvirt check is named beside what is read here. */
#include "lib/domain/extras.h"

#include "lib/base/printable.h"
#include "lib/domain/address.h"
#include "lib/xml/xml.h"

#include "lib/base/banned.h"

#define EXTRAS_MAX 4096 /* no domain has a fraction of this; it bounds what is quadratic */

/* A device, while it is read. */
struct device {
	struct vh_extras *to;
	const xmlNode *node;
	const char *element; /* static */
	const char *network; /* that may give it a device of the host; NULL: it is one */
};

static struct vh_extra *add(const struct device *d, char *what, const char *fix, bool at_start)
{
	struct vh_extra *s;

	if (d->to->count >= EXTRAS_MAX) {
		free(what);
		return NULL;
	}
	s = VH_APPEND(d->to->list, d->to->count);
	s->line = vh_xml_line(d->node);
	s->element = d->element;
	s->what = what;
	s->fix = fix;
	s->at_start = at_start;
	s->network = d->network ? vh_strdup(d->network) : NULL;
	return s;
}

/* --- interfaces ---------------------------------------------------------------------------------- */

static bool has_limit(const xmlNode *n)
{
	return vh_xml_child(n, "inbound") || vh_xml_child(n, "outbound");
}

static bool has_filter(const xmlNode *n)
{
	return vh_xml_attr(n, "filter") != NULL;
}

static bool has_size(const xmlNode *n)
{
	return vh_xml_attr(n, "size") != NULL;
}

static bool has_frames(const xmlNode *n)
{
	return vh_xml_attr(vh_xml_child(vh_xml_child(n, "rx"), "frames"), "max") != NULL;
}

static bool is_isolated(const xmlNode *n)
{
	return vh_xml_attr_is(n, "isolated", "yes");
}

static bool has_address(const xmlNode *n)
{
	return vh_xml_attr(n, "address") != NULL;
}

/* The lowest bit of the first byte: an address of many, which no interface has. */
static bool is_of_many(const xmlNode *n)
{
	const char *address = vh_xml_attr(n, "address");
	uint64_t byte;

	if (!address || strlen(address) < 2)
		return false;
	return vh_parse_uint((const char[]){ address[0], address[1], 0 }, 16, 0xff, &byte) == 0 &&
	       (byte & 1);
}

/* Elements that an interface has if it is the host's end of a wire, and not a PCI device. */
static const struct {
	const char *element, *shown;
	bool (*counts)(const xmlNode *);
	bool at_start; /* virDomainActualNetDefValidate(), qemuDomainValidateActualNetDef() */
	enum { OWN = 1, NETWORK = 2, BOTH = 3 } of;
} ends[] = {
	{ "bandwidth", "<bandwidth>", has_limit, true, BOTH },
	/* of type='hostdev' it is not read */
	{ "filterref", "<filterref>", has_filter, true, NETWORK },
	{ "port", "<port isolated='yes'>", is_isolated, true, BOTH },
	/* qemuValidateDomainDeviceDefNetwork(), by what is written: a network may give what can have it */
	{ "mtu", "<mtu>", has_size, false, OWN },
	{ "coalesce", "<coalesce>", has_frames, false, OWN },
	{ "ip", "<ip>", has_address, false, BOTH },
	{ "route", "<route>", has_address, false, BOTH },
	{ "mac", "a multicast <mac>", is_of_many, false, BOTH },
};

/* libvirt reads queues of a virtio interface alone, and of type='hostdev' none. */
static void read_queues(const struct device *d)
{
	const char *queues = vh_xml_attr(vh_xml_child(d->node, "driver"), "queues");
	const char *model = vh_xml_attr(vh_xml_child(d->node, "model"), "type");
	uint64_t n;

	if (d->network && queues && model && vh_has_prefix(model, "virtio") &&
	    vh_address_uint(queues, 10, &n) == 0 && n)
		add(d, vh_strdup("queues in its <driver>"), NULL, true);
}

/* virHostdevSetNetConfig(), virNetDevSetNetConfig(): a card knows one VLAN, and of the protocols
 * between switches one, which the driver enic has. */
static void read_vlan(const struct device *d)
{
	const xmlNode *vlan = vh_xml_child(d->node, "vlan"), *tag = vh_xml_child(vlan, "tag");
	const xmlNode *port = vh_xml_child(d->node, "virtualport");
	const char *type = vh_xml_attr(port, "type");
	_auto_free_ char *shown = type ? vh_printable(type, VH_VALUE_MAX) : NULL;
	struct vh_extra *s;

	if (vh_xml_next(tag, "tag") || (tag && vh_xml_attr_is(vlan, "trunk", "yes")))
		add(d, vh_strdup("a <vlan> with more than one tag"),
		    "write one <tag> without trunk='yes', or pass the card as a <hostdev>: then the guest sets its VLANs",
		    true);
	if (!type)
		return;
	s = add(d, vh_printf("<virtualport type='%s'>", shown), "remove the <virtualport>", true);
	if (s)
		s->but_enic = !strcmp(type, "802.1Qbh") && !tag;
}

static void read_interface(const struct device *d)
{
	for (size_t i = 0; i < VH_COUNT(ends); i++) {
		const xmlNode *n = vh_xml_child(d->node, ends[i].element);

		if (n && ends[i].of & (d->network ? NETWORK : OWN) && ends[i].counts(n))
			add(d, vh_strdup(ends[i].shown), NULL, ends[i].at_start);
	}
	read_queues(d);
	read_vlan(d);
	/* virDomainDeviceInfoValidate() */
	if (vh_xml_attr_is(vh_xml_child(d->node, "address"), "type", "unassigned"))
		add(d, vh_strdup("<address type='unassigned'>"),
		    "remove the <address>, or write it as a <hostdev>", false);
}

/* --- what two devices cannot both have ---------------------------------------------------------------- */

enum shared { ALIAS, ORDER, INDEX, SHARED_COUNT };

struct named {
	const xmlNode *node;
	bool passed;
	const char *is[SHARED_COUNT]; /* each or NULL; borrowed from the tree */
};

struct names {
	struct named *list;
	size_t count;
};

/* libvirt reads no other names than these from a file (virDomainDeviceInfoParseXML()). */
static const char *own_alias(const xmlNode *node)
{
	const char *alias = vh_xml_attr(vh_xml_child(node, "alias"), "name");

	return alias && vh_has_prefix(alias, "ua-") ? alias : NULL;
}

static void note(struct names *to, const xmlNode *node, bool passed)
{
	struct named n = {
		.node = node,
		.passed = passed,
		.is = { [ALIAS] = own_alias(node),
			[ORDER] = vh_xml_attr(vh_xml_child(node, "boot"), "order"),
			[INDEX] = vh_xml_attr(vh_xml_child(node, "acpi"), "index") },
	};

	if ((n.is[ALIAS] || n.is[ORDER] || n.is[INDEX]) && to->count < EXTRAS_MAX)
		*VH_APPEND(to->list, to->count) = n;
}

static const struct named *other_with(const struct names *all, const struct named *one,
				      enum shared what)
{
	for (size_t i = 0; one->is[what] && i < all->count; i++) {
		const char *theirs = all->list[i].is[what];

		/* of two that are passed the later one is told of */
		if (&all->list[i] != one && theirs && !strcmp(theirs, one->is[what]) &&
		    (!all->list[i].passed || &all->list[i] < one))
			return &all->list[i];
	}
	return NULL;
}

/* Static: the tree is gone when it is told. */
static const char *element_of(const xmlNode *node)
{
	if (vh_xml_is(node, "hostdev"))
		return "hostdev";
	return vh_xml_is(node, "disk") ? "disk" : "interface";
}

/* QEMU looks at indexes (hw/pci/pci.c, pci_qdev_realize()), libvirt at the rest. */
static const struct {
	const char *before, *behind, *fix;
} shared[SHARED_COUNT] = {
	[ALIAS] = { "the alias '", "'", "give one of them another alias" },
	[ORDER] = { "<boot order='", "'>", "write another number into one of them" },
	[INDEX] = { "<acpi index='", "'>", "write another number into one of them" },
};

static void read_shared(struct vh_extras *to, const struct names *all, const struct named *one)
{
	const struct device d = { .to = to, .node = one->node, .element = element_of(one->node) };

	for (enum shared i = 0; i < SHARED_COUNT; i++) {
		const struct named *other = other_with(all, one, i);
		_auto_free_ char *shown = other ? vh_printable(one->is[i], VH_VALUE_MAX) : NULL;
		struct vh_extra *s = NULL;

		if (other)
			s = add(&d,
				vh_printf("%s%s%s, which the <%s> of line %d has, too",
					  shared[i].before, shown, shared[i].behind,
					  vh_xml_name(other->node), vh_xml_line(other->node)),
				shared[i].fix, i == INDEX);
		if (s)
			s->by_qemu = i == INDEX;
	}
}

/* virDomainDeviceBootParseXML(), virDomainDefBootOrderPostParse() */
static void read_boot(struct vh_extras *to, const xmlNode *os, const struct named *one)
{
	const xmlNode *boot = vh_xml_child(os, "boot");
	const struct device d = { .to = to, .node = one->node, .element = element_of(one->node) };
	_auto_free_ char *shown = one->is[ORDER] ? vh_printable(one->is[ORDER], VH_VALUE_MAX) : NULL;
	uint64_t n;

	if (!one->is[ORDER])
		return;
	if (vh_address_uint(one->is[ORDER], 10, &n) < 0 || !n)
		add(&d, vh_printf("<boot order='%s'>", shown), "write order='1' or more", false);
	if (boot)
		add(&d, vh_printf("<boot>, and <os> has one in line %d", vh_xml_line(boot)),
		    "remove the <boot> from <os>: each device that the guest boots from gets an order",
		    false);
}

/* --- devices ------------------------------------------------------------------------------------- */

/* virDomainHostdevDefValidate(), virDomainNetDefValidate() */
static void read_teaming(const struct device *d)
{
	const xmlNode *teaming = vh_xml_child(d->node, "teaming");

	if (vh_xml_attr_is(teaming, "type", "transient") && !vh_xml_attr(teaming, "persistent"))
		add(d, vh_strdup("a <teaming> that does not say with what"),
		    "write persistent='ALIAS' into it, with the alias of the virtio interface",
		    false);
	else if (vh_xml_is(d->node, "hostdev") && vh_xml_attr_is(teaming, "type", "persistent"))
		add(d, vh_strdup("<teaming type='persistent'>"),
		    "write type='transient', and the alias of the virtio interface as persistent",
		    false);
}

/* virDomainDeviceInfoParseXML(): that there is none is all that can be said of it. */
static void read_rom(const struct device *d)
{
	const xmlNode *rom = vh_xml_child(d->node, "rom");

	if (vh_xml_attr_is(rom, "enabled", "no") &&
	    (vh_xml_attr(rom, "file") || vh_xml_attr(rom, "bar")))
		add(d, vh_strdup("a <rom> that is not enabled, and more about it"),
		    "write <rom enabled='no'/>, or remove enabled='no'", false);
}

/* virDomainDiskDefValidateSourceChainOne(): namespaces of NVMe begin with 1. */
static void read_namespace(const struct device *d, const xmlNode *source)
{
	const char *text = vh_xml_attr(source, "namespace");
	uint64_t n;

	if (!text || vh_address_uint(text, 10, &n) < 0 || !n)
		add(d, vh_strdup(text ? "a namespace other than 1 and more" : "no namespace"),
		    "write namespace='1' into its <source>, for the first one of the controller",
		    false);
}

/* A device, and whether it is for certain one of the host. */
static bool read_device(struct vh_extras *to, const xmlNode *node)
{
	const xmlNode *source = vh_xml_child(node, "source");
	const char *network = vh_xml_attr(source, "network");
	struct device d = { .to = to, .node = node, .element = element_of(node) };

	if (vh_xml_is(node, "hostdev") && vh_xml_attr_is(node, "type", "pci")) {
		if (vh_xml_attr(source, "writeFiltering"))
			add(&d, vh_strdup("writeFiltering in its <source>"),
			    "remove writeFiltering, which Xen alone has", false);
		read_teaming(&d);
		read_rom(&d);
		return true;
	}
	if (vh_xml_is(node, "disk") && vh_xml_attr_is(node, "type", "nvme")) {
		read_namespace(&d, source);
		return true;
	}
	if (!vh_xml_is(node, "interface"))
		return false;
	if (vh_xml_attr_is(node, "type", "network") && network)
		d.network = network;
	else if (!vh_xml_attr_is(node, "type", "hostdev"))
		return false;
	read_interface(&d);
	read_teaming(&d);
	read_rom(&d);
	return !d.network;
}

void vh_extras_read(struct vh_extras *ret, const xmlNode *root)
{
	const xmlNode *devices = vh_xml_child(root, "devices");
	struct names names = { 0 };

	if (!vh_xml_is(root, "domain")) {
		read_device(ret, root);
		return;
	}
	for (; devices; devices = vh_xml_next(devices, "devices"))
		for (const xmlNode *n = vh_xml_child(devices, NULL); n; n = vh_xml_next(n, NULL))
			note(&names, n, read_device(ret, n));
	for (size_t i = 0; i < names.count; i++) {
		if (!names.list[i].passed)
			continue;
		read_shared(ret, &names, &names.list[i]);
		read_boot(ret, vh_xml_child(root, "os"), &names.list[i]);
	}
	free(names.list);
}

void vh_extras_clear(struct vh_extras *s)
{
	for (size_t i = 0; i < s->count; i++) {
		free(s->list[i].what);
		free(s->list[i].network);
	}
	free(s->list);
	memset(s, 0, sizeof(*s));
}
