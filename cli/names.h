/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * names - what vendors, devices and classes are called, from the pci.ids file of this
 * machine. The only user of libpci; never asks the network, and reads the file only when the
 * first name is wanted. A missing or broken file leaves the numbers.
 */
#ifndef VH_NAMES_H
#define VH_NAMES_H

#include "lib/model/host.h"

struct vh_pci_names;

struct vh_pci_names *vh_pci_names_new(void) VH_CHECK;
void vh_pci_names_free(struct vh_pci_names *n);

/* "Intel Corporation Wireless 8260", "Intel Corporation Device abcd", "Device 1234:abcd". */
char *vh_pci_names_device(struct vh_pci_names *n, const struct vh_pci_dev *d) VH_CHECK;
/* "Network controller", or "Class 0280". */
char *vh_pci_names_class(struct vh_pci_names *n, const struct vh_pci_dev *d) VH_CHECK;

#endif
