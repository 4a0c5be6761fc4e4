/* SPDX-License-Identifier: GPL-2.0-or-later */
/* prepare, started and release of one domain, on the fake kernel, with libvirt in between; and what
 * is refused. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/wait.h>

#include "tests/fake/fake-tree.h"
#include "tests/fake/stage.h"
#include "tests/tap.h"

#define TAKEN "- vfio-pci"
#define ON_VFIO "vfio-pci vfio-pci"

/* --- one domain from start to end -------------------------------------------------------------- */

struct place {
	const char *addr, *state;
};

static const struct {
	const char *name, *devices;
	struct place prepared[5], running[5];
} cycles[] = {
	{ "a device alone in its group", ALONE, { { ALONE, TAKEN } }, { { ALONE, ON_VFIO } } },
	{ "one of four functions",
	  FOUR "0",
	  { { FOUR "0", TAKEN }, { FOUR "1", ON_VFIO }, { FOUR "2", ON_VFIO }, { FOUR "3", ON_VFIO } },
	  { { FOUR "0", ON_VFIO },
	    { FOUR "1", ON_VFIO },
	    { FOUR "3", ON_VFIO },
	    { "0000:00:01.0", "pcieport -" } } },
	{ "all four functions",
	  FOUR "0 " FOUR "1 " FOUR "2 " FOUR "3",
	  { { FOUR "0", TAKEN }, { FOUR "1", TAKEN }, { FOUR "2", TAKEN }, { FOUR "3", TAKEN } },
	  { { FOUR "0", ON_VFIO }, { FOUR "3", ON_VFIO } } },
	{ "peers on pci-stub and without a driver",
	  MIXED "0",
	  { { MIXED "0", TAKEN }, { MIXED "1", "pci-stub pci-stub" }, { MIXED "2", ON_VFIO } },
	  { { MIXED "0", ON_VFIO }, { MIXED "1", "pci-stub pci-stub" } } },
	{ "a device without a driver", IDLE, { { IDLE, "- -" } }, { { IDLE, ON_VFIO } } },
	{ "overrides of the administrator's",
	  PINNED "0",
	  { { PINNED "0", TAKEN }, { PINNED "1", ON_VFIO } },
	  { { PINNED "0", ON_VFIO } } },
	{ "overrides that are not the driver's name",
	  LOCKED "0",
	  { { LOCKED "0", TAKEN }, { LOCKED "1", ON_VFIO } },
	  { { LOCKED "0", ON_VFIO } } },
	{ "a device that is on vfio-pci",
	  READY "0",
	  { { READY "0", ON_VFIO }, { READY "1", ON_VFIO } },
	  { { READY "0", ON_VFIO } } },
	{ "the same, unmanaged",
	  "!" READY "0",
	  { { READY "0", ON_VFIO }, { READY "1", ON_VFIO } },
	  { { READY "0", ON_VFIO } } },
	{ "a peer that probing would give to another driver",
	  TWO "0",
	  { { TWO "0", TAKEN }, { TWO "1", ON_VFIO } },
	  { { TWO "1", ON_VFIO } } },
	{ "driverless peers on the root bus",
	  ONBOARD "0",
	  { { ONBOARD "0", TAKEN }, { ONBOARD "1", "- -" }, { ONBOARD "2", "- -" } },
	  { { ONBOARD "0", ON_VFIO }, { ONBOARD "1", "- -" } } },
	{ "one of two functions in different groups",
	  SPLIT "1",
	  { { SPLIT "0", "igb -" }, { SPLIT "1", TAKEN } },
	  { { SPLIT "0", "igb -" }, { SPLIT "1", ON_VFIO } } },
	{ "two groups",
	  ALONE " " TWO "1",
	  { { ALONE, TAKEN }, { TWO "0", ON_VFIO }, { TWO "1", TAKEN } },
	  { { ALONE, ON_VFIO }, { TWO "1", ON_VFIO } } },
};

static bool stand(struct stage *st, const struct place *places)
{
	bool good = true;

	for (size_t i = 0; i < 5 && places[i].addr; i++)
		good &= stage_is(st, places[i].addr, places[i].state);
	return good;
}

