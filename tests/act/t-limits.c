/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the machine is not as usual nothing is lost either, and nothing waits for ever: opening a
 * group sleeps, VFIO has no groups, the module of a home driver was unloaded, /run takes no file at
 * release, another start holds the global lock, an undo has little time.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "lib/base/root-open.h"
#include "tests/fake/fake-tree.h"
#include "tests/fake/stage.h"
#include "tests/tap.h"

#define ON_VFIO "vfio-pci vfio-pci"
#define CLAIM1 "run/vfio-hook/" VM1 ".claim"

static bool told(const struct stage *st, const char *words)
{
	return st->err.what && strstr(st->err.what, words);
}

/* --- groups ----------------------------------------------------------------------------------- */

/* vfio_group_fops_open() sleeps on the lock of the group while a device of it is being reset. */
static void test_slow_open(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, READY "0");

	fake_put(st->root, "fake-kernel/opens/7", "30000\n");
	ok(stage_prepare(st, d) < 0 && stage_found(st, "device-claimed") &&
		   !vh_root_exists(st->root, "fake-kernel/opened") && stage_is_home(st),
	   "a group whose node cannot be opened in time: refused, and not waited for");
	fake_remove(st->root, "fake-kernel/opens");
	if (stage_run(st, d) != 0)
		diag("does not run");
	fake_libvirt_release(st->root, d);
	fake_put(st->root, "fake-kernel/opens/7", "30000\n");
	ok(stage_release(st, d) < 0 && stage_has_claim(st, VM1) && told(st, "still open") &&
		   !vh_root_exists(st->root, "fake-kernel/opened"),
	   "at release: claimed still, and the release ends");
	fake_put(st->root, "fake-kernel/opens/7", "300\n");
	ok(stage_release(st, d) == 0 && stage_is_home(st), "one that is only slow: home");
}

/* CONFIG_VFIO_GROUP=n: QEMU opens the devices, by an iommufd. */
static struct stage *without_groups(void)
{
	struct stage *st = stage_new(NULL);

	fake_remove(st->root, "dev/vfio/7");
	fake_put(st->root, "fake-kernel/no-groups", "%s", "");
	fake_mkdirs(st->root, "sys/class/vfio-dev");
	free(st->before);
	st->before = scratch_state(st->s);
	return st;
}

static void test_no_groups(const char *devices, const char *peer, const char *what)
{
	_auto_(stage) struct stage *st = without_groups();
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, devices);
	_auto_(vh_domain) struct vh_domain *other = scratch_vm(VM2, devices);

	ok(stage_prepare(st, d) < 0 && stage_found(st, "iommufd-unavailable") && stage_is_home(st),
	   "VFIO without groups, %s: refused by its group", what);
	d->iommufd = other->iommufd = true;
	ok(stage_run(st, d) == 0 && stage_is(st, peer, ON_VFIO) &&
		   !vh_root_exists(st->root, "dev/vfio/8"),
	   "by iommufd it starts");
	ok(stage_release(st, d) < 0 && told(st, "still open: process 4194305 (qemu-system-x86)") &&
		   stage_is(st, peer, ON_VFIO),
	   "a release while QEMU has the device's node: everything stays");
	ok(stage_prepare(st, other) < 0 && stage_found(st, "device-claimed"),
	   "nor may another domain");
	ok(stage_end(st, d) == 0 && stage_is_home(st), "once QEMU has ended: home");
	if (stage_run(st, d) != 0)
		diag("does not run");
	fake_libvirt_release(st->root, d);
	fake_put(st->root, "proc/4712/fd", "%s", ""); /* not to be looked at */
	ok(stage_release(st, d) < 0 && stage_has_claim(st, VM1),
	   "where not every process can be looked at: nothing moves");
	fake_remove(st->root, "proc/4712");
	ok(stage_release(st, d) == 0 && stage_is_home(st), "home");
}

/* --- modules ---------------------------------------------------------------------------------- */

static void test_unloaded(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, TWO "0");

	if (stage_run(st, d) != 0)
		diag("does not run");
	fake_libvirt_release(st->root, d);
	fake_unload(st->root, "nvidia");
	ok(stage_release(st, d) == 0 && stage_is_home(st),
	   "the module of a home driver was unloaded: loaded again, and home");
	if (stage_run(st, d) != 0)
		diag("does not run");
	fake_libvirt_release(st->root, d);
	fake_unload(st->root, "nvidia");
	fake_remove(st->root, "fake-kernel/modules");
	ok(stage_release(st, d) < 0 && stage_has_claim(st, VM1) &&
		   told(st, TWO "1 is not back on driver 'nvidia': cannot load the module nvidia") &&
		   strstr(st->err.fix, "modprobe nvidia") && stage_is(st, TWO "0", "xhci_hcd -"),
	   "one that cannot be loaded is told, and claimed still; the others are home");
	fake_put(st->root, "fake-kernel/modules/nvidia", "%s", "");
	ok(stage_reattach(st, TWO "1") == 0 && stage_is_home(st), "once it can be: home by hand");
}

