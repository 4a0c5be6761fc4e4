/* SPDX-License-Identifier: GPL-2.0-or-later */
/* first-bind - devices that have no IOMMU group until a driver is bound (ARM64 before Linux 6.15). */
#ifndef VH_FIRST_BIND_H
#define VH_FIRST_BIND_H

#include "lib/act/task.h"

/* Binds them to vfio-pci, which makes the group, and lets them go again; then looks and judges
 * again: now all members of the group are known. Nothing where every device has its group. */
int vh_first_bind(struct vh_task *t, struct vh_findings *out, struct vh_error *err) VH_CHECK;

#endif
