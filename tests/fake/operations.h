/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * operations - everything that moves devices, as a table: what has happened before, the operation,
 * and the ways on from wherever it ended. Tests that kill or fail walk through all of it, so that a
 * new line is in all of them.
 */
#ifndef OPERATIONS_H
#define OPERATIONS_H

#include "tests/fake/stage.h"

enum operation_flags {
	OPERATION_FAILS = 1,       /* its last write does: what is killed is its undo */
	OPERATION_BY_HAND = 2,     /* what is on vfio-pci already is nothing to detach */
	OPERATION_TWO = 4,         /* for scenes of two groups */
	OPERATION_DRIVERLESS = 16, /* for the scene of a device without a driver */
	OPERATION_GROUPLESS = 32,  /* by iommufd, for which libvirt has no word in an <interface> */
	OPERATION_PASSES_BY = 8,   /* what somebody is at work on is left alone, without an error */
};

struct operation {
	const char *name;
	/* What has happened before; false: it could not be set. */
	bool (*set)(struct stage *st, const struct stage_scene *scene);
	int (*run)(struct stage *st, const struct stage_scene *scene);
	unsigned int flags; /* of enum operation_flags */
};
extern const struct operation operations[];
extern const size_t n_operations;

/* Of its steps every so many are tried, in each way from another one on: all with VH_TEST_LONG. Of
 * those that follow an accident, or another operation, fewer. */
int operation_stride(const struct operation *op);
int operation_offset(const struct operation *op, const struct stage_scene *scene, int way);
/* One that may follow it, whatever it did: the n-th. */
const struct operation *operation_next(const struct operation *op, int n);

/* Does this make sense? With VH_TEST_ONLY only for the operation, or the scene,
 * that it names. */
bool operation_fits(const struct operation *op, const struct stage_scene *scene);

/* Sets its scene on a new stage, with the write that fails. NULL: it could not be. */
struct stage *operation_stage(const struct operation *op, const struct stage_scene *scene,
			      int writes);
/* What it does when nothing else goes wrong. `writes`: all of them, for operation_stage(). */
bool operation_measure(const struct operation *op, const struct stage_scene *scene, int *writes,
		       int *steps);

/*
 * In a process of its own, and a group. Returns what it returned, or the signal that ended it; all
 * of its children have ended, but for a write that is in flight.
 */
int operation_fork(const struct operation *op, struct stage *st, const struct stage_scene *scene,
		   void (*begin)(struct stage *));
/* Waits for all who write, and lets nothing go wrong any more. */
void operation_settle(struct stage *st);

/* From there: by release, by another start, by hand after the daemon has gone, by the start of
 * another domain, by one more detach. Is everything home? */
#define OPERATION_WAYS 5
bool operation_ends_home(struct stage *st, const struct stage_scene *scene, int way);

#endif
