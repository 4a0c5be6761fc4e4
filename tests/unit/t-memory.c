/* SPDX-License-Identifier: GPL-2.0-or-later */
/* t-memory - what a domain says of its memory, and what the host says of its own. */
#include "lib/base/size.h"
#include "lib/base/strbuf.h"
#include "lib/case/start-memory.h"
#include "lib/domain/memory-elements.h"
#include "lib/host/host.h"
#include "lib/host/read.h"
#include "tests/fake/fake-tree.h"
#include "tests/fake/scratch.h"
#include "tests/fake/stage.h"
#include "tests/tap.h"

#include "lib/base/banned.h"

#define UUID "4dea22b3-1d52-d8f3-2516-782e98ab3fa0"

static void check(const char *have, const char *want, const char *name)
{
	if (!ok(vh_streq(have, want), "%s", name))
		diag("have: %s", have ? have : "(nothing)");
}

static void add(struct vh_strbuf *sb, const char *before, uint64_t n)
{
	vh_strbuf_addf(sb, "%s%llu", before, (unsigned long long)n);
}

/* --- sizes and sets of nodes -------------------------------------------------------------- */

static const struct {
	const char *text, *unit;
	int64_t kib; /* -1: none */
} sizes[] = {
	{ "1", NULL, 1 },
	{ "1", "", 1 },
	{ "1025", "b", 2 },
	{ "1", "bytes", 1 },
	{ "0", "B", 0 },
	{ "1", "KB", 1 },
	{ "1", "k", 1 },
	{ "1024", "KB", 1000 },
	{ "3", "mib", 3072 },
	{ "1", "G", 1048576 },
	{ "1", "TiB", 1073741824 },
	{ " +2", "M", 2048 },
	{ "18446744073709551615", "b", 18014398509481984 },
	{ "18014398509481983", "KiB", 18014398509481983 },
	{ "18014398509481984", "KiB", -1 },
	{ "16", "EiB", -1 },
	{ "18446744073709551616", "b", -1 },
	{ "-1", "KiB", -1 },
	{ "1.5", "GiB", -1 },
	{ "0x10", "GiB", -1 },
	{ "1 ", NULL, -1 },
	{ "", NULL, -1 },
	{ NULL, NULL, -1 },
	{ "1", "Gib2", -1 },
	{ "1", "x", -1 },
	{ "1", "xib", -1 },
};

static void test_sizes(void)
{
	for (size_t i = 0; i < VH_COUNT(sizes); i++) {
		uint64_t kib = UINT64_MAX;
		int rc = vh_memory_elements_kib(sizes[i].text, sizes[i].unit, &kib);

		if (!ok(rc == (sizes[i].kib < 0 ? -1 : 0) && kib == (uint64_t)sizes[i].kib,
			"size '%s' '%s'", sizes[i].text ? sizes[i].text : "-",
			sizes[i].unit ? sizes[i].unit : "-"))
			diag("have: %d %llu", rc, (unsigned long long)kib);
	}
	ok(vh_size_add(UINT64_MAX, 1) == UINT64_MAX &&
		   vh_size_mul(UINT64_MAX / 2, 3) == UINT64_MAX && vh_size_sub(1, 2) == 0,
	   "sums end at the ends");
}

static const struct {
	const char *text, *want; /* NULL: none */
} sets[] = {
	{ "0", "0" },
	{ "0-3", "0-3" },
	{ "0-3,^2,8", "0-1,3,8" },
	{ " 1 , 3 - 5 ", "1,3-5" },
	{ "1023", "1023" },
	{ "62-65", "62-65" },
	{ "1,1,0", "0-1" },
	{ "1024", NULL },
	{ "0-1024", NULL },
	{ "3-1", NULL },
	{ "^1", NULL },
	{ "1,^1", NULL },
	{ "1,", "1" },
	{ ",1", NULL },
	{ "1-", NULL },
	{ "1 2", NULL },
	{ "^1-2", NULL },
	{ "all", NULL },
	{ "", NULL },
};

