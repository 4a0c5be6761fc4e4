/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-memory - see guest-memory.h. */
#include "lib/domain/guest-memory.h"

#include <ctype.h>

#include "lib/base/size.h"
#include "lib/base/strbuf.h"

#include "lib/base/banned.h"

/* The size of a page that every kernel has: <page size='4' unit='KiB'/> asks for no huge one. */
#define ORDINARY_KIB 4

/* --- sets of nodes ------------------------------------------------------------------------ */

void vh_nodeset_add(struct vh_nodeset *s, uint64_t node)
{
	if (node < VH_NODES_MAX)
		s->bits[node / 64] |= UINT64_C(1) << node % 64;
}

bool vh_nodeset_has(const struct vh_nodeset *s, uint64_t node)
{
	return node < VH_NODES_MAX && (s->bits[node / 64] >> node % 64 & 1);
}

bool vh_nodeset_is_within(const struct vh_nodeset *inner, const struct vh_nodeset *outer)
{
	for (size_t i = 0; i < VH_COUNT(inner->bits); i++)
		if (inner->bits[i] & ~outer->bits[i])
			return false;
	return true;
}

size_t vh_nodeset_count(const struct vh_nodeset *s)
{
	size_t n = 0;

	for (size_t i = 0; i < VH_COUNT(s->bits); i++)
		n += (size_t)__builtin_popcountll(s->bits[i]);
	return n;
}

static const char *skip_blanks(const char *p)
{
	while (isspace((unsigned char)*p))
		p++;
	return p;
}

/* The number at *p, which moves behind it. 0 or -1. */
static int take_node(const char **p, uint64_t *ret)
{
	size_t n = strspn(*p, "0123456789");
	_auto_free_ char *digits = vh_strndup(*p, n);

	*p = skip_blanks(*p + n);
	return vh_parse_uint(digits, 10, VH_NODES_MAX - 1, ret);
}

/* virBitmapParse() */
int vh_nodeset_parse(const char *text, struct vh_nodeset *ret)
{
	struct vh_nodeset s = { 0 };
	const char *p = text;

	for (;;) {
		bool without;
		uint64_t from, to;

		p = skip_blanks(p);
		without = *p == '^';
		p += without;
		if (take_node(&p, &from) < 0)
			return -1;
		to = from;
		if (*p == '-' && !without) {
			p = skip_blanks(p + 1);
			if (take_node(&p, &to) < 0 || to < from)
				return -1;
		}
		for (uint64_t i = from; i <= to && !without; i++)
			vh_nodeset_add(&s, i);
		if (without)
			s.bits[from / 64] &= ~(UINT64_C(1) << from % 64);
		if (!*p)
			break;
		if (*p++ != ',')
			return -1;
	}
	if (!vh_nodeset_count(&s))
		return -1;
	*ret = s;
	return 0;
}

char *vh_nodeset_text(const struct vh_nodeset *s)
{
	struct vh_strbuf sb = { 0 };

	for (uint64_t i = 0; i < VH_NODES_MAX; i++) {
		uint64_t last = i;
		_auto_free_ char *range = NULL;

		if (!vh_nodeset_has(s, i))
			continue;
		while (vh_nodeset_has(s, last + 1))
			last++;
		range = last > i ? vh_printf("%d-%d", (int)i, (int)last) : vh_printf("%d", (int)i);
		vh_strbuf_join(&sb, ",", range);
		i = last;
	}
	return vh_strbuf_steal(&sb);
}

/* --- memory ------------------------------------------------------------------------------- */

void vh_guest_memory_clear(struct vh_guest_memory *m)
{
	free(m->cells);
	free(m->devices);
	free(m->pages);
	free(m->bindings);
	free(m->problem);
	memset(m, 0, sizeof(*m));
}

/* qemuBuildMemoryBackendProps(): a <page> that names the cell, or the one without a nodeset.
 * A guest without cells is one, 0. */
