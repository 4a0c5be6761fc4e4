/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule-hugepages - do the pools of the host hold the huge pages that the domain asks for. */
#include "lib/base/size.h"
#include "lib/decide/memory-need.h"
#include "lib/decide/rules/rule.h"

#include "lib/base/banned.h"

/* As the kernel command line has it: 2M, 1G. */
static char *boot_size(uint64_t page_kib)
{
	if (page_kib % GIB == 0)
		return vh_printf("%lluG", (unsigned long long)(page_kib / GIB));
	if (page_kib % MIB == 0)
		return vh_printf("%lluM", (unsigned long long)(page_kib / MIB));
	return vh_printf("%lluK", (unsigned long long)page_kib);
}

/* The kernel has a pool, maybe an empty one, for each size that it supports; any other size
 * may need an option, or another processor. */
static char *size_fix(const struct vh_memory *m, uint64_t page_kib, uint64_t wanted)
{
	_auto_free_ char *size = boot_size(page_kib);
	_auto_strbuf_ struct vh_strbuf sizes = { 0 };

	for (size_t i = 0; i < m->n_pools && m->pools[i].node < 0; i++) {
		_auto_free_ char *one = vh_size_text(m->pools[i].page_kib, VH_BEST);

		vh_strbuf_join(&sizes, " or ", one);
	}
	if (sizes.len)
		return vh_printf("write a <page size> that the host has: %s", sizes.data);
	return vh_printf("add hugepagesz=%s hugepages=%llu to the kernel command line and reboot",
			 size, (unsigned long long)wanted);
}

/* How the pool comes to have `total` pages. */
static char *pool_fix(const struct vh_huge_pool *pool, const char *nodes, uint64_t total)
{
	unsigned long long n = total, kib = pool->page_kib;
	_auto_free_ char *size = boot_size(pool->page_kib);

	if (pool->node >= 0)
		return vh_printf(
			"echo %llu > /sys/devices/system/node/node%d/hugepages/hugepages-%llukB/nr_hugepages",
			n, pool->node, kib);
	if (nodes)
		return vh_printf(
			"numactl -m %s sh -c 'echo %llu > /sys/kernel/mm/hugepages/hugepages-%llukB/nr_hugepages_mempolicy'",
			nodes, n, kib);
	return vh_printf(
		"echo %llu > /sys/kernel/mm/hugepages/hugepages-%llukB/nr_hugepages\n"
		"or, if memory is too fragmented for that: hugepagesz=%s hugepages=%llu on the kernel command line",
		n, kib, size, n);
}

/* `pool`: that is too small; NULL: there is none of that size, which no hook changes. */
static void report_pool(const struct vh_case *c, const struct vh_rule *r, struct vh_findings *out,
			const struct vh_huge_pool *pool, const char *message, const char *fix)
{
	const struct vh_hook_line *hook = pool ? vh_rule_hook_before(c, VH_DEED_PAGES, NULL) : NULL;
	struct vh_finding *f = vh_finding_add(out, r, NULL, fix, "%s", message);

	f->severity = vh_memory_need_severity(c, VH_ERROR);
	if (hook)
		vh_rule_told_by_hook(f, hook);
	vh_finding_about(f, NULL,
			 c->domain->memory.pages_line ? c->domain->memory.pages_line
						      : c->domain->memory.line);
}

static void check_host_pool(const struct vh_case *c, const struct vh_rule *r,
			    const struct vh_memory_need_parts *p, uint64_t page_kib,
			    struct vh_findings *out)
{
	const struct vh_memory *m = &c->memory;
	const struct vh_huge_pool *pool = vh_memory_pool(m, page_kib, -1);
	uint64_t wanted = vh_memory_need_parts_pages(p, page_kib, NULL),
		 there = pool ? vh_memory_need_free_pages(c, pool) : 0;
	_auto_free_ char *size = vh_size_text(page_kib, VH_BEST), *fix = NULL;
	_auto_free_ char *all = vh_size_text(vh_size_mul(wanted, page_kib), VH_BEST);
	_auto_strbuf_ struct vh_strbuf sb = { 0 };

	if (!pool && m->pools_read != VH_YES)
		return;
	if (wanted <= vh_size_add(there, pool ? pool->overcommit : 0))
		return;
	vh_strbuf_addf(&sb, "the guest wants %llu huge pages of %s (%s)",
		       (unsigned long long)wanted, size, all);
	if (!pool)
		vh_strbuf_addf(&sb, ", the host has no pool of that size");
	else
		vh_strbuf_addf(&sb, ", %llu of the host's %llu are free%s",
			       (unsigned long long)there, (unsigned long long)pool->total,
			       m->own == VH_YES ? ", with those that it holds" : "");
	if (pool && pool->overcommit)
		vh_strbuf_addf(&sb, " and %llu more can be made",
			       (unsigned long long)pool->overcommit);
	if (pool)
		fix = pool_fix(pool, NULL, vh_size_add(pool->total, vh_size_sub(wanted, there)));
	else
		fix = size_fix(m, page_kib, wanted);
	report_pool(c, r, out, pool, sb.data, fix);
}

