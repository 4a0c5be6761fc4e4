/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * domain - see domain.h. Whatever is wrong with the address of a device is kept in the model
 * for a rule to report; an error is only what leaves nothing to judge.
 */
#include "lib/domain/domain.h"

#include "lib/base/printable.h"
#include "lib/base/uuid.h"
#include "lib/domain/address.h"
#include "lib/domain/element.h"
#include "lib/domain/memory-elements.h"
#include "lib/domain/metadata.h"
#include "lib/xml/xml.h"

#include "lib/base/banned.h"

/* No guest has a fraction of this; it bounds what is quadratic in hostile input. */
#define DEVICES_MAX 4096

/* --- devices ----------------------------------------------------------------------------- */

/* Anything but yes and no is not an answer (libvirt ignores or refuses it). */
static enum vh_managed read_managed(const xmlNode *node)
{
	if (vh_xml_attr_is(node, "managed", "yes"))
		return VH_MANAGED_YES;
	return vh_xml_attr_is(node, "managed", "no") ? VH_MANAGED_NO : VH_MANAGED_ABSENT;
}

/* Adds the device at <source>/<address>. `managed` stands on the element, for a disk on its
 * source. */
static struct vh_hostdev *add_device(struct vh_domain *d, enum vh_element element,
				     const xmlNode *node, const xmlNode *source)
{
	struct vh_hostdev *dev = VH_APPEND(d->devices, d->n_devices);
	const xmlNode *address = vh_xml_child(source, "address");

	dev->element = element;
	dev->node = node;
	dev->line = vh_xml_line(node);
	dev->written = vh_strdup("");
	dev->written_managed = read_managed(element == VH_DISK ? source : node);
	dev->managed = dev->written_managed == VH_MANAGED_YES;
	vh_element_read(dev, node);
	if (!source)
		dev->problem = vh_strdup("no <source>");
	else if (!address)
		dev->problem = vh_strdup("no <address> in <source>");
	else
		vh_address_read(dev, address);
	return dev;
}

/* Why libvirt takes it for nothing at all, where it has the address of a PCI device
 * (virDomainHostdevDefParseXML(), virDomainHostdevDefParseXMLSubsys()); NULL: it is something. */
static const char *unknown_kind(const xmlNode *node)
{
	static const char *const types[] = { "pci", "usb", "scsi", "scsi_host", "mdev" };
	const xmlNode *address = vh_xml_child(vh_xml_child(node, "source"), "address");
	const char *mode = vh_xml_attr(node, "mode"), *type = vh_xml_attr(node, "type");

	if (!vh_xml_attr(address, "slot"))
		return NULL;
	if (mode && strcmp(mode, "subsystem") != 0 && strcmp(mode, "capabilities") != 0)
		return "its mode is not 'subsystem'";
	for (size_t i = 0; i < VH_COUNT(types); i++)
		if (vh_streq(type, types[i]) || vh_streq(mode, "capabilities"))
			return NULL;
	return type ? "its type is not 'pci'" : "it has no type";
}

/* The next hostdevN: what has another name is passed over (qemuAssignDeviceHostdevAlias()). */
static size_t take_number(size_t *next, const xmlNode *node)
{
	size_t number = *next;

	*next += !vh_element_is_named(node);
	return number;
}

static void read_hostdev(struct vh_domain *d, const xmlNode *node)
{
	const char *mode = vh_xml_attr(node, "mode"), *unknown = unknown_kind(node);
	size_t number = take_number(&d->n_hostdevs, node);
	struct vh_hostdev *dev;

	if (vh_xml_attr_is(node, "type", "mdev") && !d->mdev_line)
		d->mdev_line = vh_xml_line(node);
	if (!unknown &&
	    (!vh_xml_attr_is(node, "type", "pci") || (mode && !vh_streq(mode, "subsystem"))))
		return;
	dev = add_device(d, VH_HOSTDEV, node, vh_xml_child(node, "source"));
	dev->number = number;
	if (unknown && !dev->problem) {
		dev->problem = vh_strdup(unknown);
		dev->meant = vh_strdup("mode='subsystem' type='pci'");
		dev->decimal = dev->hex_valid = false;
	}
	dev->unassigned = vh_xml_attr_is(vh_xml_child(node, "address"), "type", "unassigned");
}

