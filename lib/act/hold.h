/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hold - the last look at a device, right before it is taken from its driver. */
#ifndef VH_HOLD_H
#define VH_HOLD_H

#include "lib/act/act.h"

/*
 * In the child that unbinds it: does the host use the device by now? Then VH_WRITE_USED, or
 * VH_WRITE_UNSEEN where that cannot be told. Else 0, and its disks are held exclusively until the
 * process ends: nobody can mount one between this look and the end of the unbind.
 */
int vh_hold_device(const struct vh_act *act, const struct vh_pci_addr *addr,
		   enum vh_role role) VH_CHECK;

#endif
