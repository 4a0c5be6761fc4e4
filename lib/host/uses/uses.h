/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uses - what the host uses a device for: its disks, interfaces, USB devices, found in the
 * device's own subtree of sysfs and in a few tables of /proc.
 */
#ifndef VH_USES_H
#define VH_USES_H

#include "lib/host/host.h"

/* A file of a manifest, in the directory of a function whose driver did not answer there: its uses
 * are unknown. */
#define VH_MANIFEST_UNANSWERED "unanswered"

/* The tables of /proc that show uses; read once for all devices. */
struct vh_usage;
struct vh_usage *vh_uses_read_usage(const struct vh_root *root) VH_CHECK;
void vh_uses_free_usage(struct vh_usage *u);
VH_DEFINE_AUTO(vh_usage, vh_uses_free_usage)

/* Fills host->mounts. */
void vh_uses_tell_mounts(const struct vh_usage *u, struct vh_host *host);

/* Fills d->uses, but for those that open nodes are, and d->devnodes and d->things; what could not
 * be seen goes to host->not_checked. */
void vh_uses_read(const struct vh_root *root, const struct vh_usage *usage, struct vh_host *host,
		  struct vh_pci_dev *d);

#endif
