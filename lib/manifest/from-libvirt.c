/* SPDX-License-Identifier: GPL-2.0-or-later */
/* from-libvirt - see from-libvirt.h. */
#include "lib/manifest/from-libvirt.h"

#include "lib/base/pci.h"
#include "lib/base/bits.h"
#include "lib/manifest/parse.h"
#include "lib/manifest/free-pages.h"
#include "lib/xml/xml.h"

#include "lib/base/banned.h"

#define NAME_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.@+"
#define NAME_MAX_LEN 64
#define NODES_MAX 16384 /* of each kind; more are not checked */

/* What libvirt does not tell, rule by rule. */
static const char not_told[] =
	"what the host uses its devices for: mounts, swap, routes, consoles, open files\n"
	"claims of vfio-hook there, and which processes beside libvirt's have a group open\n"
	"whether the devices answer\n"
	"whether these are the devices that the domains last ran with\n"
	"the configuration of vfio-hook there: judged by the defaults\n"
	"whether vfio-pci can be loaded there, and its options\n"
	"interrupt remapping, reserved regions, and how devices can be reset\n"
	"the release of the kernel, and its command line\n"
	"which display the host boots with, and where its keyboard is\n";

struct node {
	struct vh_pci_addr addr, parent, pf;
	bool has_parent, has_pf;
	uint32_t class;
	uint16_t vendor, device;
	int group, numa; /* -1: none */
	unsigned int vfs, total_vfs;
	char *driver;
	enum { NODE_NEW, NODE_OPEN, NODE_DONE } written;
};

/* An interface or a disk. */
struct carried {
	struct vh_pci_addr addr;
	char *name;
	bool disk, up;
	uint64_t bytes;
};

struct nodes {
	struct node *list;
	size_t count;
	struct carried *carried;
	size_t n_carried;
};

void vh_from_libvirt_clear(struct vh_told *t)
{
	vh_names_clear(&t->devices);
	vh_names_clear(&t->networks);
	vh_names_clear(&t->running);
	vh_names_clear(&t->free_pages);
	free(t->capabilities);
	memset(t, 0, sizeof(*t));
}

/* --- reading ---------------------------------------------------------------------------------- */

static int number_in(const xmlNode *parent, const char *child, uint64_t max, uint64_t *ret)
{
	_auto_free_ char *text = vh_xml_text(vh_xml_child(parent, child));

	return text ? vh_parse_uint(text, 0, max, ret) : -1;
}

static int attr_number(const xmlNode *node, const char *name, uint64_t max, uint64_t *ret)
{
	const char *text = vh_xml_attr(node, name);

	return text ? vh_parse_uint(text, 0, max, ret) : -1;
}

static const xmlNode *capability(const xmlNode *parent, const char *type)
{
	const xmlNode *c = vh_xml_child(parent, "capability");

	while (c && !vh_xml_attr_is(c, "type", type))
		c = vh_xml_next(c, "capability");
	return c;
}

/* <address domain='0x0000' bus='0x03' slot='0x00' function='0x0'/> */
static int read_address(const xmlNode *node, struct vh_pci_addr *ret)
{
	uint64_t domain, bus, slot, function;

	if (attr_number(node, "domain", UINT32_MAX, &domain) < 0 ||
	    attr_number(node, "bus", 0xff, &bus) < 0 || attr_number(node, "slot", 0x1f, &slot) < 0 ||
	    attr_number(node, "function", 7, &function) < 0)
		return -1;
	*ret = (struct vh_pci_addr){ (uint32_t)domain, (uint8_t)bus, (uint8_t)slot,
				     (uint8_t)function };
	return 0;
}

static bool is_name(const char *s)
{
	return s && *s && *s != '.' && strlen(s) <= NAME_MAX_LEN && s[strspn(s, NAME_CHARS)] == 0;
}