/* What the nodes of a set have; *ret_last stays when the host has none of these nodes. */
static uint64_t free_on(const struct vh_memory *m, uint64_t page_kib, const struct vh_bits *nodes,
			const struct vh_huge_pool **ret_last)
{
	uint64_t n = 0;

	for (size_t i = 0; i < m->n_pools; i++) {
		const struct vh_huge_pool *pool = &m->pools[i];

		if (pool->node < 0 || pool->page_kib != page_kib ||
		    !vh_bits_has(nodes, (uint64_t)pool->node))
			continue;
		n = vh_size_add(n, pool->free);
		*ret_last = pool;
	}
	return n;
}

static void check_node_pools(const struct vh_case *c, const struct vh_rule *r,
			     const struct vh_memory_need_parts *p,
			     const struct vh_memory_part *part, struct vh_findings *out)
{
	const struct vh_memory *m = &c->memory;
	const struct vh_huge_pool *host = vh_memory_pool(m, part->page_kib, -1), *last = NULL;
	uint64_t wanted = vh_memory_need_parts_pages(p, part->page_kib, part->nodes);
	uint64_t there = free_on(m, part->page_kib, part->nodes, &last);
	bool one = vh_bits_count(part->nodes) == 1;
	_auto_free_ char *size = vh_size_text(part->page_kib, VH_BEST), *fix = NULL, *message = NULL;
	_auto_free_ char *all = vh_size_text(vh_size_mul(wanted, part->page_kib), VH_BEST);
	_auto_free_ char *nodes = vh_bits_text(part->nodes);

	if (!host || m->nodes_read != VH_YES || wanted <= vh_size_add(there, host->overcommit))
		return;
	message = vh_printf(
		"the guest wants %llu huge pages of %s (%s) on NUMA node%s %s of the host, %llu are free there",
		(unsigned long long)wanted, size, all, one ? "" : "s", nodes,
		(unsigned long long)there);
	if (last)
		fix = pool_fix(one ? last : host, nodes,
			       vh_size_add(one ? last->total : host->total,
					   vh_size_sub(wanted, there)));
	else
		fix = vh_strdup("name nodes in <numatune> that the host has: numactl --hardware");
	report_pool(c, r, out, last, message, fix);
}

static void check_hugepages_short(const struct vh_case *c, const struct vh_rule *r,
				  struct vh_findings *out)
{
	_auto_parts_ struct vh_memory_need_parts p = { 0 };
	size_t before = out->count;

	if (!vh_memory_need_is_judged(c) || !vh_memory_need_knows_pools(c))
		return;
	p = vh_memory_need_parts_get(c);
	if (vh_memory_need_has_pages(c, &p))
		return;
	for (size_t i = 0; i < p.count; i++)
		if (vh_memory_need_parts_is_first(&p, i, false))
			check_host_pool(c, r, &p, p.list[i].page_kib, out);
	for (size_t i = 0; i < p.count && out->count == before; i++)
		if (vh_memory_need_parts_is_first(&p, i, true))
			check_node_pools(c, r, &p, &p.list[i], out);
}

const struct vh_rule vh_rule_hugepages_short = {
	.name = "hugepages-short",
	.severity = VH_ERROR,
	.scopes = VH_SCOPE_DOMAIN | VH_SCOPE_POLICY,
	.title = "there are not enough free huge pages",
	.check = check_hugepages_short,
	.explain = "The domain puts its memory on huge pages, and the pools of the host do not\n"
		   "have enough of them. QEMU then ends with 'unable to map backing store for\n"
		   "guest RAM: Cannot allocate memory'. The rule counts pages of the required\n"
		   "size that are neither used nor reserved, on the whole host and, if\n"
		   "<numatune> binds the guest, on the nodes that it names; pages that the\n"
		   "kernel may still make (nr_overcommit_hugepages) count too, and are then\n"
		   "taken from ordinary memory. Enlarge the pool with the command shown; it is\n"
		   "best to reserve pages of 1 GiB on the kernel command line, before memory is\n"
		   "fragmented. If a script in hooks/qemu.d makes them at 'prepare begin', the\n"
		   "link to vfio-hook has to come after it in hooks/qemu.d; otherwise vfio-hook\n"
		   "counts the pages before they exist.",
};

/* --- what they are mapped from ------------------------------------------------------------------- */

static void add_missing(const struct vh_case *c, const struct vh_rule *r, const char *message,
			const char *fix, struct vh_findings *out)
{
	struct vh_finding *f = vh_finding_add(out, r, NULL, fix, "%s", message);

	vh_finding_about(f, NULL, c->domain->memory.pages_line);
}

