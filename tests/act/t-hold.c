/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between the look at a machine and the unbind of a device the machine goes on: a disk is mounted,
 * a peer vanishes with the device that it belongs to. And allowances are not stretched.
 */
#include <poll.h>
#include <sys/wait.h>

#include "tests/fake/actors.h"
#include "tests/fake/fake-tree.h"
#include "tests/tap.h"

#define TAKEN "- vfio-pci"
#define ON_VFIO "vfio-pci vfio-pci"
#define DISK(addr) "sys/bus/pci/devices/" addr "/nvme/nvme0/nvme0n1"
#define MOUNTED "26 1 259:9 / /srv rw - ext4 /dev/nvme0n1 rw\n"

/* A disk that nobody has, on the function that begins FOUR or is SPLIT.1. */
static void put_disk(struct stage *st, const char *dir)
{
	_auto_free_ char *dev = vh_printf("%s/dev", dir), *size = vh_printf("%s/size", dir);

	fake_put(st->root, dev, "259:9\n");
	fake_put(st->root, size, "9\n");
	fake_put(st->root, "dev/nvme0n1", "free\n");
	fake_put(st->root, "run/udev/data/b259:9", "E:ID_MODEL=x\n");
}

/* An automounter: mounts the disk once `gone` has lost its driver. 0: it has; 1: it may not. */
static pid_t mount_after(struct stage *st, const char *gone)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	for (int i = 0; i < 2000; i++) {
		if (!vh_root_exists(st->root, "sys/bus/pci/devices/%s/driver", gone))
			_exit(!fake_mount(st->root, "nvme0n1", MOUNTED));
		poll(NULL, 0, 5);
	}
	_exit(2);
}

static int result(pid_t pid)
{
	int status = -1;

	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Within a slot .3 leaves its driver before .0; that takes a moment, in which .0's disk is mounted. */
static void test_mounted_since(const char *devices, const char *what)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, devices);
	pid_t pid;
	int rc;

	put_disk(st, DISK(FOUR "0"));
	fake_put(st->root, "fake-kernel/delay/ahci", "700\n");
	pid = mount_after(st, FOUR "3");
	rc = stage_prepare(st, d);
	ok(result(pid) == 0 && rc < 0 && strstr(st->err.what, FOUR "0: the host has begun to use it"),
	   "%s: its disk is mounted after the look, before its turn: refused", what);
	ok(stage_is_home(st) && !stage_has_claim(st, VM1), "and everything is home");
}

/* The disk is held from the look until the unbind has returned. */
static void test_mount_fails(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, SPLIT "1");
	pid_t pid;
	int rc;

	put_disk(st, DISK(SPLIT "1"));
	fake_put(st->root, "fake-kernel/delay/nvme", "500\n");
	pid = mount_after(st, SPLIT "1"); /* the link goes first, then the driver lets go */
	rc = stage_prepare(st, d);
	ok(rc == 0 && stage_is(st, SPLIT "1", TAKEN) && result(pid) == 1,
	   "while it leaves its driver nobody can mount it");
	ok(stage_release(st, d) == 0 && stage_is_home(st), "home");
	ok(fake_mount(st->root, "nvme0n1", MOUNTED), "and nobody has it any more");
}

/* It is told which device, also where the configuration allows another kind of use. */
static void test_unseen(unsigned int allowed, const char *what)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, SPLIT "1");
	struct vh_device_policy *p = VH_APPEND(st->config.devices, st->config.n_devices);

	p->addr = d->devices[0].addr;
	p->allow_in_use = allowed;
	put_disk(st, DISK(SPLIT "1"));
	fake_remove(st->root, "proc/swaps");
	fake_remove(st->root, "proc/self/mountinfo");
	ok(stage_prepare(st, d) < 0 && stage_is(st, SPLIT "1", "nvme -") && st->findings.count == 1 &&
		   strstr(st->findings.list[0].message, "could not be seen: mounts and swap"),
	   "a disk whose mounts cannot be seen, %s: refused", what);
}

/* --- groups ------------------------------------------------------------------------------------- */

static int release(struct stage *st, const void *d)
{
	return stage_release(st, d);
}

static bool returns(const struct stage *st)
{
	_auto_free_ char *claim = vh_root_read(st->root, "run/vfio-hook/" VM1 ".claim");

	return claim && strstr(claim, " returning");
}

