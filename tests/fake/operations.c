/* SPDX-License-Identifier: GPL-2.0-or-later */
/* operations - see operations.h. */
#include "tests/fake/operations.h"

#include <sys/wait.h>

#include "tests/fake/fake-tree.h"

#define VM3 "c0000000-0000-0000-0000-000000000003"

static const char *const owners[] = { VM1, VM2, VM3, VH_MANUAL };

/* The devices of a scene as addresses: without the mark of unmanaged ones, or of interfaces. */
static const char *addresses(const struct stage_scene *scene)
{
	return scene->devices + strspn(scene->devices, "!@");
}

/* Where VFIO has no groups its devices are passed by iommufd. */
static struct vh_domain *vm_of(const struct stage *st, const char *uuid, const char *devices)
{
	struct vh_domain *d = scratch_vm(uuid, devices);

	d->iommufd = vh_root_exists(st->root, "fake-kernel/no-groups");
	return d;
}

static int start_of(struct stage *st, const char *uuid, const char *devices)
{
	_auto_(vh_domain) struct vh_domain *d = vm_of(st, uuid, devices);

	return stage_prepare(st, d);
}

static int release_of(struct stage *st, const char *uuid)
{
	_auto_(vh_domain) struct vh_domain *d = vm_of(st, uuid, ALONE);

	return stage_release(st, d);
}

/* --- what they do ----------------------------------------------------------------------------- */

static int run_prepare(struct stage *st, const struct stage_scene *scene)
{
	return start_of(st, VM1, scene->devices);
}

static int run_take_over(struct stage *st, const struct stage_scene *scene)
{
	return start_of(st, VM2, scene->devices);
}

static int run_started(struct stage *st, const struct stage_scene *scene)
{
	_auto_(vh_domain) struct vh_domain *d = vm_of(st, VM1, scene->devices);

	return stage_started(st, d);
}

static int run_release(struct stage *st, const struct stage_scene *scene)
{
	(void)scene;
	return release_of(st, VM1);
}

static int run_detach(struct stage *st, const struct stage_scene *scene)
{
	return stage_detach(st, addresses(scene));
}

static int run_reattach(struct stage *st, const struct stage_scene *scene)
{
	return stage_reattach(st, addresses(scene));
}

/* All that nobody wants any more. */
static int run_reattach_stale(struct stage *st, const struct stage_scene *scene)
{
	(void)scene;
	return stage_reattach_stale(st);
}

/* The domain again, which names no device by now. */
static int run_prepare_plain(struct stage *st, const struct stage_scene *scene)
{
	_auto_(vh_domain) struct vh_domain *d = vm_of(st, VM1, addresses(scene));
	size_t n = d->n_devices;
	int rc;

	d->n_devices = 0;
	rc = stage_prepare(st, d);
	d->n_devices = n;
	return rc;
}

/* The second of two groups, which the guest of VM1 has given back. */
static int run_take_given(struct stage *st, const struct stage_scene *scene)
{
	return start_of(st, VM2, strchr(scene->devices, ' ') + 1);
}

static int run_reattach_given(struct stage *st, const struct stage_scene *scene)
{
	return stage_reattach(st, strchr(scene->devices, ' ') + 1);
}

/* --- what has happened before ------------------------------------------------------------------ */

static bool set_nothing(struct stage *st, const struct stage_scene *scene)
{
	(void)st, (void)scene;
	return true;
}

static bool set_prepared(struct stage *st, const struct stage_scene *scene)
{
	_auto_(vh_domain) struct vh_domain *d = vm_of(st, VM1, scene->devices);
	char why[200];

	return stage_prepare(st, d) == 0 && fake_libvirt_prepare(st->root, d, why, sizeof(why)) == 0;
}

static bool set_running(struct stage *st, const struct stage_scene *scene)
{
	_auto_(vh_domain) struct vh_domain *d = vm_of(st, VM1, scene->devices);

	return stage_run(st, d) == 0;
}

static bool set_after_guest(struct stage *st, const struct stage_scene *scene)
{
	_auto_(vh_domain) struct vh_domain *d = vm_of(st, VM1, scene->devices);

	if (stage_run(st, d) != 0)
		return false;
	fake_libvirt_release(st->root, d);
	return true;
}

