/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * platform - the facts about the machine that only rules ask for: interrupt remapping, reserved
 * regions, NUMA nodes, options of vfio-pci, keyboards. Only read.c calls it.
 */
#ifndef VH_PLATFORM_H
#define VH_PLATFORM_H

#include "lib/host/function.h"

/* Fills in what VH_HOST_RULES asks for, of the machine and of the groups read before; how the
 * hook is installed only with VH_HOST_ALL. */
void vh_platform_read(const struct vh_function_bus *bus, struct vh_host *h, unsigned int flags);
void vh_platform_clear(struct vh_host *h);

#endif
