/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * together - what domains mean for each other that were judged one by one: groups that two of
 * them want, memory that all which start with the host want at once, what autostart will meet.
 */
#ifndef VH_TOGETHER_H
#define VH_TOGETHER_H

#include "lib/decide/findings.h"

/* A domain that was judged. */
struct vh_member {
	char *name;
	bool autostart, refused;
	char *why;   /* the first reason for that, or NULL */
	int *groups; /* IOMMU groups that its start takes, each once */
	size_t n_groups;
	uint64_t need_kib; /* ordinary memory that its start pins; 0: none, or not known */
};
/* Fills in groups and memory. */
void vh_together_look(struct vh_member *m, const struct vh_case *c);
void vh_together_members_clear(struct vh_member *list, size_t count);

struct vh_remark {
	enum vh_severity severity;
	char *message;
};
struct vh_remarks {
	struct vh_remark *list;
	size_t count;
};
void vh_together_remarks_clear(struct vh_remarks *r);
#define _auto_remarks_ __attribute__((cleanup(vh_together_remarks_clear)))

/* `total_kib` is the memory of the host; 0: not known. */
void vh_together(const struct vh_member *list, size_t count, uint64_t total_kib,
		 struct vh_remarks *ret);

#endif
