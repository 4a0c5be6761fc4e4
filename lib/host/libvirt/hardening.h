/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hardening - what the unit of libvirt's daemon, or a container around it, takes away from it and
 * so from the hook. */
#ifndef VH_HARDENING_H
#define VH_HARDENING_H

#include "lib/host/host.h"

/* Fills h->hardening: by the daemon's /proc/PID, and by what this process sees, which in the hook
 * is what the daemon sees. What cannot be read takes nothing away. */
void vh_hardening_read(const struct vh_root *root, struct vh_host *h);

#endif
