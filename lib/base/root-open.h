/* SPDX-License-Identifier: GPL-2.0-or-later */
/* root-open - what the files of `root` share; nobody else includes it. */
#ifndef VH_ROOT_OPEN_H
#define VH_ROOT_OPEN_H

#include "lib/base/root.h"

/* openat2(2) in the root, O_CLOEXEC. A descriptor, or -1 with errno set. */
int vh_root_open_at(const struct vh_root *root, const char *path, uint64_t flags) VH_CHECK;

extern const struct vh_root_ops vh_root_systems_live, vh_root_systems_look, vh_root_systems_tree;

#endif
