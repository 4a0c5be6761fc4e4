/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Others move devices too: administrators, libvirt at hot-plug and hot-unplug, the machine itself.
 * What somebody else has taken stays with him, and keeps nothing else away from home.
 */
#include "tests/fake/fake-tree.h"
#include "tests/fake/stage.h"
#include "tests/tap.h"

#define ON_VFIO "vfio-pci vfio-pci"
#define VM3 "c0000000-0000-0000-0000-000000000003"
#define CLAIM1 "run/vfio-hook/" VM1 ".claim"

static void run(struct stage *st, const struct vh_domain *d)
{
	if (stage_run(st, d) != 0)
		diag("does not run");
}

/* A driver that nobody's device asks for; an administrator may name it. */
static void add_driver(struct stage *st, const char *name, const char *addr, const char *probes)
{
	_auto_free_ char *bind = vh_printf("sys/bus/pci/drivers/%s/bind", name);
	_auto_free_ char *unbind = vh_printf("sys/bus/pci/drivers/%s/unbind", name);
	_auto_free_ char *known = vh_printf("fake-kernel/probe/%s", addr);

	fake_put(st->root, bind, "%s", "");
	fake_put(st->root, unbind, "%s", "");
	fake_put(st->root, known, "%s\n", probes);
}

/* driverctl set-override, or virsh nodedev-reattach (`to` NULL: whoever probes). */
static void move_by_hand(struct stage *st, const char *addr, const char *from, const char *to)
{
	VH_IGNORE(fake_write(st->root, to ? to : "\n", "sys/bus/pci/devices/%s/driver_override",
			     addr));
	VH_IGNORE(fake_write(st->root, addr, "sys/bus/pci/drivers/%s/unbind", from));
	VH_IGNORE(fake_write(st->root, addr, "sys/bus/pci/drivers_probe"));
}

static bool is_told(const struct stage *st, const char *what)
{
	return st->told.data && strstr(st->told.data, what);
}

/* --- by hand ---------------------------------------------------------------------------------- */

static void test_other_driver(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, FOUR "0 " ALONE);

	add_driver(st, "uio_pci_generic", ALONE, "igb,uio_pci_generic");
	run(st, d);
	fake_libvirt_unplug(st->root, d, ALONE);
	move_by_hand(st, ALONE, "igb", "uio_pci_generic");
	ok(stage_end(st, d) == 0 && !stage_has_claim(st, VM1) &&
		   stage_is(st, ALONE, "uio_pci_generic uio_pci_generic"),
	   "what was unplugged, and given to another driver by hand, stays there");
	ok(is_told(st, ALONE " stays on driver 'uio_pci_generic'"), "and that is told");
	ok(stage_is(st, FOUR "0", "nvme -") && stage_is(st, FOUR "3", "ahci -"),
	   "everything else comes home");
}

/* It was on vfio-pci before; libvirt leaves it there, and so nobody but a person takes it away. */
static void test_given_to_host(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, FOUR "0 " READY "0");

	run(st, d);
	fake_libvirt_unplug(st->root, d, READY "0");
	move_by_hand(st, READY "0", "vfio-pci", NULL);
	ok(stage_end(st, d) == 0 && stage_is(st, READY "0", "igb -") &&
		   stage_is(st, FOUR "1", "snd_hda_intel -"),
	   "what was on vfio-pci, and given to the host by hand, stays there");
}

static void test_peer_moved(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, TWO "0");

	run(st, d);
	fake_qemu_end(st->root, d);
	move_by_hand(st, TWO "1", "vfio-pci", "nouveau");
	fake_libvirt_reattach(st->root, d);
	ok(stage_release(st, d) == 0 && stage_is(st, TWO "1", "nouveau nouveau") &&
		   stage_is(st, TWO "0", "xhci_hcd -"),
	   "a peer that was given to another driver before release came");
}

/* libvirt's probing is not somebody else: what it chose is put right. */
static void test_libvirt_probed(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, ALONE);

	add_driver(st, "other", ALONE, "other,igb");
	run(st, d);
	fake_libvirt_release(st->root, d);
	ok(stage_is(st, ALONE, "other -") && stage_release(st, d) == 0 && stage_is_home(st),
	   "libvirt's probing chose another driver: home from there");
}

