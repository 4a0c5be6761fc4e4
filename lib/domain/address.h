/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * address - the PCI addresses of a domain XML: read exactly as libvirt does, and where libvirt
 * would refuse one, why, and what was probably meant.
 */
#ifndef VH_ADDRESS_H
#define VH_ADDRESS_H

#include "lib/domain/domain.h"
#include "lib/xml/xml.h"

#define VH_VALUE_MAX 64 /* bytes of a value from the XML in a message */

/* A number as libvirt reads it. Returns 0 or -1. */
int vh_libvirt_uint(const char *s, int base, uint64_t *ret) VH_CHECK;

/* Is it read otherwise than as hexadecimal, and has digits enough for that to matter? A single
 * digit reads the same either way. */
bool vh_address_is_decimal(const char *value);

/* An <address> in which libvirt itself has written all parts; false: it is none. */
bool vh_address_is_whole(const xmlNode *node, struct vh_pci_addr *ret);

/* The function that a device of a domain that runs is on; what a network has given, too. */
bool vh_holding_address(const xmlNode *device, struct vh_pci_addr *ret);

/* Fills in what <address> says: addr or problem and meant, written, decimal, hex. */
void vh_address_read(struct vh_hostdev *dev, const xmlNode *node);

#endif
