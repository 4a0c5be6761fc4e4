/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * handed - what the configuration lets the host give up for the devices of this start, and how that
 * stands: units, consoles, modules. Read only where a [device] section lists something.
 */
#ifndef VH_HANDED_H
#define VH_HANDED_H

#include "lib/config/config.h"
#include "lib/host/host.h"
#include "lib/host/systemd/units.h"

enum vh_module_state {
	VH_MODULE_OUT = 0,
	VH_MODULE_IN,
	VH_MODULE_ORPHAN, /* in, and it could not be loaded again */
	VH_MODULE_BUILT_IN,
};

/* How much of it has been done by now: what is still in the way is not explained by that any more. */
enum vh_handed_over { VH_HANDED_NOTHING = 0, VH_HANDED_UNITS /* and consoles */, VH_HANDED_ALL };

/* What one of the modules drives besides: it goes from its driver with the module, used or not. */
struct vh_handed_other {
	struct vh_pci_addr addr;
	const char *module;
};

/* Of one device that a section is for, and that is not on VFIO. */
struct vh_handed_dev {
	struct vh_pci_addr addr;
	const struct vh_pci_dev *dev; /* of the host; NULL: gone since */
	struct vh_names units;        /* listed, in their order */
	struct vh_names modules;      /* listed, in their order */
	enum vh_module_state *states; /* of each of these */
	struct vh_handed_other *others;
	size_t n_others;
	bool console;                 /* is to be released */
	struct vh_names consoles;     /* that are drawn on it: "vtcon1" */
	struct vh_names framebuffers; /* of the firmware: "efi-framebuffer.0@efi-framebuffer" */
	char *driver_module;          /* of its driver, or NULL */
};

struct vh_handed {
	struct vh_handed_dev *devs;
	size_t count;
	struct vh_units units; /* all that are listed, and what stops with them */
	enum vh_handed_over over;
};

void vh_handed_read(struct vh_handed *ret, const struct vh_root *root, const struct vh_host *h,
		    const struct vh_config *config, struct vh_names *unseen);
void vh_handed_clear(struct vh_handed *h);

#endif