static void test_sets(void)
{
	struct vh_bits one = { 0 }, two = { 0 };

	for (size_t i = 0; i < VH_COUNT(sets); i++) {
		struct vh_bits s = { 0 };
		_auto_free_ char *have = NULL, *name = vh_printf("nodes '%s'", sets[i].text);

		if (vh_bits_parse(&s, sets[i].text, VH_NODES_MAX) == 0)
			have = vh_bits_text(&s);
		check(have, sets[i].want, name);
	}
	vh_bits_add(&one, 70);
	vh_bits_add(&two, 70);
	vh_bits_add(&two, 1);
	vh_bits_add(&two, VH_BITS_MAX);
	ok(vh_bits_is_within(&one, &two) && !vh_bits_is_within(&two, &one) &&
		   vh_bits_count(&two) == 2 && !vh_bits_has(&two, VH_BITS_MAX),
	   "one set within another");
}

/* --- domains ------------------------------------------------------------------------------ */

#define MEMORY(kib) "<memory>" #kib "</memory>"
#define CELLS \
	"<cpu><numa><cell id='1' memory='400'/><cell id='0' memory='1' unit='MiB'/></numa></cpu>"
#define HUGE(pages) "<memoryBacking><hugepages>" pages "</hugepages></memoryBacking>"
#define DEVICES(text) "<devices>" text "</devices>"
#define DIMM(model, kib, rest) \
	"<memory model='" model "'><target><size>" #kib "</size>" rest "</target></memory>"

