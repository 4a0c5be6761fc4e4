/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * domain - a libvirt domain XML as far as passthrough and memory are concerned. Only
 * /domain/devices/x counts; look-alikes in <metadata> do not. The XML is hostile input:
 * no network, no entities, no DTD, a size limit.
 *
 * Defaults are libvirt's: `managed` of <hostdev> and <interface> is no, of an nvme <disk> yes
 * (conf/domain_postparse.c); mode of <hostdev> is subsystem; an absent part of an address is 0.
 */
#ifndef VH_DOMAIN_H
#define VH_DOMAIN_H

#include "lib/base/error.h"
#include "lib/base/names.h"
#include "lib/domain/address.h"
#include "lib/domain/guest-iommu.h"
#include "lib/domain/guest-memory.h"
#include "lib/domain/metadata.h"
#include "lib/domain/needs.h"
#include "lib/domain/placement.h"
#include "lib/domain/qemu-args.h"
#include "lib/domain/extras.h"
#include "lib/domain/slots.h"

#define VH_XML_MAX (8u << 20) /* bytes; libvirt's own documents are far below */

struct _xmlDoc;

enum vh_balloon_model { VH_BALLOON_ABSENT = 0, VH_BALLOON_NONE, VH_BALLOON_PRESENT };

struct vh_domain {
	bool lone;  /* no domain: an element for virsh attach-device */
	char *name; /* empty when absent; may hold anything but NUL: print it printable */
	char *uuid; /* 36 characters, lower case, or NULL when absent */
	char *type; /* kvm, qemu, ... */
	char *arch; /* of <os><type arch=>, or NULL */
	int line;   /* of <domain> */
	struct vh_hostdev *devices;
	size_t n_devices;
	size_t n_hostdevs, n_hostdev_interfaces; /* of all kinds that libvirt names, while they are
						    read */
	struct vh_names networks; /* of <interface type='network'>, one for each, sorted */
	struct vh_network_line {
		const char *name; /* one of those */
		int line;
	} * network_lines; /* as they stand in the document */
	enum vh_balloon_model balloon;
	bool autodeflate, free_page_reporting;
	int balloon_line;          /* of <memballoon>; of <domain> when absent */
	struct vh_placement *numa; /* NULL: it runs where the kernel puts it */
	struct vh_smuggled_list smuggled;
	struct vh_slots slots;            /* of the guest */
	struct vh_extras extras;          /* that libvirt refuses for devices of the host */
	uint64_t memory_kib, current_kib; /* 0 when absent; current_kib is then, and at most,
					     memory_kib */
	struct vh_guest_memory memory;
	struct vh_guest_iommu iommu;
	char *security; /* the type of its <launchSecurity>, or NULL */
	int security_line;
	bool iommufd;          /* its devices are passed by /dev/iommu, unless they say otherwise */
	bool own_user;         /* its QEMU runs as a user that its <seclabel> names */
	bool own_label;        /* its <seclabel> is not one that AppArmor's driver makes */
	int mdev_line;         /* of its first mediated device; 0: none */
	bool wide_window;      /* its firmware is told of large BARs */
	char *emulator;        /* that it asks for, or NULL */
	struct vh_needs needs; /* this and the next: empty for a domain that names no device */
	struct vh_metadata policy;
};

struct vh_domain *vh_domain_parse(const char *xml, size_t len, struct vh_error *err) VH_CHECK;
/* The same of a document that vh_xml_parse() has accepted, whose nodes are then borrowed. */
struct vh_domain *vh_domain_read(const struct _xmlDoc *doc, struct vh_error *err) VH_CHECK;
/* A lone <hostdev>, <interface> or <disk>, as virsh attach-device takes it, is a document, too,
 * where that is asked for: nothing is known then of the rest of its domain. */
bool vh_domain_is_device(const struct _xmlDoc *doc);
struct vh_domain *vh_domain_read_device(const struct _xmlDoc *doc) VH_CHECK;
/* One of our own that has nothing but these devices, managed, and no balloon: for the question
 * what a start with them would do. */
struct vh_domain *vh_domain_of(const struct vh_pci_addr *addrs, size_t count) VH_CHECK;
void vh_domain_free(struct vh_domain *d);
VH_DEFINE_AUTO(vh_domain, vh_domain_free)

/* Does the domain name a PCI device (hostdev, interface, nvme disk), valid or not? */
bool vh_domain_has_pci(const struct vh_domain *d);
/* Is this device of it passed by /dev/iommu? */
bool vh_domain_is_iommufd(const struct vh_domain *d, const struct vh_hostdev *e);
/* Is all memory of the guest pinned: QEMU gets a PCI device or vDPA, or will, from a network that
 * is a pool (`pool`)? Mediated devices pin what their driver asks for, and count as none. */
bool vh_domain_pins(const struct vh_domain *d, bool pool);
/* Is its memory kept from the host, in pages that QEMU swaps for shared ones (guest_memfd)? */
bool vh_domain_has_private_memory(const struct vh_domain *d);
/* Does the guest get a memory balloon: one is there, or libvirt will add it? */
bool vh_domain_has_balloon(const struct vh_domain *d);

/* Only the UUID, whatever else the document holds: what ends a domain must not fail on what it
 * became. 0 or -1. */
int vh_domain_parse_uuid(const char *xml, size_t len, char ret[37], struct vh_error *err) VH_CHECK;

#endif
