/* SPDX-License-Identifier: GPL-2.0-or-later */
/* memory-need - what memory a start takes, of which kind, and what the host has of it. Sums
 * alone: what they mean is for rule-memory and rule-hugepages to say. */
#include "lib/decide/memory-need.h"

#include "lib/base/size.h"

#include "lib/base/banned.h"

bool vh_memory_need_is_judged(const struct vh_case *c)
{
	const struct vh_domain *d = c->domain;

	return d && c->config->memory != VH_MEMORY_OFF && !d->memory.problem &&
	       vh_domain_pins(d, c->networks.pools.count > 0);
}

bool vh_memory_need_is_later(const struct vh_case *c)
{
	return c->host->cpu == VH_CPU_Z || vh_streq(c->domain->arch, "s390x");
}

enum vh_severity vh_memory_need_severity(const struct vh_case *c, enum vh_severity s)
{
	return c->config->memory == VH_MEMORY_WARN && s == VH_ERROR ? VH_WARNING : s;
}

/* --- huge pages --------------------------------------------------------------------------- */

void vh_memory_need_parts_clear(struct vh_memory_need_parts *p)
{
	free(p->list);
}

/* Is this the size of an ordinary page here: 16 or 64 KiB, and not a huge one? Not on x86. */
static bool is_ordinary(const struct vh_case *c, uint64_t page_kib)
{
	const char *arch = c->domain->arch;

	return (page_kib == 16 || page_kib == 64) && arch && !vh_streq(arch, "x86_64") &&
	       !vh_streq(arch, "i686") && !vh_memory_pool(&c->memory, page_kib, -1);
}

struct vh_memory_need_parts vh_memory_need_parts_get(const struct vh_case *c)
{
	struct vh_memory_need_parts p = { 0 };

	p.list = vh_guest_memory_parts(&c->domain->memory, &p.count);
	for (size_t i = 0; i < p.count; i++) {
		struct vh_memory_part *part = &p.list[i];

		if (part->huge && !part->page_kib)
			part->page_kib = c->memory.huge_default_kib;
		if (part->huge && is_ordinary(c, part->page_kib))
			part->huge = false;
	}
	return p;
}

uint64_t vh_memory_need_parts_sum(const struct vh_memory_need_parts *p, bool huge)
{
	uint64_t kib = 0;

	for (size_t i = 0; i < p->count; i++)
		if (p->list[i].huge == huge)
			kib = vh_size_add(kib, p->list[i].kib);
	return kib;
}

uint64_t vh_memory_need_parts_pages(const struct vh_memory_need_parts *p, uint64_t page_kib,
				    const struct vh_bits *nodes)
{
	uint64_t n = 0;

	for (size_t i = 0; i < p->count; i++) {
		const struct vh_memory_part *part = &p->list[i];

		if (!part->huge || part->page_kib != page_kib || !page_kib)
			continue;
		if (nodes && !(part->nodes && vh_bits_is_within(part->nodes, nodes)))
			continue;
		n = vh_size_add(n, part->kib / page_kib + (part->kib % page_kib != 0));
	}
	return n;
}

bool vh_memory_need_parts_is_first(const struct vh_memory_need_parts *p, size_t at, bool nodes)
{
	const struct vh_memory_part *part = &p->list[at], *other = p->list;

	if (!part->huge || !part->page_kib || (nodes && !part->nodes))
		return false;
	for (; other < part; other++) {
		if (!other->huge || other->page_kib != part->page_kib)
			continue;
		if (!nodes || (other->nodes && vh_bits_is_within(other->nodes, part->nodes) &&
			       vh_bits_is_within(part->nodes, other->nodes)))
			return false;
	}
	return true;
}

bool vh_memory_need_knows_pools(const struct vh_case *c)
{
	return c->memory.own != VH_UNKNOWN && !c->memory.own_huge_mixed;
}

bool vh_memory_need_has_pages(const struct vh_case *c, const struct vh_memory_need_parts *p)
{
	const struct vh_memory *m = &c->memory;

	return m->own == VH_YES && m->own_huge_kib >= vh_memory_need_parts_sum(p, true);
}

uint64_t vh_memory_need_free_pages(const struct vh_case *c, const struct vh_huge_pool *pool)
{
	const struct vh_memory *m = &c->memory;
	uint64_t own = m->own == VH_YES ? m->own_huge_kib / pool->page_kib : 0;

	return vh_size_add(pool->free, own);
}

/* The ordinary memory that the kernel takes for huge pages that are not there yet. */
static uint64_t made_kib(const struct vh_case *c, const struct vh_memory_need_parts *p)
{
	uint64_t kib = 0;

	if (!vh_memory_need_knows_pools(c) || vh_memory_need_has_pages(c, p))
		return 0;
	for (size_t i = 0; i < p->count; i++) {
		const struct vh_huge_pool *pool = vh_memory_pool(&c->memory, p->list[i].page_kib,
								 -1);
		uint64_t n;

		if (!pool || !vh_memory_need_parts_is_first(p, i, false))
			continue;
		n = vh_size_sub(vh_memory_need_parts_pages(p, pool->page_kib, NULL),
				vh_memory_need_free_pages(c, pool));
		if (n <= pool->overcommit)
			kib = vh_size_add(kib, vh_size_mul(n, pool->page_kib));
	}
	return kib;
}

/* --- ordinary memory ---------------------------------------------------------------------- */

struct vh_memory_need_sums vh_memory_need_sums(const struct vh_case *c)
{
	const struct vh_guest_memory *g = &c->domain->memory;
	const struct vh_memory *m = &c->memory;
	_auto_parts_ struct vh_memory_need_parts p = vh_memory_need_parts_get(c);
	uint64_t ordinary = vh_memory_need_parts_sum(&p, false);
	struct vh_memory_need_sums s = {
		.guest = g->total_kib,
		.huge = vh_memory_need_parts_sum(&p, true),
		.backed = vh_guest_memory_backed(g),
		.unplugged = vh_guest_memory_unplugged(g),
		.overhead = VH_MEMORY_NEED_OVERHEAD_KIB + ordinary / VH_MEMORY_NEED_OVERHEAD_PART,
		.made = made_kib(c, &p),
	};

	s.need = vh_size_add(vh_size_add(ordinary, s.overhead), s.made);
	s.have = vh_size_add(vh_size_add(m->available_kib, m->arc_kib),
			     m->own == VH_YES ? m->own_kib : 0);
	return s;
}

uint64_t vh_memory_need_kib(const struct vh_case *c)
{
	if (!vh_memory_need_is_judged(c) || vh_memory_need_is_later(c))
		return 0;
	return vh_memory_need_sums(c).need;
}