/* KIB[*PAGE or *default][@NODES] for each part, then what is there besides. */
static const struct {
	const char *name, *xml, *want;
} domains[] = {
	{ "nothing", "", "0; total 0" },
	{ "memory", MEMORY(4096), "4096; total 4096" },
	{ "cells win over memory", MEMORY(4096) CELLS, "400 1024; total 1424" },
	{ "cells without ids",
	  "<cpu><numa><cell memory='1'/><cell memory='2'/></numa></cpu>" HUGE(
		  "<page size='2048' nodeset='1'/>"),
	  "1 2*2048; total 3" },
	{ "cells without memory", MEMORY(7) "<cpu><numa><cell id='0' cpus='0'/></numa></cpu>",
	  "0; total 7; line 2: memory of <cell> is '' 'KiB', which is not a size" },
	{ "a cell beyond all", "<cpu><numa><cell id='1024' memory='1'/></numa></cpu>",
	  "0; total 0; line 2: '1024' in <cell> is not a node" },
	{ "huge pages", MEMORY(4096) "<memoryBacking><hugepages/></memoryBacking>",
	  "4096*default; total 4096" },
	{ "huge pages of a size", MEMORY(4096) HUGE("<page size='1' unit='GiB'/>"),
	  "4096*1048576; total 4096" },
	{ "pages of 4 KiB are not huge", MEMORY(4096) HUGE("<page size='4' unit='KiB'/>"),
	  "4096; total 4096" },
	{ "several page sizes",
	  CELLS HUGE("<page size='2' unit='MiB' nodeset='1'/><page size='1' unit='GiB'/>"),
	  "400*2048 1024*1048576; total 1424" },
	{ "pages for one cell only", CELLS HUGE("<page size='2048' nodeset='0'/>"),
	  "400 1024*2048; total 1424" },
	{ "a nodeset without cells", MEMORY(8) HUGE("<page size='2048' nodeset='0-1'/>"),
	  "8*2048; total 8" },
	{ "a nodeset that is none", MEMORY(8) HUGE("<page size='2048' nodeset='x'/>"),
	  "8; total 8; line 2: 'x' in <page> is not a set of nodes" },
	{ "a page size that is none", MEMORY(8) HUGE("<page size='\x1b' unit='GiB'/>"), NULL },
	{ "a page size beyond 64 bits", MEMORY(8) HUGE("<page size='16777216' unit='TiB'/>"),
	  "8*default; total 8; line 2: size of <page> is '16777216' 'TiB', which is not a size" },
	{ "bound", MEMORY(8) "<numatune><memory mode='strict' nodeset='1-2'/></numatune>",
	  "8@1-2; total 8" },
	{ "bound by default", MEMORY(8) "<numatune><memory nodeset='1'/></numatune>",
	  "8@1; total 8" },
	{ "bound by cgroup",
	  MEMORY(8) "<numatune><memory mode='restrictive' nodeset='1'/></numatune>", "8@1; total 8" },
	{ "preferred is not bound",
	  MEMORY(8) "<numatune><memory mode='preferred' nodeset='1'/></numatune>", "8; total 8" },
	{ "nor is automatic placement", MEMORY(8) "<numatune><memory placement='auto'/></numatune>",
	  "8; total 8" },
	{ "cells bound apart",
	  CELLS "<numatune><memory nodeset='7'/><memnode cellid='0' nodeset='3'/></numatune>",
	  "400@7 1024@3; total 1424" },
	{ "devices are part of memory",
	  MEMORY(4096) DEVICES(DIMM("dimm", 96, "") DIMM("nvdimm", 1000, "")),
	  "3000 96; total 4096; backed 1000" },
	{ "devices beside cells",
	  MEMORY(1) CELLS DEVICES(DIMM("dimm", 96, "<node>1</node>") DIMM("virtio-pmem", 8, "")),
	  "400 1024 96; total 1528; backed 8" },
	{ "a dimm as its cell",
	  CELLS HUGE("<page size='2048' nodeset='1'/>") "<numatune><memnode cellid='1' mode='strict' "
							"nodeset='4'/></numatune>" DEVICES(
								DIMM("dimm", 96, "<node>1</node>")),
	  "400*2048@4 1024 96*2048@4; total 1520" },
	{ "a dimm with a source of its own",
	  CELLS DEVICES("<memory model='dimm'><source><pagesize unit='GiB'>1</pagesize><nodemask>5"
			"</nodemask></source><target><size>9</size><node>0</node></target></memory>"),
	  "400 1024 9*1048576@5; total 1433" },
	{ "virtio-mem: what is requested",
	  MEMORY(100) DEVICES(DIMM("virtio-mem", 60, "<requested>20</requested>")),
	  "40 20; total 100; unplugged 40" },
	{ "virtio-mem: nothing is requested", MEMORY(100) DEVICES(DIMM("virtio-mem", 60, "")),
	  "40 0; total 100; unplugged 60" },
	{ "more devices than memory", MEMORY(100) DEVICES(DIMM("dimm", 160, "")),
	  "0 160; total 100; line 2: the memory devices are larger than <memory>" },
	{ "sums beyond 64 bits",
	  MEMORY(1) "<cpu><numa><cell memory='18014398509481983'/></numa></cpu>" DEVICES(
		  DIMM("dimm", 18014398509481983, "")),
	  "18014398509481983 18014398509481983; total 36028797018963966" },
	{ "locked, limited",
	  MEMORY(8) "<memoryBacking><locked/></memoryBacking><memtune>"
		    "<hard_limit unit='MiB'>2</hard_limit></memtune>",
	  "8; total 8; locked; limit 2048" },
	{ "a limit that is none",
	  MEMORY(8) "<memtune><hard_limit>9007199254740991</hard_limit></memtune>", "8; total 8" },
	{ "a soft limit", MEMORY(8) "<memtune><soft_limit>1</soft_limit></memtune>", "8; total 8" },
	{ "a limit that is no number", MEMORY(8) "<memtune><hard_limit>9 MB</hard_limit></memtune>",
	  "8; total 8; line 2: the text of <hard_limit> is '9 MB' 'KiB', which is not a size" },
	{ "look-alikes in metadata",
	  MEMORY(8) "<metadata><devices>" DIMM("dimm", 4, "") "<iommu/></devices></metadata>",
	  "8; total 8" },
	/* what libvirt's formula counts */
	{ "devices that are locked for",
	  DEVICES("<hostdev type='pci'/><hostdev mode='subsystem' type='mdev'/><hostdev type='usb'/>"
		  "<hostdev mode='capabilities' type='pci'/><interface type='hostdev'/>"
		  "<interface type='network'/>"),
	  "0; total 0; factor 1" },
	{ "with an IOMMU",
	  DEVICES("<hostdev type='pci'/><hostdev type='mdev'/><interface type='hostdev'/><iommu/>"),
	  "0; total 0; factor 3" },
	{ "NVMe and vDPA count each",
	  DEVICES("<hostdev type='pci'/><hostdev type='pci'/><disk type='nvme'/><disk type='file'>"
		  "<backingStore type='file'><backingStore type='nvme'/></backingStore></disk>"
		  "<disk type='file'/><interface type='vdpa'/><disk type='vhostvdpa'/>"),
	  "0; total 0; factor 5" },
};