/* A size of 0: libvirt takes the first mount of the default size, or the first of all. */
static bool is_mounted(const struct vh_case *c, uint64_t page_kib)
{
	const struct vh_huge_mounts *m = &c->around.huge;

	for (size_t i = 0; i < m->count; i++) {
		uint64_t kib = m->list[i].page_kib ? m->list[i].page_kib
						   : c->memory.huge_default_kib;

		if (!page_kib || !kib || kib == page_kib)
			return true;
	}
	return false;
}

static bool is_unmounted(const struct vh_case *c, uint64_t page_kib)
{
	return !c->domain->memory.memfd && c->around.huge_read == VH_YES && !is_mounted(c, page_kib);
}

bool vh_rule_hugepages_are_unmounted(const struct vh_case *c)
{
	for (size_t i = 0; i < c->domain->memory.n_pages; i++)
		if (is_unmounted(c, c->domain->memory.pages[i].page_kib))
			return true;
	return false;
}

static void check_mount(const struct vh_case *c, const struct vh_rule *r, uint64_t page_kib,
			struct vh_findings *out)
{
	_auto_free_ char *message = NULL, *fix = NULL, *size = NULL, *option = NULL;

	if (!is_unmounted(c, page_kib))
		return;
	size = page_kib ? vh_size_text(page_kib, VH_BEST) : vh_strdup("any size");
	option = page_kib ? boot_size(page_kib) : vh_strdup("2M");
	message = vh_printf(
		"no hugetlbfs with pages of %s is mounted%s: libvirt ends the start with 'Unable to find any usable hugetlbfs mount'",
		size, c->around.huge.configured ? " where hugetlbfs_mount of qemu.conf says" : "");
	fix = vh_printf(
		"mkdir -p /dev/hugepages%s && mount -t hugetlbfs -o pagesize=%s hugetlbfs /dev/hugepages%s   # then restart libvirtd or virtqemud\n"
		"or write <source type='memfd'/> into <memoryBacking>, which needs no mount",
		option, option, option);
	add_missing(c, r, message, fix, out);
}

/* A file may be longer than what is mapped; QEMU 9.0 and later require a multiple anyway. */
static void check_multiple(const struct vh_case *c, const struct vh_rule *r,
			   const struct vh_memory_part *part, struct vh_findings *out)
{
	_auto_free_ char *message = NULL, *fix = NULL, *size = NULL, *all = NULL, *up = NULL;

	if (!part->page_kib || part->kib % part->page_kib == 0 ||
	    (!c->domain->memory.memfd && c->around.qemu < 9000000))
		return;
	size = vh_size_text(part->page_kib, VH_BEST);
	all = vh_size_text(part->kib, VH_BEST);
	up = vh_size_text(vh_size_mul(part->kib / part->page_kib + 1, part->page_kib), VH_BEST);
	message = vh_printf(
		"%s of memory is not a multiple of its huge pages of %s: QEMU cannot map it", all,
		size);
	fix = vh_printf("write a multiple of %s, for instance %s", size, up);
	add_missing(c, r, message, fix, out);
}

static void check_hugetlbfs_missing(const struct vh_case *c, const struct vh_rule *r,
				    struct vh_findings *out)
{
	_auto_parts_ struct vh_memory_need_parts p = { 0 };
	const struct vh_guest_memory *m = c->domain ? &c->domain->memory : NULL;
	bool told = false;

	if (!m || !m->n_pages || m->problem ||
	    !vh_domain_pins(c->domain, c->networks.pools.count > 0))
		return;
	p = vh_memory_need_parts_get(c);
	for (size_t i = 0; i < m->n_pages && !told; i++) {
		size_t before = out->count;

		check_mount(c, r, m->pages[i].page_kib, out);
		told = out->count > before;
	}
	told = false;
	for (size_t i = 0; i < p.count && !told; i++) {
		size_t before = out->count;

		if (p.list[i].huge)
			check_multiple(c, r, &p.list[i], out);
		told = out->count > before;
	}
}

const struct vh_rule vh_rule_hugetlbfs_missing = {
	.name = "hugetlbfs-missing",
	.severity = VH_ERROR,
	.scopes = VH_SCOPE_DOMAIN,
	.title = "huge pages cannot be mapped for the guest",
	.check = check_hugetlbfs_missing,
	.explain = "The domain puts its memory on huge pages, and they cannot be mapped: libvirt\n"
		   "makes a file for them in a hugetlbfs, and none with pages of that size is\n"
		   "mounted. systemd mounts /dev/hugepages with the default size only; 1 GiB\n"
		   "pages need their own mount. libvirtd looks for mounts when it starts. With\n"
		   "<source type='memfd'/> no mount is needed. The memory has to be a multiple\n"
		   "of the page: QEMU does not map 4.5 GiB on pages of 1 GiB.",
};
