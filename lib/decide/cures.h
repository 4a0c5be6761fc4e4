/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cures - corrections of what libvirt or QEMU would fail at by itself (rules/start). Only for
 * correct.c. */
#ifndef VH_CURES_H
#define VH_CURES_H

#include "lib/decide/correction.h"

/* Elements to where libvirt reads them: the rest is about what it reads. */
void vh_cures_place(struct vh_correction *k);
/* The drivers by which devices are passed. */
void vh_cures_driver(struct vh_correction *k, const struct vh_hostdev *e);
void vh_cures_iommufd(struct vh_correction *k);
/* Memory, the guest's IOMMU, addresses in the guest. */
void vh_cures_guest(struct vh_correction *k);

#endif