static char *show(const struct vh_guest_memory *m)
{
	size_t count;
	_auto_free_ struct vh_memory_part *parts = vh_guest_memory_parts(m, &count);
	struct vh_strbuf sb = { 0 };

	for (size_t i = 0; i < count; i++) {
		_auto_free_ char *nodes = parts[i].nodes ? vh_bits_text(parts[i].nodes) : NULL;

		add(&sb, i ? " " : "", parts[i].kib);
		if (parts[i].huge && parts[i].page_kib)
			add(&sb, "*", parts[i].page_kib);
		else if (parts[i].huge)
			vh_strbuf_add(&sb, "*default");
		vh_strbuf_addf(&sb, "%s%s", nodes ? "@" : "", nodes ? nodes : "");
	}
	add(&sb, "; total ", m->total_kib);
	if (vh_guest_memory_backed(m))
		add(&sb, "; backed ", vh_guest_memory_backed(m));
	if (vh_guest_memory_unplugged(m))
		add(&sb, "; unplugged ", vh_guest_memory_unplugged(m));
	if (m->locked)
		vh_strbuf_add(&sb, "; locked");
	if (m->hard_limit_kib)
		add(&sb, "; limit ", m->hard_limit_kib);
	if (vh_guest_memory_factor(m, 0))
		add(&sb, "; factor ", vh_guest_memory_factor(m, 0));
	if (m->problem)
		vh_strbuf_addf(&sb, "; %s", m->problem);
	return vh_strbuf_steal(&sb);
}

static struct vh_domain *domain(const char *xml)
{
	_auto_free_ char *text = vh_printf("<domain type='kvm'><uuid>" UUID "</uuid>\n%s</domain>",
					   xml);

	return vh_domain_parse(text, strlen(text), NULL);
}

static void test_domains(void)
{
	for (size_t i = 0; i < VH_COUNT(domains); i++) {
		_auto_(vh_domain) struct vh_domain *d = domain(domains[i].xml);
		_auto_free_ char *have = d ? show(&d->memory) : NULL;

		check(have, domains[i].want, domains[i].name);
	}
}

static void test_lines(void)
{
	_auto_(vh_domain) struct vh_domain *d = domain(
		MEMORY(8) "\n<memoryBacking>\n<hugepages/></memoryBacking><memtune>\n"
			  "<hard_limit>9</hard_limit></memtune>");
	_auto_(vh_domain) struct vh_domain *none = domain("\n");

	ok(d && none && d->memory.line == 2 && d->memory.pages_line == 4 &&
		   d->memory.hard_limit_line == 5 && none->memory.line == 1,
	   "lines");
	ok(d && vh_guest_memory_factor(&d->memory, 2) == 1, "devices that are not in the XML yet");
}

static const struct {
	const char *name, *devices;
	bool pool, pins;
} pinning[] = {
	{ "nothing pins", "<hostdev type='usb'/>", false, false },
	{ "a PCI device pins", "<hostdev type='pci'><source><address bus='1'/></source></hostdev>",
	  false, true },
	{ "one that the guest does not get does not",
	  "<hostdev type='pci'><source><address bus='1'/></source><address type='unassigned'/>"
	  "</hostdev>",
	  false, false },
	{ "a pool pins", "<interface type='network'><source network='x'/></interface>", true, true },
	{ "vDPA pins", "<interface type='vdpa'/>", false, true },
	{ "a mediated device does not", "<hostdev type='mdev' model='vfio-pci'/>", false, false },
	{ "an NVMe disk pins",
	  "<disk type='nvme'><source type='pci'><address bus='1'/></source></disk>", false, true },
};