/* <parent>pci_0000_00_1c_0</parent>; of a function on a root bus it is the computer. */
static bool read_parent(const xmlNode *device, struct vh_pci_addr *ret)
{
	_auto_free_ char *text = vh_xml_text(vh_xml_child(device, "parent"));

	return text && vh_pci_parse_loose(text, ret) == 0;
}

static void read_sriov(const xmlNode *pci, struct node *n)
{
	const xmlNode *pf = capability(pci, "phys_function");
	const xmlNode *vfs = capability(pci, "virt_functions");
	uint64_t max;

	n->has_pf = read_address(vh_xml_child(pf, "address"), &n->pf) == 0;
	for (const xmlNode *a = vh_xml_child(vfs, "address"); a; a = vh_xml_next(a, "address"))
		n->vfs++;
	n->total_vfs = n->vfs;
	if (attr_number(vfs, "maxCount", 65535, &max) == 0 && max > n->vfs)
		n->total_vfs = (unsigned int)max;
}

static void read_pci(struct nodes *to, const xmlNode *device, const xmlNode *pci)
{
	struct node n = { .group = -1, .numa = -1 };
	const xmlNode *group = vh_xml_child(pci, "iommuGroup");
	_auto_free_ char *driver = vh_xml_text(vh_xml_child(vh_xml_child(device, "driver"), "name"));
	uint64_t domain, bus, slot, function, class, vendor, id, v;

	if (number_in(pci, "domain", UINT32_MAX, &domain) < 0 ||
	    number_in(pci, "bus", 0xff, &bus) < 0 || number_in(pci, "slot", 0x1f, &slot) < 0 ||
	    number_in(pci, "function", 7, &function) < 0 ||
	    number_in(pci, "class", 0xffffff, &class) < 0 ||
	    attr_number(vh_xml_child(pci, "vendor"), "id", 0xffff, &vendor) < 0 ||
	    attr_number(vh_xml_child(pci, "product"), "id", 0xffff, &id) < 0)
		return;
	n.addr = (struct vh_pci_addr){ (uint32_t)domain, (uint8_t)bus, (uint8_t)slot,
				       (uint8_t)function };
	n.class = (uint32_t) class;
	n.vendor = (uint16_t)vendor;
	n.device = (uint16_t)id;
	n.has_parent = read_parent(device, &n.parent);
	read_sriov(pci, &n);
	if (attr_number(group, "number", 99999, &v) == 0)
		n.group = (int)v;
	if (attr_number(vh_xml_child(pci, "numa"), "node", VH_BITS_MAX - 1, &v) == 0)
		n.numa = (int)v;
	n.driver = driver && vh_parse_is_name(driver) ? VH_STEAL(driver) : NULL;
	*VH_APPEND(to->list, to->count) = n;
}

/* A name stands for one thing. */
static void add_carried(struct nodes *to, struct carried c)
{
	bool known = to->n_carried == NODES_MAX;

	for (size_t i = 0; i < to->n_carried && !known; i++)
		known = to->carried[i].disk == c.disk && !strcmp(to->carried[i].name, c.name);
	if (known)
		free(c.name);
	else
		*VH_APPEND(to->carried, to->n_carried) = c;
}

static void read_interface(struct nodes *to, const xmlNode *device, const xmlNode *net)
{
	_auto_free_ char *name = vh_xml_text(vh_xml_child(net, "interface"));
	struct carried c = { .up = vh_xml_attr_is(vh_xml_child(net, "link"), "state", "up") };

	if (!is_name(name) || !read_parent(device, &c.addr))
		return;
	c.name = VH_STEAL(name);
	add_carried(to, c);
}

/* The last function in <path>/sys/devices/pci0000:00/0000:00:1d.0/0000:04:00.0/nvme/...</path>:
 * between a disk and its controller are hosts and targets. */
