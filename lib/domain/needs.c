/* SPDX-License-Identifier: GPL-2.0-or-later */
/* needs - see needs.h. What libvirt would refuse is not needed: it says so itself. */
#include "lib/domain/needs.h"

#include "lib/base/uuid.h"
#include "lib/domain/address.h"
#include "lib/xml/xml.h"

#include "lib/base/banned.h"

/* No guest has a fraction of this; it bounds what is quadratic in hostile input. */
#define NEEDS_MAX 512

static struct vh_need *add(struct vh_needs *to, enum vh_need_kind kind, const xmlNode *node,
			   const char *element)
{
	struct vh_need *n;

	if (to->count >= NEEDS_MAX)
		return NULL;
	n = VH_APPEND(to->list, to->count);
	n->kind = kind;
	n->element = element;
	n->line = vh_xml_line(node);
	return n;
}

/* libvirt writes the first <serial> a second time, as a <console>. */
static void add_name(struct vh_needs *to, enum vh_need_kind kind, const xmlNode *node,
		     const char *element, const char *name)
{
	struct vh_need *n;

	if (!name || !*name)
		return;
	for (size_t i = 0; i < to->count; i++)
		if (to->list[i].kind == kind && vh_streq(to->list[i].name, name))
			return;
	n = add(to, kind, node, element);
	if (n)
		n->name = vh_strdup(name);
}

/* --- paths ------------------------------------------------------------------------------------- */

/* A path stands in attribute `at` of an element below (NULL: in its text), where the attributes
 * named are so. */
static const struct {
	const char *element, *type; /* its attribute `type`, or NULL */
	const char *child, *child_key, *child_is;
	const char *grandchild; /* or NULL */
	const char *at;
} paths[] = {
	{ "serial", "dev", "source", .at = "path" },
	{ "parallel", "dev", "source", .at = "path" },
	{ "console", "dev", "source", .at = "path" },
	{ "channel", "dev", "source", .at = "path" },
	{ "redirdev", "dev", "source", .at = "path" },
	{ "smartcard", "dev", "source", .at = "path" },
	{ "input", "evdev", "source", .at = "dev" },
	{ "input", "passthrough", "source", .at = "evdev" },
	{ "filesystem", NULL, "source", .at = "dir" },
	{ "filesystem", NULL, "source", .at = "dev" },
	{ "filesystem", NULL, "source", .at = "file" },
	{ "graphics", NULL, "gl", .at = "rendernode" },
	{ "interface", "vdpa", "source", .at = "dev" },
	{ "memory", NULL, "source", NULL, NULL, "path", NULL },
	{ "rng", NULL, "backend", "model", "random", NULL, NULL },
	{ "tpm", NULL, "backend", "type", "passthrough", "device", "path" },
	{ "tpm", NULL, "backend", "type", "emulator", "source", "path" },
	{ "video", NULL, "model", NULL, NULL, "acceleration", "rendernode" },
};

static void read_paths(struct vh_needs *to, const xmlNode *node)
{
	_auto_free_ char *emulator = vh_xml_is(node, "emulator") ? vh_xml_text(node) : NULL;

	if (emulator)
		add_name(to, VH_NEED_PATH, node, "emulator", emulator);
	for (size_t i = 0; i < VH_COUNT(paths); i++) {
		const xmlNode *n = NULL;
		_auto_free_ char *text = NULL;

		if (vh_xml_is(node, paths[i].element) &&
		    (!paths[i].type || vh_xml_attr_is(node, "type", paths[i].type)))
			n = vh_xml_child(node, paths[i].child);
		if (n && paths[i].child_key &&
		    !vh_xml_attr_is(n, paths[i].child_key, paths[i].child_is))
			continue;
		if (n && paths[i].grandchild)
			n = vh_xml_child(n, paths[i].grandchild);
		if (!n)
			continue;
		text = paths[i].at ? vh_strdup(vh_xml_attr(n, paths[i].at)) : vh_xml_text(n);
		add_name(to, VH_NEED_PATH, node, paths[i].element, text);
	}
}

