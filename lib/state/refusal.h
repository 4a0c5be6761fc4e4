/* SPDX-License-Identifier: GPL-2.0-or-later */
/* refusal - why a domain was not started the last time: UUID.refusal in the store. */
#ifndef VH_REFUSAL_H
#define VH_REFUSAL_H

#include "lib/state/store.h"

/* Why a domain was not started the last time; kept until it is prepared. All owned. */
struct vh_refusal {
	char *uuid;
	char *name; /* of the domain, printable */
	int64_t when;
	char *text; /* lines, as the user saw them */
};
void vh_refusal_clear(struct vh_refusal *r);
void vh_refusal_save(const struct vh_store *s, const struct vh_refusal *r);
void vh_refusal_forget(const struct vh_store *s, const char *uuid);
/* ret->uuid is NULL when there is none. */
int vh_refusal_load(const struct vh_store *s, const char *uuid, struct vh_refusal *ret,
		    struct vh_error *err) VH_CHECK;
int vh_refusal_list(const struct vh_store *s, struct vh_names *ret) VH_CHECK;

#endif
