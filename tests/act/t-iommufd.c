/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest that has its devices by iommufd: QEMU has their own nodes open, and not that of the group.
 * Starts, releases, others that want the devices, hot-unplug, as with groups; and who is named.
 */
#include <unistd.h>

#include "tests/fake/fake-tree.h"
#include "tests/fake/stage.h"
#include "tests/tap.h"

#define ON_VFIO "vfio-pci vfio-pci"
#define QEMU "process 4194305 (qemu-system-x86)"

static struct vh_domain *by_iommufd(const char *uuid, const char *devices)
{
	struct vh_domain *d = scratch_vm(uuid, devices);

	d->iommufd = true;
	return d;
}

/* The path that the guest's process has open for this group. */
static bool has_node(const struct stage *st, int group, const char *prefix)
{
	_auto_free_ char *target = vh_root_readlink(st->root, "proc/%d/fd/%d", FAKE_QEMU_PID,
						    30 + group);

	return target && vh_has_prefix(target, prefix);
}

static bool finding_says(const struct stage *st, const char *message, const char *fix)
{
	for (size_t i = 0; i < st->findings.count; i++) {
		const struct vh_finding *f = &st->findings.list[i];

		if (strstr(f->message, message) && f->fix && strstr(f->fix, fix))
			return true;
	}
	for (size_t i = 0; i < st->findings.count; i++)
		diag("%s: %s", st->findings.list[i].message,
		     st->findings.list[i].fix ? st->findings.list[i].fix : "-");
	return false;
}

static int group_of(const struct stage *st, const char *addr)
{
	_auto_free_ char *name = vh_root_link_name(st->root, "sys/bus/pci/devices/%s/iommu_group",
						   addr);

	return name ? (int)strtol(name, NULL, 10) : -1;
}

static void test_guest(const char *devices, const char *first, const char *peer)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = by_iommufd(VM1, devices);
	_auto_(vh_domain) struct vh_domain *other = by_iommufd(VM2, devices);
	int group = group_of(st, first);

	ok(stage_run(st, d) == 0 && has_node(st, group, "/dev/vfio/devices/vfio") &&
		   stage_is(st, peer, ON_VFIO),
	   "%s by iommufd: starts, and its peer is taken", devices);
	ok(stage_prepare(st, other) < 0 && stage_found(st, "device-claimed"),
	   "another domain is refused");
	ok(stage_release(st, d) < 0 && st->err.what && strstr(st->err.what, "still open: " QEMU) &&
		   stage_has_claim(st, VM1) && stage_is(st, peer, ON_VFIO),
	   "a release while QEMU has the devices: everything stays");
	ok(stage_end(st, d) == 0 && stage_is_home(st), "once it has ended: home");
}

/* Without a claim that would say whose it is: a QEMU that somebody runs by himself. */
static void test_stranger(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = by_iommufd(VM1, ALONE);
	_auto_(vh_domain) struct vh_domain *other = scratch_vm(VM2, ALONE);
	_auto_free_ char *node = NULL, *fix = NULL, *before = NULL;
	char why[200];

	if (fake_libvirt_prepare(st->root, d, why, sizeof(why)) < 0)
		diag("%s", why);
	fake_remove(st->root, "run/libvirt/qemu/" VM1 ".xml");
	node = vh_root_readlink(st->root, "proc/%d/fd/%d", FAKE_QEMU_PID, 30 + group_of(st, ALONE));
	fix = vh_printf("fuser -v %s", node ? node : "-");
	before = scratch_state(st->s);
	ok(stage_prepare(st, other) < 0 && finding_says(st, "is in use by " QEMU, fix),
	   "somebody else's QEMU: named, with the node that it has");
	ok(stage_detach(st, ALONE) < 0 && finding_says(st, "is in use by " QEMU, fix),
	   "by hand likewise");
	free(st->before);
	st->before = VH_STEAL(before);
	ok(stage_is_home(st), "and nothing is moved");
}

/* A group that was detached by hand, and then a QEMU that somebody runs by himself. */
static void test_stranger_by_hand(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = by_iommufd(VM1, ALONE);
	char why[200] = "";

	if (stage_detach(st, ALONE) < 0 || fake_libvirt_prepare(st->root, d, why, sizeof(why)) < 0)
		diag("%s", why);
	fake_remove(st->root, "run/libvirt/qemu/" VM1 ".xml");
	ok(stage_reattach(st, ALONE) < 0 && stage_is(st, ALONE, ON_VFIO) && st->err.what &&
		   strstr(st->err.what, "is open: " QEMU) && st->err.fix &&
		   strstr(st->err.fix, "fuser -v /dev/vfio/devices/vfio"),
	   "reattach names who has what was detached by hand, with the node that it has");
	fake_libvirt_release(st->root, d);
	ok(stage_reattach(st, ALONE) == 0 && stage_is_home(st), "once it has ended: home");
}

