/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vfpool - a network of libvirt that hands out virtual functions (<forward mode='hostdev'>), and
 * which. libvirt gives the first that it has not given away, whatever the host does with it
 * (src/network/bridge_driver.c:networkAllocatePort()).
 */
#ifndef VH_VFPOOL_H
#define VH_VFPOOL_H

#include "lib/case/claims.h"

#define VH_VFS_MAX 1024

struct vh_vf {
	struct vh_pci_addr addr;
	bool given; /* another domain that runs has it as an interface */
	bool own;   /* the domain that asks has it, for it runs */
};

struct vh_vfpool {
	char *network;
	bool managed;         /* libvirt takes them from their drivers */
	struct vh_vf *vfs;    /* in libvirt's order */
	size_t count;         /* 0: they are not told; at most VH_VFS_MAX, others are not read */
	const struct vh_host *host; /* with all of them; owned */
	struct vh_claims claims;    /* of others than the domain that asks */
};

struct vh_vfpools {
	struct vh_vfpool *list;
	size_t count;
};
void vh_vfpools_clear(struct vh_vfpools *p);
#define _auto_vfpools_ __attribute__((cleanup(vh_vfpools_clear)))

/*
 * What libvirt's files say of the network, which is one of them: as it runs, or else as it is
 * defined, and then the functions are those that its physical function has now. `owner` is the
 * UUID of the domain that asks, or NULL. The functions are looked at as vh_host_read() does, until
 * `deadline`; what could not be seen goes to `unseen`.
 */
void vh_vfpool_read(const struct vh_root *root, const char *network, const char *owner,
		    int64_t deadline, struct vh_vfpool *ret, struct vh_names *unseen);

#endif
