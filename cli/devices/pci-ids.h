/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pci-ids - what vendors, devices and classes are called, from the pci.ids file of the machine
 * that is looked at, or of this one. With caps the only user of libpci; never asks the network,
 * and reads the file only when the first name is wanted. A missing or broken file leaves the
 * numbers.
 */
#ifndef VH_PCI_IDS_H
#define VH_PCI_IDS_H

#include "lib/host/host.h"

struct vh_pci_names;

struct vh_pci_names *vh_pci_names_new(void) VH_CHECK;
void vh_pci_names_free(struct vh_pci_names *n);

/* Takes the pci.ids of another system than this one, if it has one; before the first name. */
void vh_pci_names_of(struct vh_pci_names *n, const struct vh_root *root);

/* "Intel Corporation Wireless 8260", "Intel Corporation Device abcd", "Device 1234:abcd". */
char *vh_pci_names_device(struct vh_pci_names *n, const struct vh_pci_dev *d) VH_CHECK;
/* "Network controller", or "Class 0280". */
char *vh_pci_names_class(struct vh_pci_names *n, const struct vh_pci_dev *d) VH_CHECK;
/* "Network controller [0280]", "Class 0280". */
char *vh_pci_names_title(struct vh_pci_names *n, const struct vh_pci_dev *d) VH_CHECK;
/* Whose card it is; NULL: the function does not say. */
char *vh_pci_names_subsystem(struct vh_pci_names *n, const struct vh_pci_dev *d) VH_CHECK;

#endif
