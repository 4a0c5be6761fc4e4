/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qemu-conf - settings in libvirt's qemu.conf, as libvirt reads them. */
#ifndef VH_QEMU_CONF_H
#define VH_QEMU_CONF_H

#include "lib/base/root.h"

/* What stands behind `key =`, up to the end of the line; NULL: it is not set, or not to be read.
 * Caller frees. */
char *vh_qemu_conf_value(const struct vh_root *root, const char *key) VH_CHECK;
/* Is there a text in quotes at *at? It is cut out, and *at goes on behind it. NULL: no more. */
char *vh_qemu_conf_quoted(char **at) VH_CHECK;

#endif
