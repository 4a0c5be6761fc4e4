/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ownership - may QEMU open the nodes of VFIO? They are root's. libvirt gives them to QEMU's user
 * when a guest starts, unless qemu.conf says that it gives away nothing: then a rule of udev has to. */
#ifndef VH_OWNERSHIP_H
#define VH_OWNERSHIP_H

#include "lib/base/root.h"

struct vh_ownership {
	bool closed; /* it may not, unless it runs as root */
	char *user;  /* as whom it runs, by qemu.conf; NULL: that does not say */
};

void vh_ownership_read(const struct vh_root *root, struct vh_ownership *ret);

#endif
