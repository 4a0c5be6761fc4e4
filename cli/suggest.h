/* SPDX-License-Identifier: GPL-2.0-or-later */
/* suggest - what somebody meant who mistyped a word: the closest of those that there are. */
#ifndef VH_SUGGEST_H
#define VH_SUGGEST_H

#include "lib/base/strbuf.h"

struct vh_suggest {
	const char *word;
	char *closest; /* NULL: none is close enough */
	size_t distance;
};
/* Considers one of them. The caller frees s->closest. */
void vh_suggest_add(struct vh_suggest *s, const char *candidate);
/* "; did you mean 'check'?", or `otherwise`. The caller frees; s->closest is freed. */
char *vh_suggest_text(struct vh_suggest *s, const char *otherwise) VH_CHECK;

#endif
