/* SPDX-License-Identifier: GPL-2.0-or-later */
/* memory-elements - see memory-elements.h. */
#include "lib/domain/memory-elements.h"

#include <ctype.h>
#include <stdarg.h>

#include "lib/base/printable.h"
#include "lib/base/size.h"
#include "lib/domain/address.h"

#include "lib/base/banned.h"

/* More elements of one kind than any guest has; bounds what is quadratic in hostile input. */
#define ELEMENTS_MAX 1024
/* VIR_DOMAIN_MEMORY_PARAM_UNLIMITED */
#define UNLIMITED_KIB UINT64_C(9007199254740991)

/* How many bytes a unit is (libvirt's virScaleInteger()), 0 for none that libvirt knows. */
static uint64_t unit_bytes(const char *unit)
{
	static const char letters[] = "kmgtpe";
	const char *letter;
	uint64_t base, bytes = 1;

	if (!unit || !*unit)
		return 1024;
	if (!strcasecmp(unit, "b") || !strcasecmp(unit, "byte") || !strcasecmp(unit, "bytes"))
		return 1;
	letter = strchr(letters, tolower((unsigned char)unit[0]));
	if (!unit[1] || !strcasecmp(unit + 1, "ib"))
		base = 1024;
	else if (!strcasecmp(unit + 1, "b"))
		base = 1000;
	else
		return 0;
	if (!letter)
		return 0;
	for (const char *l = letters; l <= letter; l++)
		bytes *= base;
	return bytes;
}

int vh_memory_elements_kib(const char *text, const char *unit, uint64_t *ret)
{
	uint64_t bytes = unit_bytes(unit), v;

	if (!text || !bytes || vh_address_uint(text, 10, &v) < 0 || v > UINT64_MAX / bytes)
		return -1;
	v *= bytes;
	*ret = v / 1024 + (v % 1024 != 0);
	return 0;
}

/* --- what goes wrong ---------------------------------------------------------------------- */

static void VH_PRINTF(3, 4)
	problem(struct vh_guest_memory *m, const xmlNode *node, const char *fmt, ...)
{
	_auto_free_ char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = vh_vprintf(fmt, ap);
	va_end(ap);
	if (!m->problem)
		m->problem = vh_printf("line %d: %s", vh_xml_line(node), text);
}

static void take_size(struct vh_guest_memory *m, const xmlNode *node, const char *what,
		      const char *text, const char *unit, uint64_t *ret)
{
	_auto_free_ char *shown = NULL, *shown_unit = NULL;

	if (vh_memory_elements_kib(text, unit, ret) == 0)
		return;
	shown = vh_printable(text ? text : "", VH_VALUE_MAX);
	shown_unit = vh_printable(unit ? unit : "KiB", VH_VALUE_MAX);
	problem(m, node, "%s of <%s> is '%s' '%s', which is not a size", what, vh_xml_name(node),
		shown, shown_unit);
}

/* <size unit='MiB'>512</size>; *ret stays when the element is absent or empty. */
static void take_element(struct vh_guest_memory *m, const xmlNode *node, uint64_t *ret)
{
	_auto_free_ char *text = vh_xml_text(node);

	if (text)
		take_size(m, node, "the text", text, vh_xml_attr(node, "unit"), ret);
}

static bool take_nodeset(struct vh_guest_memory *m, const xmlNode *node, const char *text,
			 struct vh_bits *ret)
{
	_auto_free_ char *shown = NULL;

	if (vh_bits_parse(ret, text, VH_NODES_MAX) == 0)
		return true;
	shown = vh_printable(text, VH_VALUE_MAX);
	problem(m, node, "'%s' in <%s> is not a set of nodes", shown, vh_xml_name(node));
	return false;
}

static bool take_node(struct vh_guest_memory *m, const xmlNode *node, const char *text, int64_t *ret)
{
	_auto_free_ char *shown = NULL;
	uint64_t v;

	if (vh_address_uint(text, 10, &v) == 0 && v < VH_NODES_MAX) {
		*ret = (int64_t)v;
		return true;
	}
	shown = vh_printable(text, VH_VALUE_MAX);
	problem(m, node, "'%s' in <%s> is not a node", shown, vh_xml_name(node));
	return false;
}

static bool is_too_many(struct vh_guest_memory *m, const xmlNode *node, size_t n)
{
	if (n >= ELEMENTS_MAX)
		problem(m, node, "more than %d <%s>", ELEMENTS_MAX, vh_xml_name(node));
	return n >= ELEMENTS_MAX;
}

/* --- elements ----------------------------------------------------------------------------- */

