/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pci - what names a PCI function: its address, "0000:01:00.0" and back, strict both ways; its
 * ids; and what was seen at an address, to tell whether it is still that.
 * The kernel prints %04x:%02x:%02x.%d (pci_setup_device()); domains above ffff have more
 * digits (VMD).
 */
#ifndef VH_PCI_H
#define VH_PCI_H

#include "lib/base/util.h"

/* Without padding: addresses cross sockets between our processes. */
struct vh_pci_addr {
	uint32_t domain;
	uint8_t bus;
	uint8_t slot;      /* 0..31 */
	uint16_t function; /* 0..7 */
};

_Static_assert(sizeof(struct vh_pci_addr) == 8, "a PCI address has padding");

/* Room for pci_ffffffff_ff_1f_7 and the NUL. */
struct vh_pci_name {
	char s[24];
};

/* Canonical form; use as vh_pci_str(a).s in the same full expression. */
struct vh_pci_name vh_pci_str(const struct vh_pci_addr *a);

/* pci_0000_03_00_0, for virsh nodedev-*; use likewise. */
struct vh_pci_name vh_pci_nodedev(const struct vh_pci_addr *a);

/* The canonical form only, as the kernel writes it. Returns 0 or -1. */
int vh_pci_parse(const char *s, struct vh_pci_addr *ret) VH_CHECK;

/* What people type: also 03:00.0, pci_0000_03_00_0 (virsh nodedev-list), upper case. */
int vh_pci_parse_loose(const char *s, struct vh_pci_addr *ret) VH_CHECK;

/* Order by domain, bus, slot, function; 0 means equal. */
int vh_pci_cmp(const struct vh_pci_addr *a, const struct vh_pci_addr *b);

/* What a function says it is. */
struct vh_pci_id {
	uint16_t vendor, device;
};

/* 8086:10d3, four hexadecimal digits each. Returns 0 or -1. */
int vh_pci_id_parse(const char *s, struct vh_pci_id *ret) VH_CHECK;

/* 0 means equal. */
int vh_pci_id_cmp(const struct vh_pci_id *a, const struct vh_pci_id *b);

/* Of a class code, base class << 16 | sub-class << 8 | interface, the first and the first two. */
#define VH_PCI_BASE_CLASS(class) ((class) >> 16)
#define VH_PCI_CLASS(class) ((class) >> 8)

/* Of the PCI Code and ID Assignment Specification. */
#define VH_PCI_BASE_CLASS_NETWORK 0x02
#define VH_PCI_BASE_CLASS_DISPLAY 0x03
#define VH_PCI_BASE_CLASS_MEMORY 0x05
#define VH_PCI_BASE_CLASS_BRIDGE 0x06
#define VH_PCI_BASE_CLASS_COMMUNICATION 0x07
#define VH_PCI_BASE_CLASS_SYSTEM 0x08
#define VH_PCI_CLASS_DISPLAY_VGA 0x0300
#define VH_PCI_CLASS_BRIDGE_PCI 0x0604
#define VH_PCI_CLASS_BRIDGE_CARDBUS 0x0607
#define VH_PCI_CLASS_BRIDGE_SEMI 0x0609 /* semi-transparent PCI to PCI */
#define VH_PCI_CLASS_BRIDGE_HOST 0x0600
#define VH_PCI_CLASS_SERIAL_SMBUS 0x0c05
#define VH_PCI_CLASS_SERIAL_OTHER 0x0c80 /* SPI controllers among others */

static inline bool vh_pci_is_display(uint32_t class)
{
	return VH_PCI_BASE_CLASS(class) == VH_PCI_BASE_CLASS_DISPLAY;
}

/* Functions of one slot are one card: a reset or a driver may reach across them. */
bool vh_pci_same_slot(const struct vh_pci_addr *a, const struct vh_pci_addr *b);

/* A device as it was seen at an address. */
struct vh_sighting {
	struct vh_pci_addr addr;
	struct vh_pci_id id, subsystem;
	uint32_t class; /* 24 bits, as in sysfs */
};

/* The same make: ids and subsystem; their class is then the same as well, or nearly. */
bool vh_pci_is_same_make(const struct vh_sighting *a, const struct vh_sighting *b);
/* Base class and subclass; the programming interface may change with a firmware setting. */
bool vh_pci_is_same_class(const struct vh_sighting *a, const struct vh_sighting *b);

#endif
