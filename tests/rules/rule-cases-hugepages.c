/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule-cases-hugepages - the pools of huge pages. See rule-cases.h. */
#include "tests/rules/rule-cases.h"

#include "lib/base/banned.h"

#define HUGE_2M (2 * MIB)

static struct vh_huge_pool *add_pool(struct world *w, uint64_t page_kib, int node, uint64_t total,
				     uint64_t free)
{
	struct vh_huge_pool *p = &w->pools[w->c.memory.n_pools++];

	*p = (struct vh_huge_pool){ page_kib, node, total, free, 0 };
	return p;
}

/* All of the guest on pages of the default size; the host has `free` of 10000. */
static void huge(struct world *w, uint64_t free)
{
	big_guest(w, 1);
	w->requests[0].everywhere = true;
	w->domain.memory.n_pages = 1;
	w->c.memory.pools_read = w->c.memory.nodes_read = VH_YES;
	add_pool(w, HUGE_2M, -1, 10000, free);
}

static void huge_fits(struct world *w)
{
	huge(w, 8192);
}
CASE("huge-fits", huge_fits, .want = "", .silent = "hugepages-short");

static void huge_short(struct world *w)
{
	huge(w, 8191);
}
CASE("huge-short", huge_short, .want = "error hugepages-short:6",
     .says = "the guest wants 8192 huge pages of 2 MiB (16 GiB), 8191 of the host's 10000 are "
	     "free",
     .fix = "echo 10001 > /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages\nor, ");

static void huge_warn(struct world *w)
{
	huge_short(w);
	w->config.memory = VH_MEMORY_WARN;
}
CASE("huge-warn", huge_warn, .want = "warning hugepages-short:6");

/* 128 MiB for QEMU are still ordinary. */
static void huge_little_memory(struct world *w)
{
	huge_fits(w);
	w->c.memory.available_kib = 100 * MIB;
}
CASE("huge-little-memory", huge_little_memory, .want = "error memory-short:5",
     .says = "guest memory 16 GiB (16 GiB of it on huge pages) + 128 MiB overhead, 100 MiB "
	     "available",
     .fix = "give the guest 28 MiB less");

/* Only meminfo was there, which has one size. */
static void huge_meminfo(struct world *w)
{
	huge_short(w);
	w->c.memory.pools_read = VH_UNKNOWN;
}
CASE("huge-meminfo", huge_meminfo, .want = "error hugepages-short:6");

static void huge_other_unread(struct world *w)
{
	huge_meminfo(w);
	w->requests[0].page_kib = GIB;
}
CASE("huge-other-unread", huge_other_unread, .want = "", .silent = "hugepages-short");

static void huge_no_pool(struct world *w)
{
	huge(w, 10000);
	add_pool(w, GIB, -1, 0, 0);
	w->requests[0].page_kib = 16 * MIB;
}
CASE("huge-no-pool", huge_no_pool, .want = "error hugepages-short:6",
     .says = "the guest wants 1024 huge pages of 16 MiB (16 GiB), the host has no pool of that "
	     "size",
     .fix = "write a <page size> that the host has: 2 MiB or 1 GiB");

static void huge_no_pools(struct world *w)
{
	huge(w, 0);
	w->c.memory.n_pools = 0;
}
CASE("huge-no-pools", huge_no_pools, .want = "error hugepages-short:6",
     .fix = "add hugepagesz=2M hugepages=8192 to the kernel command line and reboot");

static void huge_default_unknown(struct world *w)
{
	huge(w, 0);
	w->c.memory.huge_default_kib = 0;
}
CASE("huge-default-unknown", huge_default_unknown, .want = "", .silent = "hugepages-short");

/* Where pages have 64 KiB, that is no huge one. */
static void huge_of_arm(struct world *w)
{
	huge(w, 0);
	w->c.memory.available_kib = 17 * GIB;
	w->requests[0].page_kib = 64;
	w->domain.arch = S("aarch64");
}
CASE("huge-of-arm", huge_of_arm, .want = "", .silent = "hugepages-short");

static void huge_64k_on_x86(struct world *w)
{
	huge(w, 0);
	w->requests[0].page_kib = 64;
}
CASE("huge-64k-on-x86", huge_64k_on_x86, .want = "error hugepages-short:6");

static void huge_overcommit(struct world *w)
{
	huge(w, 7168);
	w->c.memory.available_kib = 3 * GIB;
	w->pools[0].overcommit = 1024;
}
CASE("huge-overcommit", huge_overcommit, .want = "", .silent = "hugepages-short");

static void huge_overcommit_short(struct world *w)
{
	huge(w, 7168);
	w->pools[0].overcommit = 1023;
}
CASE("huge-overcommit-short", huge_overcommit_short, .want = "error hugepages-short:6",
     .says = "7168 of the host's 10000 are free and 1023 more can be made");