/* libvirtd was killed with the guest: nobody has given anything back. */
static bool set_nothing_given(struct stage *st, const struct stage_scene *scene)
{
	_auto_(vh_domain) struct vh_domain *d = vm_of(st, VM1, scene->devices);

	if (stage_run(st, d) != 0)
		return false;
	fake_qemu_end(st->root, d);
	fake_remove(st->root, "run/libvirt/qemu/" VM1 ".xml");
	fake_remove(st->root, "fake-kernel/libvirt/" VM1);
	return true;
}

static bool set_nobody_left(struct stage *st, const struct stage_scene *scene)
{
	bool good = set_nothing_given(st, scene);

	stage_new_daemon(st);
	return good;
}

static bool set_detached(struct stage *st, const struct stage_scene *scene)
{
	return stage_detach(st, addresses(scene)) == 0;
}

static bool set_given_back(struct stage *st, const struct stage_scene *scene)
{
	_auto_(vh_domain) struct vh_domain *d = vm_of(st, VM1, scene->devices);

	if (stage_run(st, d) != 0)
		return false;
	fake_libvirt_unplug(st->root, d, strchr(scene->devices, ' ') + 1);
	return true;
}

/* The guest has ended after one of its devices was unplugged. */
static bool set_after_unplug(struct stage *st, const struct stage_scene *scene)
{
	_auto_(vh_domain) struct vh_domain *d = vm_of(st, VM1, scene->devices);

	if (!set_given_back(st, scene))
		return false;
	fake_libvirt_release(st->root, d);
	return true;
}

/* libvirt refuses the start when the hook has ended. */
static bool set_prepared_alone(struct stage *st, const struct stage_scene *scene)
{
	return start_of(st, VM1, scene->devices) == 0;
}

static bool set_prepared_and_gone(struct stage *st, const struct stage_scene *scene)
{
	bool good = set_prepared_alone(st, scene);

	stage_new_daemon(st);
	return good;
}

/* libvirt has a driver for just this kind of device, and prefers it (since 10.0). */
static void put_variant(struct stage *st)
{
	fake_put(st->root, "sys/bus/pci/drivers/some-vfio-pci/bind", "%s", "");
	fake_put(st->root, "sys/bus/pci/drivers/some-vfio-pci/unbind", "%s", "");
	fake_put(st->root, "fake-kernel/variant", "some-vfio-pci\n");
	fake_put(st->root, "lib/modules/6.1.0/modules.alias",
		 "alias vfio_pci:v*d*sv*sd*bc*sc*i0* some-vfio-pci\n");
}

static bool set_after_variant(struct stage *st, const struct stage_scene *scene)
{
	put_variant(st);
	return set_after_guest(st, scene);
}

/* The kernel has a VFIO driver for every device: peers go to that. */
static bool set_variants(struct stage *st, const struct stage_scene *scene)
{
	(void)scene;
	fake_put(st->root, "fake-kernel/modules/some_vfio_pci", "%s", "");
	fake_put(st->root, "lib/modules/6.1.0/modules.alias",
		 "alias vfio_pci:v*d*sv*sd*bc*sc*i0* some_vfio_pci\n");
	return true;
}

static bool set_nothing_given_of_variant(struct stage *st, const struct stage_scene *scene)
{
	put_variant(st);
	return set_nothing_given(st, scene);
}

/* CONFIG_VFIO_GROUP=n. What was on vfio-pci before has no node of its group either. */
static bool set_no_groups(struct stage *st, const struct stage_scene *scene)
{
	(void)scene;
	fake_put(st->root, "fake-kernel/no-groups", "%s", "");
	fake_remove(st->root, "dev/vfio/7");
	fake_mkdirs(st->root, "sys/class/vfio-dev");
	free(st->before);
	st->before = scratch_state(st->s);
	return true;
}

static bool set_after_guest_without_groups(struct stage *st, const struct stage_scene *scene)
{
	return set_no_groups(st, scene) && set_after_guest(st, scene);
}

/* ARM64 before Linux 6.15: what has no driver has no group yet. */
static bool set_late_group(struct stage *st, const struct stage_scene *scene)
{
	fake_put(st->root, "proc/cpuinfo", "CPU implementer\t: 0x41\n");
	fake_make_late(st->root, addresses(scene));
	return true;
}

