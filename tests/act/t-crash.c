/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Nothing gets lost: every step of prepare, release, detach and reattach is once the last one,
 * for the whole group of processes; and every write is once in flight when its process is
 * killed, and happens later. From there each way on brings everything home.
 */
#include <signal.h>
#include <sys/wait.h>

#include "tests/fake/fake-tree.h"
#include "tests/fake/stage.h"
#include "tests/tap.h"

/* The devices of a scene as addresses: without the mark of unmanaged ones. */
static const char *addresses(const struct stage_scene *scene)
{
	return *scene->devices == '!' ? scene->devices + 1 : scene->devices;
}

struct operation {
	const char *name;
	const char *owner;
	bool (*set)(struct stage *st, const struct stage_scene *scene);
	int (*run)(struct stage *st, const struct stage_scene *scene);
};

/* --- the operations --------------------------------------------------------------------------- */

static bool set_nothing(struct stage *st, const struct stage_scene *scene)
{
	(void)st, (void)scene;
	return true;
}

static bool set_after_guest(struct stage *st, const struct stage_scene *scene)
{
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, scene->devices);

	if (stage_run(st, d) != 0)
		return false;
	fake_libvirt_release(st->root, d);
	return true;
}

static bool set_detached(struct stage *st, const struct stage_scene *scene)
{
	return stage_detach(st, addresses(scene)) == 0;
}

static int run_prepare(struct stage *st, const struct stage_scene *scene)
{
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, scene->devices);

	return stage_prepare(st, d);
}

static int run_release(struct stage *st, const struct stage_scene *scene)
{
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, scene->devices);

	return stage_release(st, d);
}

static int run_detach(struct stage *st, const struct stage_scene *scene)
{
	return stage_detach(st, addresses(scene));
}

static int run_reattach(struct stage *st, const struct stage_scene *scene)
{
	return stage_reattach(st, addresses(scene));
}

static const struct operation operations[] = {
	{ "prepare", VM1, set_nothing, run_prepare },
	{ "release", VM1, set_after_guest, run_release },
	{ "detach", VH_MANUAL, set_nothing, run_detach },
	{ "reattach", VH_MANUAL, set_detached, run_reattach },
};

/* --- the ways on ------------------------------------------------------------------------------ */

static bool is_reattached(struct stage *st, const struct stage_scene *scene, const char *owner)
{
	return !stage_has_claim(st, owner) || stage_reattach(st, addresses(scene)) == 0;
}

static bool go_on(struct stage *st, const struct operation *op, const struct stage_scene *scene,
		  int way)
{
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, scene->devices);
	bool by_hand = !strcmp(op->owner, VH_MANUAL);

	switch (way) {
	case 0: /* what follows in any case: libvirt's release; by hand, somebody tidies up */
		return by_hand ? is_reattached(st, scene, VH_MANUAL) : stage_release(st, d) == 0;
	case 1: /* the domain is started, again or for the first time */
		return stage_run(st, d) == 0 && stage_end(st, d) == 0 &&
		       is_reattached(st, scene, VH_MANUAL);
	default: /* libvirtd has gone too, and somebody tidies up; or detaches once more */
		stage_new_daemon(st);
		if (by_hand && stage_detach(st, addresses(scene)) < 0)
			return false;
		return is_reattached(st, scene, op->owner);
	}
}

#define WAYS 3

/* --- dying -------------------------------------------------------------------------------------- */

static pid_t start(struct stage *st, const struct operation *op, const struct stage_scene *scene)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	setpgid(0, 0);
	_exit(op->run(st, scene) < 0 ? 1 : 0);
}