/* The pages can be made, but from memory that is not there. */
static void huge_overcommit_no_memory(struct world *w)
{
	huge_overcommit(w);
	w->c.memory.available_kib = 2 * GIB;
}
CASE("huge-overcommit-no-memory", huge_overcommit_no_memory, .want = "error memory-short:5",
     .says = "+ 2 GiB for huge pages that are not there yet");

static void huge_runs(struct world *w)
{
	huge(w, 0);
	w->c.memory.own = VH_YES;
	w->c.memory.own_huge_kib = 16 * GIB;
}
CASE("huge-runs", huge_runs, .want = "", .silent = "hugepages-short");

static void huge_runs_with_less(struct world *w)
{
	huge(w, 4095);
	w->c.memory.own = VH_YES;
	w->c.memory.own_huge_kib = 8 * GIB;
}
CASE("huge-runs-with-less", huge_runs_with_less, .want = "error hugepages-short:6",
     .says = "8191 of the host's 10000 are free, with those that it holds");

static void huge_runs_and_fits(struct world *w)
{
	huge(w, 4096);
	w->c.memory.own = VH_YES;
	w->c.memory.own_huge_kib = 8 * GIB;
}
CASE("huge-runs-and-fits", huge_runs_and_fits, .want = "", .silent = "hugepages-short");

static void huge_runs_mixed(struct world *w)
{
	huge_runs_with_less(w);
	w->c.memory.own_huge_mixed = true;
}
CASE("huge-runs-mixed", huge_runs_mixed, .want = "", .silent = "hugepages-short");

static void huge_runs_unseen(struct world *w)
{
	huge(w, 0);
	w->c.memory.own = VH_UNKNOWN;
}
CASE("huge-runs-unseen", huge_runs_unseen, .want = "", .silent = "hugepages-short");

/* Two cells of 8 GiB, on host nodes 0 and 1. */
static void two_cells(struct world *w, uint64_t free0, uint64_t free1)
{
	huge(w, free0 + free1);
	w->domain.memory.n_cells = w->domain.memory.n_bindings = 2;
	for (unsigned int i = 0; i < 2; i++) {
		w->cells[i] = (struct vh_guest_cell){ i, 8 * GIB };
		w->bindings[i].cell = i;
		vh_bits_add(&w->bindings[i].nodes, i);
	}
	add_pool(w, HUGE_2M, 0, 5000, free0);
	add_pool(w, HUGE_2M, 1, 5000, free1);
}

static void nodes_fit(struct world *w)
{
	two_cells(w, 4096, 4096);
}
CASE("nodes-fit", nodes_fit, .want = "", .silent = "hugepages-short");

static void node_short(struct world *w)
{
	two_cells(w, 5000, 4000);
}
CASE("node-short", node_short, .want = "error hugepages-short:6",
     .says = "the guest wants 4096 huge pages of 2 MiB (8 GiB) on NUMA node 1 of the host, 4000 "
	     "are free there",
     .fix = "echo 5096 > /sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages");

static void nodes_unread(struct world *w)
{
	node_short(w);
	w->c.memory.nodes_read = VH_UNKNOWN;
}
CASE("nodes-unread", nodes_unread, .want = "", .silent = "hugepages-short");

static void node_overcommit(struct world *w)
{
	node_short(w);
	w->pools[0].overcommit = 96;
}
CASE("node-overcommit", node_overcommit, .want = "", .silent = "hugepages-short");

static void node_absent(struct world *w)
{
	two_cells(w, 5000, 4000);
	w->bindings[1].nodes = (struct vh_bits){ 0 };
	vh_bits_add(&w->bindings[1].nodes, 7);
}
CASE("node-absent", node_absent, .want = "error hugepages-short:6",
     .says = "on NUMA node 7 of the host, 0 are free there",
     .fix = "name nodes in <numatune> that the host has: numactl --hardware");

/* Both cells on either node: together they are too much for the two. */
static void nodes_together(struct world *w)
{
	two_cells(w, 5000, 3000);
	w->pools[0].free = 8192; /* on a third node */
	for (int i = 0; i < 2; i++) {
		vh_bits_add(&w->bindings[i].nodes, 0);
		vh_bits_add(&w->bindings[i].nodes, 1);
	}
}
CASE("nodes-together", nodes_together, .want = "error hugepages-short:6",
     .says = "8192 huge pages of 2 MiB (16 GiB) on NUMA nodes 0-1 of the host, 8000 are free",
     .fix = "numactl -m 0-1 sh -c 'echo 10192 > /sys/kernel/mm/hugepages/hugepages-2048kB/"
	    "nr_hugepages_mempolicy'");

/* Each cell alone would fit onto its nodes. */
static void node_within_nodes(struct world *w)
{
	two_cells(w, 4500, 3000);
	w->pools[0].free = 8192;
	vh_bits_add(&w->bindings[1].nodes, 0);
}
CASE("node-within-nodes", node_within_nodes, .want = "error hugepages-short:6",
     .says = "8192 huge pages of 2 MiB (16 GiB) on NUMA nodes 0-1 of the host, 7500 are free");

