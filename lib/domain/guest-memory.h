/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest-memory - what a domain says of its memory, and what follows from it: how much has to be
 * there when it starts, from where, and how much libvirt would let QEMU lock. Sizes are in KiB
 * and end at UINT64_MAX instead of wrapping.
 */
#ifndef VH_GUEST_MEMORY_H
#define VH_GUEST_MEMORY_H

#include "lib/base/bits.h"

/* <cpu><numa><cell> */
struct vh_guest_cell {
	uint64_t id;
	uint64_t kib;
};

enum vh_memory_model {
	VH_MEMORY_DIMM,
	VH_MEMORY_VIRTIO, /* virtio-mem: only what is requested is there */
	VH_MEMORY_BACKED, /* nvdimm, virtio-pmem, sgx-epc: lies in a file or device of its own */
};

/* <devices><memory> */
struct vh_memory_device {
	enum vh_memory_model model;
	uint64_t kib, requested_kib;
	uint64_t page_kib; /* <source><pagesize>; 0: as its cell */
	int64_t cell;      /* <target><node>; -1: none */
	bool has_nodes;    /* <source><nodemask> */
	struct vh_bits nodes;
};

/* <memoryBacking><hugepages><page>, or <hugepages/> alone. */
struct vh_huge_request {
	uint64_t page_kib; /* 0: the default size of the host */
	bool everywhere;   /* no nodeset: for all cells that no other <page> names */
	struct vh_bits cells;
};

/* <numatune><memory> and <memnode>, if they bind (mode strict or restrictive). */
struct vh_binding {
	int64_t cell; /* -1: of the whole guest */
	struct vh_bits nodes;
};

struct vh_guest_memory {
	int line;           /* of <memory>; of <domain> when absent */
	uint64_t total_kib; /* as libvirt has it: cells and devices where there are cells */
	struct vh_guest_cell *cells;
	size_t n_cells;
	struct vh_memory_device *devices;
	size_t n_devices;
	struct vh_huge_request *pages;
	size_t n_pages;
	int pages_line; /* of <hugepages> */
	struct vh_binding *bindings;
	size_t n_bindings;
	int shared_file_line; /* where it says that memory lies in a file that is shared, not on
				 huge pages; 0: none does */
	char *shared_path;    /* the file of the first nvdimm whose file is shared, or NULL */
	int shared_path_line;
	int backing_line;        /* of <memoryBacking>, 0: none */
	bool memfd;              /* its <source> */
	bool shared;             /* its <access> */
	bool locked;             /* <memoryBacking><locked/> */
	uint64_t hard_limit_kib; /* 0: none, or one that libvirt takes for unlimited */
	int hard_limit_line;
	bool iommu;    /* the guest has one */
	size_t n_vfio; /* PCI and mediated devices, hostdev interfaces */
	size_t n_nvme; /* disks with an nvme source in their chain */
	size_t n_vdpa; /* interfaces and disks */
	char *problem; /* "line 12: <size> is 'x' 'MiB', which is not a size": what stands
			  here cannot be judged; or NULL */
};
void vh_guest_memory_clear(struct vh_guest_memory *m);

/* A piece of memory that has to be there when the guest starts. */
struct vh_memory_part {
	uint64_t kib;
	bool huge; /* on huge pages of page_kib; 0: of the host's default size */
	uint64_t page_kib;
	const struct vh_bits *nodes; /* of the host, to which it is bound; NULL: to none */
};
/* All of them; *ret_count of them, the caller frees the array. Host nodes are borrowed. */
struct vh_memory_part *vh_guest_memory_parts(const struct vh_guest_memory *m,
					     size_t *ret_count) VH_CHECK;

/* Of the total, what needs no memory of the host: in files or devices of its own; virtio-mem that
 * is not requested. */
uint64_t vh_guest_memory_backed(const struct vh_guest_memory *m);
uint64_t vh_guest_memory_unplugged(const struct vh_guest_memory *m);

/*
 * How many times libvirt counts the guest's memory when it says how much QEMU may lock, which is
 * that many times the total and 1 GiB more (qemuDomainGetMemLockLimitBytes()); `more_vfio` devices
 * are not in the XML yet. This is the formula of libvirt 9.4 and later; older ones count less (an
 * IOMMU of the guest since 8.7, NVMe disks apart from other devices since 9.4, vDPA disks in newer
 * ones only). Which libvirt runs here cannot be known without asking it, and QEMU locks the same
 * for each of them: what suffices by the newest formula suffices.
 */
uint64_t vh_guest_memory_factor(const struct vh_guest_memory *m, size_t more_vfio);

#endif
