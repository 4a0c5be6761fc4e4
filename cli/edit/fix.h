/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fix - the corrected XML of a domain, and the judgement of that. */
#ifndef VH_FIX_H
#define VH_FIX_H

#include "cli/judge.h"
#include "lib/base/strbuf.h"

struct vh_fixed {
	struct vh_strbuf xml;
	struct vh_names done;          /* what was changed, a sentence each */
	struct vh_judgement judgement; /* of the corrected domain; its nodes are gone */
};
void vh_fix_clear(struct vh_fixed *f);
#define _auto_fixed_ __attribute__((cleanup(vh_fix_clear)))

int vh_fix_domain(struct vh_fixed *ret, const struct vh_root *root, const struct vh_config *config,
		  const struct vh_strbuf *xml, enum vh_fix members, struct vh_error *err) VH_CHECK;

#endif