/* A process that has opened the node of a device, and bound it to nothing: the group can be opened. */
static void test_only_opened(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = by_iommufd(VM1, ALONE);
	_auto_names_ struct vh_names nodes = { 0 };
	_auto_free_ char *fd = vh_printf("proc/4005/fd/8"), *node = NULL, *fix = NULL;

	fake_mkdirs(st->root, "dev/vfio/devices");
	free(st->before);
	st->before = scratch_state(st->s);
	if (stage_detach(st, ALONE) < 0 ||
	    vh_root_list(st->root, &nodes, "sys/bus/pci/devices/" ALONE "/vfio-dev") < 0)
		diag("not detached");
	node = vh_printf("/dev/vfio/devices/%s", nodes.count ? nodes.name[0] : "-");
	fix = vh_printf("fuser -v %s", node);
	stage_add_user(st, 4005, "own", "system.slice/own.service");
	if (symlinkat(node, st->root->fd, fd) < 0)
		abort();
	ok(stage_prepare(st, d) < 0 && finding_says(st, "is in use by process 4005 (own)", fix),
	   "who has only opened the node of a device is seen by a start");
	ok(stage_reattach(st, ALONE) < 0 && stage_is(st, ALONE, ON_VFIO) && st->err.what &&
		   strstr(st->err.what, "is open: process 4005 (own)"),
	   "and by reattach: VFIO would wait for it");
	fake_remove(st->root, "proc/4005");
	ok(stage_reattach(st, ALONE) == 0 && stage_is_home(st), "once it has ended: home");
}

static void test_mixed(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, ALONE " " TWO "0");

	d->devices[0].iommufd = VH_YES;
	ok(stage_prepare(st, d) < 0 && stage_found(st, "iommufd-unavailable") &&
		   !stage_has_claim(st, VM1) && stage_is_home(st),
	   "one by iommufd and one by its group: refused, and nothing is moved");
}

static void test_unplug(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = by_iommufd(VM1, FOUR "0 " ALONE);
	_auto_(vh_domain) struct vh_domain *other = by_iommufd(VM2, ALONE);

	if (stage_run(st, d) != 0)
		diag("does not run");
	fake_libvirt_unplug(st->root, d, ALONE);
	ok(stage_prepare(st, other) == 0, "what a guest gave back, another may take");
	ok(stage_release(st, other) == 0 && stage_end(st, d) == 0 && stage_is_home(st), "home");
}

/* libvirt calls no hook for that: who has the device is seen by the node that QEMU has open, also
 * where the guest had none before, and so has no claim. */
static void test_plug(const char *devices)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = by_iommufd(VM1, *devices ? devices : ALONE);
	_auto_(vh_domain) struct vh_domain *plugged = by_iommufd(VM1, SPLIT "0");
	_auto_(vh_domain) struct vh_domain *other = by_iommufd(VM2, SPLIT "0");
	char why[200] = "";

	if (*devices && stage_run(st, d) != 0)
		diag("does not run");
	ok(fake_libvirt_prepare(st->root, plugged, why, sizeof(why)) == 0 &&
		   stage_is(st, SPLIT "0", ON_VFIO),
	   "plugged into a guest with %s", *devices ? devices : "none");
	ok(stage_prepare(st, other) < 0 && st->err.code == VH_E_REFUSED &&
		   !stage_has_claim(st, VM2) && stage_is(st, SPLIT "0", ON_VFIO),
	   "another domain that wants it is refused, and it stays");
	fake_libvirt_unplug(st->root, plugged, SPLIT "0");
	ok(stage_run(st, other) == 0 && stage_end(st, other) == 0,
	   "unplugged: that one may have it");
	if (!*devices)
		fake_libvirt_release(st->root, plugged);
	ok((!*devices || stage_end(st, d) == 0) && stage_is_home(st), "home");
}

int main(void)
{
	test_guest(TWO "0", TWO "0", TWO "1");
	test_guest(FOUR "0 " FOUR "1", FOUR "0", FOUR "2");
	test_stranger();
	test_stranger_by_hand();
	test_only_opened();
	test_mixed();
	test_unplug();
	test_plug(FOUR "0");
	test_plug("");
	return tap_done();
}