static void test_cycle(size_t n)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, cycles[n].devices);
	char why[200] = "";

	if (!ok(stage_prepare(st, d) == 0 && stand(st, cycles[n].prepared), "%s: prepared",
		cycles[n].name))
		diag("%s", st->err.what ? st->err.what : "");
	ok(fake_libvirt_prepare(st->root, d, why, sizeof(why)) == 0 && stand(st, cycles[n].running) &&
		   stage_started(st, d) == 0 && stage_has_claim(st, VM1),
	   "%s: running%s%s", cycles[n].name, *why ? ": " : "", why);
	ok(stage_end(st, d) == 0 && stage_is_home(st), "%s: home", cycles[n].name);
	ok(stage_run(st, d) == 0 && stage_end(st, d) == 0 && stage_is_home(st), "%s: once more",
	   cycles[n].name);
}

/* What was told of it all: every transition of ours, and nothing else. */
static void test_told(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, TWO "0");

	if (stage_run(st, d) != 0 || stage_end(st, d) < 0)
		diag("does not run");
	if (!ok(vh_streq(st->told.data, "vm-4dea 0000:07:00.0 xhci_hcd -> -\n"
					"vm-4dea 0000:07:00.1 nvidia -> vfio-pci\n"
					"vm-4dea 0000:07:00.1 vfio-pci -> nvidia\n"),
		"every transition is told"))
		printf("%s", st->told.data);
}

/* --- libvirt fails, or does not do its part ----------------------------------------------------- */

static void test_libvirt_fails(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, FOUR "0");

	ok(stage_prepare(st, d) == 0, "libvirt fails before it binds: prepared");
	ok(stage_release(st, d) == 0 && stage_is_home(st), "and home");
	if (stage_run(st, d) != 0)
		diag("does not run");
	fake_qemu_end(st->root, d);
	ok(stage_release(st, d) == 0 && stage_is_home(st),
	   "the guest ends and libvirt gives nothing back: home all the same");
}

static void test_group_stays_open(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, FOUR "0");

	if (stage_run(st, d) != 0)
		diag("does not run");
	ok(stage_release(st, d) < 0 && st->err.code == VH_E_LEFT && stage_has_claim(st, VM1),
	   "release while the group is open: waits, and keeps the claim");
	ok(strstr(st->err.what, "process 4194305 (qemu-system-x86)") != NULL,
	   "names who has it open");
	ok(stage_is(st, FOUR "0", ON_VFIO) && stage_is(st, FOUR "1", ON_VFIO), "touches nothing");
	ok(stage_end(st, d) == 0 && stage_is_home(st), "once it is closed: home");
}

/* Nothing can be written: the claim that is there serves as well. */
static void test_claim_not_written(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, FOUR "0");
	int rc;

	if (stage_run(st, d) != 0)
		diag("does not run");
	fake_mkdirs(st->root, "run/vfio-hook/" VM1 ".new");
	rc = stage_end(st, d);
	fake_remove(st->root, "run/vfio-hook/" VM1 ".new");
	ok(rc == 0 && stage_is_home(st), "a claim that cannot be written again: home all the same");
}

/* Another vfio-hook has the lock, and hangs with it. */
static void test_lock_not_free(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, FOUR "0");
	int fd, before, timeout = st->config.timeout_call;

	if (stage_run(st, d) != 0)
		diag("does not run");
	fake_qemu_end(st->root, d);
	fd = openat(st->root->fd, "run/vfio-hook/lock", O_RDWR | O_CLOEXEC);
	VH_IGNORE(flock(fd, LOCK_EX));
	before = fake_writes(st->root);
	st->config.timeout_call = 300;
	ok(stage_release(st, d) < 0 && st->err.code == VH_E_TIMEOUT && stage_has_claim(st, VM1) &&
		   fake_writes(st->root) == before,
	   "a lock that is never free: nothing is touched");
	close(fd);
	st->config.timeout_call = timeout;
	ok(stage_end(st, d) == 0 && stage_is_home(st), "once it is free: home");
}

