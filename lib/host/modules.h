/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * modules - what depmod has written of the modules of a kernel: modules.dep, modules.alias. They
 * lie in /lib/modules/RELEASE; NixOS and Guix have no such folder, and tell modprobe of others.
 */
#ifndef VH_MODULES_H
#define VH_MODULES_H

#include "lib/base/root.h"

/* The text of such a file; NULL: it cannot be read. Caller frees. */
char *vh_modules_read(const struct vh_root *root, const char *release, const char *file) VH_CHECK;
/* The first bytes of one with NULs in it, and how many they are; -1: it cannot be read. */
ssize_t vh_modules_read_bytes(const struct vh_root *root, void *buf, size_t size,
			      const char *release, const char *file) VH_CHECK;

#endif
