/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Nothing gets lost: every single write of a prepare and of a release fails once, and every
 * step of both is once the last one. Afterwards everything is done, or as it was, or stands in
 * the claim, from which the next operation brings it home.
 */
#include <errno.h>
#include <signal.h>

#include "tests/fake-tree.h"
#include "tests/stage.h"
#include "tests/tap.h"

static const struct {
	const char *name, *devices;
} scenes[] = {
	{ "one device", ALONE },
	{ "one of four functions", FOUR "0" },
	{ "two of four functions", FOUR "1 " FOUR "3" },
	{ "pci-stub and driverless peers", MIXED "0" },
	{ "no driver", IDLE },
	{ "overrides", PINNED "0" },
	{ "overrides of other drivers", LOCKED "0" },
	{ "on vfio-pci before", READY "0" },
	{ "unmanaged", "!" READY "0" },
	{ "two drivers for a peer", TWO "0" },
	{ "two groups", ALONE " " TWO "0" },
};

static const int errors[] = { EIO, EBUSY, ENODEV };

/* Under valgrind, which takes thirty times as long, every seventh point. */
static int stride(void)
{
	const char *preload = getenv("LD_PRELOAD");

	return preload && strstr(preload, "vgpreload") ? 7 : 1;
}

/* What a faultless operation does: how many writes and steps, and where it leads. */
static bool measure(const char *devices, int *writes, int *steps, char **prepared)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, devices);

	bool good = stage_prepare(st, d) == 0;

	if (!good)
		diag("faultless prepare: %s", st->err.what);
	*writes = fake_writes(st->root);
	*steps = fake_steps(st->root);
	*prepared = scratch_state(st->s);
	return good && *steps;
}

/* The same for the release of a domain that ran. */
static struct stage *after_guest(const struct vh_domain *d)
{
	struct stage *st = stage_new(NULL);

	if (stage_run(st, d) != 0)
		diag("the domain does not run");
	fake_libvirt_release(st->root, d);
	fake_reset(st->root);
	return st;
}

static bool measure_release(const struct vh_domain *d, int *writes, int *steps)
{
	_auto_(stage) struct stage *st = after_guest(d);

	bool good = stage_release(st, d) == 0 && stage_is_home(st);

	if (!good)
		diag("faultless release: %s", st->err.what ? st->err.what : "not home");
	*writes = fake_writes(st->root);
	*steps = fake_steps(st->root);
	return good && *steps;
}

/* --- errors ----------------------------------------------------------------------------------- */

static bool prepare_fails(const char *devices, int n, int error, const char *prepared)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, devices);
	_auto_free_ char *now = NULL;
	bool good;
	int r;

	fake_fault(st->root, "write %d errno %d", n, error);
	r = stage_prepare(st, d);
	now = scratch_state(st->s);
	good = r == 0 ? !strcmp(now, prepared) : stage_is_home(st) && st->err.what;
	if (r < 0 && st->err.code != VH_E_SYS)
		good = false;
	if (!good)
		diag("prepare returned %d: %s", r, st->err.what ? st->err.what : "-");
	/* whatever it was, libvirt calls release after it */
	if (stage_release(st, d) < 0 || !stage_is_home(st)) {
		diag("the release after it: %s", st->err.what ? st->err.what : "not home");
		good = false;
	}
	return good;
}

static bool release_fails(const struct vh_domain *d, int n, int error)
{
	_auto_(stage) struct stage *st = after_guest(d);
	bool good;
	int r;

	fake_fault(st->root, "write %d errno %d", n, error);
	r = stage_release(st, d);
	good = r == 0 ? stage_is_home(st) : stage_has_claim(st, VM1) && st->err.what;
	if (!good)
		diag("release returned %d: %s", r, st->err.what ? st->err.what : "-");
	if (stage_release(st, d) < 0 || !stage_is_home(st)) {
		diag("the second release: %s", st->err.what ? st->err.what : "not home");
		good = false;
	}
	return good;
}

static void test_errors(const char *name, const char *devices)
{
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, devices);
	_auto_free_ char *prepared = NULL;
	int writes, steps, bad, every = stride();

	bad = !measure(devices, &writes, &steps, &prepared);
	for (int n = 0; n < writes; n += every)
		for (size_t e = 0; e < VH_COUNT(errors); e++)
			bad += !prepare_fails(devices, n, errors[e], prepared);
	ok(!bad, "%s: prepare, %d writes, each fails in %d ways", name, writes,
	   (int)VH_COUNT(errors));
	bad = !measure_release(d, &writes, &steps);
	for (int n = 0; n < writes; n += every)
		for (size_t e = 0; e < VH_COUNT(errors); e++)
			bad += !release_fails(d, n, errors[e]);
	ok(!bad, "%s: release, %d writes, each fails in %d ways", name, writes,
	   (int)VH_COUNT(errors));
}

/* --- deaths ----------------------------------------------------------------------------------- */

/* The three ways on after a killed operation. */
static bool goes_on(struct stage *st, const struct vh_domain *d, int how, const char *devices)
{
	bool had_claim;

	switch (how) {
	case 0: /* libvirt calls release */
		return stage_release(st, d) == 0;
	case 1: /* the domain is started again */
		return stage_run(st, d) == 0 && stage_end(st, d) == 0;
	default: /* libvirtd has gone too, and somebody tidies up */
		stage_new_daemon(st);
		had_claim = stage_has_claim(st, VM1);
		return stage_reattach(st, devices) == 0 || !had_claim;
	}
}

static const char *const ways[] = { "release", "another start", "reattach" };

static bool survives(struct stage *st, const struct vh_domain *d, int step, int how,
		     int (*op)(struct stage *, const struct vh_domain *), const char *devices)
{
	int r;

	fake_fault(st->root, "step %d group", step);
	r = stage_fork(st, op, d);
	fake_reset(st->root);
	if (r == SIGKILL && goes_on(st, d, how, devices) && stage_is_home(st))
		return true;
	diag("killed at step %d (%d), then %s: %s", step, r, ways[how],
	     st->err.what ? st->err.what : "not home");
	return false;
}

static void test_deaths(const char *name, const char *devices)
{
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, devices);
	const char *addrs = *devices == '!' ? devices + 1 : devices;
	_auto_free_ char *prepared = NULL;
	int writes, steps, bad, every = stride();
	bool sound = measure(devices, &writes, &steps, &prepared);

	for (int how = 0; how < (int)VH_COUNT(ways); how++) {
		bad = !sound;
		for (int step = 0; step < steps; step += every) {
			_auto_(stage) struct stage *st = stage_new(NULL);

			bad += !survives(st, d, step, how, stage_prepare, addrs);
		}
		ok(!bad, "%s: prepare killed at each of %d steps, then %s", name, steps,
		   ways[how]);
	}
	sound = measure_release(d, &writes, &steps);
	for (int how = 0; how < (int)VH_COUNT(ways); how++) {
		bad = !sound;
		for (int step = 0; step < steps; step += every) {
			_auto_(stage) struct stage *st = after_guest(d);

			bad += !survives(st, d, step, how, stage_release, addrs);
		}
		ok(!bad, "%s: release killed at each of %d steps, then %s", name, steps,
		   ways[how]);
	}
}

int main(void)
{
	for (size_t i = 0; i < VH_COUNT(scenes); i++)
		test_errors(scenes[i].name, scenes[i].devices);
	for (size_t i = 0; i < VH_COUNT(scenes); i++)
		test_deaths(scenes[i].name, scenes[i].devices);
	return tap_done();
}