static void test_no_claim(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, ALONE);

	ok(stage_release(st, d) == 0 && stage_started(st, d) == 0, "a release without a claim");
	ok(fake_writes(st->root) == 0 && !vh_root_exists(st->root, "run/vfio-hook"),
	   "does nothing, and leaves nothing");
}

/* --- refused ------------------------------------------------------------------------------------ */

static const struct {
	const char *name, *devices, *rule;
} refused[] = {
	{ "no such device", "0000:1f:00.0", "device-absent" },
	{ "a second one that is not there", FOUR "0 0000:1f:00.0", "device-absent" },
	{ "a bridge", "0000:00:01.0", "device-not-endpoint" },
	{ "unmanaged on its host driver", "!" ALONE, "unmanaged-on-host-driver" },
	{ "twice", ALONE " " ALONE, "device-duplicate" },
};

static void test_refused(size_t n)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, refused[n].devices);
	int r = stage_prepare(st, d);

	ok(r < 0 && st->err.code == VH_E_REFUSED && stage_found(st, refused[n].rule), "refused: %s",
	   refused[n].name);
	ok(fake_writes(st->root) == 0 && stage_is_home(st) && stage_release(st, d) == 0 &&
		   stage_is_home(st),
	   "and nothing is written: %s", refused[n].name);
}

static void test_in_use(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *named = scratch_vm(VM1, ALONE);
	_auto_(vh_domain) struct vh_domain *peer = scratch_vm(VM2, FOUR "1");

	fake_put(st->root, "proc/net/route",
		 "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\t"
		 "Mask\neth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\n");
	fake_put(st->root, "sys/bus/pci/devices/" FOUR "0/nvme/nvme0/nvme0n1/dev", "259:7\n");
	fake_put(st->root, "sys/bus/pci/devices/" FOUR "0/nvme/nvme0/nvme0n1/size", "9\n");
	fake_put(st->root, "proc/self/mountinfo", "26 1 259:7 / /srv rw - ext4 /dev/nvme0n1 rw\n");
	ok(stage_prepare(st, named) < 0 && stage_found(st, "device-in-use"), "the default route");
	ok(stage_prepare(st, peer) < 0 && stage_found(st, "peer-in-use"), "a mounted peer");
	ok(fake_writes(st->root) == 0 && stage_is_home(st), "nothing is written");
}

static void test_no_module(void)
{
	_auto_(stage) struct stage *st = stage_new("demo");
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, "0000:05:00.0");

	fake_put(st->root, "lib/modules/6.1.0-56-amd64/modules.dep", "kernel/drivers/a.ko:\n");
	ok(stage_prepare(st, d) < 0 && stage_found(st, "vfio-unavailable") && stage_is_home(st),
	   "no vfio-pci");
	fake_put(st->root, "lib/modules/6.1.0-56-amd64/modules.dep", "kernel/vfio-pci.ko:\n");
	fake_fault(st->root, "path load_module errno %d", EPERM);
	ok(stage_prepare(st, d) < 0 && st->err.code == VH_E_SYS && stage_is_home(st),
	   "vfio-pci does not load");
	ok(fake_writes(st->root) == 1, "no other write was tried");
	fake_reset(st->root);
	ok(stage_run(st, d) == 0 && stage_is(st, "0000:05:00.0", ON_VFIO), "then it does");
}

/* A hardened unit of systemd: what the daemon starts cannot write to sysfs. */
static void test_read_only(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, FOUR "0");

	fake_fault(st->root, "path sys/ errno %d", EROFS);
	ok(stage_prepare(st, d) < 0 && st->err.sys == EROFS && st->err.fix &&
		   strstr(st->err.fix, "ProtectKernelTunables") && stage_is_home(st),
	   "a read-only sysfs is explained");
}

/* A start right after the end of another guest: udev is still at work on what came back. */
static void test_waits_for_udev(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, ALONE);
	pid_t udev;

	fake_put(st->root, "run/udev/queue", "%s", "");
	udev = fork();
	if (udev == 0) {
		poll(NULL, 0, 100);
		fake_put(st->root, "run/udev/seen", "%s", "");
		fake_remove(st->root, "run/udev/queue");
		_exit(0);
	}
	ok(stage_prepare(st, d) == 0 && vh_root_exists(st->root, "run/udev/seen"),
	   "begins when udev has nothing to do any more");
	waitpid(udev, NULL, 0);
	if (stage_release(st, d) < 0)
		diag("release: %s", st->err.what);
}

