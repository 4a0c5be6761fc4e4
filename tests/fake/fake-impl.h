/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fake-impl - what fake-kernel.c and fake-faults.c share; nobody else includes it. */
#ifndef FAKE_IMPL_H
#define FAKE_IMPL_H

#include "tests/fake/fake-kernel.h"
#include "tests/fake/fake-tree.h"

#define FAKE "fake-kernel"
#define FAKE_LOCK FAKE "/lock"

struct fake_verdict {
	int error; /* fail with this errno, unless 0 */
	bool hang;
	bool late;     /* the writer's parent dies, and the write happens when it is resumed */
	char now[8];   /* HOW to end before it, or "" */
	char after[8]; /* HOW to end once the write has taken effect, or "" */
};

/* Held (shared) while a write changes the tree, and exclusively by those who kill: the kernel
 * finishes what a killed process has begun. */
#define FAKE_BUSY FAKE "/busy"

/* Counts a write and says what the faults want. */
struct fake_verdict fake_judge_write(const struct vh_root *root, const char *path);
void fake_judge_step(const struct vh_root *root, const char *what);
/* Waits for fake_resume(), or for the end of the tree. May be killed. */
void fake_hold_up(const struct vh_root *root);
/* Ends what HOW says. */
void fake_end(const struct vh_root *root, const char *how);

/*
 * Blocks until file `gone` has disappeared or `there` has appeared (either may be NULL), then
 * finish(arg). Beyond kill: a killed process does not go away until then either, and keeps
 * its descriptors, as in uninterruptible sleep. `orphan`: its parent is killed first.
 */
int fake_block(const struct vh_root *root, const char *gone, const char *there, int keep_fd,
	       bool orphan, int (*finish)(void *), void *arg);

/* Of fake-systemd.c: what the operations of the root do. */
int fake_unit(const struct vh_root *root, const char *verb, const struct vh_names *units);
int fake_unload_module(const struct vh_root *root, const char *name);
int fake_load_module(const struct vh_root *root, const char *name);
bool fake_has_module(const struct vh_root *root, const char *name);
/* Of text consoles and the firmware's framebuffer: is the attribute theirs, and one write to it. */
bool fake_is_screen(const char *path);
int fake_write_screen(const struct vh_root *root, const char *path, const char *value);
/* Is somebody's group open? */
bool fake_is_held(const struct vh_root *root, int group);
/* Of struct vh_root_ops. */
int fake_try_group(const struct vh_root *root, int group);
int fake_hold_disk(const struct vh_root *root, const char *name);
int fake_try_exclusive(const struct vh_root *root, const char *name);

#endif