/* A guest by hot-plug, say: the unbind would wait for it, beyond kill. */
static void test_opened_since(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, TWO "0");
	struct actor *a;
	int writes;

	st->config.timeout_write = 3000;
	if (stage_run(st, d) != 0)
		diag("does not run");
	fake_libvirt_release(st->root, d);
	stage_add_process(st);
	a = actor_start(st, release, d);
	while (!returns(st) && actor_steps(a, 1))
		;
	fake_hold(st->root, 8, "somebody");
	writes = fake_writes(st->root);
	while (!actor_has_ended(a))
		actor_run(a);
	/* its override is cleared, and that is all */
	ok(actor_result(a) == -1 && returns(st) && fake_writes(st->root) == writes + 1 &&
		   vh_root_exists(st->root, "sys/bus/pci/drivers/vfio-pci/" TWO "1"),
	   "a group that is opened after the look: not unbound, and claimed still");
	actor_free(a);
	fake_let_go(st->root, 8);
	ok(stage_release(st, d) == 0 && stage_is_home(st), "once it is closed: home");
}

/* --- devices that go with another ------------------------------------------------------------- */

static const char vmd[] =
	"pci 0000:00:0e.0 class=010400 id=8086:467f group=8 driver=vmd\n"
	"pci 10000:e0:06.2 class=060400 id=8086:463d group=8 driver=pcieport parent=0000:00:0e.0\n"
	"pci 10000:e2:00.0 class=010802 id=15b7:5030 group=8 driver=nvme parent=10000:e0:06.2\n"
	"f @10000:e2:00.0/nvme/nvme0/model\tnothing\n"
	"f proc/self/mountinfo\t26 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
	"f proc/swaps\tFilename\n"
	"f proc/net/route\tIface\n"
	"f proc/cpuinfo\tvendor_id\t: GenuineIntel\n"
	"f proc/cmdline\tro intel_iommu=on\n"
	"f proc/sys/kernel/osrelease\t6.1.0\n"
	"f lib/modules/6.1.0/modules.dep\tkernel/drivers/vfio/pci/vfio-pci.ko:\n"
	"f lib/modules/6.1.0/modules.alias\talias x y\n"
	"d sys/class/iommu/dmar0\n";

/* Without its driver a VMD controller shows no functions (drivers/pci/controller/vmd.c). */
static int write_vmd(const struct vh_root *root, const char *path, const char *value)
{
	int rc = fake_kernel_ops.write(root, path, value);

	if (rc == 0 && strstr(path, "drivers/vmd/unbind")) {
		fake_unplug(root, "10000:e2:00.0");
		fake_unplug(root, "10000:e0:06.2");
	}
	return rc;
}

static void test_gone_with_it(void)
{
	_auto_(stage) struct stage *st = stage_new(vmd);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, "0000:00:0e.0");
	struct vh_root_ops ops = fake_kernel_ops;
	_auto_free_ char *claim = NULL;
	char why[200] = "";

	ops.write = write_vmd;
	st->s->root.ops = &ops;
	ok(stage_prepare(st, d) == 0 && stage_is(st, "10000:e2:00.0", "gone") &&
		   fake_libvirt_prepare(st->root, d, why, sizeof(why)) == 0 &&
		   stage_started(st, d) == 0 && stage_is(st, "0000:00:0e.0", ON_VFIO),
	   "peers that go with the device that is named are no members any more%s%s",
	   *why ? ": " : "", why);
	claim = vh_root_read(st->root, "run/vfio-hook/" VM1 ".claim");
	ok(claim && !strstr(claim, "10000:"), "the claim does not have them either");
	ok(stage_end(st, d) == 0 && stage_is(st, "0000:00:0e.0", "vmd -") &&
		   !stage_has_claim(st, VM1),
	   "it comes home");
	st->s->root.ops = &fake_kernel_ops;
}

int main(void)
{
	test_mounted_since(FOUR "0 " FOUR "3", "a named device");
	test_mounted_since(FOUR "3", "a peer");
	test_mount_fails();
	test_unseen(0, "without a word in the configuration");
	test_unseen(VH_USE_NETWORK, "where use by the network is allowed");
	test_opened_since();
	test_gone_with_it();
	return tap_done();
}
