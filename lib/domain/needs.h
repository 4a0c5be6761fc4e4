/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * needs - what a domain has of the host beside the PCI devices that it names: its disks, images,
 * folders, USB and SCSI devices, nodes and interfaces, as libvirt reads them. A start that takes
 * away what they lie on fails.
 */
#ifndef VH_NEEDS_H
#define VH_NEEDS_H

#include "lib/base/util.h"

struct _xmlNode;

enum vh_need_kind {
	VH_NEED_PATH = 0,  /* a file, a folder or a node: `name` */
	VH_NEED_VOLUME,    /* `volume` of the storage pool `name` */
	VH_NEED_USB,       /* the members of USB below */
	VH_NEED_SCSI,      /* "6:0:0:1": host, bus, target, unit */
	VH_NEED_MEDIATED,  /* UUID, lower case */
	VH_NEED_INTERFACE, /* an interface or a bridge: `name` */
	VH_NEED_NETWORK,   /* a network of libvirt: `name` */
	VH_NEED_RENDER,    /* whichever render node libvirt finds first */
};

struct vh_need {
	enum vh_need_kind kind;
	const char *element; /* that has it: "disk"; static */
	int line;            /* of that */
	char *name, *volume;
	bool optional; /* startupPolicy='optional': it may be missing */
	/* USB */
	bool by_id, by_place;
	bool auto_place; /* autoAddress: where libvirt found it by its ids, which count alone */
	unsigned int vendor, product; /* if by_id */
	unsigned int bus, number;     /* if by_place; number 0: by `name`, "1.2", its port */
};

struct vh_needs {
	struct vh_need *list; /* in the order of the document, each once */
	size_t count;
};

/* Does a USB device have to be at that place, and nowhere else? */
static inline bool vh_need_has_fixed_place(const struct vh_need *n)
{
	return n->by_place && !(n->by_id && n->auto_place);
}

/* `domain` is the root element. */
void vh_needs_read(struct vh_needs *ret, const struct _xmlNode *domain);
void vh_needs_clear(struct vh_needs *n);

#endif
