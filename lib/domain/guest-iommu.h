/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-iommu - the <iommu> that a domain gives its guest, as far as VFIO has to do with it. */
#ifndef VH_GUEST_IOMMU_H
#define VH_GUEST_IOMMU_H

#include "lib/base/util.h"

struct _xmlNode;

struct vh_guest_iommu {
	int line;      /* 0: the guest has none */
	int more_line; /* of a second one; 0: there is none */
	bool by_args;  /* QEMU gets it past libvirt, by <qemu:commandline> (qemu-args.h) */
	char *model;   /* printable */
	bool caching_mode, accel;
	enum vh_tri intremap; /* its element or argument says if it remaps interrupts */
	bool remaps_by_args;  /* QEMU is told that it does, past libvirt */
	bool split;           /* the command line takes the I/O APIC out of the kernel: -machine */
	enum vh_tri ioapic; /* the domain's <ioapic> is QEMU's, with which it can; UNKNOWN: it has none */
	bool acpi;          /* the guest has ACPI, by which one of virtio is found */
	bool one_bus;       /* pciBus: it is that of one bus alone */
	uint64_t aw_bits; /* 0: QEMU chooses */
	/* -global: what is so if neither element nor argument says it */
	uint64_t global_aw_bits;
	bool global_intremap;
};

/* `domain` is the root element. */
void vh_guest_iommu_read(struct vh_guest_iommu *ret, const struct _xmlNode *domain);
void vh_guest_iommu_clear(struct vh_guest_iommu *g);

#endif
