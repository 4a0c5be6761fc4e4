/* SPDX-License-Identifier: GPL-2.0-or-later */
/* memory - see memory.h. */
#include "lib/host/memory.h"

#include <errno.h>

#include "lib/base/bits.h"
#include "lib/base/size.h"
#include "lib/host/host.h"

#include "lib/base/banned.h"

#define POOLS "sys/kernel/mm/hugepages"
#define NODES "sys/devices/system/node"

void vh_memory_clear(struct vh_memory *m)
{
	free(m->pools);
	free(m->nodes);
	memset(m, 0, sizeof(*m));
}

const struct vh_huge_pool *vh_memory_pool(const struct vh_memory *m, uint64_t page_kib, int node)
{
	for (size_t i = 0; i < m->n_pools; i++)
		if (m->pools[i].page_kib == page_kib && m->pools[i].node == node)
			return &m->pools[i];
	return NULL;
}

/* The number behind the name in lines like "MemTotal:  32780964 kB" and "size  4  6815744";
 * `skip` words stand between. 0 or -1. */
static int field(const char *text, const char *name, int skip, uint64_t *ret)
{
	size_t n = strlen(name);

	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		_auto_free_ char *digits = NULL;
		const char *p;

		line += *line == '\n';
		if (strncmp(line, name, n) != 0 || !strchr(" \t", line[n]) || !line[n])
			continue;
		p = line + n + strspn(line + n, " \t");
		for (int i = 0; i < skip; i++) {
			p += strcspn(p, " \t\n");
			p += strspn(p, " \t");
		}
		digits = vh_strndup(p, strspn(p, "0123456789"));
		return vh_parse_uint(digits, 10, UINT64_MAX, ret);
	}
	return -1;
}

/* --- the machine -------------------------------------------------------------------------- */

/* The least that the cache of ZFS shrinks to is c_min (module/zfs/arc.c). */
static uint64_t read_arc(const struct vh_root *root)
{
	_auto_free_ char *text = vh_root_read(root, "proc/spl/kstat/zfs/arcstats");
	uint64_t size, least;

	if (!text || field(text, "size", 1, &size) < 0 || field(text, "c_min", 1, &least) < 0)
		return 0; /* a host without ZFS; counting nothing errs on the safe side */
	return size > least ? (size - least) / 1024 : 0;
}

/* Where sysfs is not to be had, the pool of the default size is in meminfo as well. */
static void pool_of_meminfo(struct vh_memory *m, const char *text)
{
	struct vh_huge_pool p = { .page_kib = m->huge_default_kib, .node = -1 };
	uint64_t reserved;

	if (!p.page_kib || field(text, "HugePages_Total:", 0, &p.total) < 0 ||
	    field(text, "HugePages_Free:", 0, &p.free) < 0 ||
	    field(text, "HugePages_Rsvd:", 0, &reserved) < 0)
		return;
	p.free = p.free > reserved ? p.free - reserved : 0;
	*VH_APPEND(m->pools, m->n_pools) = p;
}

static void read_meminfo(const struct vh_root *root, const struct vh_host *h, bool huge,
			 struct vh_memory *m, struct vh_names *unseen)
{
	_auto_free_ char *text = vh_root_read(root, "proc/meminfo");
	int reason = errno;

	if (text && field(text, "MemTotal:", 0, &m->total_kib) == 0 &&
	    field(text, "MemAvailable:", 0, &m->available_kib) == 0 &&
	    field(text, "SwapTotal:", 0, &m->swap_kib) == 0 &&
	    field(text, "SwapFree:", 0, &m->swap_free_kib) == 0)
		m->read = VH_YES;
	if (h->uses_untold)
		vh_names_note(unseen, "memory: what of it is available");
	else if (!text)
		vh_names_note(unseen, "memory: /proc/meminfo: %s", strerror(reason));
	else if (m->read != VH_YES)
		vh_names_note(unseen, "memory: /proc/meminfo does not say what is available");
	if (text && field(text, "Hugepagesize:", 0, &m->huge_default_kib) < 0)
		m->huge_default_kib = 0;
	if (text && huge)
		pool_of_meminfo(m, text);
	m->arc_kib = m->read == VH_YES ? read_arc(root) : 0;
	m->limited = h->cpu == VH_CPU_Z &&
		     vh_root_read_int(root, "proc/sys/vm/overcommit_memory") == 0;
}

uint64_t vh_memory_of_nodes(const struct vh_root *root, const struct vh_bits *nodes)
{
	uint64_t sum = 0, one;

	for (unsigned int n = 0; n < VH_BITS_MAX; n++) {
		_auto_free_ char *name = NULL, *text = NULL;

		if (!vh_bits_has(nodes, n))
			continue;
		name = vh_printf("Node %u MemTotal:", n);
		text = vh_root_read(root, NODES "/node%u/meminfo", n);
		if (!text || field(text, name, 0, &one) < 0)
			return 0;
		sum = vh_size_add(sum, one);
	}
	return sum;
}

/* --- huge pages --------------------------------------------------------------------------- */

