/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ties - disks that the host has by a network: iSCSI, NVMe over Fabrics, nbd, rbd, ATA over
 * Ethernet. The tree of sysfs does not show by which function they are reached; addresses do.
 */
#ifndef VH_TIES_H
#define VH_TIES_H

#include "lib/host/uses/use.h"

enum vh_tie_kind {
	VH_TIE_ISCSI,
	VH_TIE_NVME,    /* by IP: TCP and RDMA */
	VH_TIE_NVME_FC, /* by Fibre Channel */
	VH_TIE_BLOCK,   /* a disk of its own: nbd, rbd, AoE */
};
struct vh_tie {
	enum vh_tie_kind kind;
	char *name;       /* session1, nvme0, nbd0 */
	char *what, *fix; /* "the iSCSI session to ..." */
	/* how it is reached, what is known of it; else NULL */
	char *server;
	char *local;                /* the host's own address */
	char *port;                 /* FC: nn-0x...:pn-0x... */
	struct vh_names interfaces; /* bound to them */
};
struct vh_ties {
	bool asked;
	struct vh_tie *list;
	size_t count;
	struct vh_names blind; /* what could not be read */
};

void vh_ties_free(struct vh_ties *ties);
/* From the arguments of the process that serves an nbd disk: its server, "" for one that is not
 * told, NULL for this host itself. Caller frees. */
char *vh_ties_nbd_server(const char *args, size_t len) VH_CHECK;

/* fabric.c: adds those of NVMe; and the disks of one. */
void vh_fabric_read(const struct vh_root *root, struct vh_ties *to);
void vh_fabric_disks(const struct vh_root *root, const char *controller, struct vh_names *ret);

#endif
