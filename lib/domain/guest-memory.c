/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-memory - see guest-memory.h. */
#include "lib/domain/guest-memory.h"

#include "lib/base/size.h"

#include "lib/base/banned.h"

/* The size of a page that every kernel has: <page size='4' unit='KiB'/> asks for no huge one. */
#define ORDINARY_KIB 4

void vh_guest_memory_clear(struct vh_guest_memory *m)
{
	free(m->cells);
	free(m->devices);
	free(m->pages);
	free(m->bindings);
	free(m->problem);
	free(m->shared_path);
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
		else if (cell >= 0 && vh_bits_has(&r->cells, (uint64_t)cell))
			return r;
	}
	return rest;
}

static const struct vh_bits *binding_of(const struct vh_guest_memory *m, int64_t cell)
{
	const struct vh_bits *all = NULL;

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
		rest = vh_size_sub(rest, m->devices[i].kib);
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
			kib = vh_size_add(kib, m->devices[i].kib);
	return kib;
}

uint64_t vh_guest_memory_unplugged(const struct vh_guest_memory *m)
{
	uint64_t kib = 0;

	for (size_t i = 0; i < m->n_devices; i++)
		if (m->devices[i].model == VH_MEMORY_VIRTIO)
			kib = vh_size_add(kib, vh_size_sub(m->devices[i].kib,
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
