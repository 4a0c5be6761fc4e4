/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every single write of a prepare and of a release fails once, in several ways. Afterwards
 * everything is done, or as it was, or stands in the claim, from which the next operation
 * brings it home.
 */
#include <errno.h>

#include "tests/fake/fake-tree.h"
#include "tests/fake/stage.h"
#include "tests/tap.h"

static const int errors[] = { EIO, EBUSY, ENODEV };

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
	int writes, steps, bad, every = stage_stride();

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

int main(void)
{
	for (size_t i = 0; i < stage_n_scenes; i++)
		test_errors(stage_scenes[i].name, stage_scenes[i].devices);
	return tap_done();
}
