/* SPDX-License-Identifier: GPL-2.0-or-later */
/* received - the domain XML as libvirt hands it over, understood or not. */
#ifndef VH_RECEIVED_H
#define VH_RECEIVED_H

#include "lib/base/root.h"
#include "lib/base/strbuf.h"

struct vh_received {
	struct vh_strbuf xml; /* at most VH_XML_MAX bytes */
	bool whole;           /* that is all of it */
	bool words;           /* or: a word of passthrough is in the rest, or may be */
};
void vh_received_clear(struct vh_received *r);
#define _auto_received_ __attribute__((cleanup(vh_received_clear)))

/* Reads standard input to its end. -1: it is not one that could be understood. */
int vh_received_read(struct vh_received *ret, struct vh_error *err) VH_CHECK;

/* May it be about passthrough? Of what was not understood as a domain. */
bool vh_received_may_pass(const struct vh_received *r, const struct vh_root *root);

#endif
