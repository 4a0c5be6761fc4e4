/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * While something moves devices one of them goes its own way: it is removed and found again, it is
 * removed, somebody gives it to a driver of his choice. Each happens at steps of each operation
 * (operations.h). The device is where that put it, or home, and nothing of ours is left on it; all
 * others are home.
 */
#include "tests/fake/actors.h"
#include "tests/fake/fake-tree.h"
#include "tests/fake/operations.h"
#include "tests/tap.h"

#define DEVICE "sys/bus/pci/devices/%s"
#define CHOSEN "uio_of_choice"
#define SPARSE 7 /* points of the operations' own stride that are left out */

/* --- what happens ------------------------------------------------------------------------------ */

static void leave_driver(const struct vh_root *root, const char *addr)
{
	_auto_free_ char *driver = vh_root_link_name(root, DEVICE "/driver", addr);

	if (driver)
		VH_IGNORE(fake_write(root, addr, "sys/bus/pci/drivers/%s/unbind", driver));
}

/* A new device of the kernel's: it has no override, and the driver that is first. */
static void find_again(const struct vh_root *root, const char *addr)
{
	leave_driver(root, addr);
	VH_IGNORE(fake_write(root, "\n", DEVICE "/driver_override", addr));
	VH_IGNORE(fake_write(root, addr, "sys/bus/pci/drivers_probe"));
}

/* driverctl set-override */
static void choose(const struct vh_root *root, const char *addr)
{
	_auto_free_ char *path = vh_printf("fake-kernel/probe/%s", addr);
	_auto_free_ char *probes = vh_root_read(root, "%s", path);

	fake_put(root, "sys/bus/pci/drivers/" CHOSEN "/bind", "%s", "");
	fake_put(root, "sys/bus/pci/drivers/" CHOSEN "/unbind", "%s", "");
	fake_put(root, path, "%s%s" CHOSEN "\n", probes ? probes : "", probes && *probes ? "," : "");
	VH_IGNORE(fake_write(root, CHOSEN, DEVICE "/driver_override", addr));
	leave_driver(root, addr);
	VH_IGNORE(fake_write(root, addr, "sys/bus/pci/drivers_probe"));
}

static const struct event {
	const char *name;
	void (*happens)(const struct vh_root *root, const char *addr);
} events[] = {
	{ "removed and found again", find_again },
	{ "removed", fake_unplug },
	{ "given to another driver", choose },
};

/* Of a device that a guest has open the kernel would wait for that. */
static bool may_happen(const struct vh_root *root, const char *addr)
{
	_auto_free_ char *group = vh_root_link_name(root, DEVICE "/iommu_group", addr);

	return group && !vh_root_exists(root, "fake-kernel/held/%s", group);
}

/* --- what is right after it -------------------------------------------------------------------- */

/* Where the event itself may have put the device. Where our override came after that of the chosen
 * driver, and was taken back, nobody knows any more what it was. */
static bool is_of_event(const struct stage *st, const struct event *e, const char *addr)
{
	_auto_free_ char *now = scratch_device(st->s, addr), *fresh = NULL;
	_auto_free_ char *probes = vh_root_read(st->root, "fake-kernel/probe/%s", addr);
	int first = (int)strcspn(probes ? probes : "", ",");

	if (e->happens == fake_unplug)
		return !strcmp(now, "gone");
	if (e->happens == choose)
		return vh_has_prefix(now, CHOSEN " ") && !strstr(now, "vfio");
	fresh = first ? vh_printf("%.*s -", first, probes) : vh_strdup("- -");
	return !strcmp(now, fresh);
}

