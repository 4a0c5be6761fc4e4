/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vfguests - the virtual functions of a host's physical ones that guests have: by libvirt's files,
 * and by the processes that have their nodes open.
 */
#ifndef VH_VFGUESTS_H
#define VH_VFGUESTS_H

#include "lib/host/host.h"

struct vh_vf_guest {
	struct vh_pci_addr pf, vf;
	char *uuid,
		*domain; /* of the guest; NULL: it is not a domain of libvirt's, or not seen as one */
	char *process;   /* where `domain` is NULL: "process 812 (qemu-system-x86)" */
};

struct vh_vf_guests {
	struct vh_vf_guest *list;
	size_t count;
};

/* Of all physical functions that were read. What cannot be seen is not told. */
void vh_vfguests_read(const struct vh_root *root, const struct vh_host *h, struct vh_vf_guests *ret);
void vh_vfguests_clear(struct vh_vf_guests *g);

#endif