/* While the guest ran somebody unloaded modules of its host drivers; they may be loaded again. */
static bool set_after_unloading(struct stage *st, const struct stage_scene *scene)
{
	static const char *const drivers[] = { "igb", "nvidia", "snd_hda_intel" };
	_auto_free_ char *before = NULL;

	if (!set_after_guest(st, scene))
		return false;
	/* no bystander may lose its driver by that */
	before = scratch_state(st->s);
	for (size_t i = 0; i < VH_COUNT(drivers); i++) {
		_auto_free_ char *bound = vh_printf(" %s ", drivers[i]);

		if (!strstr(before, bound))
			fake_unload(st->root, drivers[i]);
	}
	return true;
}

/* One that was killed when it had written `part` of ten of what it writes. */
static bool kill_at(struct stage *st, const struct stage_scene *scene,
		    int (*run)(struct stage *, const struct stage_scene *), int writes, int part)
{
	struct operation killed = { .run = run };

	fake_reset(st->root);
	fake_fault(st->root, "write %d group after", writes * part / 10);
	VH_IGNORE(operation_fork(&killed, st, scene, NULL)); /* it may write nothing at all */
	operation_settle(st);
	return true;
}

static int writes_of(struct stage *copy, const struct stage_scene *scene,
		     int (*run)(struct stage *, const struct stage_scene *))
{
	fake_reset(copy->root);
	return run(copy, scene) < 0 ? 0 : fake_writes(copy->root);
}

static bool set_killed_prepare(struct stage *st, const struct stage_scene *scene)
{
	_auto_(stage) struct stage *copy = stage_new_near(scene->devices);

	return kill_at(st, scene, run_prepare, writes_of(copy, scene, run_prepare), 6);
}

static bool set_killed_prepare_and_daemon(struct stage *st, const struct stage_scene *scene)
{
	bool good = set_killed_prepare(st, scene);

	stage_new_daemon(st);
	return good;
}

static bool set_killed_release(struct stage *st, const struct stage_scene *scene)
{
	_auto_(stage) struct stage *copy = stage_new_near(scene->devices);

	return set_after_guest(copy, scene) && set_after_guest(st, scene) &&
	       kill_at(st, scene, run_release, writes_of(copy, scene, run_release), 5);
}

static bool set_killed_detach(struct stage *st, const struct stage_scene *scene)
{
	_auto_(stage) struct stage *copy = stage_new_near(scene->devices);

	return kill_at(st, scene, run_detach, writes_of(copy, scene, run_detach), 6);
}

static bool set_killed_reattach(struct stage *st, const struct stage_scene *scene)
{
	_auto_(stage) struct stage *copy = stage_new_near(scene->devices);

	return set_detached(copy, scene) && set_detached(st, scene) &&
	       kill_at(st, scene, run_reattach, writes_of(copy, scene, run_reattach), 5);
}

