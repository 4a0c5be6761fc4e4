/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detail - what is worth knowing about one PCI function beyond what the rules need; read for
 * `vfio-hook show` alone. Attributes that may wait for the driver are read in a bounded child:
 * while one hangs, the rest is still told.
 */
#ifndef VH_DETAIL_H
#define VH_DETAIL_H

#include "lib/host/host.h"

struct vh_detail {
	bool answered;     /* false: the driver does not answer; what is not here is not known */
	int64_t revision;  /* -1: unknown */
	char *override;    /* driver_override; NULL: unset or unknown */
	char *reset;       /* reset_method: "flr bus"; "": none; NULL: unknown (before 5.15) */
	int64_t numa_node; /* -1: none or unknown */
	char *power;       /* power_state: D0 ...; NULL: unknown */
	char *speed, *width, *max_speed, *max_width; /* of the link; NULL: none */
	int64_t totalvfs;  /* -1: it has no SR-IOV */
	struct vh_names vfs;     /* addresses of the virtual functions, in their order */
	struct vh_names bars;    /* "BAR 1: 256 MiB, can be 256 MiB to 16 GiB" */
	struct vh_names regions; /* of the group: "0x00000000fee00000 0x00000000feefffff msi" */

	/* From lib/modules/RELEASE: who claims the modalias. */
	bool modules_read;
	struct vh_names modules;  /* drivers of the host, loadable or built in */
	struct vh_names variants; /* VFIO drivers made for this device, as libvirt >= 10 looks */
};

struct vh_detail *vh_detail_read(const struct vh_root *root, const struct vh_host *h,
				 const struct vh_pci_dev *d) VH_CHECK;
void vh_detail_free(struct vh_detail *t);
VH_DEFINE_AUTO(vh_detail, vh_detail_free)

#endif
