/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lookup - what people type for a device: an address in any of its forms, or the name of a
 * network interface or block device. */
#ifndef VH_LOOKUP_H
#define VH_LOOKUP_H

#include "lib/base/pci.h"
#include "lib/base/root.h"

int vh_lookup_address(const struct vh_root *root, const char *text, struct vh_pci_addr *ret,
		      struct vh_error *err) VH_CHECK;
/* That there is no device at this address, and which one may have been meant. The caller frees. */
char *vh_lookup_absent(const struct vh_root *root, const struct vh_pci_addr *addr) VH_CHECK;

#endif
