/* SPDX-License-Identifier: GPL-2.0-or-later */
/* asking - see asking.h. */
#include "lib/act/asking.h"

#include "lib/base/banned.h"

const struct vh_act *vh_asking_begin(struct vh_asking *ret, const struct vh_act *act)
{
	*ret = (struct vh_asking){ .root = *act->root, .act = *act };
	if (act->root->reader)
		return act;
	ret->root.reader = &ret->reader;
	ret->act.root = &ret->root;
	return &ret->act;
}

void vh_asking_end(struct vh_asking *a)
{
	vh_reader_end(&a->reader);
}
