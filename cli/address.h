/* SPDX-License-Identifier: GPL-2.0-or-later */
/* address - what people type for a device: an address in any of its forms, or the name of a
 * network interface or block device. */
#ifndef VH_ADDRESS_H
#define VH_ADDRESS_H

#include "lib/base/pciaddr.h"
#include "lib/base/root.h"

int vh_address_resolve(const struct vh_root *root, const char *text, struct vh_pci_addr *ret,
		       struct vh_error *err) VH_CHECK;

#endif
