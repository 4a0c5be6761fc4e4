/* SPDX-License-Identifier: GPL-2.0-or-later */
/* asking - one reader for all that an operation asks which may block. */
#ifndef VH_ASKING_H
#define VH_ASKING_H

#include "lib/act/act.h"
#include "lib/base/reader.h"

struct vh_asking {
	struct vh_reader reader;
	struct vh_root root;
	struct vh_act act;
};

/* The same with a reader that stays until the end, by way of its root; itself, where it has one. */
const struct vh_act *vh_asking_begin(struct vh_asking *ret, const struct vh_act *act);
void vh_asking_end(struct vh_asking *a);

#endif