static void test_pinning(void)
{
	for (size_t i = 0; i < VH_COUNT(pinning); i++) {
		_auto_free_ char *xml = vh_printf("<devices>%s</devices>", pinning[i].devices);
		_auto_(vh_domain) struct vh_domain *d = domain(xml);

		ok(d && vh_domain_pins(d, pinning[i].pool) == pinning[i].pins, "%s",
		   pinning[i].name);
	}
}

/* --- the host ----------------------------------------------------------------------------- */

#define MEMINFO(more)                                                                             \
	"f proc/meminfo\tMemTotal:       1000 kB\\nMemFree:         1 kB\\nMemAvailable:    500 " \
	"kB\\nSwapTotal:       300 kB\\nSwapFree:        200 kB\\n" more "\n"
#define TOTALS                                                                           \
	"HugePages_Total:      9\\nHugePages_Free:       7\\nHugePages_Rsvd:       2\\n" \
	"HugePages_Surp:       0\\nHugepagesize:       2048 kB"
#define POOL(kib, nr, free, resv, surplus, over)                                           \
	"f sys/kernel/mm/hugepages/hugepages-" #kib "kB/nr_hugepages\t" #nr "\n"           \
	"f sys/kernel/mm/hugepages/hugepages-" #kib "kB/free_hugepages\t" #free "\n"       \
	"f sys/kernel/mm/hugepages/hugepages-" #kib "kB/resv_hugepages\t" #resv "\n"       \
	"f sys/kernel/mm/hugepages/hugepages-" #kib "kB/surplus_hugepages\t" #surplus "\n" \
	"f sys/kernel/mm/hugepages/hugepages-" #kib "kB/nr_overcommit_hugepages\t" #over "\n"
#define NODE_DIR(node) "sys/devices/system/node/node" #node "/hugepages/hugepages-2048kB/"
#define NODE(node, nr, free)                                               \
	"f " NODE_DIR(node) "nr_hugepages\t" #nr                           \
			    "\nf " NODE_DIR(node) "free_hugepages\t" #free \
						  "\nf " NODE_DIR(node) "surplus_hugepages\t0\n"
#define ARC(size, min)                                                                              \
	"f proc/spl/kstat/zfs/arcstats\t9 1 0x01 147 39984 1 2\\nname  type data\\nhits  4    5\\n" \
	"size_x   4   77\\nc_min                           4    " #min "\\nsize   4  " #size "\n"
#define OF_NODE(node, kib)                                                                      \
	"f sys/devices/system/node/node" #node "/meminfo\tNode " #node " MemTotal:       " #kib \
	" kB\\nNode " #node " MemFree:   1 kB\n"
#define NODES_UNSEEN                                                           \
	"; not checked: memory: whether the NUMA nodes that <numatune> names " \
	"have enough of it"
#define BACKED "<memoryBacking><hugepages/></memoryBacking>"
#define BOUND "<numatune><memory nodeset='1'/></numatune>"