static bool find_controller(const xmlNode *device, struct vh_pci_addr *ret)
{
	_auto_free_ char *path = vh_xml_text(vh_xml_child(device, "path"));
	char *rest = path, *part;
	bool found = false;

	while ((part = strsep(&rest, "/")))
		found |= vh_pci_parse(part, ret) == 0;
	return found;
}

static void read_disk(struct nodes *to, const xmlNode *device, const xmlNode *storage)
{
	_auto_free_ char *block = vh_xml_text(vh_xml_child(storage, "block"));
	const char *name = block && vh_has_prefix(block, "/dev/") ? block + 5 : NULL;
	struct carried c = { .disk = true };

	if (!is_name(name) || !find_controller(device, &c.addr))
		return;
	c.name = vh_strdup(name);
	if (number_in(storage, "size", UINT64_MAX, &c.bytes) < 0)
		c.bytes = 0;
	add_carried(to, c);
}

static void read_device(struct nodes *to, const char *xml)
{
	_auto_xml_ xmlDoc *doc = vh_xml_parse(xml, strlen(xml), NULL);
	const xmlNode *device = doc ? vh_xml_root(doc) : NULL, *c;

	if (!vh_xml_is(device, "device"))
		return;
	if ((c = capability(device, "pci")))
		read_pci(to, device, c);
	else if ((c = capability(device, "net")))
		read_interface(to, device, c);
	else if ((c = capability(device, "storage")))
		read_disk(to, device, c);
}

static struct node *find(const struct nodes *n, const struct vh_pci_addr *addr)
{
	for (size_t i = 0; i < n->count; i++)
		if (!vh_pci_cmp(&n->list[i].addr, addr))
			return &n->list[i];
	return NULL;
}

/* --- writing ---------------------------------------------------------------------------------- */

/* A function stands behind its bridge and its physical function; what would go round in a circle
 * is cut. */
static void put_node(struct vh_strbuf *ret, const struct nodes *all, struct node *n)
{
	struct node *above, *pf;

	if (n->written != NODE_NEW)
		return;
	n->written = NODE_OPEN;
	above = n->has_parent ? find(all, &n->parent) : NULL;
	pf = n->has_pf ? find(all, &n->pf) : NULL;
	if (above)
		put_node(ret, all, above);
	if (pf)
		put_node(ret, all, pf);
	vh_strbuf_addf(ret, "pci %s class=%06x id=%04x:%04x bare=1", vh_pci_str(&n->addr).s,
		       n->class, n->vendor, n->device);
	if (n->group >= 0)
		vh_strbuf_addf(ret, " group=%d", n->group);
	if (n->driver)
		vh_strbuf_addf(ret, " driver=%s", n->driver);
	if (above && above->written == NODE_DONE)
		vh_strbuf_addf(ret, " parent=%s", vh_pci_str(&above->addr).s);
	if (pf && pf->written == NODE_DONE)
		vh_strbuf_addf(ret, " physfn=%s", vh_pci_str(&pf->addr).s);
	if (n->total_vfs)
		vh_strbuf_addf(ret, " totalvfs=%u numvfs=%u", n->total_vfs, n->vfs);
	vh_strbuf_add(ret, "\n");
	n->written = NODE_DONE;
	if (n->numa >= 0)
		vh_strbuf_addf(ret, "f @%s/numa_node\t%d\n", vh_pci_str(&n->addr).s, n->numa);
}

/* That a link is up means that its interface is (net/core/link_watch.c:default_operstate()); that
 * it is not means nothing. */
static void put_carried(struct vh_strbuf *ret, const struct carried *c)
{
	const char *kind = c->disk ? "block" : "net";
	struct vh_pci_name addr = vh_pci_str(&c->addr);

	vh_strbuf_addf(ret, "d @%s/%s/%s\n", addr.s, kind, c->name);
	if (c->up)
		vh_strbuf_addf(ret, "f @%s/net/%s/flags\t0x1043\n", addr.s, c->name);
	if (c->disk)
		vh_strbuf_addf(ret, "f @%s/block/%s/dev\tnot told\nf @%s/block/%s/size\t%llu\n",
			       addr.s, c->name, addr.s, c->name,
			       (unsigned long long)(c->bytes / 512));
	vh_strbuf_addf(ret, "l sys/class/%s/%s\t@%s/%s/%s\n", kind, c->name, addr.s, kind, c->name);
}

