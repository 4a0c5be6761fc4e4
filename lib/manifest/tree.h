/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tree - writing a manifest out; private to lib/manifest. */
#ifndef VH_TREE_H
#define VH_TREE_H

#include "lib/base/util.h"

struct vh_manifest;

/* Fills the directory. 0, or -1 with the error of `m`. */
int vh_tree_write(const struct vh_manifest *m, const char *dir) VH_CHECK;

#endif
