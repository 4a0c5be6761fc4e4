/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two operations on one group, in every order: the first goes k steps, the second j, then each
 * goes on until it ends or waits for the other. Whatever the order, one owner at most, and
 * everything home when both are over.
 */
#include "tests/fake/actors.h"
#include "tests/fake/fake-tree.h"
#include "tests/tap.h"

/* One operation of a domain, or by hand. */
struct part {
	enum { PREPARE, RELEASE, STARTED, DETACH, REATTACH } what;
	const char *uuid; /* NULL: by hand */
	const char *devices;
};

struct race {
	const char *name;
	/* who has prepared, run and ended its guest before; NULL: nobody */
	const char *before_uuid, *before_devices;
	bool detached; /* by hand, before all that */
	struct part a, b;
};

static const struct race races[] = {
	{ "two prepares for one group",
	  NULL,
	  NULL,
	  false,
	  { PREPARE, VM1, TWO "0" },
	  { PREPARE, VM2, TWO "1" } },
	{ "a release and the prepare of another domain",
	  VM1,
	  TWO "0",
	  false,
	  { RELEASE, VM1, NULL },
	  { PREPARE, VM2, TWO "1" } },
	{ "a prepare and the release of another domain",
	  VM1,
	  TWO "0",
	  false,
	  { PREPARE, VM2, TWO "1" },
	  { RELEASE, VM1, NULL } },
	{ "a release and a prepare of the same domain",
	  VM1,
	  TWO "0",
	  false,
	  { RELEASE, VM1, NULL },
	  { PREPARE, VM1, TWO "0" } },
	{ "a detach and a prepare",
	  NULL,
	  NULL,
	  false,
	  { DETACH, NULL, TWO "0" },
	  { PREPARE, VM1, TWO "0" } },
	{ "a prepare and a detach",
	  NULL,
	  NULL,
	  false,
	  { PREPARE, VM1, TWO "1" },
	  { DETACH, NULL, TWO "0" } },
	{ "a reattach and a prepare",
	  NULL,
	  NULL,
	  true,
	  { REATTACH, NULL, TWO "0" },
	  { PREPARE, VM1, TWO "0" } },
	{ "a prepare and a reattach",
	  NULL,
	  NULL,
	  true,
	  { PREPARE, VM1, TWO "0" },
	  { REATTACH, NULL, TWO "0" } },
	{ "a release and a reattach",
	  VM1,
	  TWO "0",
	  false,
	  { RELEASE, VM1, NULL },
	  { REATTACH, NULL, TWO "0" } },
	{ "both hook links: two prepares of one domain",
	  NULL,
	  NULL,
	  false,
	  { PREPARE, VM1, TWO "0" },
	  { PREPARE, VM1, TWO "0" } },
	{ "both hook links: two releases",
	  VM1,
	  TWO "0",
	  false,
	  { RELEASE, VM1, NULL },
	  { RELEASE, VM1, NULL } },
};

static int play(struct stage *st, const void *arg)
{
	const struct part *p = arg;
	_auto_(vh_domain) struct vh_domain *d = NULL;

	if (p->uuid)
		d = scratch_vm(p->uuid, p->devices ? p->devices : TWO "0");
	switch (p->what) {
	case PREPARE:
		return stage_prepare(st, d);
	case STARTED:
		return stage_started(st, d);
	case RELEASE:
		return stage_release(st, d);
	case DETACH:
		return stage_detach(st, p->devices);
	case REATTACH:
		return stage_reattach(st, p->devices);
	}
	return -1;
}

static bool set_scene(struct stage *st, const struct race *r)
{
	_auto_(vh_domain) struct vh_domain *d = NULL;

	if (r->detached && stage_detach(st, TWO "0") < 0)
		return false;
	if (!r->before_uuid)
		return true;
	d = scratch_vm(r->before_uuid, r->before_devices);
	if (stage_run(st, d) != 0)
		return false;
	fake_libvirt_release(st->root, d);
	return true;
}

