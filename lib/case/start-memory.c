/* SPDX-License-Identifier: GPL-2.0-or-later */
/* start-memory - reads of the host what the parts of the domain's memory ask for, and notes
 * what stays unknown. */
#include "lib/case/start-memory.h"

#include "lib/base/size.h"
#include "lib/host/libvirt/libvirt-files.h"

#include "lib/base/banned.h"

/* Says of which part of the memory a rule will find nothing here. */
static void note_unknown(const struct vh_memory *m, const struct vh_memory_part *parts,
			 size_t count, struct vh_names *unseen)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t size = parts[i].page_kib ? parts[i].page_kib : m->huge_default_kib;

		if (!parts[i].kib)
			continue;
		if (parts[i].huge &&
		    (!size || (m->pools_read != VH_YES && !vh_memory_pool(m, size, -1))))
			vh_names_note(unseen, "huge pages: the pools of the host cannot be seen");
		else if (parts[i].huge && parts[i].nodes && m->nodes_read != VH_YES)
			vh_names_note(unseen, "huge pages: the pools of the NUMA nodes that "
					      "<numatune> names cannot be seen");
		else if (!parts[i].huge && parts[i].nodes)
			vh_names_note(unseen, "memory: whether the NUMA nodes that <numatune> names "
					      "have enough of it");
	}
}

/* Which does not fit even where nothing else is: of free memory the kernel says less by node. */
static void read_bound(const struct vh_root *root, const struct vh_memory_part *parts, size_t count,
		       struct vh_memory *m)
{
	for (size_t i = 0; i < count && !m->bound_kib; i++) {
		uint64_t all = parts[i].huge || !parts[i].nodes
				       ? 0
				       : vh_memory_of_nodes(root, parts[i].nodes);

		if (!all || parts[i].kib <= all)
			continue;
		m->bound_kib = parts[i].kib;
		m->nodes_kib = all;
		m->nodes = vh_bits_text(parts[i].nodes);
	}
}

void vh_start_memory_read(const struct vh_root *root, const struct vh_host *h,
			  const struct vh_domain *d, struct vh_memory *ret, struct vh_names *unseen)
{
	size_t count;
	_auto_free_ struct vh_memory_part *parts = NULL;
	bool huge = false, bound = false;

	if (d->memory.problem) {
		vh_names_note(unseen, "memory: %s", d->memory.problem);
		return;
	}
	ret->own = VH_NO;
	parts = vh_guest_memory_parts(&d->memory, &count);
	for (size_t i = 0; i < count; i++) {
		huge = huge || parts[i].huge;
		bound = bound || (parts[i].huge && parts[i].nodes);
	}
	vh_memory_read(root, h, huge, bound, ret, unseen);
	read_bound(root, parts, count, ret);
	note_unknown(ret, parts, count, unseen);
}

/* --- a domain that runs ------------------------------------------------------------------- */

/* Huge pages are known in sum only: enough when the domain holds as many as it wants again, or
 * when they are all of one kind. */
static void note_own_huge(const struct vh_domain *d, struct vh_memory *m, struct vh_names *unseen)
{
	size_t count;
	_auto_free_ struct vh_memory_part *parts = vh_guest_memory_parts(&d->memory, &count);
	const struct vh_memory_part *first = NULL;
	uint64_t wanted = 0;
	bool mixed = false;

	for (size_t i = 0; i < count; i++) {
		if (!parts[i].huge)
			continue;
		wanted = vh_size_add(wanted, parts[i].kib);
		mixed = mixed || parts[i].nodes || (first && first->page_kib != parts[i].page_kib);
		first = first ? first : &parts[i];
	}
	m->own_huge_mixed = mixed && wanted > m->own_huge_kib;
	if (m->own_huge_mixed)
		vh_names_note(unseen, "huge pages: of which size and NUMA node the domain, which "
				      "runs, holds some already");
}

void vh_start_memory_read_own(const struct vh_root *root, const struct vh_domain *d,
			      struct vh_memory *m, struct vh_names *unseen)
{
	vh_memory_read_own(root, vh_libvirt_files_pid(root, d->uuid), m);
	if (m->own == VH_YES)
		note_own_huge(d, m, unseen);
	else
		vh_names_note(unseen,
			      "memory: how much of it the domain, which runs or may run, holds");
}