static const struct {
	const char *name, *host, *xml, *want;
} hosts[] = {
	{ "nothing", "d proc\n", "",
	  "unknown; not checked: memory: /proc/meminfo: No such file or directory" },
	{ "meminfo", MEMINFO(""), "", "500+0 swap 200/300" },
	{ "an old kernel", "f proc/meminfo\tMemTotal:  9 kB\\nMemFree: 7 kB\n", "",
	  "unknown; not checked: memory: /proc/meminfo does not say what is available" },
	{ "a number that is none",
	  "f proc/meminfo\tMemTotal: 9 kB\\nMemAvailable: 99999999999999999999 kB\\nSwapTotal: 0 "
	  "kB\\nSwapFree: 0 kB\n",
	  "", "unknown; not checked: memory: /proc/meminfo does not say what is available" },
	{ "ZFS", MEMINFO("") ARC(4194304, 1048576), "", "500+3072 swap 200/300" },
	{ "ZFS at its least", MEMINFO("") ARC(1048576, 4194304), "", "500+0 swap 200/300" },
	{ "pools are not read without need", MEMINFO(TOTALS) POOL(2048, 9, 7, 2, 0, 0), "",
	  "500+0 swap 200/300" },
	{ "the pool in meminfo", MEMINFO(TOTALS), BACKED, "500+0 swap 200/300 2048:5/9" },
	{ "no pool of that size in meminfo", MEMINFO(TOTALS), HUGE("<page size='1' unit='GiB'/>"),
	  "500+0 swap 200/300 2048:5/9; not checked: huge pages: the pools of the host cannot be "
	  "seen" },
	{ "no pool at all", MEMINFO(""), BACKED,
	  "500+0 swap 200/300; not checked: huge pages: the pools of the host cannot be seen" },
	{ "pools in sysfs", MEMINFO(TOTALS) POOL(2048, 90, 70, 20, 5, 8) POOL(1048576, 4, 3, 9, 2, 1),
	  BACKED, "500+0 swap 200/300 1048576:0/4 2048:50/90+3" },
	{ "a file missing in sysfs: meminfo counts",
	  MEMINFO(TOTALS) "f sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages\t9\n", BACKED,
	  "500+0 swap 200/300 2048:5/9" },
	{ "names that are no pools",
	  MEMINFO(TOTALS) POOL(
		  2048, 9, 7, 2, 0,
		  0) "d sys/kernel/mm/hugepages/hugepages-2048KB\nd sys/kernel/mm/hugepages/hugepages-kB\n"
		     "d sys/kernel/mm/hugepages/hugepages-0kB\nd sys/kernel/mm/hugepages/other\n",
	  BACKED, "500+0 swap 200/300 2048:5/9" },
	{ "pools of nodes",
	  MEMINFO(TOTALS) POOL(2048, 9, 7, 2, 0, 0) NODE(0, 5, 4)
		  NODE(1, 4, 3) "d sys/devices/system/node/nodex\nd sys/devices/system/node/power\n",
	  BACKED BOUND, "500+0 swap 200/300 2048:5/9 0/2048:4/5 1/2048:3/4" },
	{ "nodes that cannot be seen", MEMINFO(TOTALS) POOL(2048, 9, 7, 2, 0, 0), BACKED BOUND,
	  "500+0 swap 200/300 2048:5/9; not checked: huge pages: the pools of the NUMA nodes that "
	  "<numatune> names cannot be seen" },
	{ "ordinary memory of a node", MEMINFO(""), BOUND,
	  "500+0 swap 200/300; not checked: memory: whether the NUMA nodes that <numatune> names "
	  "have enough of it" },
	{ "ordinary memory that a node has", MEMINFO("") OF_NODE(0, 7) OF_NODE(1, 8), BOUND,
	  "500+0 swap 200/300" NODES_UNSEEN },
	{ "more than a node has", MEMINFO("") OF_NODE(0, 9) OF_NODE(1, 7), BOUND,
	  "500+0 swap 200/300 8 of 7 of 1" NODES_UNSEEN },
	{ "more than two nodes have", MEMINFO("") OF_NODE(0, 4) OF_NODE(1, 3),
	  "<numatune><memory nodeset='0-1'/></numatune>",
	  "500+0 swap 200/300 8 of 7 of 0-1" NODES_UNSEEN },
	{ "of two nodes one does not tell", MEMINFO("") OF_NODE(0, 4),
	  "<numatune><memory nodeset='0-1'/></numatune>", "500+0 swap 200/300" NODES_UNSEEN },
	{ "more than a node has, on huge pages",
	  MEMINFO(TOTALS) POOL(2048, 9, 7, 2, 0, 0) NODE(0, 5, 4) NODE(1, 4, 3) OF_NODE(1, 7),
	  BACKED BOUND, "500+0 swap 200/300 2048:5/9 0/2048:4/5 1/2048:3/4" },
	{ "more than a node has, which is not all that may be taken", MEMINFO("") OF_NODE(1, 7),
	  "<numatune><memory mode='preferred' nodeset='1'/></numatune>", "500+0 swap 200/300" },
	{ "a domain that cannot be judged", MEMINFO(""), HUGE("<page size='x'/>"),
	  "unknown; not checked: memory: line 2: size of <page> is 'x' 'KiB', which is not a size" },
};