static bool is_prepare(const struct part *p, const struct actor *a)
{
	return p->what == PREPARE && actor_result(a) == 0;
}

/* By hand a claim may be ended between the prepare and the start of its guest. */
static bool is_ended_by_hand(const struct stage *st, const struct part *prepared,
			     const struct part *other, const struct actor *by)
{
	return other->what == REATTACH && actor_result(by) == 0 &&
	       !stage_has_claim(st, prepared->uuid);
}

/* What a domain that was prepared finds: libvirt and QEMU get its devices, and end. */
static bool can_run(struct stage *st, const struct part *p)
{
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(p->uuid, p->devices);
	char why[200] = "";

	if (fake_libvirt_prepare(st->root, d, why, sizeof(why)) < 0) {
		diag("prepared, but libvirt says: %s", why);
		return false;
	}
	fake_libvirt_release(st->root, d);
	return true;
}

/* Both are over: one owner at most; then libvirt releases what it prepared, and somebody
 * gives back what was detached by hand. */
static bool ends_well(struct stage *st, const struct race *r, const struct actor *a,
		      const struct actor *b)
{
	bool first = is_prepare(&r->a, a), second = is_prepare(&r->b, b), good = true;

	if (first && second && strcmp(r->a.uuid, r->b.uuid)) {
		diag("both domains were prepared");
		return false;
	}
	if (first && !is_ended_by_hand(st, &r->a, &r->b, b) && !can_run(st, &r->a))
		return false;
	if (second && !first && !is_ended_by_hand(st, &r->b, &r->a, a) && !can_run(st, &r->b))
		return false;
	for (int i = 0; i < 2; i++) {
		_auto_(vh_domain) struct vh_domain *d = scratch_vm(i ? VM2 : VM1, TWO "0");

		if (stage_release(st, d) < 0) {
			diag("release: %s", st->err.what);
			good = false;
		}
	}
	if (stage_has_claim(st, VH_MANUAL) && stage_reattach(st, TWO "0") < 0) {
		diag("reattach: %s", st->err.what);
		good = false;
	}
	return good && stage_is_home(st);
}

/* One order. *ret_a_over, *ret_b_over: it ended, or waited, before its turn was over: more steps
 * would change nothing. */
static bool try_order(const struct race *r, int k, int j, bool *ret_a_over, bool *ret_b_over)
{
	_auto_(stage) struct stage *st = stage_new_near(TWO "0");
	struct actor *a, *b;
	bool good;

	st->config.timeout_call = 60000;
	if (!set_scene(st, r)) {
		diag("the scene cannot be set: %s", st->err.what);
		return false;
	}
	a = actor_start(st, play, &r->a);
	*ret_a_over = !actor_steps(a, k);
	b = actor_start(st, play, &r->b);
	*ret_b_over = !actor_steps(b, j);
	good = actors_finish(a, b);
	if (!good)
		diag("they wait for each other");
	good = good && ends_well(st, r, a, b);
	if (!good)
		diag("%s: after %d and %d steps (results %d, %d)", r->name, k, j, actor_result(a),
		     actor_result(b));
	actor_free(a);
	actor_free(b);
	return good;
}

/* Under valgrind some of the orders. */
static int stride(void)
{
	return tap_under_valgrind() ? 13 : 1;
}

static void test_race(const struct race *r, int offset)
{
	int tried = 0, bad = 0, every = stride();
	bool a_over = false, b_over = false;

	for (int k = offset % every; !a_over; k += every) {
		b_over = false;
		for (int j = (offset + k) % every; !b_over; j += every, tried++)
			bad += !try_order(r, k, j, &a_over, &b_over);
	}
	ok(!bad && tried, "%s: %d orders", r->name, tried);
}

int main(void)
{
	for (size_t i = 0; i < VH_COUNT(races); i++)
		test_race(&races[i], (int)i);
	return tap_done();
}
