/* SPDX-License-Identifier: GPL-2.0-or-later */
/* caps - the capabilities in a function's configuration space, by libpci. Bounded: reading
 * wakes the device, and waits for it. */
#ifndef VH_CAPS_H
#define VH_CAPS_H

#include "lib/host/host.h"

/* Adds the names; true: these are all (an ordinary user sees 64 bytes, which hold none). */
bool vh_caps_read(const struct vh_root *root, const struct vh_pci_dev *d, struct vh_names *ret);

#endif