/* virDomainNumaDefParseXML(): without ids the cells are numbered as they stand. */
static void read_cells(struct vh_guest_memory *m, const xmlNode *numa)
{
	const xmlNode *n = vh_xml_child(numa, "cell");

	for (; n && !is_too_many(m, n, m->n_cells); n = vh_xml_next(n, "cell")) {
		const char *id = vh_xml_attr(n, "id"), *memory = vh_xml_attr(n, "memory");
		int64_t number = (int64_t)m->n_cells;
		uint64_t kib = 0;

		if (id && !take_node(m, n, id, &number))
			continue;
		take_size(m, n, "memory", memory, vh_xml_attr(n, "unit"), &kib);
		*VH_APPEND(m->cells, m->n_cells) = (struct vh_guest_cell){ (uint64_t)number, kib };
	}
}

static void read_backing(struct vh_guest_memory *m, const xmlNode *backing)
{
	const xmlNode *huge = vh_xml_child(backing, "hugepages"), *n = vh_xml_child(huge, "page");

	m->pages_line = vh_xml_line(huge);
	m->locked = vh_xml_child(backing, "locked") != NULL;
	if (huge && !n)
		VH_APPEND(m->pages, m->n_pages)->everywhere = true;
	for (; n && !is_too_many(m, n, m->n_pages); n = vh_xml_next(n, "page")) {
		struct vh_huge_request *r = VH_APPEND(m->pages, m->n_pages);
		const char *nodeset = vh_xml_attr(n, "nodeset");

		take_size(m, n, "size", vh_xml_attr(n, "size"), vh_xml_attr(n, "unit"),
			  &r->page_kib);
		r->everywhere = !nodeset;
		if (nodeset)
			VH_IGNORE(take_nodeset(m, n, nodeset, &r->cells)); /* stands in `problem` */
	}
}

/* Is this cell (-1: the whole guest) on huge pages? */
static bool is_huge(const struct vh_guest_memory *m, int64_t cell)
{
	for (size_t i = 0; i < m->n_pages; i++)
		if (m->pages[i].everywhere ||
		    (cell >= 0 && vh_bits_has(&m->pages[i].cells, (uint64_t)cell)))
			return true;
	return false;
}

/* Memory that others are to share lies in a file, unless the source is memfd, and whatever else it
 * is (qemuBuildMemoryBackendProps()). */
static void read_access(struct vh_guest_memory *m, const xmlNode *domain)
{
	const xmlNode *backing = vh_xml_child(domain, "memoryBacking");
	const xmlNode *sharing = vh_xml_child(backing, "access");
	const xmlNode *numa = vh_xml_child(vh_xml_child(domain, "cpu"), "numa");
	bool shared = vh_xml_attr_is(sharing, "mode", "shared");
	int64_t cell = 0;

	m->shared = shared;
	m->backing_line = vh_xml_line(backing);
	m->memfd = vh_xml_attr_is(vh_xml_child(backing, "source"), "type", "memfd");
	if (shared && !m->memfd && !m->n_cells && !is_huge(m, -1))
		m->shared_file_line = vh_xml_line(sharing);
	for (const xmlNode *n = vh_xml_child(numa, "cell"); n; n = vh_xml_next(n, "cell"), cell++) {
		const char *own = vh_xml_attr(n, "memAccess");

		m->shared = m->shared && !own; /* which is then of that cell */
		if ((size_t)cell >= m->n_cells || m->shared_file_line || m->memfd)
			continue;
		if ((own ? !strcmp(own, "shared") : shared) &&
		    !is_huge(m, (int64_t)m->cells[cell].id))
			m->shared_file_line = vh_xml_line(own ? n : sharing);
	}
}

/* virDomainNumatuneParseXML(); the default mode is strict. The others let the kernel look
 * elsewhere. */
static void read_binding(struct vh_guest_memory *m, const xmlNode *node)
{
	const char *mode = vh_xml_attr(node, "mode"), *nodeset = vh_xml_attr(node, "nodeset");
	const char *cell = vh_xml_attr(node, "cellid");
	struct vh_binding b = { .cell = -1 };

	if (!nodeset || vh_xml_attr_is(node, "placement", "auto") ||
	    (mode && strcmp(mode, "strict") != 0 && strcmp(mode, "restrictive") != 0))
		return;
	if (cell && !take_node(m, node, cell, &b.cell))
		return;
	if (take_nodeset(m, node, nodeset, &b.nodes))
		*VH_APPEND(m->bindings, m->n_bindings) = b;
}

static void read_tune(struct vh_guest_memory *m, const xmlNode *domain)
{
	const xmlNode *tune = vh_xml_child(domain, "numatune");
	const xmlNode *limit = vh_xml_child(vh_xml_child(domain, "memtune"), "hard_limit");
	const xmlNode *n = vh_xml_child(tune, "memnode");

	read_binding(m, vh_xml_child(tune, "memory"));
	for (; n && !is_too_many(m, n, m->n_bindings); n = vh_xml_next(n, "memnode"))
		read_binding(m, n);
	take_element(m, limit, &m->hard_limit_kib);
	m->hard_limit_line = vh_xml_line(limit);
	if (m->hard_limit_kib >= UNLIMITED_KIB)
		m->hard_limit_kib = 0;
}

/* What is shared of an nvdimm is its own file, whatever the rest of the memory is; virtio-pmem
 * is always so (virDomainMemoryDefPostParse(), qemuBuildMemoryBackendProps()). */
