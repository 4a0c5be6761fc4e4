/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ARM64 before Linux 6.15: a device without a driver has no group until one is bound. It is bound
 * once, and what is in its group by then is judged as anywhere else.
 */
#include <signal.h>

#include "tests/fake/fake-tree.h"
#include "tests/fake/stage.h"
#include "tests/tap.h"

#define LATE "0000:0c:00.0"
#define PEER "0000:0c:00.1"
#define OTHER "0000:0d:00.0"

static const char machine[] = "pci " LATE " class=020000 id=8086:1521 group=5 probes=igb\n"
			      "pci " PEER " class=010802 id=144d:a808 group=5 driver=nvme\n"
			      "pci " OTHER " class=020000 id=8086:1521 group=6 driver=igb\n"
			      "d sys/class/iommu/smmu3.0\n"
			      "f proc/self/mountinfo\t26 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
			      "f proc/swaps\tFilename\nf proc/net/route\tIface\n"
			      "f proc/cpuinfo\tCPU implementer\t: 0x41\n"
			      "f proc/interrupts\t 24: 0 ITS-PCI-MSI-0000:0d:00.0 0 Edge eth0\n"
			      "f proc/cmdline\tro\n"
			      "f proc/sys/kernel/osrelease\t6.12.0\n"
			      "f lib/modules/6.12.0/modules.dep\tkernel/drivers/vfio/pci/vfio-pci.ko:\n"
			      "f lib/modules/6.12.0/modules.alias\talias x y\n";

static struct stage *stage_of(void)
{
	struct stage *st = stage_new(machine);

	fake_make_late(st->root, LATE);
	return st;
}

static bool is_in_group(const struct stage *st, const char *want)
{
	_auto_free_ char *group = vh_root_link_name(st->root,
						    "sys/bus/pci/devices/" LATE "/iommu_group");

	return vh_streq(group, want);
}

static void test_start(void)
{
	_auto_(stage) struct stage *st = stage_of();
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, LATE);

	ok(is_in_group(st, NULL), "it has no group");
	ok(stage_prepare(st, d) == 0 && is_in_group(st, "5"), "a start gives it one");
	ok(stage_found(st, "peer-detached") && !stage_found(st, "iommu-off"),
	   "and what is in it is judged");
	ok(stage_is(st, LATE, "- -") && stage_is(st, PEER, "vfio-pci vfio-pci"),
	   "for libvirt to bind; its peer is bound");
	ok(stage_run(st, d) == 0 && stage_is(st, LATE, "vfio-pci vfio-pci"), "it starts");
	ok(stage_end(st, d) == 0 && stage_is_home(st), "home, and without a driver again");
	fake_reset(st->root);
	ok(stage_run(st, d) == 0 && stage_end(st, d) == 0 && stage_is_home(st),
	   "the next start finds the group");
}

static void test_by_hand(void)
{
	_auto_(stage) struct stage *st = stage_of();

	ok(stage_detach(st, LATE) == 0 && stage_is(st, LATE, "vfio-pci vfio-pci") &&
		   stage_is(st, PEER, "vfio-pci vfio-pci"),
	   "by hand: with its peer");
	ok(stage_reattach(st, LATE) == 0 && stage_is_home(st), "and home");
}

/* What is seen only then: it is refused, and nothing stays as it was put. */
static void test_refused(void)
{
	_auto_(stage) struct stage *st = stage_of();
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, LATE);

	fake_put(st->root, "sys/bus/pci/devices/" PEER "/nvme/nvme0/nvme0n1/dev", "259:0\n");
	fake_put(st->root, "sys/bus/pci/devices/" PEER "/nvme/nvme0/nvme0n1/size", "9\n");
	fake_put(st->root, "proc/self/mountinfo",
		 "26 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
		 "27 26 259:0 / /srv rw - ext4 /dev/nvme0n1 rw\n");
	ok(stage_prepare(st, d) < 0 && stage_found(st, "peer-in-use"), "a peer in use is refused");
	ok(stage_is_home(st) && !stage_has_claim(st, VM1), "undone: home, no claim");
}

static void test_required(void)
{
	_auto_(stage) struct stage *st = stage_of();
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, LATE);

	st->config.peers = VH_PEERS_REQUIRE;
	ok(stage_prepare(st, d) < 0 && stage_found(st, "peer-not-listed") && stage_is_home(st),
	   "peers = require holds for it too");
}

static bool says(const struct stage *st, const char *words)
{
	return st->err.what && strstr(st->err.what, words);
}

/* No SMMU has it: vfio-pci does not take it, libvirt could not either. */
static void test_none(void)
{
	_auto_(stage) struct stage *st = stage_of();
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, LATE);

	fake_remove(st->root, "fake-kernel/late/" LATE);
	ok(stage_prepare(st, d) < 0 && says(st, "gets none by being bound"),
	   "one that gets no group is refused");
	ok(stage_is_home(st) && !stage_has_claim(st, VM1), "home, no claim");
}

static void test_kept(void)
{
	_auto_(stage) struct stage *st = stage_of();
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, "!" LATE);

	ok(stage_prepare(st, d) < 0 && stage_found(st, "unmanaged-on-host-driver") &&
		   fake_writes(st->root) == 0,
	   "managed='no': nothing is done with it");
}

/* From 6.15 on every device has its group when it is found: one without has none. */
static void test_newer(void)
{
	_auto_(stage) struct stage *st = stage_of();
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, LATE);

	fake_put(st->root, "proc/sys/kernel/osrelease", "6.15.0\n");
	ok(stage_prepare(st, d) < 0 && stage_found(st, "iommu-off") && fake_writes(st->root) == 0,
	   "Linux 6.15: refused, nothing is tried");
}

static void test_killed(void)
{
	for (int at = 0; at < 5; at++) {
		_auto_(stage) struct stage *st = stage_of();
		_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, LATE);

		fake_fault(st->root, "write %d group after", at);
		ok(stage_fork(st, stage_prepare, d) == SIGKILL, "killed at write %d", at);
		fake_reset(st->root);
		stage_new_daemon(st);
		ok(stage_run(st, d) == 0 && stage_end(st, d) == 0 && stage_is_home(st),
		   "the next start works, and all comes home");
	}
}

/* The other member's owner is asked as soon as it is known to be one. While that guest has the
 * group open the device cannot leave vfio-pci: it is in the claim, and comes home afterwards. */
static void test_claimed(void)
{
	_auto_(stage) struct stage *st = stage_of();
	_auto_(vh_domain) struct vh_domain *first = scratch_vm(VM2, PEER);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, LATE);

	ok(stage_run(st, first) == 0, "a guest has the other device of its group");
	ok(stage_prepare(st, d) < 0 && st->err.code == VH_E_LEFT, "refused");
	ok(stage_has_claim(st, VM1) && stage_is(st, PEER, "vfio-pci vfio-pci"),
	   "a claim says what is left, and the guest has what it had");
	ok(stage_end(st, first) == 0 && stage_release(st, d) == 0 && stage_is_home(st), "home");
}

int main(void)
{
	test_start();
	test_by_hand();
	test_refused();
	test_required();
	test_none();
	test_kept();
	test_newer();
	test_killed();
	test_claimed();
	return tap_done();
}
