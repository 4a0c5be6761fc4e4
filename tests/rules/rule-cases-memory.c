/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule-cases-memory - memory that is pinned, and limits. See rule-cases.h. */
#include "tests/rules/rule-cases.h"

#include "lib/base/banned.h"

#define PINS ": passthrough pins all of it when the guest starts"
#define LESS                                                                               \
	"write <memory unit='MiB'>14848</memory> or less, or stop other guests that hold " \
	"1.2 GiB\nor: virt-xml vm --edit --memory 14848"

static void fits(struct world *w)
{
	big_guest(w, 17);
}
CASE("memory-fits", fits, .want = "", .silent = "memory-short");

/* 16 GiB, 256 MiB for tables, 128 MiB for QEMU, and not a kilobyte less. */
static void fits_exactly(struct world *w)
{
	big_guest(w, 16);
	w->c.memory.available_kib += 384 * MIB;
}
CASE("memory-fits-exactly", fits_exactly, .want = "", .silent = "memory-short");

static void fits_slowly(struct world *w)
{
	big_guest(w, 17);
	w->c.memory.read = VH_UNKNOWN;
	w->c.memory.total_kib = 0;
	w->domain.memory.total_kib = 128 * GIB;
	w->domain.memory.line = 5;
}
CASE("memory-slow", fits_slowly, .want = "info start-slow:5",
     .says = "pinning 128 GiB takes about 25 seconds");

static void fits_less_slowly(struct world *w)
{
	fits_slowly(w);
	w->domain.memory.total_kib = 50 * GIB - 1;
}
CASE("memory-not-slow", fits_less_slowly, .want = "", .silent = "start-slow");

static void slow_on_z(struct world *w)
{
	fits_slowly(w);
	w->host.cpu = VH_CPU_Z;
}
CASE("memory-slow-on-z", slow_on_z, .want = "", .silent = "start-slow");

static void slow_without_devices(struct world *w)
{
	fits_slowly(w);
	w->element[0].unassigned = true;
}
CASE("memory-slow-nothing-pinned", slow_without_devices, .want = "", .silent = "start-slow");

static void short_by_one(struct world *w)
{
	fits_exactly(w);
	w->c.memory.available_kib--;
}
CASE("memory-short-by-one", short_by_one, .want = "error memory-short:5",
     .says = "guest memory 16 GiB + 384 MiB overhead, 16767 MiB available, no swap" PINS,
     .fix = "write <memory unit='MiB'>15872</memory> or less, or stop other guests that hold "
	    "1 KiB\n");

static void no_swap(struct world *w)
{
	big_guest(w, 15);
	w->c.memory.available_kib += GIB / 5;
}
CASE("memory-short", no_swap, .want = "error memory-short:5",
     .says = "guest memory 16 GiB + 0.4 GiB overhead, 15.2 GiB available, no swap" PINS,
     .fix = LESS);

static void beyond_a_node(struct world *w)
{
	big_guest(w, 64);
	w->c.memory.bound_kib = 16 * GIB;
	w->c.memory.nodes_kib = 12 * GIB;
	w->c.memory.nodes = S("1");
}
CASE("memory-beyond-a-node", beyond_a_node, .want = "error memory-short:5",
     .says = "16 GiB of the guest's memory is bound to NUMA node 1, which has 12 GiB in all",
     .fix = "bind it to more nodes");

static void beyond_nodes(struct world *w)
{
	beyond_a_node(w);
	w->c.memory.nodes = S("0-1");
}
CASE("memory-beyond-nodes", beyond_nodes, .want = "error memory-short:5",
     .says = "bound to NUMA nodes 0-1, which have 12 GiB in all");

/* IBM Z: a guest of 1 GiB had 42 MiB of it resident, and nothing locked. */
static void short_on_z(struct world *w)
{
	no_swap(w);
	w->host.cpu = VH_CPU_Z;
}
CASE("memory-short-on-z", short_on_z, .want = "warning memory-short:5",
     .says = "no swap: the guest may map all of it for its devices, and that is pinned",
     .fix = LESS);

static void refused_on_z(struct world *w)
{
	short_on_z(w);
	w->c.memory.limited = true;
	w->c.memory.total_kib = 16 * GIB - 2;
	w->c.memory.swap_kib = 1;
}
CASE("memory-refused-on-z", refused_on_z, .want = "error memory-short:5",
     .says = "QEMU cannot allocate more than the host has with its swap", .fix = LESS);

static void in_pieces_on_z(struct world *w)
{
	static struct vh_memory_device pieces[1];

	refused_on_z(w);
	w->domain.memory.devices = pieces;
	w->domain.memory.n_devices = 1;
}
CASE("memory-in-pieces-on-z", in_pieces_on_z, .want = "warning memory-short:5");

