/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unreached - what to try when a libvirt does not answer at its URI. */
#ifndef VH_UNREACHED_H
#define VH_UNREACHED_H

#include "lib/base/util.h"

/* Never NULL; caller frees. */
char *vh_unreached_fix(const char *uri) VH_CHECK;

#endif