/* Firmware and kernel of the guest. */
static void read_os(struct vh_needs *to, const xmlNode *os)
{
	static const char *const files[] = { "loader", "nvram", "kernel", "initrd", "dtb" };

	for (size_t i = 0; os && i < VH_COUNT(files); i++) {
		const xmlNode *n = vh_xml_child(os, files[i]);
		const xmlNode *source = vh_xml_child(n, "source");
		_auto_free_ char *text = source ? NULL : vh_xml_text(n);
		const char *file = vh_xml_attr(source, "file");

		if (n)
			add_name(to, VH_NEED_PATH, n, files[i],
				 source ? (file ? file : vh_xml_attr(source, "dev")) : text);
	}
}

/* --- disks ------------------------------------------------------------------------------------- */

static void read_source(struct vh_needs *to, const xmlNode *disk, const char *type,
			const xmlNode *source)
{
	static const struct {
		const char *type, *at;
	} plain[] = {
		{ "file", "file" },
		{ "block", "dev" },
		{ "dir", "dir" },
		{ "vhostvdpa", "dev" },
	};
	const char *pool = vh_xml_attr(source, "pool"), *volume = vh_xml_attr(source, "volume");
	struct vh_need *n = NULL;

	for (size_t i = 0; i < VH_COUNT(plain); i++)
		if (!strcmp(type, plain[i].type))
			add_name(to, VH_NEED_PATH, disk, "disk", vh_xml_attr(source, plain[i].at));
	if (!strcmp(type, "volume") && pool && volume)
		n = add(to, VH_NEED_VOLUME, disk, "disk");
	if (!n)
		return;
	n->name = vh_strdup(pool);
	n->volume = vh_strdup(volume);
}

/* A <disk>, and what is below its image or beside it. libvirt's default type is file. */
static void read_disk(struct vh_needs *to, const xmlNode *disk, const xmlNode *node)
{
	static const char *const below[] = { "backingStore", "mirror" };
	const xmlNode *source = vh_xml_child(node, "source");
	const xmlNode *store = vh_xml_child(source, "dataStore");
	const char *type = vh_xml_attr(node, "type");

	size_t before = to->count;

	if (source)
		read_source(to, disk, type ? type : "file", source);
	for (size_t i = before; node == disk && i < to->count; i++)
		to->list[i].optional = vh_xml_attr_is(source, "startupPolicy", "optional");
	if (store)
		read_disk(to, disk, store);
	for (size_t i = 0; i < VH_COUNT(below); i++)
		if (vh_xml_child(node, below[i]))
			read_disk(to, disk, vh_xml_child(node, below[i]));
}

/* --- devices ----------------------------------------------------------------------------------- */

static bool read_uint(const xmlNode *node, const char *name, int base, unsigned int *ret)
{
	const char *text = vh_xml_attr(node, name);
	uint64_t v;

	if (!text || vh_address_uint(text, base, &v) < 0 || v > UINT16_MAX)
		return false;
	*ret = (unsigned int)v;
	return true;
}

/* virDomainHostdevSubsysUSBDefParseXML() */
static void read_usb(struct vh_needs *to, const xmlNode *node, const xmlNode *source)
{
	const xmlNode *address = vh_xml_child(source, "address");
	struct vh_need n = { .bus = 0 }, *added;
	const char *port = vh_xml_attr(address, "port");

	n.by_id = read_uint(vh_xml_child(source, "vendor"), "id", 0, &n.vendor) &&
		  read_uint(vh_xml_child(source, "product"), "id", 0, &n.product);
	n.by_place = read_uint(address, "bus", 0, &n.bus) &&
		     (read_uint(address, "device", 0, &n.number) || port) && (n.number || port);
	if (!n.by_id && !n.by_place)
		return;
	added = add(to, VH_NEED_USB, node, "hostdev");
	if (!added)
		return;
	added->by_id = n.by_id;
	added->by_place = n.by_place;
	added->auto_place = vh_xml_attr_is(source, "autoAddress", "yes");
	added->vendor = n.vendor;
	added->product = n.product;
	added->bus = n.bus;
	added->number = n.number;
	added->name = n.by_place && !n.number ? vh_strdup(port) : NULL;
	added->optional = vh_xml_attr_is(source, "startupPolicy", "optional");
}