static char *show_host(const struct vh_memory *m, const struct vh_names *unseen)
{
	struct vh_strbuf sb = { 0 };

	if (m->read == VH_YES) {
		add(&sb, "", m->available_kib);
		add(&sb, "+", m->arc_kib);
		add(&sb, " swap ", m->swap_free_kib);
		add(&sb, "/", m->swap_kib);
	} else {
		vh_strbuf_add(&sb, "unknown");
	}
	for (size_t i = 0; i < m->n_pools; i++) {
		const struct vh_huge_pool *p = &m->pools[i];

		vh_strbuf_add(&sb, " ");
		if (p->node >= 0)
			vh_strbuf_addf(&sb, "%d/", p->node);
		add(&sb, "", p->page_kib);
		add(&sb, ":", p->free);
		add(&sb, "/", p->total);
		if (p->overcommit)
			add(&sb, "+", p->overcommit);
	}
	if (m->bound_kib) {
		add(&sb, " ", m->bound_kib);
		add(&sb, " of ", m->nodes_kib);
		vh_strbuf_addf(&sb, " of %s", m->nodes);
	}
	for (size_t i = 0; i < unseen->count; i++)
		vh_strbuf_addf(&sb, "; not checked: %s", unseen->name[i]);
	return vh_strbuf_steal(&sb);
}

static void test_hosts(void)
{
	for (size_t i = 0; i < VH_COUNT(hosts); i++) {
		_auto_(scratch) struct scratch *s = scratch_new(hosts[i].host);
		_auto_free_ char *xml = vh_printf(MEMORY(8) "%s", hosts[i].xml), *have = NULL;
		_auto_(vh_domain) struct vh_domain *d = domain(xml);
		_auto_names_ struct vh_names unseen = { 0 };
		const struct vh_host h = { 0 };
		struct vh_memory m = { 0 };

		vh_start_memory_read(&s->root, &h, d, &m, &unseen);
		have = show_host(&m, &unseen);
		vh_memory_clear(&m);
		check(have, hosts[i].want, hosts[i].name);
	}
}

/* --- a domain that runs ------------------------------------------------------------------- */

#define STATUS_FILE(pid)                                                     \
	"f run/libvirt/qemu/other.xml\t<domstatus state='running' pid='" pid \
	"'><domain><name>x</name><uuid>" UUID "</uuid></domain></domstatus>\n"
#define PROCESS                                                                                  \
	"f proc/812/status\tName:\\tqemu-system-x86\\nVmRSS:\\t    999 kB\\nRssAnon:\\t    100 " \
	"kB\\nRssFile:\\t    800 kB\\nRssShmem:\\t     20 kB\\nHugetlbPages:\\t    4096 kB\n"

static const struct {
	const char *name, *host, *xml, *want;
} own[] = {
	{ "it runs", STATUS_FILE("812") PROCESS, "", "120 4096" },
	{ "no status file", PROCESS, "", "unknown" },
	{ "no pid in it", STATUS_FILE("") PROCESS, "", "unknown" },
	{ "a pid that would be a path", STATUS_FILE("../812") PROCESS, "", "unknown" },
	{ "its process has gone", STATUS_FILE("813") PROCESS, "", "unknown" },
	{ "an old kernel", STATUS_FILE("812") "f proc/812/status\tVmRSS:\\t    999 kB\n", "",
	  "unknown" },
	{ "huge pages of one kind", STATUS_FILE("812") PROCESS, BACKED, "120 4096" },
	{ "all its bound huge pages", STATUS_FILE("812") PROCESS,
	  "<memory>4096</memory>" BACKED BOUND, "120 4096" },
	{ "more than that, bound", STATUS_FILE("812") PROCESS, "<memory>4097</memory>" BACKED BOUND,
	  "120 4096 mixed" },
	{ "more than that, of two sizes", STATUS_FILE("812") PROCESS,
	  "<cpu><numa><cell memory='4096'/><cell memory='1024'/></numa></cpu>" HUGE(
		  "<page size='2048' nodeset='0'/><page size='1048576' nodeset='1'/>"),
	  "120 4096 mixed" },
};