/* virDomainNetDefParseXML(): here, unlike in <hostdev>, the address says what it is of, and
 * <vendor> stands for USB. */
static void read_hostdev_interface(struct vh_domain *d, const xmlNode *node)
{
	size_t number = take_number(&d->n_hostdev_interfaces, node);
	const xmlNode *source = vh_xml_child(node, "source");
	const xmlNode *address = vh_xml_child(source, "address");
	const char *type = vh_xml_attr(address, "type");
	struct vh_hostdev *dev;

	if (type ? !vh_streq(type, "pci") : vh_xml_child(source, "vendor") != NULL)
		return;
	dev = add_device(d, VH_INTERFACE, node, source);
	dev->number = number;
	if (type || !address || dev->problem)
		return;
	dev->problem = vh_strdup("no type='pci' on <address> in <source>");
	dev->meant = vh_strdup(vh_pci_str(&dev->addr).s);
	dev->decimal = dev->hex_valid = false;
}

static void add_network(struct vh_domain *d, const char *name, int line)
{
	size_t n = d->networks.count;
	char *copy = vh_strdup(name);

	*VH_APPEND(d->network_lines, n) = (struct vh_network_line){ copy, line };
	*VH_APPEND(d->networks.name, d->networks.count) = copy;
}

static void read_interface(struct vh_domain *d, const xmlNode *node)
{
	const char *network = vh_xml_attr(vh_xml_child(node, "source"), "network");

	if (vh_xml_attr_is(node, "type", "hostdev"))
		read_hostdev_interface(d, node);
	else if (vh_xml_attr_is(node, "type", "network") && network)
		add_network(d, network, vh_xml_line(node));
}

/* The namespaces of one controller are one device. */
static void drop_if_known(struct vh_domain *d, bool opened)
{
	struct vh_hostdev *last = &d->devices[d->n_devices - 1];

	if (last->problem)
		return;
	for (struct vh_hostdev *dev = d->devices; dev < last; dev++) {
		if (dev->element != VH_DISK || dev->problem || vh_pci_cmp(&dev->addr, &last->addr))
			continue;
		if (opened && !dev->again_line)
			dev->again_line = last->line;
		free(last->written);
		d->n_devices--;
		return;
	}
}

/* A <disk>, <mirror> or <backingStore>: each may hold an nvme source, and the next one. */
static void read_disk(struct vh_domain *d, const xmlNode *node)
{
	static const char *const below[] = { "backingStore", "mirror" };
	const xmlNode *source = vh_xml_child(node, "source");
	bool opened = !vh_xml_is(node, "mirror"); /* one of a guest that runs */

	if (vh_xml_attr_is(node, "type", "nvme")) {
		struct vh_hostdev *dev = add_device(d, VH_DISK, node, source);

		dev->managed = dev->written_managed != VH_MANAGED_NO;
		drop_if_known(d, opened);
	}
	/* no deeper than libxml2 lets a document be without XML_PARSE_HUGE */
	for (size_t i = 0; i < VH_COUNT(below); i++)
		if (vh_xml_child(node, below[i]))
			read_disk(d, vh_xml_child(node, below[i]));
}

static void read_balloon(struct vh_domain *d, const xmlNode *node)
{
	if (d->balloon != VH_BALLOON_ABSENT)
		return; /* libvirt takes one at most */
	d->balloon_line = vh_xml_line(node);
	if (vh_xml_attr_is(node, "model", "none")) {
		d->balloon = VH_BALLOON_NONE;
		return;
	}
	d->balloon = VH_BALLOON_PRESENT;
	d->autodeflate = vh_xml_attr_is(node, "autodeflate", "on");
	d->free_page_reporting = vh_xml_attr_is(node, "freePageReporting", "on");
}

static const struct {
	const char *element;
	void (*read)(struct vh_domain *, const xmlNode *);
	bool alone; /* means something to virsh attach-device */
} readers[] = {
	{ "hostdev", read_hostdev, true },
	{ "interface", read_interface, true },
	{ "disk", read_disk, true },
	{ "memballoon", read_balloon, false },
};