/* <adapter name='scsi_host6'/><address bus='0' target='0' unit='1'/> */
static void read_scsi(struct vh_needs *to, const xmlNode *node, const xmlNode *source)
{
	static const char prefix[] = "scsi_host";
	const char *adapter = vh_xml_attr(vh_xml_child(source, "adapter"), "name");
	const xmlNode *address = vh_xml_child(source, "address");
	_auto_free_ char *name = NULL;
	unsigned int host, bus, target, unit;
	uint64_t v;

	if (!adapter || !vh_has_prefix(adapter, prefix) ||
	    vh_parse_uint(adapter + strlen(prefix), 10, UINT16_MAX, &v) < 0 ||
	    !read_uint(address, "bus", 0, &bus) || !read_uint(address, "target", 0, &target) ||
	    !read_uint(address, "unit", 0, &unit))
		return;
	host = (unsigned int)v;
	name = vh_printf("%u:%u:%u:%u", host, bus, target, unit);
	add_name(to, VH_NEED_SCSI, node, "hostdev", name);
}

static void read_mediated(struct vh_needs *to, const xmlNode *node, const xmlNode *source)
{
	const char *text = vh_xml_attr(vh_xml_child(source, "address"), "uuid");
	char uuid[37];

	if (text && vh_uuid_parse(text, uuid) == 0)
		add_name(to, VH_NEED_MEDIATED, node, "hostdev", uuid);
}

static void read_hostdev(struct vh_needs *to, const xmlNode *node)
{
	static const struct {
		const char *type;
		void (*read)(struct vh_needs *, const xmlNode *, const xmlNode *);
	} types[] = {
		{ "usb", read_usb },
		{ "scsi", read_scsi },
		{ "mdev", read_mediated },
	};
	const char *mode = vh_xml_attr(node, "mode");

	if (mode && strcmp(mode, "subsystem") != 0)
		return;
	for (size_t i = 0; i < VH_COUNT(types); i++)
		if (vh_xml_attr_is(node, "type", types[i].type))
			types[i].read(to, node, vh_xml_child(node, "source"));
}

/* virDomainGraphicsNeedsAutoRenderNode(): libvirt chooses one of those that are left after prepare. */
static void read_graphics(struct vh_needs *to, const xmlNode *node)
{
	const xmlNode *gl = vh_xml_child(node, "gl");
	bool draws = vh_xml_attr_is(node, "type", "egl-headless") ||
		     ((vh_xml_attr_is(node, "type", "spice") ||
		       vh_xml_attr_is(node, "type", "dbus")) &&
		      vh_xml_attr_is(gl, "enable", "yes"));

	if (draws && !vh_xml_attr(gl, "rendernode"))
		add(to, VH_NEED_RENDER, node, "graphics");
}

/* `dev` of user and vhostuser is the interface that passt copies. */
static void read_interface(struct vh_needs *to, const xmlNode *node)
{
	static const struct {
		const char *type, *at;
		enum vh_need_kind kind;
	} types[] = {
		{ "direct", "dev", VH_NEED_INTERFACE },
		{ "bridge", "bridge", VH_NEED_INTERFACE },
		{ "user", "dev", VH_NEED_INTERFACE },
		{ "vhostuser", "dev", VH_NEED_INTERFACE },
		{ "network", "network", VH_NEED_NETWORK },
	};
	const xmlNode *source = vh_xml_child(node, "source");

	for (size_t i = 0; i < VH_COUNT(types); i++)
		if (vh_xml_attr_is(node, "type", types[i].type))
			add_name(to, types[i].kind, node, "interface",
				 vh_xml_attr(source, types[i].at));
}

void vh_needs_read(struct vh_needs *ret, const xmlNode *domain)
{
	const xmlNode *devices = vh_xml_child(domain, "devices");

	read_os(ret, vh_xml_child(domain, "os"));
	for (; devices; devices = vh_xml_next(devices, "devices")) {
		const xmlNode *n = vh_xml_child(devices, NULL);

		for (; n && ret->count < NEEDS_MAX; n = vh_xml_next(n, NULL)) {
			read_paths(ret, n);
			if (vh_xml_is(n, "disk"))
				read_disk(ret, n, n);
			else if (vh_xml_is(n, "hostdev"))
				read_hostdev(ret, n);
			else if (vh_xml_is(n, "interface"))
				read_interface(ret, n);
			else if (vh_xml_is(n, "graphics"))
				read_graphics(ret, n);
		}
	}
}

void vh_needs_clear(struct vh_needs *n)
{
	for (size_t i = 0; i < n->count; i++) {
		free(n->list[i].name);
		free(n->list[i].volume);
	}
	free(n->list);
	memset(n, 0, sizeof(*n));
}