static bool was_killed(pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

static bool ends_home(struct stage *st, const struct operation *op, const struct stage_scene *scene,
		      const char *what, int n, int way)
{
	stage_wait_for_writers(st, op->owner);
	fake_reset(st->root);
	if (go_on(st, op, scene, way) && stage_is_home(st))
		return true;
	diag("%s of '%s': %s %d, way on %d: %s", op->name, scene->name, what, n, way,
	     st->err.what ? st->err.what : "not home");
	return false;
}

static bool dies_at_step(const struct operation *op, const struct stage_scene *scene, int n, int way)
{
	_auto_(stage) struct stage *st = stage_new_near(scene->devices);

	if (!op->set(st, scene))
		return false;
	fake_reset(st->root);
	fake_fault(st->root, "step %d group", n);
	if (was_killed(start(st, op, scene)))
		return ends_home(st, op, scene, "killed at step", n, way);
	diag("%s: step %d does not come", op->name, n);
	return false;
}

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
	if (rc < 0 && st->err.code == VH_E_TIMEOUT && !strcmp(before, after))
		return true;
	diag("%s while a write was in flight: %d (%s)", op->name, rc,
	     st->err.what ? st->err.what : "-");
	return false;
}

static bool dies_in_flight(const struct operation *op, const struct stage_scene *scene, int n,
			   int way)
{
	_auto_(stage) struct stage *st = stage_new_near(scene->devices);
	bool good;

	if (!op->set(st, scene))
		return false;
	fake_reset(st->root);
	fake_fault(st->root, "write %d late", n);
	if (!was_killed(start(st, op, scene))) {
		diag("%s: write %d does not come", op->name, n);
		return false;
	}
	good = waits_for_it(st, op, scene);
	fake_resume(st->root);
	return ends_home(st, op, scene, "in flight: write", n, way) && good;
}

/* What a faultless operation does. */
static bool measure(const struct operation *op, const struct stage_scene *scene, int *writes,
		    int *steps)
{
	_auto_(stage) struct stage *st = stage_new_near(scene->devices);
	bool good = op->set(st, scene);

	fake_reset(st->root);
	good = good && op->run(st, scene) == 0;
	if (!good)
		diag("faultless %s: %s", op->name, st->err.what ? st->err.what : "-");
	*writes = fake_writes(st->root);
	*steps = fake_steps(st->root);
	return good && *steps;
}

static void test_crash(const struct operation *op, const struct stage_scene *scene)
{
	int writes, steps, bad, tried = 0, every = stage_stride();

	bad = !measure(op, scene, &writes, &steps);
	for (int way = 0; way < WAYS; way++)
		for (int n = way % every; n < steps; n += every, tried++)
			bad += !dies_at_step(op, scene, n, way);
	ok(!bad, "%s of '%s': killed at %d of %d steps, %d ways on", op->name, scene->name, tried,
	   steps * WAYS, WAYS);
}

static void test_in_flight(const struct operation *op, const struct stage_scene *scene)
{
	int writes, steps, bad, tried = 0, every = stage_stride();

	if (!fake_can_hang()) {
		ok(true, "%s of '%s' in flight # SKIP this machine allows no ptrace", op->name,
		   scene->name);
		return;
	}
	bad = !measure(op, scene, &writes, &steps);
	for (int n = 0; n < writes; n += every, tried++)
		bad += !dies_in_flight(op, scene, n, (n / every) % WAYS);
	ok(!bad, "%s of '%s': killed with %d of %d writes in flight", op->name, scene->name, tried,
	   writes);
}

/* What is on vfio-pci already is nothing to detach by hand. */
static bool makes_sense(const struct operation *op, const struct stage_scene *scene)
{
	return strcmp(op->owner, VH_MANUAL) || *scene->devices != '!';
}

int main(void)
{
	for (size_t i = 0; i < VH_COUNT(operations); i++)
		for (size_t k = 0; k < stage_n_scenes; k++)
			if (makes_sense(&operations[i], &stage_scenes[k]))
				test_crash(&operations[i], &stage_scenes[k]);
	for (size_t i = 0; i < VH_COUNT(operations); i++)
		for (size_t k = 0; k < stage_n_scenes; k++)
			if (makes_sense(&operations[i], &stage_scenes[k]))
				test_in_flight(&operations[i], &stage_scenes[k]);
	return tap_done();
}