/* Two devices, each with a reason of its own. */
static void test_reasons(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, TWO "0");

	if (stage_run(st, d) != 0)
		diag("does not run");
	fake_put(st->root, "fake-kernel/fails/" TWO "0", "5\n");
	fake_libvirt_release(st->root, d);
	fake_unload(st->root, "nvidia");
	fake_remove(st->root, "fake-kernel/modules");
	ok(stage_release(st, d) < 0 &&
		   told(st, TWO "0 is not back on driver 'xhci_hcd': cannot give back " TWO "0"),
	   "a driver that fails is told as that, beside one that cannot be loaded");
	fake_remove(st->root, "fake-kernel/fails");
	fake_put(st->root, "fake-kernel/modules/nvidia", "%s", "");
	ok(stage_reattach(st, TWO "0") == 0 && stage_is_home(st), "then both are home by hand");
}

static void test_no_modules(void)
{
	_auto_(stage) struct stage *st = stage_new_near(ALONE);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, ALONE);

	fake_unload(st->root, "vfio-pci");
	fake_put(st->root, "proc/sys/kernel/modules_disabled", "1\n");
	fake_fault(st->root, "write 0 errno 1");
	ok(stage_prepare(st, d) < 0 && told(st, "kernel.modules_disabled is 1") &&
		   stage_is(st, ALONE, "igb -") && !stage_has_claim(st, VM1),
	   "a kernel that loads no module any more: said, and nothing is done");
}

/* The kernel's setting says where modprobe is; set to something else it is none. */
static void test_modprobe(const char *name, bool anyway, const char *want)
{
	_auto_(stage) struct stage *st = stage_new_near(ALONE);
	_auto_free_ char *file = vh_printf("bin/%s", name), *asked = NULL;
	int status;
	pid_t pid;

	fake_put(st->root, "proc/sys/kernel/modprobe", "%s/bin/%s\n", st->s->dir, name);
	fake_put(st->root, file, "#!/bin/sh\necho \"$@\" >'%s/asked'\n", st->s->dir);
	if (fchmodat(st->root->fd, file, 0700, 0) < 0)
		diag("cannot be made executable");
	pid = fork();
	if (pid == 0) {
		VH_IGNORE(vh_root_systems_live.load_module(st->root, "none-of-ours", anyway));
		_exit(1);
	}
	waitpid(pid, &status, 0);
	asked = vh_root_read(st->root, "asked");
	if (!ok(vh_streq(asked, want), "kernel.modprobe is a %s: %s", name, want ? want : "not run"))
		diag("%s", asked ? asked : "not run");
}

/* --- drivers that know no device -------------------------------------------------------------- */

#define UIO "sys/bus/pci/drivers/uio_pci_generic"
#define OVERRIDE "sys/bus/pci/devices/" ALONE "/driver_override"

/* It was bound by its override, which was cleared then (dpdk-devbind), or by an id that was removed
 * again: by its name alone the driver does not take it. */
static void test_by_override(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, ALONE);

	fake_put(st->root, UIO "/bind", "%s", "");
	fake_put(st->root, UIO "/unbind", "%s", "");
	if (fake_write(st->root, "uio_pci_generic", OVERRIDE) < 0 ||
	    fake_write(st->root, ALONE, "sys/bus/pci/drivers/igb/unbind") < 0 ||
	    fake_write(st->root, ALONE, UIO "/bind") < 0 || fake_write(st->root, "\n", OVERRIDE) < 0)
		diag("not bound");
	free(st->before);
	st->before = scratch_state(st->s);
	ok(stage_is(st, ALONE, "uio_pci_generic -") && stage_run(st, d) == 0 &&
		   stage_end(st, d) == 0 && stage_is_home(st),
	   "a driver that knows no device gets it back");
	ok(stage_detach(st, ALONE) == 0 && stage_reattach(st, ALONE) == 0 && stage_is_home(st),
	   "also by hand");
	for (int n = 0; n < 9; n++) {
		if (stage_run(st, d) != 0)
			diag("does not run");
		fake_libvirt_release(st->root, d);
		fake_reset(st->root);
		fake_fault(st->root, "write %d group", n);
		VH_IGNORE(stage_fork(st, stage_release, d)); /* it has seven writes to make */
		stage_wait_for_writers(st, VM1);
		fake_reset(st->root);
		ok(stage_release(st, d) == 0 && stage_is_home(st), "killed at write %d: home", n);
	}
	fake_remove(st->root, "fake-kernel/probe/" ALONE);
	ok(stage_detach(st, ALONE) == 0 && stage_reattach(st, ALONE) == 0 && stage_is_home(st),
	   "and where no other driver knows it");
}