static void allocated_on_z(struct world *w)
{
	refused_on_z(w);
	w->c.memory.swap_kib = 2;
}
CASE("memory-allocated-on-z", allocated_on_z, .want = "warning memory-short:5",
     .says = "the guest may map all of it for its devices");

static void no_free_swap(struct world *w)
{
	no_swap(w);
	w->c.memory.swap_kib = GIB;
}
CASE("memory-no-free-swap", no_free_swap, .want = "error memory-short:5",
     .says = "15.2 GiB available, no free swap" PINS);

static void swap(struct world *w)
{
	no_swap(w);
	w->c.memory.swap_kib = 4 * GIB;
	w->c.memory.swap_free_kib = 2 * GIB;
}
CASE("memory-swap", swap, .want = "warning memory-short:5",
     .says = "15.2 GiB available, 2 GiB free swap: passthrough pins all of it, so that others "
	     "have to be swapped out",
     .fix = LESS);

static void too_little_swap(struct world *w)
{
	no_swap(w);
	w->c.memory.swap_kib = w->c.memory.swap_free_kib = GIB;
}
CASE("memory-too-little-swap", too_little_swap, .want = "error memory-short:5",
     .says = "1 GiB free swap" PINS);

static void zfs(struct world *w)
{
	no_swap(w);
	w->c.memory.arc_kib = 2 * GIB;
}
CASE("memory-zfs", zfs, .want = "", .silent = "memory-short");

static void zfs_too_little(struct world *w)
{
	no_swap(w);
	w->c.memory.arc_kib = GIB;
}
CASE("memory-zfs-too-little", zfs_too_little, .want = "error memory-short:5",
     .says = "15564 MiB available + 1 GiB that ZFS gives back, no swap");

static void nothing_available(struct world *w)
{
	big_guest(w, 0);
}
CASE("memory-nothing-available", nothing_available, .want = "error memory-short:5",
     .says = "overhead, nothing available, no swap",
     .fix = "give the guest 16.4 GiB less, or stop other guests that hold as much");

static void small(struct world *w)
{
	big_guest(w, 0);
	w->domain.memory.total_kib = 512 * MIB;
	w->c.memory.available_kib = 200 * MIB;
}
CASE("memory-small", small, .want = "error memory-short:5",
     .says = "guest memory 512 MiB + 136 MiB overhead, 200 MiB available, no swap",
     .fix = "write <memory unit='MiB'>64</memory> or less, or stop other guests that hold "
	    "448 MiB");

static void runs(struct world *w)
{
	big_guest(w, 1);
	w->c.memory.own = VH_YES;
	w->c.memory.own_kib = 16 * GIB;
}
CASE("memory-runs", runs, .want = "", .silent = "memory-short");

static void runs_with_less(struct world *w)
{
	big_guest(w, 1);
	w->c.memory.own = VH_YES;
	w->c.memory.own_kib = 8 * GIB;
}
CASE("memory-runs-with-less", runs_with_less, .want = "error memory-short:5",
     .says = "1 GiB available + 8 GiB that it holds now, no swap");

static void runs_unseen(struct world *w)
{
	big_guest(w, 1);
	w->c.memory.own = VH_UNKNOWN;
}
CASE("memory-runs-unseen", runs_unseen, .want = "", .silent = "memory-short");

static void unread(struct world *w)
{
	big_guest(w, 1);
	w->c.memory.read = VH_UNKNOWN;
}
CASE("memory-unread", unread, .want = "", .silent = "memory-short");

static void problem(struct world *w)
{
	big_guest(w, 1);
	w->domain.memory.problem = S("line 3: no size");
	w->domain.memory.hard_limit_kib = 1;
}
CASE("memory-problem", problem, .want = "", .silent = "memory-short");

static void memory_warn(struct world *w)
{
	big_guest(w, 1);
	w->config.memory = VH_MEMORY_WARN;
}
CASE("memory-warn", memory_warn, .want = "warning memory-short:5");

static void memory_off(struct world *w)
{
	big_guest(w, 1);
	w->config.memory = VH_MEMORY_OFF;
	w->domain.memory.hard_limit_kib = 1;
}
CASE("memory-off", memory_off, .want = "", .silent = "memory-short");

static void not_passed(struct world *w)
{
	big_guest(w, 1);
	w->domain.n_devices = 0;
	w->domain.memory.hard_limit_kib = 1;
	w->domain.memory.n_pages = 1;
	w->requests[0].everywhere = true;
}
CASE("memory-not-passed", not_passed, .want = "", .silent = "memory-short");

static void only_unassigned(struct world *w)
{
	big_guest(w, 1);
	w->element[0].unassigned = true;
}
CASE("memory-unassigned", only_unassigned, .want = "", .silent = "memory-short");

