/* SPDX-License-Identifier: GPL-2.0-or-later */
/* memory-need - what memory a start takes, of which kind, and what the host has of it. */
#ifndef VH_MEMORY_NEED_H
#define VH_MEMORY_NEED_H

#include "lib/base/size.h"
#include "lib/decide/findings.h"
#include "lib/decide/rules/wording.h"

/*
 * What a start takes beside the guest's memory: 128 MiB for QEMU and what it emulates (some 60 to
 * 100 MiB resident with a display), and a 64th of the memory for the page tables of the process,
 * KVM and the IOMMU, which are each a 512th of it with pages of 4 KiB, and for what the rest of
 * the host needs to go on. With 16 GiB that is 384 MiB.
 */
#define VH_MEMORY_NEED_OVERHEAD_KIB (128 * MIB)
#define VH_MEMORY_NEED_OVERHEAD_PART 64

/* Is memory pinned, can it be judged, and does the configuration want it? */
bool vh_memory_need_is_judged(const struct vh_case *c);
/* On IBM Z a guest has an IOMMU that it must use, and QEMU pins what it maps there for its devices,
 * while it runs (hw/s390x/s390-pci-inst.c). */
bool vh_memory_need_is_later(const struct vh_case *c);
/* The ordinary memory that the start takes, with what QEMU needs; 0: none, or it is not judged. */
uint64_t vh_memory_need_kib(const struct vh_case *c);
/* All in KiB. */
struct vh_memory_need_sums {
	uint64_t guest, huge, backed, unplugged; /* the guest's, and what of it counts elsewhere */
	uint64_t overhead, made;
	uint64_t need; /* of ordinary memory: what remains, and those two */
	uint64_t have; /* without swap */
};
struct vh_memory_need_sums vh_memory_need_sums(const struct vh_case *c);
/* What the configuration makes of a severity. */
enum vh_severity vh_memory_need_severity(const struct vh_case *c, enum vh_severity s);

/* The pieces of the guest's memory; pages whose size the host decides have it here. */
struct vh_memory_need_parts {
	struct vh_memory_part *list;
	size_t count;
};
struct vh_memory_need_parts vh_memory_need_parts_get(const struct vh_case *c);
void vh_memory_need_parts_clear(struct vh_memory_need_parts *p);
#define _auto_parts_ __attribute__((cleanup(vh_memory_need_parts_clear)))
uint64_t vh_memory_need_parts_sum(const struct vh_memory_need_parts *p, bool huge);
/* How many pages of this size are wanted from these nodes alone; NULL: from any. */
uint64_t vh_memory_need_parts_pages(const struct vh_memory_need_parts *p, uint64_t page_kib,
				    const struct vh_bits *nodes);
/* Is this the first piece of its size, and of its nodes if they count? Each is told once. */
bool vh_memory_need_parts_is_first(const struct vh_memory_need_parts *p, size_t at, bool nodes);

/* Can the pools be judged: what is there is known, and which of it the domain itself holds? */
bool vh_memory_need_knows_pools(const struct vh_case *c);
/* Does the domain, which runs, hold all that it wants? */
bool vh_memory_need_has_pages(const struct vh_case *c, const struct vh_memory_need_parts *p);
/* Pages of the whole host that the domain can have, those that it holds among them. */
uint64_t vh_memory_need_free_pages(const struct vh_case *c, const struct vh_huge_pool *pool);

#endif