/* --- power ------------------------------------------------------------------------------------ */

static bool sleeps(const struct stage *st, const char *addr, const char *want)
{
	_auto_free_ char *have = vh_root_read(st->root, "sys/bus/pci/devices/%s/power/control",
					      addr);

	if (vh_streq(have, want))
		return true;
	diag("%s is %s", addr, have ? have : "unread");
	return false;
}

/* Which of them may sleep while they are idle: the named one, a peer, and not the others. */
static bool power_is_home(const struct stage *st)
{
	return sleeps(st, FOUR "0", "auto") && sleeps(st, FOUR "1", "auto") &&
	       sleeps(st, FOUR "2", "on");
}

static void test_power(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, FOUR "0");
	int writes, n;

	fake_put(st->root, "sys/bus/pci/devices/" FOUR "0/power/control", "auto\n");
	fake_put(st->root, "sys/bus/pci/devices/" FOUR "1/power/control", "auto\n");
	fake_put(st->root, "sys/bus/pci/devices/" FOUR "2/power/control", "on\n");
	ok(stage_run(st, d) == 0 && sleeps(st, FOUR "2", "auto") && stage_end(st, d) == 0 &&
		   stage_is_home(st) && power_is_home(st),
	   "devices that might sleep may sleep again, and no others");
	ok(stage_prepare(st, d) == 0 && stage_prepare(st, d) == 0 && stage_release(st, d) == 0 &&
		   stage_is_home(st) && power_is_home(st),
	   "also where a claim takes over from one before");
	ok(stage_detach(st, FOUR "0") == 0 && stage_reattach(st, FOUR "0") == 0 &&
		   stage_is_home(st) && power_is_home(st),
	   "by hand, too");
	if (stage_run(st, d) != 0)
		diag("does not run");
	fake_libvirt_release(st->root, d);
	fake_reset(st->root);
	VH_IGNORE(stage_release(st, d));
	writes = fake_writes(st->root);
	for (n = 0; n < writes; n++) {
		if (stage_run(st, d) != 0)
			diag("does not run");
		fake_libvirt_release(st->root, d);
		fake_reset(st->root);
		fake_fault(st->root, "write %d group", n);
		VH_IGNORE(stage_fork(st, stage_release, d));
		stage_wait_for_writers(st, VM1);
		fake_reset(st->root);
		if (stage_release(st, d) < 0 || !stage_is_home(st) || !power_is_home(st))
			break;
	}
	ok(n == writes, "killed at each of %d writes of release: it is as it was", writes);
}

/* --- /run at release -------------------------------------------------------------------------- */

/* For root, too: a directory that is a file system of its own would need a mount. What cannot be
 * written is made so by what stands in its place. */
static void test_unwritable(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, TWO "0");
	_auto_free_ char *claim = NULL, *after = NULL;

	if (stage_run(st, d) != 0)
		diag("does not run");
	claim = vh_root_read(st->root, CLAIM1);
	fake_libvirt_release(st->root, d);
	fake_put(st->root, "run/vfio-hook/" VM1 ".new/x", "in the way\n");
	VH_IGNORE(stage_release(st, d));
	after = vh_root_read(st->root, CLAIM1);
	ok(stage_is(st, TWO "0", "xhci_hcd -") && stage_is(st, TWO "1", "nvidia -"),
	   "no file can be written at release: the devices are home all the same");
	ok(!after || !strcmp(claim, after), "the claim is as it was, or gone");
	fake_remove(st->root, "run/vfio-hook/" VM1 ".new");
	ok(stage_release(st, d) == 0 && stage_is_home(st), "and the next release ends it");
}

/* --- the global lock -------------------------------------------------------------------------- */

