/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * systemd - asks and tells process 1, by systemctl: the only program that is run beside modprobe.
 * It is called by its full path, with an environment of its own, and talks to process 1 alone
 * (/run/systemd/private), never to libvirt.
 */
#ifndef VH_SYSTEMD_H
#define VH_SYSTEMD_H

#include "lib/base/names.h"

/* In a child only: becomes systemctl VERB UNIT..., which waits until that is done. Returns a
 * negative errno if it cannot. */
int vh_systemd_call(const char *verb, const struct vh_names *units);

/* What `systemctl show` says of these units, one block after the other, with an empty line between
 * them; within ten seconds. NULL: nothing. Caller frees. */
char *vh_systemd_show(const struct vh_names *units) VH_CHECK;

#endif
