/* SPDX-License-Identifier: GPL-2.0-or-later */
/* task - what one prepare or detach knows: it looks at the machine, and judges what it sees. */
#ifndef VH_TASK_H
#define VH_TASK_H

#include "lib/act/act.h"
#include "lib/host/processes/process.h"

/* Everything that one prepare or detach holds; cleared at its end. */
struct vh_task {
	const struct vh_act *act;
	const struct vh_domain *domain; /* NULL: by hand */
	const char *owner, *name;
	struct vh_pci_addr *addrs;
	size_t n_addrs;
	struct vh_process daemon; /* that called */
	struct vh_store store;
	int lock;                        /* of the claim */
	bool settled;                    /* nothing has been moved since the last look */
	bool first_bind;                 /* what gets its group by that is bound, no more */
	enum vh_handed_over handed_over; /* of what the host gives up */
	struct vh_claim *old;            /* what an accident, or an earlier detach, left; or NULL */
	struct vh_standing *standing;    /* where its devices stand, as last looked at */
	size_t n_standing;
	struct vh_case c;
	struct vh_plan *plan;
	struct vh_claim *claim;
};

void vh_task_clear(struct vh_task *t);

/* Reads everything again, with the claims of others, and plans; what the old claim moved is taken
 * as it was before. -1 also where nothing can be decided, because it cannot be seen where a device
 * of the old claim stands that is needed now. */
int vh_task_look(struct vh_task *t, struct vh_error *err) VH_CHECK;
/* The same once what others left has been ended: what is left of it blocks like any other claim. */
int vh_task_look_again(struct vh_task *t, struct vh_error *err) VH_CHECK;
/* The same under the global lock, where only what can have changed since is read. */
int vh_task_look_locked(struct vh_task *t, struct vh_error *err) VH_CHECK;
/* Runs the rules on what was seen. -1 when one of them refuses. */
int vh_task_judge(struct vh_task *t, struct vh_findings *out, struct vh_error *err) VH_CHECK;

/* Is this device to be taken? */
bool vh_task_takes(const struct vh_task *t, const struct vh_pci_addr *addr);

#endif