static void vdpa(struct world *w)
{
	not_passed(w);
	w->domain.memory.n_vdpa = 1;
	w->domain.memory.n_pages = 0;
	w->domain.memory.hard_limit_kib = 0;
}
CASE("memory-vdpa", vdpa, .want = "error memory-short:5");

static void pool_network(struct world *w)
{
	static char text[] = "pool", *name = text;

	big_guest(w, 1);
	w->domain.n_devices = 0;
	w->c.networks.pools = (struct vh_names){ &name, 1 };
}
CASE("memory-pool-network", pool_network, .want = "error memory-short:5", .scopes = VH_SCOPE_POLICY);

static void virtio_mem(struct world *w, uint64_t requested)
{
	big_guest(w, 9);
	w->dimms[0] = (struct vh_memory_device){
		.model = VH_MEMORY_VIRTIO, .kib = 12 * GIB, .requested_kib = requested, .cell = -1
	};
	w->domain.memory.n_devices = 1;
}

static void virtio_mem_fits(struct world *w)
{
	virtio_mem(w, 4 * GIB);
}
CASE("memory-virtio-mem", virtio_mem_fits, .want = "", .silent = "memory-short");

static void virtio_mem_short(struct world *w)
{
	virtio_mem(w, 10 * GIB);
}
CASE("memory-virtio-mem-short", virtio_mem_short, .want = "error memory-short:5",
     .says = "guest memory 16 GiB (2 GiB of virtio-mem not requested) + 0.3 GiB overhead, 9 GiB",
     .fix = "give the guest 5.3 GiB less");

static void nvdimm(struct world *w)
{
	virtio_mem(w, 0);
	w->dimms[0].model = VH_MEMORY_BACKED;
}
CASE("memory-nvdimm", nvdimm, .want = "", .silent = "memory-short");

static void beyond_64_bits(struct world *w)
{
	big_guest(w, 1);
	w->domain.memory.total_kib = UINT64_MAX;
	w->c.memory.swap_free_kib = UINT64_MAX;
	w->c.memory.available_kib = UINT64_MAX - 1;
	w->c.memory.arc_kib = 1;
}
CASE("memory-beyond-64-bits", beyond_64_bits, .want = "", .silent = "memory-short");

/* --- hard_limit ------------------------------------------------------------------------------ */

static void limit(struct world *w, uint64_t kib)
{
	big_guest(w, 32);
	w->domain.memory.hard_limit_kib = kib;
}

static void limit_enough(struct world *w)
{
	limit(w, 17 * GIB);
}
CASE("limit-enough", limit_enough, .want = "", .silent = "hard-limit-low");

static void limit_between(struct world *w)
{
	limit(w, 17 * GIB - 1);
}
CASE("limit-between", limit_between, .want = "warning hard-limit-low:7",
     .says = "hard_limit 17407 MiB is less than the 17 GiB that libvirt would let QEMU lock (16 "
	     "GiB + 1 GiB)",
     .fix = "remove <hard_limit>: libvirt then allows 17 GiB\nor: virsh memtune vm --hard-limit "
	    "-1 --config");

static void limit_at_memory(struct world *w)
{
	limit(w, 16 * GIB);
}
CASE("limit-at-memory", limit_at_memory, .want = "error hard-limit-low:7",
     .says = "hard_limit 16 GiB is no more than the guest memory that passthrough locks, 16 GiB");

static void limit_above_memory(struct world *w)
{
	limit(w, 16 * GIB + 1);
}
CASE("limit-above-memory", limit_above_memory, .want = "warning hard-limit-low:7");

static void limit_below(struct world *w)
{
	limit(w, 16 * GIB - 1);
}
CASE("limit-below", limit_below, .want = "error hard-limit-low:7",
     .says = "hard_limit 16383 MiB is below the guest memory that passthrough locks, 16 GiB");

static void limit_on_z(struct world *w)
{
	limit_below(w);
	w->domain.arch = S("s390x");
}
CASE("limit-on-z", limit_on_z, .want = "warning hard-limit-low:7",
     .says = "below the guest memory that passthrough may lock, 16 GiB");

/* Counted once for all devices, and for the process, as libvirt 12 asks the kernel to: a guest of
 * 64 MiB locked 65,792 KiB with one device and with two. */
static void limit_by_iommufd(struct world *w)
{
	limit_at_memory(w);
	w->element[0].iommufd = VH_YES;
	w->host.libvirt_version = 12008;
}
CASE("limit-by-iommufd", limit_by_iommufd, .want = "error hard-limit-low:7",
     .scopes = VH_SCOPE_POLICY,
     .says = "hard_limit 16 GiB is no more than the guest memory that passthrough locks, 16 GiB");

