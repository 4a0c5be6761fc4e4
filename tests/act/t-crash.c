/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Nothing gets lost: every step of everything that moves devices is once the last one, for the
 * whole group of processes, and twice in a row; and every write is once in flight when its process
 * is killed, and happens later. From there each way on brings everything home.
 */
#include <signal.h>

#include "tests/fake/fake-tree.h"
#include "tests/fake/operations.h"
#include "tests/tap.h"

static int points, ended, lost; /* of all; not killed, see below; not everything came home */

static bool ends_home(struct stage *st, const struct operation *op, const struct stage_scene *scene,
		      const char *what, int n, int way)
{
	points++;
	operation_settle(st);
	if (operation_ends_home(st, scene, way))
		return true;
	lost++;
	diag("%s of '%s': %s %d, way on %d: %s", op->name, scene->name, what, n, way,
	     st->err.what ? st->err.what : "not home");
	return false;
}

/*
 * Slots are written at the same time. What somebody left who was killed meanwhile differs a little
 * from run to run, and with it how far the next one has to go: it may be through before its n-th
 * step or write. Then nobody was killed, and everything comes home all the same.
 */
static bool is_through(int count, int n)
{
	ended += count <= n;
	return count <= n;
}

/* --- killed ----------------------------------------------------------------------------------- */

static bool dies_at_step(const struct operation *op, const struct stage_scene *scene, int writes,
			 int n, int way)
{
	_auto_(stage) struct stage *st = operation_stage(op, scene, writes);

	if (!st)
		return false;
	fake_fault(st->root, "step %d group", n);
	if (operation_fork(op, st, scene, NULL) == SIGKILL || is_through(fake_steps(st->root), n))
		return ends_home(st, op, scene, "killed at step", n, way);
	diag("%s of '%s': step %d does not come", op->name, scene->name, n);
	return false;
}

/* At least one in the first way, however few there are. */
static int first_of(const struct operation *op, const struct stage_scene *scene, int way, int steps)
{
	int first = operation_offset(op, scene, way);

	return way || !steps ? first : first % steps;
}

static void test_crash(const struct operation *op, const struct stage_scene *scene)
{
	int writes, steps, bad, tried = 0, every = operation_stride(op);

	bad = !operation_measure(op, scene, &writes, &steps);
	for (int way = 0; way < OPERATION_WAYS; way++)
		for (int n = first_of(op, scene, way, steps); n < steps; n += every, tried++)
			bad += !dies_at_step(op, scene, writes, n, way);
	ok(!bad, "%s of '%s': killed at %d of %d steps, %d ways on", op->name, scene->name, tried,
	   steps * OPERATION_WAYS, OPERATION_WAYS);
}

/* --- twice ------------------------------------------------------------------------------------ */

/* Whoever comes next is killed as well, at the step that lies as far on its way. */
static bool dies_twice(const struct operation *op, const struct operation *next,
		       const struct stage_scene *scene, int writes, int n, int m, int way)
{
	_auto_(stage) struct stage *st = operation_stage(op, scene, writes);

	if (!st)
		return false;
	fake_fault(st->root, "step %d group", n);
	VH_IGNORE(operation_fork(op, st, scene, NULL));
	operation_settle(st);
	fake_fault(st->root, "step %d group", m);
	VH_IGNORE(operation_fork(next, st, scene, NULL)); /* it may have ended before */
	return ends_home(st, op, scene, next->name, n * 1000 + m, way);
}

static void test_twice(const struct operation *op, const struct stage_scene *scene)
{
	int writes, steps, bad, tried = 0, every = 5 * operation_stride(op);

	bad = !operation_measure(op, scene, &writes, &steps);
	for (int way = 0; way < OPERATION_WAYS; way++)
		for (int n = operation_offset(op, scene, way + 1); n < steps; n += every, tried++) {
			const struct operation *next = operation_next(op, n + way);

			bad += !dies_twice(op, next, scene, writes, n, (n * 7 + way * 3) % 40, way);
		}
	ok(!bad, "%s of '%s': killed at %d steps, and the next one too", op->name, scene->name,
	   tried);
}

/* --- with a write in flight ------------------------------------------------------------------- */

/* The write that is in flight holds the claim's lock: nothing else may touch the devices. */
static bool waits_for_it(struct stage *st, const struct operation *op,
			 const struct stage_scene *scene)
{
	_auto_free_ char *before = scratch_state(st->s), *after = NULL;
	int call = st->config.timeout_call, rc;

	st->config.timeout_call = 20;
	rc = op->run(st, scene);
	st->config.timeout_call = call;
	after = scratch_state(st->s);
	if ((rc < 0 || (op->flags & OPERATION_PASSES_BY)) && !strcmp(before, after))
		return true;
	diag("%s while a write was in flight: %d (%s)", op->name, rc,
	     st->err.what ? st->err.what : "-");
	return false;
}

/* What modprobe does waits for nobody, and keeps no lock of ours: it is not in flight. */
static bool is_modprobe(const struct vh_root *root, int n)
{
	_auto_free_ char *log = vh_root_read(root, "fake-kernel/log");
	char *rest = log, *line;

	while ((line = strsep(&rest, "\n")))
		if (n-- == 0)
			return vh_has_prefix(line, "load_module = ");
	return false;
}

static bool dies_in_flight(const struct operation *op, const struct stage_scene *scene, int all,
			   int n, int way)
{
	_auto_(stage) struct stage *st = operation_stage(op, scene, all);
	bool good;

	if (!st)
		return false;
	fake_fault(st->root, "write %d late", n);
	if (operation_fork(op, st, scene, NULL) != SIGKILL) {
		if (is_modprobe(st->root, n) || is_through(fake_writes(st->root), n))
			return ends_home(st, op, scene, "through before write", n, way);
		diag("%s: write %d does not come", op->name, n);
		return false;
	}
	good = waits_for_it(st, op, scene);
	fake_resume(st->root);
	return ends_home(st, op, scene, "in flight: write", n, way) && good;
}

static void test_in_flight(const struct operation *op, const struct stage_scene *scene)
{
	int writes, steps, bad, tried = 0, every = operation_stride(op) * 3 / 5 + 1;

	if (!fake_can_hang()) {
		ok(true, "%s of '%s' in flight # SKIP this machine allows no ptrace", op->name,
		   scene->name);
		return;
	}
	bad = !operation_measure(op, scene, &writes, &steps);
	for (int n = operation_offset(op, scene, 0) % every; n < writes; n += every, tried++)
		bad += !dies_in_flight(op, scene, writes, n, (n / every) % OPERATION_WAYS);
	ok(!bad, "%s of '%s': killed with %d of %d writes in flight", op->name, scene->name, tried,
	   writes);
}

int main(void)
{
	static void (*const tests[])(const struct operation *, const struct stage_scene *) = {
		test_crash,
		test_twice,
		test_in_flight,
	};

	for (size_t t = 0; t < VH_COUNT(tests); t++)
		for (size_t i = 0; i < n_operations; i++)
			for (size_t k = 0; k < stage_n_scenes; k++)
				if (operation_fits(&operations[i], &stage_scenes[k]))
					tests[t](&operations[i], &stage_scenes[k]);
	ok(ended * 20 <= points, "%d points, at %d of them nobody was killed, lost: %d", points,
	   ended, lost);
	return tap_done();
}
