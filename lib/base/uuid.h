/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uuid - the UUID of a domain as libvirt reads it. */
#ifndef VH_UUID_H
#define VH_UUID_H

#include "lib/base/util.h"

/* A UUID as libvirt accepts it (hyphens optional) to 36 lower-case characters. 0 or -1. */
int vh_uuid_parse(const char *s, char ret[37]) VH_CHECK;

#endif
