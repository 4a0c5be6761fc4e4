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

struct vh_pci_ids;

struct vh_pci_ids *vh_pci_ids_new(void) VH_CHECK;
void vh_pci_ids_free(struct vh_pci_ids *n);

/* Takes the pci.ids of another system than this one, if it has one; before the first name. */
void vh_pci_ids_of(struct vh_pci_ids *n, const struct vh_root *root);

/* "Intel Corporation Wireless 8260", "Intel Corporation Device abcd", "Device 1234:abcd". */
char *vh_pci_ids_device(struct vh_pci_ids *n, const struct vh_pci_dev *d) VH_CHECK;
/* "Network controller", or "Class 0280". */
char *vh_pci_ids_class(struct vh_pci_ids *n, const struct vh_pci_dev *d) VH_CHECK;
/* "Network controller [0280]", "Class 0280". */
char *vh_pci_ids_title(struct vh_pci_ids *n, const struct vh_pci_dev *d) VH_CHECK;
/* Whose card it is; NULL: the function does not say. */
char *vh_pci_ids_subsystem(struct vh_pci_ids *n, const struct vh_pci_dev *d) VH_CHECK;

#endif