static void test_own(void)
{
	for (size_t i = 0; i < VH_COUNT(own); i++) {
		_auto_(scratch) struct scratch *s = scratch_new(own[i].host);
		_auto_(vh_domain) struct vh_domain *d = domain(own[i].xml);
		_auto_names_ struct vh_names unseen = { 0 };
		_auto_free_ char *have = NULL;
		struct vh_memory m = { 0 };

		vh_start_memory_read_own(&s->root, d, &m, &unseen);
		if (m.own == VH_YES)
			have = vh_printf("%llu %llu%s", (unsigned long long)m.own_kib,
					 (unsigned long long)m.own_huge_kib,
					 m.own_huge_mixed ? " mixed" : "");
		else
			have = vh_strdup(m.own == VH_UNKNOWN && unseen.count ? "unknown" : "");
		check(have, own[i].want, own[i].name);
	}
}

/* --- at a start --------------------------------------------------------------------------- */

#define SMALL "MemTotal: 4096000 kB\nMemAvailable: 2000000 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n"
#define LARGE "MemTotal: 8192000 kB\nMemAvailable: 5000000 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n"
#define START(gib, devices)        \
	"<memory unit='GiB'>" #gib \
	"</memory><name>vm</name><devices><memballoon model='none'/>" devices "</devices>"
#define PASSED "<hostdev type='pci' managed='yes'><source><address bus='2'/></source></hostdev>"
#define FROM_POOL "<interface type='network'><source network='pool'/></interface>"
#define FOUND_VF \
	"<interface type='hostdev'><source><address type='pci' bus='2'/></source></interface>"

static const struct {
	const char *name, *meminfo, *xml;
	enum vh_memory_policy policy;
	bool recheck, refused, warned;
} starts[] = {
	{ "prepare: too little memory", SMALL, START(4, PASSED), .refused = true },
	{ "prepare: enough of it", LARGE, START(4, PASSED), .refused = false },
	{ "prepare: memory = warn", SMALL, START(4, PASSED), .policy = VH_MEMORY_WARN,
	  .warned = true },
	{ "prepare: memory = off", SMALL, START(4, PASSED), .policy = VH_MEMORY_OFF },
	{ "prepare: no passthrough", SMALL, START(4, ""), .refused = false },
	{ "prepare: a device from a pool", SMALL, START(4, FROM_POOL), .refused = true },
	{ "prepare: a host that does not say", "", START(4, PASSED), .refused = false },
	{ "start: too little memory for the device from a pool", SMALL, START(4, FOUND_VF),
	  .recheck = true, .refused = true },
	{ "start: enough of it", LARGE, START(4, FOUND_VF), .recheck = true },
};

static void test_starts(void)
{
	for (size_t i = 0; i < VH_COUNT(starts); i++) {
		_auto_(stage) struct stage *st = stage_new(NULL);
		_auto_(vh_domain) struct vh_domain *d = domain(starts[i].xml);
		struct vh_act act = { .root = st->root,
				      .config = &st->config,
				      .deadline = vh_now_ms() + 60000 };
		int rc;

		fake_put(st->root, "proc/meminfo", "%s", starts[i].meminfo);
		fake_put(st->root, "etc/libvirt/qemu/networks/pool.xml",
			 "<network><name>pool</name><forward mode='hostdev'/></network>");
		st->config.memory = starts[i].policy;
		if (starts[i].recheck)
			rc = vh_recheck(&act, d, &st->findings, &st->err);
		else
			rc = stage_prepare(st, d);
		ok((rc < 0) == starts[i].refused &&
			   stage_found(st, "memory-short") ==
				   (starts[i].refused || starts[i].warned) &&
			   (rc == 0 || st->err.code == VH_E_REFUSED),
		   "%s", starts[i].name);
	}
}

int main(void)
{
	test_sizes();
	test_sets();
	test_domains();
	test_lines();
	test_pinning();
	test_hosts();
	test_own();
	test_starts();
	return tap_done();
}
