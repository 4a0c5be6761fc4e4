/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * actors - operations in processes of their own that go on step by step when they are told to:
 * so two of them meet in every order, and not only in the one that the scheduler happens to
 * choose. A step is what vh_root_step() announces, in the process or in its children.
 */
#ifndef ACTORS_H
#define ACTORS_H

#include "tests/fake/stage.h"

struct actor;

/* Starts the operation and stops it at its first step. */
struct actor *actor_start(struct stage *st, int (*op)(struct stage *, const void *),
			  const void *arg);

/* Goes on for `count` steps, less if it ends or waits for somebody else: then false. */
bool actor_steps(struct actor *a, int count);
/* Goes on until it has ended or waits for somebody else; false when it has ended. */
bool actor_run(struct actor *a);
/* Ends it and its children, as they are. */
void actor_kill(struct actor *a);
/* What the operation returned (0 or -1), or the signal that ended it; once it has ended. */
int actor_result(const struct actor *a);
bool actor_has_ended(const struct actor *a);
void actor_free(struct actor *a);

/* Lets both go on until both have ended. false: they wait for each other. */
bool actors_finish(struct actor *a, struct actor *b);

#endif
