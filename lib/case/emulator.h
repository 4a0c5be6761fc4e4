/* SPDX-License-Identifier: GPL-2.0-or-later */
/* emulator - which QEMU libvirt will run, by the notes that it keeps of those it knows. */
#ifndef VH_EMULATOR_H
#define VH_EMULATOR_H

#include "lib/base/root.h"

/* Its version as QEMU counts: 10001000 is 10.1.0. `path` is the domain's <emulator>, or NULL: that
 * for `arch`, of which NULL is x86_64. 0: it cannot be told, or there are several. */
unsigned int vh_emulator_version(const struct vh_root *root, const char *path, const char *arch);

#endif