static void put_escaped(struct vh_strbuf *ret, const char *s)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '\n')
			vh_strbuf_add(ret, "\\n");
		else if (c == '\\')
			vh_strbuf_add(ret, "\\\\");
		else if (c < 0x20 || c == 0x7f)
			vh_strbuf_addf(ret, "\\x%02x", c);
		else
			vh_strbuf_add_mem(ret, s, 1);
	}
}

/* A document of libvirt's, below a name that is ours. */
static void put_document(struct vh_strbuf *ret, const char *dir, size_t number, const char *before,
			 const char *xml, const char *after)
{
	_auto_xml_ xmlDoc *doc = vh_xml_parse(xml, strlen(xml), NULL);

	if (!doc)
		return;
	vh_strbuf_addf(ret, "f %s/%zu.xml\t%s", dir, number, before);
	put_escaped(ret, xml);
	vh_strbuf_addf(ret, "%s\n", after);
}

static void put_cells(struct vh_strbuf *ret, const xmlNode *cells)
{
	_auto_strbuf_ struct vh_strbuf online = { 0 };
	struct vh_bits seen = { 0 };

	for (const xmlNode *c = vh_xml_child(cells, "cell"); c; c = vh_xml_next(c, "cell")) {
		_auto_strbuf_ struct vh_strbuf cpus = { 0 };
		const xmlNode *cpu = vh_xml_child(vh_xml_child(c, "cpus"), "cpu");
		uint64_t id, node;

		if (attr_number(c, "id", VH_NODES_MAX - 1, &node) < 0 || vh_bits_has(&seen, node))
			continue;
		vh_bits_add(&seen, node);
		for (; cpu; cpu = vh_xml_next(cpu, "cpu")) {
			_auto_free_ char *text = NULL;

			if (attr_number(cpu, "id", VH_BITS_MAX - 1, &id) < 0)
				continue;
			text = vh_printf("%u", (unsigned int)id);
			vh_strbuf_join(&cpus, ",", text);
		}
		vh_strbuf_addf(ret, "f sys/devices/system/node/node%u/cpulist\t%s\n",
			       (unsigned int)node, cpus.len ? cpus.data : "");
		vh_strbuf_addf(&online, "%s%u", online.len ? "," : "", (unsigned int)node);
	}
	if (online.len)
		vh_strbuf_addf(ret, "f sys/devices/system/node/online\t%s\n", online.data);
}

static void put_capabilities(struct vh_strbuf *ret, const char *xml)
{
	static const struct {
		const char *vendor, *id;
	} cpus[] = { { "Intel", "GenuineIntel" },
		     { "AMD", "AuthenticAMD" },
		     { "Hygon", "HygonGenuine" } };
	_auto_xml_ xmlDoc *doc = xml ? vh_xml_parse(xml, strlen(xml), NULL) : NULL;
	const xmlNode *host = doc ? vh_xml_child(vh_xml_root(doc), "host") : NULL;
	_auto_free_ char *vendor = vh_xml_text(vh_xml_child(vh_xml_child(host, "cpu"), "vendor"));

	for (size_t i = 0; i < VH_COUNT(cpus); i++)
		if (vh_streq(vendor, cpus[i].vendor))
			vh_strbuf_addf(ret, "f proc/cpuinfo\tvendor_id\\t: %s\n", cpus[i].id);
	put_cells(ret, vh_xml_child(vh_xml_child(host, "topology"), "cells"));
}