static int read_devices(struct vh_domain *d, const xmlNode *devices, struct vh_error *err)
{
	for (const xmlNode *n = vh_xml_child(devices, NULL); n; n = vh_xml_next(n, NULL)) {
		for (size_t i = 0; i < VH_COUNT(readers); i++)
			if (vh_xml_is(n, readers[i].element))
				readers[i].read(d, n);
		if (d->n_devices > DEVICES_MAX)
			return vh_fail(err, VH_E_INPUT, 0, NULL, "line %d: more than %d PCI devices",
				       vh_xml_line(n), DEVICES_MAX);
	}
	return 0;
}

/* libvirt reads interfaces before all <hostdev> (virDomainDefParseXML()). */
static void number_devices(struct vh_domain *d)
{
	for (size_t i = 0; i < d->n_devices; i++)
		if (d->devices[i].element == VH_HOSTDEV)
			d->devices[i].number += d->n_hostdev_interfaces;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort_networks(struct vh_names *names)
{
	if (names->count)
		qsort(names->name, names->count, sizeof(*names->name), by_name);
}

/* --- the domain -------------------------------------------------------------------------- */

/* <memory> or <currentMemory>, in KiB rounded up as libvirt does; *ret stays when absent. */
static int read_size(const xmlNode *node, uint64_t *ret, struct vh_error *err)
{
	_auto_free_ char *text = vh_xml_text(node), *shown = NULL, *shown_unit = NULL;
	const char *unit = vh_xml_attr(node, "unit");

	if (!text || vh_memory_elements_kib(text, unit, ret) == 0)
		return 0;
	shown = vh_printable(text, VH_VALUE_MAX);
	shown_unit = vh_printable(unit ? unit : "KiB", VH_VALUE_MAX);
	return vh_fail(err, VH_E_INPUT, 0,
		       "write a whole number, and b, KiB, MiB, GiB or TiB as unit",
		       "line %d: <%s> is '%s' '%s', which is not a size", vh_xml_line(node),
		       vh_xml_name(node), shown, shown_unit);
}

static int read_type(struct vh_domain *d, const xmlNode *root, struct vh_error *err)
{
	static const char *const qemu[] = { "qemu", "kvm", "kqemu", "hvf", "hyperv" };
	const char *type = vh_xml_attr(root, "type");
	_auto_free_ char *shown = NULL;

	/* xmlns= for xmlns:qemu=: libvirt finds nothing in it */
	if (!vh_xml_is(root, "domain") && !strcmp(vh_xml_name(root), "domain"))
		return vh_fail(
			err, VH_E_INPUT, 0,
			"remove xmlns='...' from it; what <qemu:commandline> needs is xmlns:qemu='...'",
			"line %d: <domain> is of a namespace, and libvirt's is of none",
			vh_xml_line(root));
	if (!vh_xml_is(root, "domain")) {
		shown = vh_printable(vh_xml_name(root), VH_VALUE_MAX);
		return vh_fail(err, VH_E_INPUT, 0, "give it what 'virsh dumpxml NAME' prints",
			       "line %d: this is not a domain: its root element is <%s>",
			       vh_xml_line(root), shown);
	}
	if (!type)
		return vh_fail(err, VH_E_INPUT, 0, "write <domain type='kvm'>",
			       "line %d: <domain> has no type", vh_xml_line(root));
	for (size_t i = 0; i < VH_COUNT(qemu) && !d->type; i++)
		if (vh_streq(type, qemu[i]))
			d->type = vh_strdup(type);
	if (d->type)
		return 0;
	shown = vh_printable(type, VH_VALUE_MAX);
	return vh_fail(err, VH_E_INPUT, 0, NULL, "domain type '%s' is not run by QEMU", shown);
}

static int read_uuid(struct vh_domain *d, const xmlNode *node, struct vh_error *err)
{
	_auto_free_ char *text = vh_xml_text(node), *shown = NULL;
	char uuid[37];

	if (!text)
		return 0;
	if (vh_uuid_parse(text, uuid) == 0) {
		d->uuid = vh_strdup(uuid);
		return 0;
	}
	shown = vh_printable(text, VH_VALUE_MAX);
	return vh_fail(err, VH_E_INPUT, 0, "remove the element: libvirt generates a UUID",
		       "line %d: '%s' is not a UUID", vh_xml_line(node), shown);
}

static void read_security(struct vh_domain *d, const xmlNode *node)
{
	if (!node || !vh_xml_attr(node, "type"))
		return;
	d->security = vh_printable(vh_xml_attr(node, "type"), VH_VALUE_MAX);
	d->security_line = vh_xml_line(node);
}

/* virSecurityLabelDefParseXML(): without a model it is that of the first driver. */
static void read_labels(struct vh_domain *d, const xmlNode *root)
{
	const xmlNode *n = vh_xml_child(root, "seclabel");

	for (; n; n = vh_xml_next(n, "seclabel")) {
		const char *type = vh_xml_attr(n, "type"), *model = vh_xml_attr(n, "model");

		if ((!model || !strcmp(model, "apparmor")) && type && strcmp(type, "dynamic") != 0)
			d->own_label = true;
		if (model && !strcmp(model, "dac") && type && !strcmp(type, "static"))
			d->own_user = true;
	}
}

static int read_domain(struct vh_domain *d, const xmlNode *root, struct vh_error *err)
{
	const xmlNode *os_type = vh_xml_child(vh_xml_child(root, "os"), "type");

	d->line = d->balloon_line = vh_xml_line(root);
	if (read_type(d, root, err) < 0 || read_uuid(d, vh_xml_child(root, "uuid"), err) < 0)
		return -1;
	d->name = vh_xml_text(vh_xml_child(root, "name"));
	if (!d->name)
		d->name = vh_strdup("");
	d->arch = vh_strdup(vh_xml_attr(os_type, "arch"));
	if (read_size(vh_xml_child(root, "memory"), &d->memory_kib, err) < 0 ||
	    read_size(vh_xml_child(root, "currentMemory"), &d->current_kib, err) < 0)
		return -1;
	vh_memory_elements_read(&d->memory, root, d->memory_kib);
	d->memory_kib = d->memory.total_kib;
	/* virDomainDefPostParseMemory() */
	if (!d->current_kib || d->current_kib > d->memory_kib)
		d->current_kib = d->memory_kib;
	for (const xmlNode *n = vh_xml_child(root, "devices"); n; n = vh_xml_next(n, "devices"))
		if (read_devices(d, n, err) < 0)
			return -1;
	number_devices(d);
	sort_networks(&d->networks);
	d->numa = vh_placement_read(root);
	d->emulator = vh_xml_text(vh_xml_child(vh_xml_child(root, "devices"), "emulator"));
	d->iommufd = vh_xml_attr_is(vh_xml_child(root, "iommufd"), "enabled", "yes");
	vh_guest_iommu_read(&d->iommu, root);
	read_security(d, vh_xml_child(root, "launchSecurity"));
	read_labels(d, root);
	vh_slots_read(&d->slots, root);
	vh_extras_read(&d->extras, root);
	vh_qemu_args_read(&d->smuggled, &d->iommu, root);
	d->wide_window = d->smuggled.wide_window ||
			 vh_xml_child(vh_xml_child(root, "cpu"), "maxphysaddr");
	/* it is about passthrough: without that it stops nobody */
	if (!vh_domain_has_pci(d))
		return 0;
	vh_needs_read(&d->needs, root);
	return vh_metadata_read(&d->policy, root, err);
}

struct vh_domain *vh_domain_read(const xmlDoc *doc, struct vh_error *err)
{
	_auto_(vh_domain) struct vh_domain *d = vh_alloc(sizeof(*d));

	return read_domain(d, vh_xml_root(doc), err) < 0 ? NULL : VH_STEAL(d);
}

bool vh_domain_is_device(const xmlDoc *doc)
{
	for (size_t i = 0; i < VH_COUNT(readers); i++)
		if (readers[i].alone && vh_xml_is(vh_xml_root(doc), readers[i].element))
			return true;
	return false;
}

struct vh_domain *vh_domain_of(const struct vh_pci_addr *addrs, size_t count)
{
	struct vh_domain *d = vh_alloc(sizeof(*d));

	d->name = vh_strdup("vm");
	d->type = vh_strdup("kvm");
	d->balloon = VH_BALLOON_NONE;
	d->memory_kib = d->current_kib = d->memory.total_kib = 1024;
	d->memory.n_vfio = count;
	for (size_t i = 0; i < count; i++)
		*VH_APPEND(d->devices, d->n_devices) = (struct vh_hostdev){
			.element = VH_HOSTDEV,
			.addr = addrs[i],
			.written = vh_strdup(""),
			.written_managed = VH_MANAGED_YES,
			.managed = true,
		};
	return d;
}

struct vh_domain *vh_domain_read_device(const xmlDoc *doc)
{
	struct vh_domain *d = vh_alloc(sizeof(*d));
	const xmlNode *root = vh_xml_root(doc);

	d->lone = true;
	d->name = vh_strdup("");
	d->line = d->balloon_line = vh_xml_line(root);
	for (size_t i = 0; i < VH_COUNT(readers); i++)
		if (readers[i].alone && vh_xml_is(root, readers[i].element))
			readers[i].read(d, root);
	vh_slots_read(&d->slots, root);
	vh_extras_read(&d->extras, root);
	return d;
}

struct vh_domain *vh_domain_parse(const char *xml, size_t len, struct vh_error *err)
{
	struct vh_domain *d;
	_auto_xml_ xmlDoc *doc = NULL;

	if (len > VH_XML_MAX) {
		(void)vh_fail(err, VH_E_INPUT, 0, NULL, "the XML is longer than %u MiB",
			      VH_XML_MAX >> 20);
		return NULL;
	}
	doc = vh_xml_parse(xml, len, err);
	d = doc ? vh_domain_read(doc, err) : NULL;
	for (size_t i = 0; d && i < d->n_devices; i++)
		d->devices[i].node = NULL;
	return d;
}

void vh_domain_free(struct vh_domain *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->n_devices; i++) {
		free(d->devices[i].written);
		free(d->devices[i].problem);
		free(d->devices[i].meant);
		vh_element_clear(&d->devices[i]);
	}
	free(d->devices);
	vh_names_clear(&d->networks);
	free(d->network_lines);
	vh_guest_memory_clear(&d->memory);
	vh_guest_iommu_clear(&d->iommu);
	vh_slots_clear(&d->slots);
	vh_extras_clear(&d->extras);
	vh_needs_clear(&d->needs);
	vh_metadata_clear(&d->policy);
	vh_qemu_args_clear(&d->smuggled);
	vh_placement_free(d->numa);
	free(d->name);
	free(d->uuid);
	free(d->type);
	free(d->arch);
	free(d->emulator);
	free(d->security);
	free(d);
}

