/* SPDX-License-Identifier: GPL-2.0-or-later */
/* session - what of systemd ends a process: its service, or that of its session at a seat. */
#ifndef VH_SESSION_H
#define VH_SESSION_H

#include "lib/base/root.h"

/*
 * Words of which any names what ends the process with this /proc/PID/cgroup, as in `by` of a use
 * (host.h): for one of a session at a seat the unit that opened it (a display manager's), or the
 * process that leads it; for one of a user's own manager also that. `part`: what
 * vh_holder_cgroup() made of it. `desktop`: it ends with its session, whatever else its user has
 * open. NULL: nothing does. Caller frees.
 */
char *vh_session_enders(const struct vh_root *root, const char *cgroup, const char *part,
			bool desktop) VH_CHECK;

#endif