static void limit_warn(struct world *w)
{
	limit(w, 8 * GIB);
	w->config.memory = VH_MEMORY_WARN;
}
CASE("limit-warn", limit_warn, .want = "warning hard-limit-low:7");

static void limit_nvme(struct world *w)
{
	limit(w, 32 * GIB);
	w->domain.memory.n_nvme = 1;
}
CASE("limit-nvme", limit_nvme, .want = "warning hard-limit-low:7",
     .says = "less than the 33 GiB that libvirt would let QEMU lock (2 times 16 GiB + 1 GiB)");

static void limit_iommu(struct world *w)
{
	limit(w, 49 * GIB - 1);
	w->domain.memory.n_vfio = 3;
	w->domain.memory.iommu = true;
}
CASE("limit-iommu", limit_iommu, .want = "warning hard-limit-low:7", .says = "(3 times ");

static void limit_iommu_enough(struct world *w)
{
	limit_iommu(w);
	w->domain.memory.hard_limit_kib++;
}
CASE("limit-iommu-enough", limit_iommu_enough, .want = "", .silent = "hard-limit-low");

/* An NVMe disk locks for itself, whatever the devices do. */
static void limit_two_containers(struct world *w)
{
	limit(w, 32 * GIB - 1);
	world_dev(w, "0000:02:00.0", 0x010802, 2, "nvme");
	world_name(w, "0000:02:00.0")->element = VH_DISK;
	w->domain.memory.n_nvme = 1;
}
CASE("limit-two-containers", limit_two_containers, .want = "error hard-limit-low:7",
     .says = "hard_limit 32767 MiB is below the guest memory that passthrough locks, 2 times 16 "
	     "GiB");

static void limit_two_containers_locked(struct world *w)
{
	limit_two_containers(w);
	w->domain.memory.hard_limit_kib += 2;
}
CASE("limit-two-containers-locked", limit_two_containers_locked, .want = "warning hard-limit-low:7");

static void limit_two_devices(struct world *w)
{
	limit(w, 17 * GIB);
	world_dev(w, "0000:02:00.0", NIC, 2, "igb");
	world_name(w, "0000:02:00.0");
	w->domain.memory.n_vfio = 2;
}
CASE("limit-two-devices", limit_two_devices, .want = "", .silent = "hard-limit-low");

static void limit_two_devices_iommu(struct world *w)
{
	limit_two_devices(w);
	w->domain.memory.iommu = true;
	for (size_t i = 0; i < w->host.n_devs; i++)
		w->dev[i].express = true;
}
CASE("limit-two-devices-iommu", limit_two_devices_iommu, .want = "error hard-limit-low:7",
     .fix = "libvirt then allows 33 GiB");

/* libvirt may put both behind one bridge to PCI. */
static void limit_two_devices_of_pci(struct world *w)
{
	limit_two_devices(w);
	w->domain.memory.iommu = true;
}
CASE("limit-two-devices-of-pci", limit_two_devices_of_pci, .want = "warning hard-limit-low:7",
     .fix = "libvirt then allows 33 GiB");

/* It is bound, but QEMU does not get it; libvirt counts it nevertheless. */
static void limit_unassigned_iommu(struct world *w)
{
	limit_two_devices_iommu(w);
	w->element[1].unassigned = true;
}
CASE("limit-unassigned-iommu", limit_unassigned_iommu, .want = "warning hard-limit-low:7");

static void limit_two_vdpa(struct world *w)
{
	limit(w, 20 * GIB);
	w->domain.memory.n_vdpa = 2;
}
CASE("limit-two-vdpa", limit_two_vdpa, .want = "error hard-limit-low:7",
     .fix = "libvirt then allows 49 GiB");

static void limit_ppc(struct world *w)
{
	limit(w, 16 * GIB);
	w->domain.arch = S("ppc64le");
}
CASE("limit-ppc", limit_ppc, .want = "", .silent = "hard-limit-low");

static void limit_ppc_below(struct world *w)
{
	limit(w, 15 * GIB);
	w->domain.arch = S("ppc64le");
}
CASE("limit-ppc-below", limit_ppc_below, .want = "error hard-limit-low:7");

static void limit_virtio_mem(struct world *w)
{
	virtio_mem(w, 4 * GIB);
	w->domain.memory.hard_limit_kib = 8 * GIB + 1;
}
CASE("limit-virtio-mem", limit_virtio_mem, .want = "warning hard-limit-low:7");

static void limit_pool(struct world *w)
{
	pool_network(w);
	w->c.memory.available_kib = 32 * GIB;
	w->domain.memory.n_vfio = 0;
	w->domain.memory.hard_limit_kib = 17 * GIB - 1;
}
CASE("limit-pool", limit_pool, .want = "warning hard-limit-low:7", .scopes = VH_SCOPE_POLICY);