/* The usual QEMU of the host's own architecture. */
static char *emulator_in(const xmlNode *capabilities)
{
	const xmlNode *host = vh_xml_child(capabilities, "host");
	_auto_free_ char *own = vh_xml_text(vh_xml_child(vh_xml_child(host, "cpu"), "arch"));
	const xmlNode *g = vh_xml_child(capabilities, "guest");

	for (; own && g; g = vh_xml_next(g, "guest")) {
		const xmlNode *arch = vh_xml_child(g, "arch");

		if (vh_xml_attr_is(arch, "name", own) && vh_xml_child(arch, "emulator"))
			return vh_xml_text(vh_xml_child(arch, "emulator"));
	}
	return NULL;
}

/* Where they are read on a host itself. Versions of QEMU begin at 1000000: libvirt's test driver
 * has 2. */
static void put_versions(struct vh_strbuf *ret, const struct vh_told *t)
{
	_auto_xml_ xmlDoc *doc = t->capabilities ? vh_xml_parse(t->capabilities,
								strlen(t->capabilities), NULL)
						 : NULL;
	_auto_free_ char *emulator = doc ? emulator_in(vh_xml_root(doc)) : NULL;
	_auto_free_ char *safe = emulator ? vh_xml_escape(emulator) : NULL;

	if (t->libvirt >= 1000000)
		vh_strbuf_addf(ret, "d usr/lib\nl usr/lib64/libvirt.so.0\tlibvirt.so.0.%llu.%llu\n",
			       (unsigned long long)(t->libvirt / 1000),
			       (unsigned long long)(t->libvirt % 1000));
	if (!safe || t->qemu < 1000000)
		return;
	vh_strbuf_add(ret, "f var/cache/libvirt/qemu/capabilities/told.xml\t  <emulator>");
	put_escaped(ret, safe);
	vh_strbuf_addf(ret, "</emulator>\\n  <version>%llu</version>\n",
		       (unsigned long long)t->qemu);
}

void vh_from_libvirt_manifest(const struct vh_told *t, struct vh_strbuf *ret)
{
	struct nodes all = { 0 };

	for (size_t i = 0; i < t->devices.count && all.count < NODES_MAX; i++)
		read_device(&all, t->devices.name[i]);
	vh_strbuf_add(ret, "# as libvirt describes it\n");
	for (size_t i = 0; i < all.count; i++)
		if (find(&all, &all.list[i].addr) == &all.list[i]) /* else it was told twice */
			put_node(ret, &all, &all.list[i]);
	for (size_t i = 0; i < all.n_carried; i++)
		if (find(&all, &all.carried[i].addr))
			put_carried(ret, &all.carried[i]);
	put_capabilities(ret, t->capabilities);
	put_versions(ret, t);
	vh_free_pages_manifest(t->capabilities, &t->free_pages, ret);
	for (size_t i = 0; i < t->networks.count; i++)
		put_document(ret, "etc/libvirt/qemu/networks", i, "", t->networks.name[i], "");
	for (size_t i = 0; i < t->running.count; i++)
		put_document(ret, "run/libvirt/qemu", i, "<domstatus>", t->running.name[i],
			     "</domstatus>");
	if (t->total_kib)
		vh_strbuf_addf(ret, "f proc/meminfo\tMemTotal: %llu kB\\nMemFree: %llu kB\n",
			       (unsigned long long)t->total_kib, (unsigned long long)t->free_kib);
	vh_strbuf_add(ret, "f not-checked\t");
	put_escaped(ret, not_told);
	if (t->devices.count > NODES_MAX)
		vh_strbuf_addf(ret, "devices beyond the first %d\\n", NODES_MAX);
	vh_strbuf_add(ret, "\n");
	for (size_t i = 0; i < all.count; i++)
		free(all.list[i].driver);
	for (size_t i = 0; i < all.n_carried; i++)
		free(all.carried[i].name);
	free(all.list);
	free(all.carried);
}