/* Another start reads under it for as long as it may. */
static void test_global_lock(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, TWO "0");
	int fd, writes;

	if (stage_run(st, d) != 0)
		diag("does not run");
	fake_libvirt_release(st->root, d);
	fd = openat(st->root->fd, "run/vfio-hook/lock", O_RDWR | O_CLOEXEC);
	if (fd < 0 || flock(fd, LOCK_EX) < 0)
		diag("no lock");
	writes = fake_writes(st->root);
	st->config.timeout_call = 300;
	ok(stage_release(st, d) < 0 && st->err.code == VH_E_TIMEOUT && stage_has_claim(st, VM1) &&
		   fake_writes(st->root) == writes && stage_is(st, TWO "1", ON_VFIO),
	   "a release that the global lock kept waiting: nothing is half done, all is claimed");
	close(fd);
	st->config.timeout_call = 120000;
	ok(vh_root_exists(st->root, "run/vfio-hook/" VM1 ".released"), "and noted as released");
	ok(stage_reattach(st, TWO "1") == 0 && stage_is_home(st), "by hand: home");
}

/* --- the time of an undo ---------------------------------------------------------------------- */

static int devices_claimed(const struct stage *st)
{
	_auto_free_ char *claim = vh_root_read(st->root, CLAIM1);
	int n = 0;

	for (const char *at = claim; at && (at = strstr(at, "\ndevice ")); at++)
		n++;
	return n;
}

/* One does not come off vfio-pci; the others have a way of three steps after that. */
static void test_undo_time(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, FOUR "0 " TWO "0");
	int devices = 6, binds = 4;

	if (!fake_can_hang()) {
		ok(true, "an undo # SKIP this machine allows no ptrace");
		return;
	}
	st->config.timeout_write = st->config.timeout_call = 6000;
	/* overrides, unbinds and binds, of which the last fails; overrides, and the first unbind */
	fake_fault(st->root, "write %d errno 5", 2 * devices + binds - 1);
	fake_fault(st->root, "write %d hang", 3 * devices + binds);
	ok(stage_prepare(st, d) < 0 && st->err.code == VH_E_LEFT && devices_claimed(st) == 1,
	   "an undo in which one hangs: all others have had the time to come home");
	ok(stage_is(st, FOUR "0", "nvme -") && stage_is(st, TWO "0", "xhci_hcd -"),
	   "those without a driver, too");
	fake_resume(st->root);
	stage_wait_for_writers(st, VM1);
	fake_reset(st->root);
	st->config.timeout_write = 60000;
	st->config.timeout_call = 120000;
	ok(stage_reattach(st, FOUR "0 " TWO "0") == 0 && stage_is_home(st),
	   "and it once it has answered");
}

/* Linux 7.0: nothing is attached while a device of the group is reset. And drivers wait for those of
 * other devices (-EPROBE_DEFER, of which drivers/base/dd.c:device_driver_attach() makes EAGAIN). */
static void test_busy(int error, const char *why)
{
	_auto_(stage) struct stage *st = stage_new_near(ALONE);
	int64_t began;

	ok(stage_detach(st, ALONE) == 0, "detached");
	fake_reset(st->root);
	fake_fault(st->root, "write 2 errno 22"); /* drivers_probe says this of every failure */
	fake_fault(st->root, "write 3 errno %d", error);
	fake_fault(st->root, "write 4 errno %d", error);
	ok(stage_reattach(st, ALONE) == 0 && stage_is_home(st), "%s for a moment: it comes home",
	   why);

	ok(stage_detach(st, ALONE) == 0, "detached");
	fake_reset(st->root);
	fake_fault(st->root, "path drivers_probe errno 22");
	fake_fault(st->root, "path igb/bind errno %d", error);
	began = vh_now_ms();
	ok(stage_reattach(st, ALONE) < 0 && stage_has_claim(st, VH_MANUAL), "%s for ever", why);
	ok(vh_now_ms() - began >= 2000 && fake_writes(st->root) < 20, "is waited for with an end");
	fake_reset(st->root);
	ok(stage_reattach(st, ALONE) == 0 && stage_is_home(st), "and comes home later");
}

int main(void)
{
	test_slow_open();
	test_no_groups(TWO "0", TWO "1", "a peer");
	test_unloaded();
	test_reasons();
	test_no_modules();
	test_modprobe("modprobe", true, "-- none-of-ours");
	test_modprobe("modprobe", false, "-b -- none-of-ours");
	test_modprobe("true", false, NULL);
	test_by_override();
	test_power();
	test_unwritable();
	test_global_lock();
	test_undo_time();
	test_busy(EBUSY, "busy");
	test_busy(EAGAIN, "not yet");
	return tap_done();
}
