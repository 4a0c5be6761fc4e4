/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * address - the PCI addresses of a domain XML: read exactly as libvirt does, and where libvirt
 * would refuse one, why, and what was probably meant.
 */
#ifndef VH_ADDRESS_H
#define VH_ADDRESS_H

#include "lib/base/pci.h"

struct _xmlNode;

#define VH_VALUE_MAX 64 /* bytes of a value from the XML in a message */

enum vh_element { VH_HOSTDEV, VH_INTERFACE, VH_DISK };
const char *vh_address_element_str(enum vh_element e); /* "hostdev", "interface", "disk" */

enum vh_managed { VH_MANAGED_ABSENT = 0, VH_MANAGED_NO, VH_MANAGED_YES };

/* A PCI function that the domain names. */
struct vh_hostdev {
	enum vh_element element;
	const struct _xmlNode *node; /* it was read from; NULL: the tree is gone */
	int line;                    /* of the element in the XML */
	struct vh_pci_addr addr;     /* valid only if !problem */
	char *written;          /* the address as it stands there, printable: domain='0' bus='14';
				   empty when nothing does */
	char *problem;          /* why the address is none, or NULL */
	char *meant;            /* what was probably meant, or NULL */
	bool decimal;           /* a part of two digits or more without 0x: 14, also octal 014 */
	struct vh_pci_addr hex; /* if decimal: the address with those parts read as hex */
	bool hex_valid;
	enum vh_managed written_managed; /* what stands there */
	bool managed;                    /* what libvirt makes of it */
	bool unassigned;                 /* bound, but not given to the guest */
	bool placed;                     /* the domain says where in the guest it is: */
	struct vh_pci_addr place;
	char *rom; /* the file of <rom>, or NULL (lib/domain/element) */
	int rom_line;
	char *driver, *model; /* of <driver>: its name and its model, or NULL */
	int driver_line;
	enum vh_tri iommufd; /* by /dev/iommu, or by its group; UNKNOWN: as the domain says */
	char *alias;         /* its name for libvirt, or NULL */
	size_t number;  /* by which libvirt calls it hostdevN, if it has no name of the user's */
	int again_line; /* of another NVMe <disk> with the same controller; 0: there is none */
	bool transient; /* by <teaming>: it is unplugged when the guest is saved or migrated */
};

/* A number as libvirt reads it. Returns 0 or -1. */
int vh_address_uint(const char *s, int base, uint64_t *ret) VH_CHECK;

/* Is it read otherwise than as hexadecimal, and has digits enough for that to matter? A single
 * digit reads the same either way. */
bool vh_address_is_decimal(const char *value);

/* An <address> in which libvirt itself has written all parts; false: it is none. */
bool vh_address_is_whole(const struct _xmlNode *node, struct vh_pci_addr *ret);

/* The function that a device of a domain that runs is on; what a network has given, too. */
bool vh_address_of_running(const struct _xmlNode *device, struct vh_pci_addr *ret);

/* Fills in what <address> says: addr or problem and meant, written, decimal, hex. */
void vh_address_read(struct vh_hostdev *dev, const struct _xmlNode *node);

/* What a text that is not an address was meant to be, as IBM Z's 0001:000:000:0 is 0001:00:00.0;
 * NULL: nothing that could be told. Caller frees. */
char *vh_address_meant(const char *text) VH_CHECK;

#endif
