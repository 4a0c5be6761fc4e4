/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config-file - /etc/libvirt/vfio-hook.conf: INI, every key optional, unknown ones refused.
 * A missing file is the defaults; an unreadable or invalid one is an error that names the
 * line and the key, and then no passthrough domain may start.
 */
#ifndef VH_CONFIG_FILE_H
#define VH_CONFIG_FILE_H

#include "lib/base/root.h"
#include "lib/config/config.h"

int vh_config_file_read(struct vh_config *ret, const struct vh_root *root,
			struct vh_error *err) VH_CHECK;
/* The text of a file; `name` is for messages. */
int vh_config_file_parse(struct vh_config *ret, const char *text, const char *name,
			 struct vh_error *err) VH_CHECK;

#endif
