/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * byte-order - a manifest is the same whatever machine wrote it. Of the files that readers ask for
 * only /proc/net/route depends on the processor: it has IPv4 addresses as a number of the machine.
 * In a manifest they are as a little-endian machine has them, in its tree as this one does.
 */
#ifndef VH_BYTE_ORDER_H
#define VH_BYTE_ORDER_H

#include "lib/manifest/parse.h"

/* Before the tree is written. `version` of the snapshot; 0: it is none. Version 1 had the order of
 * the machine that wrote it. */
void vh_byte_order_settle(struct vh_manifest *m, unsigned int version);

#endif