/* --- unknown ---------------------------------------------------------------------------------- */

#define OVERRIDE(addr) "sys/bus/pci/devices/" addr "/driver_override"

/* Where a device stands that a claim has cannot be read: that is neither ours nor another's. */
static void test_unknown(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, FOUR "0");
	_auto_(vh_domain) struct vh_domain *other = scratch_vm(VM1, ALONE);
	int writes;

	run(st, d);
	fake_libvirt_release(st->root, d);
	fake_rename(st->root, OVERRIDE(FOUR "1"), "unreadable");
	writes = fake_writes(st->root);
	ok(stage_prepare(st, d) < 0 &&
		   strstr(st->err.what, "where " FOUR "1 stands cannot be read") &&
		   stage_has_claim(st, VM1) && fake_writes(st->root) == writes,
	   "it cannot be read where a device stands: no start, no write, no loss");
	ok(stage_prepare(st, other) == 0 && stage_is(st, FOUR "2", "xhci_hcd -"),
	   "a start that does not need it begins, and what is known goes home");
	ok(stage_release(st, other) < 0 && st->err.code == VH_E_LEFT && stage_has_claim(st, VM1) &&
		   stage_is(st, FOUR "3", "ahci -"),
	   "the record stays");
	ok(stage_reattach(st, FOUR "1") < 0 && stage_has_claim(st, VM1), "also by hand");
	fake_rename(st->root, "unreadable", OVERRIDE(FOUR "1"));
	ok(stage_reattach(st, FOUR "1") == 0 && stage_is_home(st), "once it can be read: home");
}

/* --- hot-unplug, hot-plug --------------------------------------------------------------------- */

/* The device is another guest's by now, which our records cannot tell from the first one's. */
static void test_plugged_elsewhere(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *a = scratch_vm(VM1, FOUR "0 " ALONE);
	_auto_(vh_domain) struct vh_domain *less = scratch_vm(VM1, FOUR "0");
	_auto_(vh_domain) struct vh_domain *b = scratch_vm(VM2, ALONE);
	_auto_(vh_domain) struct vh_domain *c = scratch_vm(VM3, FOUR "1");
	char why[200] = "";

	run(st, a);
	fake_libvirt_unplug(st->root, a, ALONE);
	if (fake_libvirt_prepare(st->root, b, why, sizeof(why)) < 0)
		diag("hot-plug: %s", why);
	fake_libvirt_release(st->root, a);
	ok(stage_release(st, a) < 0 && strstr(st->err.what, "IOMMU group 3 is still open") &&
		   stage_is(st, ALONE, ON_VFIO) && stage_is(st, FOUR "1", "snd_hda_intel -"),
	   "plugged into another guest: the other group comes home");
	ok(stage_prepare(st, less) == 0, "the first domain starts without it");
	ok(stage_release(st, less) < 0 && stage_is(st, FOUR "0", "nvme -") &&
		   stage_is(st, ALONE, ON_VFIO),
	   "and ends");
	ok(stage_prepare(st, c) == 0, "a third one has the group that is free");
	ok(stage_reattach(st, FOUR "1") == 0 && stage_is(st, FOUR "1", "snd_hda_intel -"),
	   "which can be given back by hand");
	fake_libvirt_release(st->root, b);
	ok(stage_release(st, a) == 0 && stage_is_home(st), "the last one lets it go: home");
}

static void test_given_back(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *a = scratch_vm(VM1, FOUR "0 " ALONE);
	_auto_(vh_domain) struct vh_domain *b = scratch_vm(VM2, FOUR "0");

	run(st, a);
	ok(stage_reattach(st, FOUR "1") < 0 && st->err.code == VH_E_REFUSED &&
		   stage_prepare(st, b) < 0 && stage_found(st, "device-claimed"),
	   "a guest that runs keeps its group");
	fake_libvirt_unplug(st->root, a, FOUR "0");
	ok(stage_is(st, FOUR "0", "nvme -") && stage_is(st, FOUR "1", ON_VFIO),
	   "unplugged: libvirt has given the named one back");
	ok(stage_reattach(st, FOUR "1") == 0 && stage_is(st, FOUR "1", "snd_hda_intel -") &&
		   stage_is(st, FOUR "3", "ahci -") && stage_is(st, ALONE, ON_VFIO),
	   "its peers may go home, and nothing else does");
	ok(stage_reattach(st, ALONE) < 0 && stage_has_claim(st, VM1), "what it has it keeps");
	ok(stage_prepare(st, b) == 0 && stage_release(st, b) == 0 && stage_end(st, a) == 0 &&
		   stage_is_home(st),
	   "another domain may have the group");
}