/* At boot libvirtd may be faster than udev: what has no driver yet is about to get one, and has to
 * come back to that. */
static void test_waits_for_driver(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, IDLE);
	pid_t udev;

	fake_put(st->root, "proc/uptime", "61.40 118.02\n");
	fake_put(st->root, "run/udev/queue", "%s", "");
	udev = fork();
	if (udev == 0) {
		poll(NULL, 0, 3500); /* longer than is waited for disks */
		VH_IGNORE(fake_write(st->root, IDLE, "sys/bus/pci/drivers_probe"));
		fake_remove(st->root, "run/udev/queue");
		_exit(0);
	}
	ok(stage_run(st, d) == 0 && stage_is(st, IDLE, ON_VFIO) && stage_end(st, d) == 0 &&
		   stage_is(st, IDLE, "nvme -"),
	   "a device whose driver udev is about to load comes back to that");
	waitpid(udev, NULL, 0);
}

#define VF_MAC "sys/bus/pci/devices/" VF "/net/eth2/address"

/* Of a virtual function with an interface libvirt notes the MAC address before it takes it. */
static void test_interface(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, "@" VF);
	_auto_(vh_domain) struct vh_domain *plain = scratch_vm(VM2, VF);
	_auto_free_ char *mac = vh_root_read(st->root, VF_MAC), *after = NULL;

	ok(stage_prepare(st, d) == 0 && stage_is(st, VF, "igbvf -") && stage_has_claim(st, VM1),
	   "the VF of an interface is claimed, and stays on its driver for libvirt");
	ok(stage_prepare(st, plain) < 0 && stage_found(st, "device-claimed"), "nobody else gets it");
	ok(stage_release(st, d) == 0 && stage_is_home(st), "given up: as it was");
	ok(stage_run(st, d) == 0 && stage_is(st, VF, ON_VFIO) && stage_end(st, d) == 0 &&
		   stage_is_home(st),
	   "from start to end");
	after = vh_root_read(st->root, VF_MAC);
	ok(mac && vh_streq(mac, after), "with the MAC address that it had");
	ok(stage_run(st, d) == 0, "once more");
	fake_qemu_end(st->root, d);
	ok(stage_release(st, d) == 0 && stage_is_home(st),
	   "what libvirt did not give back comes home");
	fake_libvirt_reattach(st->root, d);
	ok(stage_prepare(st, plain) == 0 && stage_is(st, VF, TAKEN) &&
		   stage_release(st, plain) == 0 && stage_is_home(st),
	   "as a plain device it is taken");
}

#define TOTAL "sys/bus/pci/devices/" PF "/sriov_totalvfs"

/* With a function its virtual ones go, whoever has them. That they cannot be counted does not say
 * that there are none; a link to itself cannot be followed by anybody. */
static void test_uncounted(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, PF);

	ok(stage_prepare(st, d) < 0 && stage_found(st, "pf-with-vfs"),
	   "a function with virtual ones stays");
	fake_remove(st->root, TOTAL);
	if (symlinkat("sriov_totalvfs", st->root->fd, TOTAL) < 0)
		abort();
	ok(stage_prepare(st, d) < 0 && stage_is_home(st) &&
		   strstr(st->err.what, "cannot read the devices"),
	   "so does one whose virtual ones cannot be counted");
}

int main(void)
{
	for (size_t i = 0; i < VH_COUNT(cycles); i++)
		test_cycle(i);
	test_told();
	test_interface();
	test_uncounted();
	test_libvirt_fails();
	test_group_stays_open();
	test_claim_not_written();
	test_lock_not_free();
	test_no_claim();
	for (size_t i = 0; i < VH_COUNT(refused); i++)
		test_refused(i);
	test_in_use();
	test_no_module();
	test_read_only();
	test_waits_for_udev();
	test_waits_for_driver();
	return tap_done();
}