const struct operation operations[] = {
	{ "prepare", set_nothing, run_prepare, 0 },
	{ "prepare that is undone", set_nothing, run_prepare, OPERATION_FAILS },
	{ "prepare after a killed prepare", set_killed_prepare, run_prepare, 0 },
	{ "prepare after a killed release", set_killed_release, run_prepare, 0 },
	{ "prepare after a guest without release", set_nothing_given, run_prepare, 0 },
	{ "take-over of a killed prepare", set_killed_prepare_and_daemon, run_take_over, 0 },
	{ "take-over of a guest that ended", set_nobody_left, run_take_over, 0 },
	{ "take-over of what was unplugged", set_given_back, run_take_given, OPERATION_TWO },
	{ "started", set_prepared, run_started, 0 },
	{ "release", set_after_guest, run_release, 0 },
	{ "release where libvirt gave nothing back", set_nothing_given, run_release, 0 },
	{ "release after a killed release", set_killed_release, run_release, 0 },
	{ "release after a killed prepare", set_killed_prepare, run_release, 0 },
	{ "detach", set_nothing, run_detach, OPERATION_BY_HAND },
	{ "detach that is undone", set_nothing, run_detach, OPERATION_FAILS | OPERATION_BY_HAND },
	{ "detach after a killed detach", set_killed_detach, run_detach, OPERATION_BY_HAND },
	{ "detach after a killed reattach", set_killed_reattach, run_detach, OPERATION_BY_HAND },
	{ "prepare after a detach", set_detached, run_prepare, OPERATION_BY_HAND },
	{ "reattach", set_detached, run_reattach, OPERATION_BY_HAND },
	{ "reattach after a killed reattach", set_killed_reattach, run_reattach, OPERATION_BY_HAND },
	{ "reattach of a domain's claim", set_nobody_left, run_reattach, 0 },
	{ "reattach of a prepared claim", set_killed_prepare, run_reattach, 0 },
	{ "reattach of what was unplugged", set_given_back, run_reattach_given, OPERATION_TWO },
	{ "detach beside a guest", set_running, run_detach, OPERATION_BY_HAND },
	{ "release of a start that libvirt refused", set_prepared_alone, run_release, 0 },
	{ "release after a hot-unplug", set_after_unplug, run_release, OPERATION_TWO },
	{ "release after a variant driver", set_after_variant, run_release, 0 },
	{ "prepare of peers for a variant driver", set_variants, run_prepare, 0 },
	{ "release where a variant driver was left", set_nothing_given_of_variant, run_release, 0 },
	{ "release after modules were unloaded", set_after_unloading, run_release, 0 },
	{ "prepare without groups", set_no_groups, run_prepare, OPERATION_GROUPLESS },
	{ "prepare of what has no group yet", set_late_group, run_prepare, OPERATION_DRIVERLESS },
	{ "detach of what has no group yet", set_late_group, run_detach, OPERATION_DRIVERLESS },
	{ "release without groups", set_after_guest_without_groups, run_release,
	  OPERATION_GROUPLESS },
	{ "start without devices after a killed prepare", set_killed_prepare, run_prepare_plain,
	  OPERATION_PASSES_BY },
	{ "prepare after a killed detach", set_killed_detach, run_prepare, OPERATION_BY_HAND },
	{ "detach over a killed prepare", set_killed_prepare_and_daemon, run_detach,
	  OPERATION_BY_HAND },
	{ "reattach after a killed detach", set_killed_detach, run_reattach, OPERATION_BY_HAND },
	{ "reattach of all after a start", set_prepared_and_gone, run_reattach_stale,
	  OPERATION_PASSES_BY },
	{ "reattach of all after a killed prepare", set_killed_prepare_and_daemon,
	  run_reattach_stale, OPERATION_PASSES_BY },
	{ "reattach of all after a guest", set_nobody_left, run_reattach_stale, OPERATION_PASSES_BY },
};
const size_t n_operations = VH_COUNT(operations);

static bool is_first(const struct operation *op)
{
	return op->set == set_nothing || !strcmp(op->name, "release") ||
	       !strcmp(op->name, "reattach");
}

int operation_stride(const struct operation *op)
{
	int every = stage_stride();

	if (is_first(op) && !(op->flags & OPERATION_FAILS))
		return every == 1 ? 1 : every * 5 / 3; /* in five ways */
	return every == 1 ? 5 : 20 * every;
}

int operation_offset(const struct operation *op, const struct stage_scene *scene, int way)
{
	return (int)((op - operations) * 7 + (scene - stage_scenes) * 3 + way * 5) %
	       operation_stride(op);
}

/* What follows by itself, what a person does next, and what begins again. */
const struct operation *operation_next(const struct operation *op, int n)
{
	static const struct operation next[] = {
		{ "then a release", NULL, run_release, 0 },
		{ "then a prepare", NULL, run_prepare, 0 },
		{ "then a reattach", NULL, run_reattach, 0 },
		{ "then another domain's prepare", NULL, run_take_over, 0 },
	};

	(void)op;
	return &next[(size_t)n % VH_COUNT(next)];
}

bool operation_fits(const struct operation *op, const struct stage_scene *scene)
{
	const char *only = getenv("VH_TEST_ONLY");

	if (only && strcmp(op->name, only) != 0 && strcmp(scene->name, only) != 0)
		return false;
	if ((op->flags & OPERATION_DRIVERLESS) && strcmp(scene->name, "no driver") != 0)
		return false;
	if ((op->flags & OPERATION_BY_HAND) && *scene->devices == '!')
		return false;
	if ((op->flags & OPERATION_GROUPLESS) && *scene->devices == '@')
		return false;
	return !(op->flags & OPERATION_TWO) || !strcmp(scene->name, "two groups");
}

