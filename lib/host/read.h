/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read - fills the picture of the host: which devices to read, and their groups. */
#ifndef VH_READ_H
#define VH_READ_H

#include "lib/host/host.h"

enum vh_host_flags {
	VH_HOST_ALL = 1,       /* every device, not only those asked for */
	VH_HOST_OVERRIDES = 2, /* read driver_override */
	VH_HOST_USES = 4,      /* find what the host uses the devices for, and which are dead */
	VH_HOST_LONE = 16,     /* not the other members of their groups */
	VH_HOST_BINDS = 32,    /* those asked for are bound by us, too */
	VH_HOST_RULES = 8,     /* the rest that the rules want to know, of machine and devices */
};

/* How a device stood before a claim moved it: it is taken for that. */
struct vh_was {
	struct vh_pci_addr addr;
	const char *driver, *override; /* NULL: none */
	bool vfio;                     /* that driver is a VFIO one */
};

struct vh_host_ask {
	const struct vh_pci_addr *addrs;
	size_t count;
	/* What other addresses may have been meant: for messages. Neither their groups are read nor
	 * what the host uses them for, and nothing may be done to them. */
	const struct vh_pci_addr *hints;
	size_t n_hints;
	/* What QEMU gets past libvirt: the same, but with their groups. */
	const struct vh_pci_addr *beside;
	size_t n_beside;
	unsigned int flags; /* of enum vh_host_flags */
	int64_t deadline;
	const struct vh_was *was; /* what stands elsewhere now than the picture shall have it */
	size_t n_was;
};

/*
 * Reads the devices at `addrs`, and the members of their groups. A device that is not there is
 * not in the result. What may block is waited for 15 seconds at most, and never beyond `deadline`
 * (vh_now_ms()); what a driver does not answer by then stays unknown.
 */
const struct vh_host *vh_host_read(const struct vh_root *root, const struct vh_pci_addr *addrs,
				   size_t count, unsigned int flags, int64_t deadline) VH_CHECK;
const struct vh_host *vh_host_read_as(const struct vh_root *root,
				      const struct vh_host_ask *ask) VH_CHECK;
/*
 * Looks once more at what decides whether a device may be taken, and by whom: which devices and
 * which members of their groups there are, their ids, drivers and overrides; these are taken into
 * the picture. false: something else is there than was before, and all is to be read again. Not
 * looked at again is what the host uses a device for: that is done right before it is taken
 * (lib/act/hold.h).
 */
bool vh_host_read_again(const struct vh_root *root, const struct vh_host *host) VH_CHECK;
void vh_host_free(const struct vh_host *h);
static inline void vh_auto_vh_host(const struct vh_host **h)
{
	vh_host_free(*h);
}

#endif