/* As it was at the beginning, but for this device if the event may account for it. */
static bool is_right(const struct stage *st, const struct event *e, const char *addr)
{
	_auto_free_ char *now = scratch_state(st->s), *before = vh_strdup(st->before);
	const char *texts[] = { now, st->before };
	char *rests[] = { before, now }, *line;
	bool good = true;

	for (int way = 0; way < 2; way++) {
		_auto_free_ char *whole = vh_printf("\n%s", texts[way]);

		while ((line = strsep(&rests[way], "\n"))) {
			_auto_free_ char *wanted = vh_printf("\n%s\n", line);

			/* the node of a group goes with its last device */
			if (!*line || strstr(whole, wanted) || vh_has_prefix(line, "node ") ||
			    (vh_has_prefix(line, addr) && is_of_event(st, e, addr)))
				continue;
			diag("%s: %s", way ? "is now" : "was", line);
			good = false;
		}
	}
	return good;
}

/* --- at every step ------------------------------------------------------------------------------ */

struct part {
	const struct operation *op;
	const struct stage_scene *scene;
};

static int play(struct stage *st, const void *arg)
{
	const struct part *p = arg;

	return p->op->run(st, p->scene);
}

/* The first device of the scene, or its neighbour, which is not in every scene. */
static char *victim_of(const struct stage_scene *scene, int n)
{
	char *addr = vh_strndup(scene->devices + strspn(scene->devices, "!@"), strlen(ALONE));

	if (n % 2)
		addr[strlen(ALONE) - 1] ^= 1;
	return addr;
}

/* Whatever is refused because of it, libvirt's release comes in the end. What was detached with a
 * device that is gone has to be named. */
static void go_on(struct stage *st, const struct stage_scene *scene, int n)
{
	VH_IGNORE(operation_ends_home(st, scene, n % OPERATION_WAYS));
	VH_IGNORE(operation_ends_home(st, scene, 0));
	for (int k = 0; k < 3 && stage_has_claim(st, VH_MANUAL); k++) {
		_auto_free_ char *addr = victim_of(scene, 0);

		addr[strlen(ALONE) - 1] = (char)('0' + k);
		VH_IGNORE(stage_reattach(st, addr));
	}
}

/* false: the operation has fewer steps. */
static bool try_step(const struct part *p, const struct event *e, int writes, int n, int *bad)
{
	_auto_(stage) struct stage *st = operation_stage(p->op, p->scene, writes);
	_auto_free_ char *addr = victim_of(p->scene, n);
	struct actor *a = actor_start(st, play, p);
	bool more = actor_steps(a, n), happens = more && may_happen(st->root, addr);

	if (happens)
		e->happens(st->root, addr);
	if (!actors_finish(a, a))
		diag("it does not end");
	actor_free(a);
	operation_settle(st);
	if (happens)
		go_on(st, p->scene, n);
	if (happens && !is_right(st, e, addr)) {
		diag("%s of '%s': %s %s at step %d", p->op->name, p->scene->name, addr, e->name, n);
		(*bad)++;
	}
	return more;
}

static void test(const struct part *p, const struct event *e, int offset)
{
	int writes, steps, bad = 0, tried = 0, every = operation_stride(p->op) * SPARSE;

	if (!operation_measure(p->op, p->scene, &writes, &steps)) {
		ok(false, "%s of '%s': cannot be set", p->op->name, p->scene->name);
		return;
	}
	if (getenv("VH_TEST_LONG"))
		every = operation_stride(p->op);
	for (int n = offset % (steps > 0 && steps < every ? steps : every);
	     try_step(p, e, writes, n, &bad); n += every)
		tried++;
	ok(!bad, "%s of '%s': a device is %s at %d steps", p->op->name, p->scene->name, e->name,
	   tried);
}

int main(void)
{
	bool all = getenv("VH_TEST_LONG") != NULL;

	for (size_t o = 0; o < n_operations; o++)
		for (size_t s = 0; s < stage_n_scenes; s++)
			for (size_t e = 0; e < VH_COUNT(events); e++) {
				const struct part p = { &operations[o], &stage_scenes[s] };

				/* where time is short one of them, of a third of the pairs */
				if (operation_fits(p.op, p.scene) &&
				    (all || (o + s) % (3 * VH_COUNT(events)) == e))
					test(&p, &events[e], (int)(o * 7 + s * 3 + e * 5));
			}
	return tap_done();
}
