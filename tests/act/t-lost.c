/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Four ways in which devices were lost for good, each by itself: one fork, or one read of an
 * override, fails while an old claim is adopted (one domain; then every operation that finds one);
 * it cannot be seen whether a driver is one of VFIO's; and an operation is killed when probing has
 * just put a device on another driver than its own.
 */
#include <signal.h>

#include "tests/fake/calls.h"
#include "tests/fake/fake-tree.h"
#include "tests/fake/operations.h"
#include "tests/tap.h"

/* --- one call fails --------------------------------------------------------------------------- */

/* The domain goes on, if it may; what is left is ended by its release, or by hand. */
static void go_on(struct stage *st, const struct operation *op, const struct stage_scene *scene,
		  int rc)
{
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, scene->devices);
	char why[200];

	if (!(op->flags & OPERATION_BY_HAND)) {
		if (rc == 0 && fake_libvirt_prepare(st->root, d, why, sizeof(why)) == 0)
			VH_IGNORE(stage_started(st, d));
		fake_libvirt_release(st->root, d);
		VH_IGNORE(stage_release(st, d));
	}
	for (int i = 0; i < 2 && stage_has_claim(st, VH_MANUAL); i++)
		VH_IGNORE(stage_reattach(st, scene->devices + strspn(scene->devices, "!@")));
}

/* 1: there is no such call; 0: home; -1: lost. */
static int loses(const struct operation *op, const struct stage_scene *scene, const char *call,
		 int at)
{
	_auto_(stage) struct stage *st = operation_stage(op, scene, 0);
	bool came;
	int rc;

	if (!st)
		return -1;
	calls_set(CALLS_FAIL, at);
	calls_only(call);
	rc = operation_fork(op, st, scene, calls_begin);
	came = calls_hit() != NULL;
	calls_set(CALLS_COUNT, 0);
	if (!came)
		return 1;
	operation_settle(st);
	go_on(st, op, scene, rc);
	if (stage_is_home(st))
		return 0;
	diag("%s of '%s': %s %d fails, it returned %d", op->name, scene->name, call, at, rc);
	return -1;
}

static void test_calls(const struct operation *op, const struct stage_scene *scene,
		       const char *call, int every)
{
	int lost = 0, points = 0;

	for (int at = 0, rc; (rc = loses(op, scene, call, at)) != 1 && at < 400;
	     at += every, points++)
		lost += rc < 0;
	ok(!lost && points, "%s of '%s': %s fails %d times, nothing is lost", op->name, scene->name,
	   call, points);
}

static const struct operation *operation(const char *name)
{
	for (size_t i = 0; i < n_operations; i++)
		if (!strcmp(operations[i].name, name))
			return &operations[i];
	abort();
}

static const struct stage_scene *scene(const char *name)
{
	for (size_t i = 0; i < stage_n_scenes; i++)
		if (!strcmp(stage_scenes[i].name, name))
			return &stage_scenes[i];
	abort();
}

static void test_all_calls(void)
{
	static const char *const names[] = {
		"prepare after a killed prepare",
		"prepare after a guest without release",
		"detach after a killed detach",
		"detach after a killed reattach",
	};

	for (size_t i = 0; i < VH_COUNT(names); i++)
		for (size_t k = 0; k < stage_n_scenes; k++) {
			const struct operation *op = operation(names[i]);

			if (!operation_fits(op, &stage_scenes[k]))
				continue;
			test_calls(op, &stage_scenes[k], "fork", 2 * stage_stride() - 1);
			test_calls(op, &stage_scenes[k], "driver_override", 3 * stage_stride());
		}
}

/* --- killed where probing has chosen ------------------------------------------------------------ */

static bool is_astray(struct stage *st)
{
	_auto_free_ char *now = scratch_device(st->s, TWO "1");

	return vh_streq(now, "nouveau -");
}

static struct stage *killed_at(const struct operation *op, const struct stage_scene *s, int writes,
			       int n)
{
	struct stage *st = operation_stage(op, s, writes);

	fake_fault(st->root, "step %d group", n);
	VH_IGNORE(operation_fork(op, st, s, NULL));
	operation_settle(st);
	return st;
}

/* The last step after which it is there; -1: it never is. */
static int step_astray(const struct operation *op, const struct stage_scene *s, int *ret_writes)
{
	int n, steps;

	if (!operation_measure(op, s, ret_writes, &steps))
		return -1;
	for (n = steps - 1; n >= 0; n--) {
		_auto_(stage) struct stage *st = killed_at(op, s, *ret_writes, n);

		if (is_astray(st))
			break;
	}
	return n;
}

static void test_astray(const char *name)
{
	const struct stage_scene *s = scene("two drivers for a peer");
	const struct operation *op = operation(name);
	int writes = 0, n = step_astray(op, s, &writes);

	for (int way = 0; way < OPERATION_WAYS; way++) {
		_auto_(stage) struct stage *st = n < 0 ? NULL : killed_at(op, s, writes, n);

		ok(st && operation_ends_home(st, s, way),
		   "%s: killed at step %d, with a peer where probing put it, way on %d: home", name,
		   n, way);
	}
}

int main(void)
{
	const struct operation *op = operation("prepare after a killed prepare");

	test_calls(op, scene("one of four functions"), "fork", 1);
	test_calls(op, scene("one of four functions"), "driver_override", 1);
	op = operation("release where a variant driver was left");
	test_calls(op, scene("one device"), "fstatat", 1);
	test_calls(op, scene("an interface"), "fstatat", 1);
	test_astray("prepare that is undone");
	test_astray("detach that is undone");
	test_astray("reattach of a domain's claim");
	test_astray("reattach");
	test_all_calls();
	return tap_done();
}
