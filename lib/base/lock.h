/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lock - flock(2) with a time limit, which it has none of itself. */
#ifndef VH_LOCK_H
#define VH_LOCK_H

#include "lib/base/util.h"

/* Takes the lock of a file for us alone. Sleeps until it is free, for about `ms` milliseconds at
 * most; 0: tries once. false: it was not to be had (errno EWOULDBLOCK), or there is none. */
bool vh_lock_take(int fd, int ms) VH_CHECK;

/* For how long to sleep the next time, after `ms` (0 at first) and until `deadline` (vh_now_ms()):
 * a little longer each time, as whoever sleeps is woken when the lock is free. */
int vh_lock_next(int ms, int64_t deadline);

#endif