/* --- running them ------------------------------------------------------------------------------ */

struct stage *operation_stage(const struct operation *op, const struct stage_scene *scene,
			      int writes)
{
	struct stage *st = stage_new_near(scene->devices);

	if (!op->set(st, scene)) {
		stage_free(st);
		return NULL;
	}
	fake_reset(st->root);
	if ((op->flags & OPERATION_FAILS) && writes > 0)
		fake_fault(st->root, "write %d errno 5", writes - 1);
	return st;
}

static bool measure(const struct operation *op, const struct stage_scene *scene, int *writes,
		    int *steps)
{
	_auto_(stage) struct stage *st = operation_stage(op, scene, *writes);

	if (!st)
		return false;
	VH_IGNORE(op->run(st, scene)); /* it may be refused, or fail on purpose */
	*writes = fake_writes(st->root);
	*steps = fake_steps(st->root);
	return true;
}

bool operation_measure(const struct operation *op, const struct stage_scene *scene, int *writes,
		       int *steps)
{
	int all;

	*writes = 0;
	if (!measure(op, scene, writes, steps))
		return false;
	if (!(op->flags & OPERATION_FAILS))
		return true;
	all = *writes;
	if (!measure(op, scene, writes, steps))
		return false;
	*writes = all;
	return true;
}

int operation_fork(const struct operation *op, struct stage *st, const struct stage_scene *scene,
		   void (*begin)(struct stage *))
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		setpgid(0, 0);
		if (begin)
			begin(st);
		_exit(op->run(st, scene) < 0 ? 1 : 0);
	}
	waitpid(pid, &status, 0);
	return WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
}

void operation_settle(struct stage *st)
{
	for (size_t i = 0; i < VH_COUNT(owners); i++)
		stage_wait_for_writers(st, owners[i]);
	fake_reset(st->root);
}

/* --- the ways on -------------------------------------------------------------------------------- */

static bool is_left(const struct stage *st)
{
	for (size_t i = 0; i < VH_COUNT(owners); i++)
		if (stage_has_claim(st, owners[i]))
			return true;
	return false;
}

/* A claim that is not of all groups is ended in turn. */
static bool tidies_up(struct stage *st, const struct stage_scene *scene)
{
	return !is_left(st) || stage_reattach(st, addresses(scene)) == 0;
}

static bool runs(struct stage *st, const struct stage_scene *scene, const char *uuid)
{
	_auto_(vh_domain) struct vh_domain *d = vm_of(st, uuid, scene->devices);

	return stage_run(st, d) == 0 && stage_end(st, d) == 0;
}

/* Whatever guest there is, it ends first, and libvirt does its part. */
static void end_guests(struct stage *st, const struct stage_scene *scene)
{
	for (size_t i = 0; i < 2; i++) {
		_auto_(vh_domain) struct vh_domain *d = vm_of(st, owners[i], scene->devices);

		fake_libvirt_release(st->root, d);
	}
}

static bool go_on(struct stage *st, const struct stage_scene *scene, int way)
{
	end_guests(st, scene);
	switch (way) {
	case 0: /* what follows in any case: libvirt's release; by hand, somebody tidies up */
		return release_of(st, VM1) == 0 && release_of(st, VM2) == 0 && tidies_up(st, scene);
	case 1: /* the domain is started, again or for the first time; the other one was given up */
		return release_of(st, VM2) == 0 && runs(st, scene, VM1) && tidies_up(st, scene);
	case 2: /* libvirtd has gone too, and somebody tidies up */
		stage_new_daemon(st);
		return tidies_up(st, scene);
	case 3: /* libvirtd has gone too, and another domain wants the devices */
		stage_new_daemon(st);
		return runs(st, scene, VM3) && tidies_up(st, scene);
	default: /* libvirtd has gone too, and somebody detaches once more */
		stage_new_daemon(st);
		if (*scene->devices != '!' && stage_detach(st, addresses(scene)) < 0)
			return false;
		return tidies_up(st, scene);
	}
}

bool operation_ends_home(struct stage *st, const struct stage_scene *scene, int way)
{
	return go_on(st, scene, way) && stage_is_home(st);
}
