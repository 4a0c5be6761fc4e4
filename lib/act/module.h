/* SPDX-License-Identifier: GPL-2.0-or-later */
/* module - the modules of drivers: vfio-pci before a guest, those of the host after it. */
#ifndef VH_MODULE_H
#define VH_MODULE_H

#include "lib/act/act.h"

/* Loads the module of this name unless there is such a driver, bounded by the call's deadline and
 * by that of a write. -1: it is not there afterwards either. */
int vh_module_load(const struct vh_act *act, const char *driver, struct vh_error *err) VH_CHECK;

#endif
