/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read - fills the picture of the host: which devices to read, and their groups. */
#ifndef VH_READ_H
#define VH_READ_H

#include "lib/host/host.h"

enum vh_host_flags {
	VH_HOST_ALL = 1,       /* every device, not only those asked for */
	VH_HOST_OVERRIDES = 2, /* read driver_override */
	VH_HOST_USES = 4,      /* find what the host uses the devices for, and which are dead */
	VH_HOST_RULES = 8,     /* the rest that the rules want to know, of machine and devices */
};

/*
 * Reads the devices at `addrs`, and the members of their groups. A device that is not there is
 * not in the result. What may block is waited for 15 seconds at most, and never beyond `deadline`
 * (vh_now_ms()); what a driver does not answer by then stays unknown.
 */
struct vh_host *vh_host_read(const struct vh_root *root, const struct vh_pci_addr *addrs,
			     size_t count, unsigned int flags, int64_t deadline) VH_CHECK;
void vh_host_free(struct vh_host *h);
VH_DEFINE_AUTO(vh_host, vh_host_free)

#endif