bool vh_domain_has_pci(const struct vh_domain *d)
{
	return d->n_devices > 0;
}

bool vh_domain_is_iommufd(const struct vh_domain *d, const struct vh_hostdev *e)
{
	return e->iommufd == VH_YES ||
	       (e->iommufd == VH_UNKNOWN && e->element == VH_HOSTDEV && d->iommufd);
}

bool vh_domain_pins(const struct vh_domain *d, bool pool)
{
	for (size_t i = 0; i < d->n_devices; i++)
		if (!d->devices[i].unassigned)
			return true;
	for (size_t i = 0; i < d->smuggled.count; i++)
		if (d->smuggled.list[i].has_addr)
			return true;
	return pool || d->memory.n_vdpa;
}

bool vh_domain_has_private_memory(const struct vh_domain *d)
{
	return vh_streq(d->security, "sev-snp") || vh_streq(d->security, "tdx");
}

/* Where libvirt adds <memballoon model='virtio'> by itself (qemu_postparse.c,
 * qemuDomainDefAddDefaultDevices()): not on arm, loongarch and the rare rest. */
bool vh_domain_has_balloon(const struct vh_domain *d)
{
	static const char *const added[] = { "x86_64", "i686", "ppc", "riscv", "s390",
					     "sparc",  "mips", "sh4", "alpha" };

	if (d->balloon != VH_BALLOON_ABSENT)
		return d->balloon == VH_BALLOON_PRESENT;
	for (size_t i = 0; d->arch && i < VH_COUNT(added); i++)
		if (vh_has_prefix(d->arch, added[i]))
			return true;
	return !d->arch;
}

int vh_domain_parse_uuid(const char *xml, size_t len, char ret[37], struct vh_error *err)
{
	_auto_xml_ xmlDoc *doc = vh_xml_parse(xml, len, err);
	_auto_free_ char *uuid = doc ? vh_xml_text(vh_xml_child(vh_xml_root(doc), "uuid")) : NULL;

	if (!doc)
		return -1;
	if (!uuid || vh_uuid_parse(uuid, ret) < 0)
		return vh_fail(err, VH_E_INPUT, 0, NULL, "the domain has no UUID");
	return 0;
}
