/* SPDX-License-Identifier: GPL-2.0-or-later */
/* machine - the few facts about the machine itself that every judgement needs: its kernel, its
 * processor, whether it has an IOMMU and vfio-pci. */
#ifndef VH_MACHINE_H
#define VH_MACHINE_H

#include "lib/host/host.h"

/* Fills the members of vh_host below "the machine". */
void vh_machine_read(const struct vh_root *root, struct vh_host *h);
/* That of the installed libvirt: 11003 is 11.3; 0: unknown. */
unsigned int vh_machine_libvirt(const struct vh_root *root);

/* On a board whose IOMMUs are those of its own parts there are groups, and none has a PCI function:
 * then host->iommu does not stay. With the devices read; `has_all`: they are all. */
void vh_machine_weigh_groups(const struct vh_root *root, struct vh_host *h, bool has_all);

#endif
