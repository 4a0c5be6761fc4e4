/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slots - where in the guest its PCI devices are, as far as the XML says; and elements of devices
 * that stand where libvirt does not look.
 */
#ifndef VH_SLOTS_H
#define VH_SLOTS_H

#include "lib/base/bits.h"
#include "lib/base/pci.h"

struct _xmlNode;

/* A device with an address in the guest. */
struct vh_slot {
	int line;
	char *element;           /* "hostdev", "video" */
	bool is_hostdev;         /* it is a device of the host */
	struct vh_pci_addr addr; /* of the guest */
	bool single;             /* multifunction='off' */
};

/* What a bus of the guest has no slot for, and what the chipset has taken of it. */
enum vh_board {
	VH_BOARD_OTHER = 0,
	VH_BOARD_I440FX,
	VH_BOARD_Q35,
	VH_BOARD_CCW,
	VH_BOARD_NO_PCI, /* microvm, isapc */
};

/* QEMU's namespace in the XML of a domain. */
#define VH_SLOTS_QEMU "http://libvirt.org/schemas/domain/qemu/1.0"

/* An element that libvirt passes over. */
enum vh_placed {
	VH_PLACED_OUTSIDE = 0, /* of <devices>, where it belongs */
	VH_PLACED_INSIDE,      /* of <devices>, where it does not belong */
	VH_PLACED_UNDECLARED,  /* its prefix has no namespace */
	VH_PLACED_FOREIGN,     /* it has none, or another than QEMU's */
};
struct vh_misplaced {
	int line;
	enum vh_placed place;
	char *name;          /* as libxml2 has it: "hostdev", "qemu:commandline" */
	const char *element; /* "<hostdev>"; static */
};

struct vh_slots {
	struct vh_slot *list;
	size_t count;
	enum vh_board board;
	char *wrong_type; /* of the <address> of a PCI device of the host, which libvirt refuses */
	int wrong_line;
	char *wrong_part; /* of the same: a number that is too large, "slot='0x20'" */
	int part_line;
	struct vh_bits ports;    /* buses that have slot 0 alone: of root ports and their kin */
	struct vh_bits bridges;  /* of PCI, that have no slot 0 */
	struct vh_bits dmi;      /* of PCI, that have one: of a dmi-to-pci-bridge */
	struct vh_bits joints;   /* that take ports alone, no devices */
	struct vh_bits numbered; /* those of any <controller> with an index */
	size_t n_loose;          /* of how many without one libvirt chooses the bus */
	bool loose_bridge;       /* one of those is a bridge to PCI */
	char *odd_model;         /* of a <controller> that the board cannot have, or NULL */
	int odd_line;
	struct vh_misplaced *misplaced;
	size_t n_misplaced;
};

/* Where in the guest this device is; false: libvirt chooses, or it is none that libvirt takes. */
bool vh_slots_place(const struct _xmlNode *device, struct vh_pci_addr *ret);
/* Is this bus of the guest one of PCI behind a bridge? UNKNOWN: libvirt chooses what it is of. */
enum vh_tri vh_slots_is_bridged(const struct vh_slots *s, uint8_t bus);
/* An index for one <controller> more, below which one is free for the port that it is plugged into;
 * 0: there is none. */
unsigned int vh_slots_free_index(const struct vh_slots *s);
/* `root` is the domain, or the element of a lone device. */
void vh_slots_read(struct vh_slots *ret, const struct _xmlNode *root);
void vh_slots_clear(struct vh_slots *s);
/* Are these `n` characters a name of letters and digits? */
bool vh_slots_is_plain(const char *name, size_t n);

#endif
