/* SPDX-License-Identifier: GPL-2.0-or-later */
/* memory-need - what rules-memory and rules-hugepages share. Only for these two. */
#ifndef VH_MEMORY_NEED_H
#define VH_MEMORY_NEED_H

#include "lib/base/size.h"
#include "lib/decide/rules/rule.h"

/* Is memory pinned, can it be judged, and does the configuration want it? */
bool vh_memory_is_judged(const struct vh_case *c);
/* The ordinary memory that the start takes, with what QEMU needs; 0: none, or it is not judged. */
uint64_t vh_memory_need(const struct vh_case *c);
/* What the configuration makes of a severity. */
enum vh_severity vh_memory_severity(const struct vh_case *c, enum vh_severity s);

/* The pieces of the guest's memory; pages whose size the host decides have it here. */
struct vh_parts {
	struct vh_memory_part *list;
	size_t count;
};
struct vh_parts vh_parts_get(const struct vh_case *c);
void vh_parts_clear(struct vh_parts *p);
#define _auto_parts_ __attribute__((cleanup(vh_parts_clear)))
uint64_t vh_parts_sum(const struct vh_parts *p, bool huge);

/* The ordinary memory that the kernel takes for huge pages that are not there yet. */
uint64_t vh_made_kib(const struct vh_case *c, const struct vh_parts *p);

#endif
