/* SPDX-License-Identifier: GPL-2.0-or-later */
/* machine - the few facts about the machine itself that every judgement needs: its kernel, its
 * processor, whether it has an IOMMU and vfio-pci. */
#ifndef VH_MACHINE_H
#define VH_MACHINE_H

#include "lib/host/host.h"

/* Fills the members of vh_host below "the machine". */
void vh_machine_read(const struct vh_root *root, struct vh_host *h);

#endif