static void two_sizes(struct world *w)
{
	two_cells(w, 4096, 0);
	w->domain.memory.n_bindings = 0;
	w->requests[1].page_kib = GIB;
	vh_bits_add(&w->requests[1].cells, 1);
	w->domain.memory.n_pages = 2;
	add_pool(w, GIB, -1, 8, 8);
}
CASE("huge-two-sizes", two_sizes, .want = "", .silent = "hugepages-short");

static void two_sizes_short(struct world *w)
{
	two_sizes(w);
	w->pools[3].free = 7;
}
CASE("huge-two-sizes-short", two_sizes_short, .want = "error hugepages-short:6",
     .says = "the guest wants 8 huge pages of 1 GiB (8 GiB), 7 of the host's 8 are free",
     .fix = "hugepagesz=1G hugepages=9 on the kernel command line");

/* One cell on huge pages, the other one ordinary. */
static void half_huge(struct world *w)
{
	two_cells(w, 4096, 0);
	w->domain.memory.n_bindings = 0;
	w->requests[0].everywhere = false;
	vh_bits_add(&w->requests[0].cells, 0);
	w->c.memory.available_kib = 7 * GIB;
}
CASE("huge-half", half_huge, .want = "error memory-short:5",
     .says = "guest memory 16 GiB (8 GiB of it on huge pages) + 0.3 GiB overhead, 7 GiB");

/* --- what they are mapped from ------------------------------------------------------------------- */

static struct vh_huge_mount mounted[2];

/* 16 GiB on pages of `page`, of which there are enough; a hugetlbfs of `mount` KiB, 0: none. */
static void mapped(struct world *w, uint64_t page, uint64_t mount)
{
	big_guest(w, 30);
	w->requests[0] = (struct vh_huge_request){ .page_kib = page, .everywhere = true };
	w->domain.memory.n_pages = 1;
	w->pools[0] = (struct vh_huge_pool){
		.page_kib = 2 * MIB, .node = -1, .total = 9000, .free = 9000
	};
	w->pools[1] = (struct vh_huge_pool){ .page_kib = GIB, .node = -1, .total = 16, .free = 16 };
	w->c.memory.n_pools = 2;
	w->c.memory.pools_read = VH_YES;
	mounted[0] = (struct vh_huge_mount){ S("/dev/hugepages"), mount };
	w->c.around.huge.list = mounted;
	w->c.around.huge.count = mount != 0;
	w->c.around.huge_read = VH_YES;
}

static void mapped_elsewhere(struct world *w)
{
	mapped(w, GIB, 2 * MIB);
}
CASE("hugetlbfs-of-another-size", mapped_elsewhere, .want = "error hugetlbfs-missing:6",
     .says = "no hugetlbfs with pages of 1 GiB is mounted",
     .fix = "mount -t hugetlbfs -o pagesize=1G hugetlbfs /dev/hugepages1G");

static void mapped_by_size(struct world *w)
{
	mapped(w, GIB, GIB);
}
CASE("hugetlbfs-there", mapped_by_size, .want = "", .silent = "hugetlbfs-missing");

static void mapped_by_default(struct world *w)
{
	mapped(w, 0, GIB);
}
CASE("hugetlbfs-of-any-size", mapped_by_default, .want = "", .silent = "hugetlbfs-missing");

static void mapped_nowhere(struct world *w)
{
	mapped(w, 0, 0);
}
CASE("hugetlbfs-none", mapped_nowhere, .want = "error hugetlbfs-missing:6",
     .says = "pages of any size");

static void mapped_unknown(struct world *w)
{
	mapped_nowhere(w);
	w->c.around.huge_read = VH_UNKNOWN;
}
CASE("hugetlbfs-unknown", mapped_unknown, .want = "", .silent = "hugetlbfs-missing");

static void mapped_memfd(struct world *w)
{
	mapped_elsewhere(w);
	w->domain.memory.memfd = true;
}
CASE("hugetlbfs-memfd", mapped_memfd, .want = "", .silent = "hugetlbfs-missing");

static void mapped_odd(struct world *w)
{
	mapped_memfd(w);
	w->domain.memory.total_kib -= 512 * MIB;
	w->domain.memory_kib = w->domain.current_kib = w->domain.memory.total_kib;
}
CASE("hugetlbfs-odd", mapped_odd, .want = "error hugetlbfs-missing:6",
     .says = "is not a multiple of its huge pages of 1 GiB", .fix = "for instance 16 GiB");

static void mapped_odd_file(struct world *w)
{
	mapped_odd(w);
	w->domain.memory.memfd = false;
	mounted[0].page_kib = GIB;
}
CASE("hugetlbfs-odd-in-a-file", mapped_odd_file, .want = "", .silent = "hugetlbfs-missing");

static void mapped_odd_file_now(struct world *w)
{
	mapped_odd_file(w);
	w->c.around.qemu = 9000000;
}
CASE("hugetlbfs-odd-in-a-file-of-new-qemu", mapped_odd_file_now,
     .want = "error hugetlbfs-missing:6");