static void test_taken_over(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *a = scratch_vm(VM1, FOUR "0 " ALONE);
	_auto_(vh_domain) struct vh_domain *b = scratch_vm(VM2, FOUR "1");
	_auto_free_ char *left = NULL;

	run(st, a);
	fake_libvirt_unplug(st->root, a, FOUR "0");
	ok(stage_run(st, b) == 0 && stage_is(st, FOUR "0", ON_VFIO),
	   "unplugged: another domain takes the group over, peers and all");
	left = vh_root_read(st->root, CLAIM1);
	ok(left && strstr(left, ALONE) && !strstr(left, FOUR),
	   "the first one's claim has what it has");
	ok(stage_end(st, a) == 0 && stage_is(st, FOUR "0", ON_VFIO),
	   "it ends: not its group any more");
	ok(stage_end(st, b) == 0 && stage_is_home(st), "home");
}

/* It found its device on vfio-pci: home is where the guest uses it. */
static void test_home_and_open(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *a = scratch_vm(VM1, READY "0");
	_auto_(vh_domain) struct vh_domain *b = scratch_vm(VM2, READY "0");

	run(st, a);
	ok(stage_prepare(st, b) < 0 && stage_found(st, "device-claimed") &&
		   strstr(st->findings.list[0].message, "it is running"),
	   "a device that was on vfio-pci before is still its guest's");
	ok(stage_reattach(st, READY "1") < 0 && st->err.code == VH_E_REFUSED &&
		   stage_is(st, READY "1", ON_VFIO),
	   "and its peers are");
	ok(stage_end(st, a) == 0 && stage_is_home(st), "home");
}

/* libvirt has unbound it, and has not probed yet: so it stood before, too. */
static void test_half_given_back(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *a = scratch_vm(VM1, IDLE);
	_auto_(vh_domain) struct vh_domain *b = scratch_vm(VM2, IDLE);

	run(st, a);
	fake_let_go(st->root, 5);
	fake_remove(st->root, "proc/%d/fd/35", FAKE_QEMU_PID);
	VH_IGNORE(fake_write(st->root, "\n", OVERRIDE(IDLE)));
	VH_IGNORE(fake_write(st->root, IDLE, "sys/bus/pci/drivers/vfio-pci/unbind"));
	ok(stage_is(st, IDLE, "- -") && stage_prepare(st, b) < 0 && stage_has_claim(st, VM1),
	   "a device without a driver, half given back: nobody takes it over");
	VH_IGNORE(fake_write(st->root, IDLE, "sys/bus/pci/drivers_probe"));
	fake_remove(st->root, "fake-kernel/libvirt/" VM1 "/" IDLE);
	ok(stage_is(st, IDLE, "nvme -") && stage_end(st, a) == 0 && stage_is_home(st),
	   "it goes home when its guest has ended");
}

/* --- the machine ------------------------------------------------------------------------------ */

static void test_number_used_again(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, FOUR "0 " ALONE);

	run(st, d);
	fake_libvirt_release(st->root, d);
	fake_unplug(st->root, ALONE);
	fake_put(st->root, "dev/vfio/3", "%s", "");
	fake_hold(st->root, 3, "somebody");
	ok(stage_release(st, d) == 0 && !stage_has_claim(st, VM1) &&
		   stage_is(st, FOUR "1", "snd_hda_intel -"),
	   "a device is gone, and its group's number is another's: no reason to wait");
}

int main(void)
{
	test_other_driver();
	test_given_to_host();
	test_peer_moved();
	test_libvirt_probed();
	test_unknown();
	test_plugged_elsewhere();
	test_given_back();
	test_taken_over();
	test_home_and_open();
	test_half_given_back();
	test_number_used_again();
	return tap_done();
}