static const struct vh_huge_request *request_of(const struct vh_guest_memory *m, int64_t cell)
{
	const struct vh_huge_request *rest = NULL;

	for (size_t i = 0; i < m->n_pages; i++) {
		const struct vh_huge_request *r = &m->pages[i];

		if (r->everywhere)
			rest = rest ? rest : r;
		else if (cell >= 0 && vh_nodeset_has(&r->cells, (uint64_t)cell))
			return r;
	}
	return rest;
}

static const struct vh_nodeset *binding_of(const struct vh_guest_memory *m, int64_t cell)
{
	const struct vh_nodeset *all = NULL;

	for (size_t i = 0; i < m->n_bindings; i++) {
		if (m->bindings[i].cell == cell && cell >= 0)
			return &m->bindings[i].nodes;
		if (m->bindings[i].cell < 0)
			all = &m->bindings[i].nodes;
	}
	return all;
}

static struct vh_memory_part part_of_cell(const struct vh_guest_memory *m, int64_t cell,
					  uint64_t kib)
{
	const struct vh_huge_request *r = request_of(m, cell);

	return (struct vh_memory_part){
		.kib = kib,
		.huge = r && r->page_kib != ORDINARY_KIB,
		.page_kib = r ? r->page_kib : 0,
		.nodes = binding_of(m, cell),
	};
}

static struct vh_memory_part part_of_device(const struct vh_guest_memory *m,
					    const struct vh_memory_device *d)
{
	uint64_t kib = d->model == VH_MEMORY_VIRTIO ? d->requested_kib : d->kib;
	struct vh_memory_part part = part_of_cell(m, m->n_cells ? d->cell : 0, kib);

	if (d->page_kib) {
		part.huge = d->page_kib != ORDINARY_KIB;
		part.page_kib = d->page_kib;
	}
	if (d->has_nodes)
		part.nodes = &d->nodes;
	return part;
}

struct vh_memory_part *vh_guest_memory_parts(const struct vh_guest_memory *m, size_t *ret_count)
{
	struct vh_memory_part *parts = NULL;
	uint64_t rest = m->total_kib;
	size_t n = 0;

	for (size_t i = 0; i < m->n_devices; i++)
		rest = vh_kib_sub(rest, m->devices[i].kib);
	for (size_t i = 0; i < m->n_cells; i++)
		*VH_APPEND(parts, n) = part_of_cell(m, (int64_t)m->cells[i].id, m->cells[i].kib);
	if (!m->n_cells)
		*VH_APPEND(parts, n) = part_of_cell(m, 0, rest);
	for (size_t i = 0; i < m->n_devices; i++)
		if (m->devices[i].model != VH_MEMORY_BACKED)
			*VH_APPEND(parts, n) = part_of_device(m, &m->devices[i]);
	*ret_count = n;
	return parts;
}

uint64_t vh_guest_memory_backed(const struct vh_guest_memory *m)
{
	uint64_t kib = 0;

	for (size_t i = 0; i < m->n_devices; i++)
		if (m->devices[i].model == VH_MEMORY_BACKED)
			kib = vh_kib_add(kib, m->devices[i].kib);
	return kib;
}

uint64_t vh_guest_memory_unplugged(const struct vh_guest_memory *m)
{
	uint64_t kib = 0;

	for (size_t i = 0; i < m->n_devices; i++)
		if (m->devices[i].model == VH_MEMORY_VIRTIO)
			kib = vh_kib_add(kib, vh_kib_sub(m->devices[i].kib,
							 m->devices[i].requested_kib));
	return kib;
}

uint64_t vh_guest_memory_factor(const struct vh_guest_memory *m, size_t more_vfio)
{
	size_t vfio = m->n_vfio + more_vfio;

	if (vfio && !m->iommu)
		vfio = 1;
	return vfio + m->n_nvme + m->n_vdpa;
}
