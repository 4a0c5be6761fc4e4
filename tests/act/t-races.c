/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two operations on one group, in every order: the first goes k steps, the second j, then each
 * goes on until it ends or waits for the other. Whatever the order, one owner at most, and
 * everything home when both are over.
 */
#include "tests/fake/actors.h"
#include "tests/fake/fake-tree.h"
#include "tests/tap.h"

/* The devices that they want: two of one group, or one twice. */
struct pair {
	const char *name, *first, *second;
};

static const struct pair pairs[] = {
	{ "two drivers", TWO "0", TWO "1" },
	{ "no driver", IDLE, IDLE },
};

/* One operation of a domain, or by hand. END: libvirt gives back, then release. */
struct part {
	enum { PREPARE, RELEASE, END, DETACH, REATTACH } what;
	const char *uuid; /* NULL: by hand */
	bool second;      /* the second device of the pair */
};

struct race {
	const char *name;
	/* who has prepared and run its guest before; NULL: nobody. Its guest has ended, or it is
	 * END that ends it */
	const char *before_uuid;
	bool detached; /* by hand, before all that */
	struct part a, b;
};

static const struct race races[] = {
	{ "two prepares for one group", NULL, false, { PREPARE, VM1, false }, { PREPARE, VM2, true } },
	{ "a release and the prepare of another domain",
	  VM1,
	  false,
	  { RELEASE, VM1, false },
	  { PREPARE, VM2, true } },
	{ "a prepare and the release of another domain",
	  VM1,
	  false,
	  { PREPARE, VM2, true },
	  { RELEASE, VM1, false } },
	{ "libvirt's giving back and the prepare of another domain",
	  VM1,
	  false,
	  { END, VM1, false },
	  { PREPARE, VM2, true } },
	{ "a prepare and libvirt's giving back of another domain",
	  VM1,
	  false,
	  { PREPARE, VM2, true },
	  { END, VM1, false } },
	{ "a release and a prepare of the same domain",
	  VM1,
	  false,
	  { RELEASE, VM1, false },
	  { PREPARE, VM1, false } },
	{ "a detach and a prepare", NULL, false, { DETACH, NULL, false }, { PREPARE, VM1, false } },
	{ "a prepare and a detach", NULL, false, { PREPARE, VM1, true }, { DETACH, NULL, false } },
	{ "a reattach and a prepare", NULL, true, { REATTACH, NULL, false }, { PREPARE, VM1, false } },
	{ "a prepare and a reattach", NULL, true, { PREPARE, VM1, false }, { REATTACH, NULL, false } },
	{ "a release and a reattach", VM1, false, { RELEASE, VM1, false }, { REATTACH, NULL, false } },
	{ "both hook links: two prepares of one domain",
	  NULL,
	  false,
	  { PREPARE, VM1, false },
	  { PREPARE, VM1, false } },
	{ "both hook links: two releases",
	  VM1,
	  false,
	  { RELEASE, VM1, false },
	  { RELEASE, VM1, false } },
};

/* One race with one pair, and what an actor plays of it. */
struct turn {
	const struct pair *pair;
	const struct part *part;
};

static const char *device_of(const struct turn *t)
{
	return t->part->second ? t->pair->second : t->pair->first;
}

static int play(struct stage *st, const void *arg)
{
	const struct turn *t = arg;
	_auto_(vh_domain) struct vh_domain *d = NULL;

	if (t->part->uuid)
		d = scratch_vm(t->part->uuid, device_of(t));
	switch (t->part->what) {
	case PREPARE:
		return stage_prepare(st, d);
	case END:
		fake_libvirt_announce();
		fake_libvirt_release(st->root, d);
		return stage_release(st, d);
	case RELEASE:
		return stage_release(st, d);
	case DETACH:
		return stage_detach(st, device_of(t));
	case REATTACH:
		return stage_reattach(st, device_of(t));
	}
	return -1;
}

static bool set_scene(struct stage *st, const struct race *r, const struct pair *pair)
{
	_auto_(vh_domain) struct vh_domain *d = NULL;

	if (r->detached && stage_detach(st, pair->first) < 0)
		return false;
	if (!r->before_uuid)
		return true;
	d = scratch_vm(r->before_uuid, pair->first);
	if (stage_run(st, d) != 0)
		return false;
	if (r->a.what != END && r->b.what != END)
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
static bool can_run(struct stage *st, const struct turn *t)
{
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(t->part->uuid, device_of(t));
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
static bool ends_well(struct stage *st, const struct race *r, const struct pair *pair,
		      const struct actor *a, const struct actor *b)
{
	const struct turn turn_a = { pair, &r->a }, turn_b = { pair, &r->b };
	bool first = is_prepare(&r->a, a), second = is_prepare(&r->b, b), good = true;

	if (first && second && strcmp(r->a.uuid, r->b.uuid)) {
		diag("both domains were prepared");
		return false;
	}
	if (first && !is_ended_by_hand(st, &r->a, &r->b, b) && !can_run(st, &turn_a))
		return false;
	if (second && !first && !is_ended_by_hand(st, &r->b, &r->a, a) && !can_run(st, &turn_b))
		return false;
	for (int i = 0; i < 2; i++) {
		_auto_(vh_domain) struct vh_domain *d = scratch_vm(i ? VM2 : VM1, pair->first);

		if (stage_release(st, d) < 0) {
			diag("release: %s", st->err.what);
			good = false;
		}
	}
	if (stage_has_claim(st, VH_MANUAL) && stage_reattach(st, pair->first) < 0) {
		diag("reattach: %s", st->err.what);
		good = false;
	}
	return good && stage_is_home(st);
}

/* One order. *ret_a_over, *ret_b_over: it ended, or waited, before its turn was over: more steps
 * would change nothing. */
static bool try_order(const struct race *r, const struct pair *pair, int k, int j, bool *ret_a_over,
		      bool *ret_b_over)
{
	_auto_(stage) struct stage *st = stage_new_near(pair->first);
	const struct turn turn_a = { pair, &r->a }, turn_b = { pair, &r->b };
	struct actor *a, *b;
	bool good;

	st->config.timeout_call = 60000;
	if (!set_scene(st, r, pair)) {
		diag("the scene cannot be set: %s", st->err.what);
		return false;
	}
	a = actor_start(st, play, &turn_a);
	*ret_a_over = !actor_steps(a, k);
	b = actor_start(st, play, &turn_b);
	*ret_b_over = !actor_steps(b, j);
	good = actors_finish(a, b);
	if (!good)
		diag("they wait for each other");
	good = good && ends_well(st, r, pair, a, b);
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

static void test_race(const struct race *r, const struct pair *pair, int offset)
{
	int tried = 0, bad = 0, every = stride();
	bool a_over = false, b_over = false;

	for (int k = offset % every; !a_over; k += every) {
		b_over = false;
		for (int j = (offset + k) % every; !b_over; j += every, tried++)
			bad += !try_order(r, pair, k, j, &a_over, &b_over);
	}
	ok(!bad && tried, "%s, %s: %d orders", r->name, pair->name, tried);
}

int main(void)
{
	for (size_t k = 0; k < VH_COUNT(pairs); k++)
		for (size_t i = 0; i < VH_COUNT(races); i++)
			test_race(&races[i], &pairs[k], (int)i);
	return tap_done();
}
