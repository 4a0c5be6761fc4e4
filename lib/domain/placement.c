/* SPDX-License-Identifier: GPL-2.0-or-later */
/* placement - see placement.h. */
#include "lib/domain/placement.h"

#include "lib/xml/xml.h"

#include "lib/base/banned.h"

static void add(struct vh_bits *to, size_t limit, int *line, const xmlNode *node,
		const char *attribute)
{
	const char *list = vh_xml_attr(node, attribute);
	struct vh_bits b;

	if (!list || vh_bits_parse(&b, list, limit) < 0)
		return;
	for (size_t i = 0; i < VH_COUNT(b.word); i++)
		to->word[i] |= b.word[i];
	if (!*line)
		*line = vh_xml_line(node);
}

/* <memory nodeset=> is of the whole guest, <memnode> of one of its cells. */
static void read_memory(struct vh_placement *n, const xmlNode *numatune)
{
	add(&n->memory, VH_NODES_MAX, &n->memory_line, vh_xml_child(numatune, "memory"), "nodeset");
	for (const xmlNode *m = vh_xml_child(numatune, "memnode"); m; m = vh_xml_next(m, "memnode"))
		add(&n->memory, VH_NODES_MAX, &n->memory_line, m, "nodeset");
}

/* A pinned virtual processor runs there; the others where <vcpu cpuset=> says. */
static void read_cpus(struct vh_placement *n, const xmlNode *domain)
{
	const xmlNode *tune = vh_xml_child(domain, "cputune");

	for (const xmlNode *p = vh_xml_child(tune, "vcpupin"); p; p = vh_xml_next(p, "vcpupin"))
		add(&n->cpus, VH_BITS_MAX, &n->cpu_line, p, "cpuset");
	if (!n->cpu_line)
		add(&n->cpus, VH_BITS_MAX, &n->cpu_line, vh_xml_child(domain, "vcpu"), "cpuset");
}

static void add_binding(struct vh_placement *n, const xmlNode *node, const char *element)
{
	enum { BINDINGS_MAX = 1024 };
	const char *list = vh_xml_attr(node, "cpuset");
	struct vh_bits cpus;

	if (!list || n->n_bindings >= BINDINGS_MAX || vh_bits_parse(&cpus, list, VH_BITS_MAX) < 0)
		return;
	*VH_APPEND(n->bindings, n->n_bindings) =
		(struct vh_bound){ .line = vh_xml_line(node), .element = element, .cpus = cpus };
}

static void read_bindings(struct vh_placement *n, const xmlNode *domain)
{
	static const char *const elements[] = { "vcpupin", "emulatorpin", "iothreadpin" };
	const xmlNode *tune = vh_xml_child(domain, "cputune");

	/* that of <vcpu> is the emulator's, if it has none of its own (qemuProcessInitCpuAffinity()) */
	if (!vh_xml_child(tune, "emulatorpin"))
		add_binding(n, vh_xml_child(domain, "vcpu"), "vcpu");
	for (size_t i = 0; i < VH_COUNT(elements); i++)
		for (const xmlNode *p = vh_xml_child(tune, elements[i]); p;
		     p = vh_xml_next(p, elements[i]))
			add_binding(n, p, elements[i]);
}

struct vh_placement *vh_placement_read(const xmlNode *domain)
{
	struct vh_placement *n = vh_alloc(sizeof(*n));

	read_memory(n, vh_xml_child(domain, "numatune"));
	read_cpus(n, domain);
	read_bindings(n, domain);
	if (n->memory_line || n->cpu_line || n->n_bindings)
		return n;
	vh_placement_free(n);
	return NULL;
}

void vh_placement_free(struct vh_placement *n)
{
	if (n)
		free(n->bindings);
	free(n);
}
