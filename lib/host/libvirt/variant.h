/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * variant - the VFIO driver that is made for a device (mlx5_vfio_pci and the like), as libvirt 10.0
 * and later choose it: of the lines "alias vfio_pci:..." in modules.alias that match the one with
 * the fewest wildcards (virpci.c: virPCIDeviceFindBestVFIOVariant()). Only read.c calls it.
 */
#ifndef VH_VARIANT_H
#define VH_VARIANT_H

#include "lib/host/function.h"

/* The module of it; NULL: vfio-pci, which takes all. Caller frees. `aliases` is modules.alias. */
char *vh_variant_in(const char *aliases, const struct vh_pci_dev *d) VH_CHECK;

/* Of every device that we may bind, so not where libvirt binds all: `named`, also those asked for.
 * And of those asked for that are on vfio-pci. */
void vh_variant_read(const struct vh_root *root, struct vh_host *h, bool named);

#endif