static void read_shared_path(struct vh_guest_memory *m, const xmlNode *node, const xmlNode *source)
{
	const char *own = vh_xml_attr(node, "access");

	if (m->shared_path || !(vh_xml_attr_is(node, "model", "virtio-pmem") ||
				(own ? !strcmp(own, "shared") : m->shared)))
		return;
	m->shared_path = vh_xml_text(vh_xml_child(source, "path"));
	m->shared_path_line = vh_xml_line(node);
}

/* <devices><memory>; a model that we do not know may well lie in memory of the host. */
static void read_memory_device(struct vh_guest_memory *m, const xmlNode *node)
{
	const xmlNode *target = vh_xml_child(node, "target"), *source = vh_xml_child(node, "source");
	_auto_free_ char *cell = vh_xml_text(vh_xml_child(target, "node"));
	_auto_free_ char *nodes = vh_xml_text(vh_xml_child(source, "nodemask"));
	struct vh_memory_device d = { .cell = -1 };

	if (is_too_many(m, node, m->n_devices))
		return;
	if (vh_xml_attr_is(node, "model", "virtio-mem"))
		d.model = VH_MEMORY_VIRTIO;
	else if (vh_xml_attr_is(node, "model", "nvdimm") ||
		 vh_xml_attr_is(node, "model", "virtio-pmem") ||
		 vh_xml_attr_is(node, "model", "sgx-epc"))
		d.model = VH_MEMORY_BACKED;
	if (d.model == VH_MEMORY_BACKED)
		read_shared_path(m, node, source);
	take_element(m, vh_xml_child(target, "size"), &d.kib);
	take_element(m, vh_xml_child(target, "requested"), &d.requested_kib);
	take_element(m, vh_xml_child(source, "pagesize"), &d.page_kib);
	if (cell && !take_node(m, node, cell, &d.cell))
		return;
	d.has_nodes = nodes && take_nodeset(m, node, nodes, &d.nodes);
	*VH_APPEND(m->devices, m->n_devices) = d;
}

static bool has_nvme(const xmlNode *disk)
{
	for (const xmlNode *n = disk; n; n = vh_xml_child(n, "backingStore"))
		if (vh_xml_attr_is(n, "type", "nvme"))
			return true;
	return false;
}

/* What qemuDomainGetMemLockLimitBytes() counts, and <memory>. */
static void read_device(struct vh_guest_memory *m, const xmlNode *n)
{
	const char *type = vh_xml_attr(n, "type"), *mode = vh_xml_attr(n, "mode");

	if (vh_xml_is(n, "memory"))
		read_memory_device(m, n);
	else if (vh_xml_is(n, "iommu"))
		m->iommu = true;
	else if (vh_xml_is(n, "hostdev"))
		m->n_vfio += (vh_streq(type, "pci") || vh_streq(type, "mdev")) &&
			     (!mode || vh_streq(mode, "subsystem"));
	else if (vh_xml_is(n, "interface") && vh_streq(type, "vdpa"))
		m->n_vdpa++;
	else if (vh_xml_is(n, "interface"))
		m->n_vfio += vh_streq(type, "hostdev");
	else if (vh_xml_is(n, "disk") && vh_streq(type, "vhostvdpa"))
		m->n_vdpa++;
	else if (vh_xml_is(n, "disk"))
		m->n_nvme += has_nvme(n);
}

/* virDomainDefPostParseMemory(), as for a domain that is defined now: cells win over <memory>. */
static void set_total(struct vh_guest_memory *m, const xmlNode *memory, uint64_t total)
{
	uint64_t cells = 0, devices = 0;

	for (size_t i = 0; i < m->n_cells; i++)
		cells = vh_size_add(cells, m->cells[i].kib);
	for (size_t i = 0; i < m->n_devices; i++)
		devices = vh_size_add(devices, m->devices[i].kib);
	m->total_kib = cells ? vh_size_add(cells, devices) : total;
	if (devices > m->total_kib)
		problem(m, memory, "the memory devices are larger than <memory>");
}

void vh_memory_elements_read(struct vh_guest_memory *ret, const xmlNode *domain, uint64_t total_kib)
{
	const xmlNode *memory = vh_xml_child(domain, "memory");

	memset(ret, 0, sizeof(*ret));
	ret->line = vh_xml_line(memory ? memory : domain);
	read_cells(ret, vh_xml_child(vh_xml_child(domain, "cpu"), "numa"));
	read_backing(ret, vh_xml_child(domain, "memoryBacking"));
	read_access(ret, domain);
	read_tune(ret, domain);
	for (const xmlNode *n = vh_xml_child(domain, "devices"); n; n = vh_xml_next(n, "devices"))
		for (const xmlNode *dev = vh_xml_child(n, NULL); dev; dev = vh_xml_next(dev, NULL))
			read_device(ret, dev);
	set_total(ret, memory ? memory : domain, total_kib);
}
