/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * memory-elements - the memory of a domain XML -> struct vh_guest_memory, read as libvirt does.
 * Nothing here fails: what libvirt would refuse stands in `problem`, for a domain without
 * passthrough must not be stopped by it.
 */
#ifndef VH_MEMORY_ELEMENTS_H
#define VH_MEMORY_ELEMENTS_H

#include "lib/domain/guest-memory.h"
#include "lib/xml/xml.h"

/* A number and its unit (NULL: KiB) in KiB, rounded up. 0, or -1: no size that libvirt takes. */
int vh_memory_elements_kib(const char *text, const char *unit, uint64_t *ret) VH_CHECK;

/* `total_kib` is what <memory> says. */
void vh_memory_elements_read(struct vh_guest_memory *ret, const xmlNode *domain, uint64_t total_kib);

#endif
