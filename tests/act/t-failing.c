/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Nothing gets lost when the machine fails, either: every system call of everything that moves
 * devices fails once, or is the last one of all its processes, or of the one that makes it (the
 * reader, the writer); and from every change on the directory of the claims may be full, without
 * inodes, or read-only. From there each way on brings everything home.
 */
#include <signal.h>

#include "tests/fake/calls.h"
#include "tests/fake/fake-tree.h"
#include "tests/fake/operations.h"
#include "tests/tap.h"

static const struct mode {
	const char *name;
	enum calls_how how;
	int points; /* of each operation in each scene, in a long run */
} modes[] = {
	{ "a call fails", CALLS_FAIL, 40 },
	{ "killed before a call", CALLS_KILL, 10 },
	{ "the process that calls is killed", CALLS_KILL_SELF, 10 },
	{ "/run is full", CALLS_FULL, 6 },
	{ "/run has no inodes", CALLS_NO_INODES, 6 },
	{ "/run is read-only", CALLS_READ_ONLY, 6 },
};

/* Else a twentieth of that: of the rarer ones a point of every third of operations and scenes. */
static int points_of(const struct mode *m, int turn)
{
	int less = stage_stride() * 20 / 3;

	if (stage_stride() == 1)
		return m->points;
	if (m->points > less)
		return m->points / less;
	return turn % (less / m->points + 1) == 0;
}

static int all_points, killed, lost; /* of all: a process was; not everything came home */

static bool goes_wrong(const struct operation *op, const struct stage_scene *scene, int writes,
		       const struct mode *m, int n, int way)
{
	_auto_(stage) struct stage *st = operation_stage(op, scene, writes);
	_auto_free_ char *said = NULL;
	int rc;

	if (!st)
		return false;
	all_points++;
	killed += m->how == CALLS_KILL || m->how == CALLS_KILL_SELF;
	calls_set(m->how, n);
	rc = operation_fork(op, st, scene, calls_begin);
	said = vh_strdup(calls_hit());
	calls_set(CALLS_COUNT, 0);
	operation_settle(st);
	if (operation_ends_home(st, scene, way))
		return true;
	lost++;
	diag("%s of '%s': %s, %d (%s), it returned %d, way on %d: %s", op->name, scene->name,
	     m->name, n, said ? said : "never", rc, way, st->err.what ? st->err.what : "not home");
	return false;
}

/* What it does when nothing goes wrong. */
struct measured {
	int writes, calls, changes;
};

static bool measure(const struct operation *op, const struct stage_scene *scene,
		    struct measured *ret)
{
	_auto_(stage) struct stage *st = NULL;
	int steps;

	if (!operation_measure(op, scene, &ret->writes, &steps) ||
	    !(st = operation_stage(op, scene, ret->writes)))
		return false;
	calls_set(CALLS_COUNT, 0);
	VH_IGNORE(operation_fork(op, st, scene, calls_begin)); /* it may fail on purpose */
	ret->calls = calls_counted(CALLS_COUNT);
	ret->changes = calls_counted(CALLS_FULL);
	return true;
}

/* So many points of it, spread evenly; the next test begins elsewhere. */
static void test_mode(const struct operation *op, const struct stage_scene *scene,
		      const struct measured *all, const struct mode *m, int points)
{
	int n = calls_counts_changes(m->how) ? all->changes : all->calls, bad = 0, tried = 0;
	int every = n > points ? n / points : 1;
	int at = (int)((op - operations) * 37 + (scene - stage_scenes) * 101 + (m - modes) * 11);

	for (at %= every; at < n; at += every, tried++)
		bad += !goes_wrong(op, scene, all->writes, m, at, (at + tried) % OPERATION_WAYS);
	ok(!bad, "%s of '%s': %s, at %d of %d", op->name, scene->name, m->name, tried, n);
}

static void test(const struct operation *op, const struct stage_scene *scene, int turn)
{
	struct measured all;

	if (!measure(op, scene, &all)) {
		ok(false, "%s of '%s': cannot be set", op->name, scene->name);
		return;
	}
	for (size_t i = 0; i < VH_COUNT(modes); i++) {
		int points = points_of(&modes[i], turn + (int)i);

		if (points)
			test_mode(op, scene, &all, &modes[i], points);
	}
}

int main(void)
{
	int turn = 0;

	for (size_t i = 0; i < n_operations; i++)
		for (size_t k = 0; k < stage_n_scenes; k++, turn++)
			if (operation_fits(&operations[i], &stage_scenes[k]))
				test(&operations[i], &stage_scenes[k], turn);
	diag("%d points, killed at %d, lost: %d", all_points, killed, lost);
	return tap_done();
}