/* "hugepages-2048kB" */
static int parse_size(const char *name, uint64_t *ret)
{
	_auto_free_ char *digits = NULL;
	size_t n;

	if (!vh_has_prefix(name, "hugepages-"))
		return -1;
	name += strlen("hugepages-");
	n = strspn(name, "0123456789");
	digits = vh_strndup(name, n);
	if (strcmp(name + n, "kB") != 0 || vh_parse_uint(digits, 10, UINT64_MAX / 1024, ret) < 0)
		return -1;
	return *ret ? 0 : -1;
}

static uint64_t read_count(const struct vh_root *root, const char *dir, const char *size,
			   const char *name, bool *failed)
{
	int64_t v = vh_root_read_int(root, "%s/%s/%s", dir, size, name);

	if (v < 0)
		*failed = true;
	return v < 0 ? 0 : (uint64_t)v;
}

static uint64_t minus(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

/* The pools in a directory. Reservations and overcommitment are known of the whole host only
 * (Documentation/admin-guide/mm/hugetlbpage.rst), and libvirt does not report them. */
static enum vh_tri read_pools(const struct vh_root *root, struct vh_memory *m, const char *dir,
			      int node, bool told)
{
	_auto_names_ struct vh_names names = { 0 };
	bool failed = false;

	if (vh_root_list(root, &names, "%s", dir) < 0)
		return VH_UNKNOWN;
	for (size_t i = 0; i < names.count; i++) {
		struct vh_huge_pool p = { .node = node };
		const char *size = names.name[i];

		if (parse_size(size, &p.page_kib) < 0)
			continue;
		p.total = read_count(root, dir, size, "nr_hugepages", &failed);
		p.free = read_count(root, dir, size, "free_hugepages", &failed);
		if (node < 0 && !told) {
			p.free = minus(p.free,
				       read_count(root, dir, size, "resv_hugepages", &failed));
			p.overcommit = minus(
				read_count(root, dir, size, "nr_overcommit_hugepages", &failed),
				read_count(root, dir, size, "surplus_hugepages", &failed));
		}
		*VH_APPEND(m->pools, m->n_pools) = p;
	}
	return failed ? VH_UNKNOWN : VH_YES;
}

static enum vh_tri read_nodes(const struct vh_root *root, struct vh_memory *m, bool told)
{
	_auto_names_ struct vh_names names = { 0 };
	enum vh_tri answer = VH_YES;

	if (vh_root_list(root, &names, NODES) < 0)
		return VH_UNKNOWN;
	for (size_t i = 0; i < names.count; i++) {
		_auto_free_ char *dir = vh_printf(NODES "/%s/hugepages", names.name[i]);
		uint64_t node;

		if (!vh_has_prefix(names.name[i], "node") ||
		    vh_parse_uint(names.name[i] + 4, 10, VH_NODES_MAX - 1, &node) < 0)
			continue;
		if (read_pools(root, m, dir, (int)node, told) != VH_YES)
			answer = VH_UNKNOWN;
	}
	return answer;
}

static void read_huge(const struct vh_root *root, const struct vh_host *h, bool bound,
		      struct vh_memory *m, struct vh_names *unseen)
{
	struct vh_memory sysfs = { 0 };

	sysfs.pools_read = read_pools(root, &sysfs, POOLS, -1, h->uses_untold);
	sysfs.nodes_read = bound ? read_nodes(root, &sysfs, h->uses_untold) : VH_UNKNOWN;
	if (sysfs.pools_read == VH_YES) { /* else what meminfo says stays */
		free(m->pools);
		m->pools = VH_STEAL(sysfs.pools);
		m->n_pools = sysfs.n_pools;
		m->pools_read = VH_YES;
		m->nodes_read = sysfs.nodes_read;
		if (h->uses_untold)
			vh_names_note(unseen, "huge pages: how many are promised to others, and "
					      "how many the kernel would still make");
	}
	free(sysfs.pools);
}

void vh_memory_read(const struct vh_root *root, const struct vh_host *h, bool huge, bool bound,
		    struct vh_memory *ret, struct vh_names *unseen)
{
	read_meminfo(root, h, huge, ret, unseen);
	if (huge)
		read_huge(root, h, bound, ret, unseen);
}

void vh_memory_read_own(const struct vh_root *root, int64_t pid, struct vh_memory *m)
{
	_auto_free_ char *text = NULL;
	uint64_t shared = 0;

	if (pid > 0)
		text = vh_root_read(root, "proc/%lld/status", (long long)pid);
	/* RssShmem is of a memfd or a file in /dev/shm; kernels before 4.5 have neither line */
	if (!text || field(text, "RssAnon:", 0, &m->own_kib) < 0 ||
	    field(text, "RssShmem:", 0, &shared) < 0 ||
	    field(text, "HugetlbPages:", 0, &m->own_huge_kib) < 0) {
		m->own = VH_UNKNOWN;
		return;
	}
	m->own_kib = vh_size_add(m->own_kib, shared);
	m->own = VH_YES;
}
