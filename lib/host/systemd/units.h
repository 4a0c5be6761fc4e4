/* SPDX-License-Identifier: GPL-2.0-or-later */
/* units - what systemd knows of its units: whether they run, what stops with them, and whether they
 * could be started again. */
#ifndef VH_UNITS_H
#define VH_UNITS_H

#include "lib/base/root.h"

enum vh_unit_load {
	VH_UNIT_UNKNOWN = 0, /* systemd said nothing */
	VH_UNIT_MISSING,
	VH_UNIT_MASKED, /* or its file is invalid */
	VH_UNIT_LOADED,
};

struct vh_unit_facts {
	char *name; /* as it was asked for */
	enum vh_unit_load load;
	bool active;        /* it runs, or is about to */
	bool made_by_hand;  /* no file has it, or one that goes with it: once stopped it is gone */
	bool calls_libvirt; /* one of its commands is virsh */
	char *following;    /* another name of the same, which has the file; or NULL */
	struct vh_names names;  /* under which it is known, and "pid:812": its main process */
	struct vh_names with;   /* that systemd stops with it */
	struct vh_names waking; /* that start it: sockets, timers, paths, automounts */
};

struct vh_units {
	struct vh_unit_facts *list; /* those that were asked for, in their order; what stops with
				     * them; what starts all of these */
	size_t count, asked;
};

/* Also of what stops with these, and with that, and of what starts any of it. Bounded. */
void vh_units_read(struct vh_units *ret, const struct vh_root *root, const struct vh_names *names);
void vh_units_clear(struct vh_units *u);

/* By the name under which it was asked for; NULL: it was not. */
const struct vh_unit_facts *vh_units_find(const struct vh_units *u, const char *name);

/* What stops with the unit, directly or not, and is active: what depends on something stands
 * before it; the unit itself comes last, if it is active. Caller clears. */
void vh_units_stopped_with(const struct vh_units *u, const char *name, struct vh_names *ret);
/* Of what stops with it, or the unit itself: what systemd said nothing of, or is more than is read.
 * Whether it runs is not known, so nobody could start it again. Caller clears. */
void vh_units_unseen_with(const struct vh_units *u, const char *name, struct vh_names *ret);

/* Was it asked for, and starts another one that was? That has to stop first, and start last:
 * systemd starts no socket of a service that runs, and no automount of what is mounted. */
bool vh_units_wakes_asked(const struct vh_units *u, const char *name);

/* Is process 1 ending all of them, for the host is shut down? What is started then it refuses, for
 * that contradicts the jobs it has ("destructive", src/core/transaction.c); but not what
 * shutdown.target does not stop. */
bool vh_units_are_ending(const struct vh_root *root);

/* Is it one that libvirt needs, or that is libvirt? */
bool vh_units_serve_libvirt(const char *name);

#endif
