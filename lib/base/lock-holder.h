/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lock-holder - who has the lock of a file, for whoever waits for it. */
#ifndef VH_LOCK_HOLDER_H
#define VH_LOCK_HOLDER_H

#include "lib/base/root.h"

/* "process 812 (/etc/libvirt/hooks/qemu vm prepare begin -)"; NULL: /proc does not tell. Caller
 * frees. */
char *vh_lock_holder(const struct vh_root *root, int fd) VH_CHECK;

#endif
