/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two domains, a domain and somebody by hand, and what accidents leave: killed calls, devices that
 * are not what they were, drivers that do not answer. */
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include "tests/fake/fake-tree.h"
#include "tests/fake/stage.h"
#include "tests/tap.h"

#define TAKEN "- vfio-pci"
#define ON_VFIO "vfio-pci vfio-pci"

static bool holds(const struct stage *st, int group)
{
	return vh_root_exists(st->root, "fake-kernel/held/%d", group);
}

/* --- two domains -------------------------------------------------------------------------------- */

static void test_two_domains(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *one = scratch_vm(VM1, FOUR "0");
	_auto_(vh_domain) struct vh_domain *two = scratch_vm(VM2, FOUR "1");
	_auto_(vh_domain) struct vh_domain *third = scratch_vm(VM2, ALONE);
	_auto_free_ char *running = NULL, *now = NULL;

	if (stage_run(st, one) != 0)
		diag("does not run");
	running = scratch_state(st->s);
	ok(stage_prepare(st, two) < 0 && st->err.code == VH_E_REFUSED &&
		   stage_found(st, "device-claimed"),
	   "a group that another domain uses: refused");
	ok(stage_release(st, two) == 0, "and its release is called");
	now = scratch_state(st->s);
	ok(!strcmp(running, now) && holds(st, 2), "the first one keeps its devices");
	ok(stage_run(st, third) == 0 && stage_end(st, third) == 0, "another group is free");
	ok(stage_end(st, one) == 0 && stage_is_home(st), "home");
	ok(stage_run(st, two) == 0 && stage_end(st, two) == 0 && stage_is_home(st),
	   "afterwards the second one may");
}

/* Between prepare and QEMU there is nothing but the claim and the daemon that called. */
static void test_starting_domain(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *one = scratch_vm(VM1, FOUR "0");
	_auto_(vh_domain) struct vh_domain *two = scratch_vm(VM2, FOUR "1");

	if (stage_prepare(st, one) < 0)
		diag("%s", st->err.what);
	ok(stage_prepare(st, two) < 0 && stage_found(st, "device-claimed"),
	   "one that is being started");
	ok(stage_is(st, FOUR "0", TAKEN) && stage_is(st, FOUR "1", ON_VFIO), "is left alone");
	ok(stage_release(st, one) == 0 && stage_is_home(st), "home");
}

static void test_at_once(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *one = scratch_vm(VM1, FOUR "0");
	_auto_(vh_domain) struct vh_domain *two = scratch_vm(VM2, FOUR "1");
	const struct vh_domain *domains[] = { one, two };
	int status[2], claims;
	pid_t pids[2];

	fake_put(st->root, "fake-kernel/delay/ahci", "50\n");
	for (int i = 0; i < 2; i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			_exit(stage_prepare(st, domains[i]) < 0 ? 1 : 0);
	}
	for (int i = 0; i < 2; i++)
		waitpid(pids[i], &status[i], 0);
	claims = stage_has_claim(st, VM1) + stage_has_claim(st, VM2);
	ok(WEXITSTATUS(status[0]) + WEXITSTATUS(status[1]) == 1 && claims == 1,
	   "two starts at once: one of them has the group");
	for (int i = 0; i < 2; i++)
		if (stage_release(st, domains[i]) < 0)
			diag("%s", st->err.what);
	ok(stage_is_home(st), "home after both were released");
}

/* --- what an accident left ---------------------------------------------------------------------- */

/* Killed in the middle: everything is unbound, nothing is bound. */
static void kill_prepare(struct stage *st, const struct vh_domain *d)
{
	fake_reset(st->root);
	fake_fault(st->root, "write 8 group");
	if (stage_fork(st, stage_prepare, d) != SIGKILL)
		diag("it lives");
	fake_reset(st->root);
}

static void test_stale(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *one = scratch_vm(VM1, FOUR "0");
	_auto_(vh_domain) struct vh_domain *two = scratch_vm(VM2, FOUR "1 " ALONE);

	kill_prepare(st, one);
	ok(stage_has_claim(st, VM1) && stage_is(st, FOUR "0", TAKEN), "a prepare was killed");
	ok(stage_prepare(st, two) < 0 && stage_found(st, "device-claimed"),
	   "its daemon lives: its claim holds");
	stage_new_daemon(st);
	ok(stage_run(st, two) == 0 && !stage_has_claim(st, VM1) && stage_is(st, FOUR "1", ON_VFIO),
	   "its daemon is gone: another domain takes over");
	ok(stage_end(st, two) == 0 && stage_is_home(st), "home");
}

static void test_stale_started(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *one = scratch_vm(VM1, FOUR "0");
	_auto_(vh_domain) struct vh_domain *two = scratch_vm(VM2, FOUR "1");

	if (stage_run(st, one) != 0)
		diag("does not run");
	stage_new_daemon(st);
	ok(stage_prepare(st, two) < 0 && stage_found(st, "device-claimed"),
	   "libvirtd was restarted: the domain that runs keeps its devices");
	fake_qemu_end(st->root, one);
	ok(stage_prepare(st, two) < 0 && stage_found(st, "device-claimed"),
	   "the guest is gone, its status file is not: they are still its");
	fake_libvirt_reattach(st->root, one);
	ok(stage_run(st, two) == 0 && !stage_has_claim(st, VM1), "both are gone: taken over");
	ok(stage_end(st, two) == 0 && stage_is_home(st), "home");
}

/* bus='14' without 0x: what stands at the address in hex is told, and nothing is done to it. */
static void test_hinted(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *other = scratch_vm(VM2, FOUR "0");
	_auto_(vh_domain) struct vh_domain *one = scratch_vm(VM1, ALONE);

	one->devices[0].decimal = one->devices[0].hex_valid = true;
	one->devices[0].hex = other->devices[0].addr;
	kill_prepare(st, other);
	stage_new_daemon(st);
	ok(stage_run(st, one) == 0 && stage_has_claim(st, VM2) && stage_is(st, FOUR "0", TAKEN),
	   "a stale claim of what is only meant, perhaps, is left alone");
	ok(stage_end(st, one) == 0 && stage_is(st, FOUR "0", TAKEN), "and so is the device");
}

/* The same domain, started again with other devices. */
static void test_adopt(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *one = scratch_vm(VM1, FOUR "0");
	_auto_(vh_domain) struct vh_domain *changed = scratch_vm(VM1, ALONE);
	_auto_(vh_domain) struct vh_domain *none = scratch_vm(VM1, IDLE);

	none->n_devices = 0;
	kill_prepare(st, one);
	ok(stage_run(st, changed) == 0 && stage_is(st, FOUR "0", "nvme -") &&
		   stage_is(st, FOUR "3", "ahci -") && stage_is(st, ALONE, ON_VFIO),
	   "started again with other devices: the first ones go home");
	ok(stage_end(st, changed) == 0 && stage_is_home(st), "home");
	kill_prepare(st, one);
	ok(stage_prepare(st, none) == 0 && stage_is_home(st), "started again without any: home");
	none->n_devices = 1;
}

/* Between the accident and the next start somebody has moved a device. */
static void test_moved_since(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, TWO "0");

	fake_fault(st->root, "write 4 group");
	if (stage_fork(st, stage_prepare, d) != SIGKILL)
		diag("it lives");
	fake_reset(st->root);
	VH_IGNORE(fake_write(st->root, "\n", "sys/bus/pci/devices/" TWO "1/driver_override"));
	VH_IGNORE(fake_write(st->root, TWO "1", "sys/bus/pci/drivers/nouveau/bind"));
	ok(stage_is(st, TWO "1", "nouveau -"), "a peer was moved to another driver by hand");
	ok(stage_run(st, d) == 0 && stage_end(st, d) == 0 && stage_is(st, TWO "0", "xhci_hcd -") &&
		   stage_is(st, TWO "1", "nouveau -"),
	   "that is where it comes home to");
}

static void test_open_group_adopted(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, FOUR "0");
	int writes;

	if (stage_run(st, d) != 0)
		diag("does not run");
	writes = fake_writes(st->root);
	ok(stage_prepare(st, d) < 0 && stage_has_claim(st, VM1) && fake_writes(st->root) == writes,
	   "the group of an earlier start is open: refused, nothing is written");
	ok(stage_end(st, d) == 0 && stage_is_home(st), "home");
}

/* --- devices that are not what they were -------------------------------------------------------- */

static void test_vanished(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, FOUR "0");

	if (stage_run(st, d) != 0)
		diag("does not run");
	fake_libvirt_release(st->root, d);
	fake_unplug(st->root, FOUR "1");
	ok(stage_release(st, d) == 0 && !stage_has_claim(st, VM1) &&
		   stage_is(st, FOUR "2", "xhci_hcd -") && strstr(st->told.data, FOUR "1 is gone"),
	   "a peer was unplugged: the others come home");
	fake_unplug(st->root, FOUR "0");
	ok(stage_prepare(st, d) < 0 && stage_found(st, "device-absent"),
	   "and a named one is missed");
}

static void test_replaced(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, FOUR "0");

	if (stage_run(st, d) != 0)
		diag("does not run");
	fake_libvirt_release(st->root, d);
	fake_put(st->root, "sys/bus/pci/devices/" FOUR "1/device", "0x9999\n");
	fake_remove(st->root, "sys/bus/pci/devices/" FOUR "1/modalias"); /* which says it too */
	ok(stage_release(st, d) == 0 && !stage_has_claim(st, VM1) && stage_is(st, FOUR "1", ON_VFIO),
	   "another device at the address: not ours to move");
}

/* The host found another use for a device before release came. */
static void test_used_elsewhere(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, IDLE);

	if (stage_run(st, d) != 0)
		diag("does not run");
	fake_libvirt_release(st->root, d);
	fake_put(st->root, "sys/bus/pci/devices/" IDLE "/nvme/nvme9/nvme9n1/dev", "259:9\n");
	fake_put(st->root, "sys/bus/pci/devices/" IDLE "/nvme/nvme9/nvme9n1/size", "9\n");
	fake_put(st->root, "proc/self/mountinfo", "26 1 259:9 / /srv rw - ext4 /dev/nvme9n1 rw\n");
	ok(stage_release(st, d) == 0 && stage_is(st, IDLE, "nvme -") && !stage_has_claim(st, VM1) &&
		   strstr(st->told.data, "the host uses it"),
	   "libvirt bound it and it was mounted: it stays there");
}

/* libvirt's probing put it on a driver, and there is no time left to ask whether it is used. */
static void test_use_unseen(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, IDLE);
	int timeout = st->config.timeout_call;

	if (stage_run(st, d) != 0)
		diag("does not run");
	fake_libvirt_release(st->root, d);
	st->config.timeout_call = -1;
	ok(stage_release(st, d) < 0 && st->err.code == VH_E_LEFT && stage_has_claim(st, VM1) &&
		   stage_is(st, IDLE, "nvme -"),
	   "whether it is used cannot be seen: stays claimed");
	st->config.timeout_call = timeout;
	ok(stage_release(st, d) == 0 && stage_is_home(st), "once it can: home");
}

static void test_variant_override(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, FOUR "0");

	if (stage_prepare(st, d) < 0)
		diag("%s", st->err.what);
	/* libvirt 10 binds a variant driver, and does not give it back when it is killed */
	fake_put(st->root, "sys/bus/pci/drivers/acme-vfio-pci/bind", "%s", "");
	fake_put(st->root, "sys/bus/pci/drivers/acme-vfio-pci/unbind", "%s", "");
	VH_IGNORE(fake_write(st->root, "acme-vfio-pci",
			     "sys/bus/pci/devices/" FOUR "0/driver_override"));
	VH_IGNORE(fake_write(st->root, FOUR "0", "sys/bus/pci/drivers_probe"));
	ok(stage_is(st, FOUR "0", "acme-vfio-pci acme-vfio-pci"), "libvirt chose a variant driver");
	ok(stage_release(st, d) == 0 && stage_is_home(st), "home from there");
}

/* --- drivers that do not answer ----------------------------------------------------------------- */

static void test_stuck(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, FOUR "0");
	_auto_(vh_domain) struct vh_domain *other = scratch_vm(VM2, FOUR "1");
	_auto_(vh_domain) struct vh_domain *elsewhere = scratch_vm(VM2, TWO "0");

	if (!fake_can_hang()) {
		ok(true, "stuck # SKIP this machine allows no ptrace");
		return;
	}
	st->config.timeout_write = 3000;
	st->config.timeout_call = 30000;
	fake_fault(st->root, "write 4 hang"); /* four overrides, then the first unbind: .3 */
	ok(stage_prepare(st, d) < 0 && st->err.code == VH_E_LEFT && strstr(st->err.what, FOUR "3"),
	   "a driver does not answer: refused, and named");
	ok(stage_has_claim(st, VM1) && stage_is(st, FOUR "0", "nvme -") &&
		   stage_is(st, FOUR "1", "snd_hda_intel -") && stage_is(st, FOUR "2", "xhci_hcd -"),
	   "everything else is home");
	st->config.timeout_call = 300;
	ok(stage_release(st, d) < 0 && st->err.code == VH_E_TIMEOUT && stage_has_claim(st, VM1),
	   "release cannot have the claim while the write is in flight");
	ok(stage_prepare(st, other) < 0 && stage_found(st, "device-claimed"),
	   "nor can another domain");
	ok(stage_reattach(st, FOUR "3") < 0, "nor somebody by hand");
	st->config.timeout_call = 30000;
	ok(stage_run(st, elsewhere) == 0 && stage_end(st, elsewhere) == 0,
	   "a domain with devices elsewhere runs meanwhile");
	fake_resume(st->root);
	st->config.timeout_call = 30000;
	ok(stage_release(st, d) == 0 && stage_is_home(st), "when it has answered: home");
}

/* Answers for the driver that hangs as soon as the other slot's device has been taken. */
static pid_t resume_after(struct stage *st, const char *taken)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	for (int i = 0; i < 400; i++) {
		if (!vh_root_exists(st->root, "sys/bus/pci/devices/%s/driver", taken)) {
			fake_resume(st->root);
			_exit(0);
		}
		poll(NULL, 0, 10);
	}
	_exit(1);
}

/* Both ways round: whatever the order, in one of them the first write waits for the second. */
static void test_side_by_side(const char *driver, const char *other)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, ALONE " " SPLIT "1");
	int status = -1;
	pid_t pid;

	fake_fault(st->root, "path %s/unbind hang", driver);
	pid = resume_after(st, other);
	ok(stage_prepare(st, d) == 0 && stage_is(st, ALONE, TAKEN) && stage_is(st, SPLIT "1", TAKEN),
	   "%s does not answer before the device of another slot is taken: and it is", driver);
	waitpid(pid, &status, 0);
	ok(status == 0 && stage_release(st, d) == 0 && stage_is_home(st), "%s: home", driver);
}

/* --- by hand ------------------------------------------------------------------------------------ */

static void test_by_hand(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, FOUR "0");
	_auto_(vh_domain) struct vh_domain *unmanaged = scratch_vm(VM1, "!" FOUR "0");

	ok(stage_detach(st, FOUR "1") == 0 && stage_is(st, FOUR "0", ON_VFIO) &&
		   stage_is(st, FOUR "3", ON_VFIO) && stage_has_claim(st, VH_MANUAL),
	   "detached by hand");
	ok(stage_run(st, d) == 0, "blocks no domain");
	ok(stage_reattach(st, FOUR "0") < 0 && st->err.code == VH_E_REFUSED && holds(st, 2) &&
		   stage_is(st, FOUR "0", ON_VFIO),
	   "not to be given back while the domain runs");
	ok(stage_detach(st, FOUR "0") < 0, "nor detached once more");
	ok(stage_end(st, d) == 0 && stage_is(st, FOUR "0", ON_VFIO) &&
		   stage_is(st, FOUR "1", ON_VFIO),
	   "after the domain it is on vfio-pci again");
	ok(stage_run(st, unmanaged) == 0 && stage_end(st, unmanaged) == 0 &&
		   stage_is(st, FOUR "0", ON_VFIO),
	   "also for an unmanaged one");
	ok(stage_reattach(st, FOUR "2") == 0 && stage_is_home(st),
	   "reattached: the whole group is home");
	ok(stage_reattach(st, FOUR "2") < 0 && st->err.code == VH_E_REFUSED, "and only once");
}

static void test_reattach_ends(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, FOUR "0");

	if (stage_prepare(st, d) < 0)
		diag("%s", st->err.what);
	ok(stage_reattach(st, FOUR "0") == 0 && stage_is_home(st),
	   "prepared, and neither started nor released: ended by hand");
	if (stage_run(st, d) != 0)
		diag("does not run");
	ok(stage_reattach(st, FOUR "0") < 0 && st->err.code == VH_E_REFUSED,
	   "a domain that runs keeps its devices");
	/* the hook was removed while it ran: no release comes */
	fake_libvirt_release(st->root, d);
	ok(stage_is(st, FOUR "0", "nvme -") && stage_is(st, FOUR "1", ON_VFIO),
	   "without a release libvirt gives back the named one");
	ok(stage_reattach(st, FOUR "1") == 0 && stage_is_home(st), "and reattach the peers");
}

int main(void)
{
	test_two_domains();
	test_starting_domain();
	test_at_once();
	test_stale();
	test_stale_started();
	test_hinted();
	test_adopt();
	test_moved_since();
	test_open_group_adopted();
	test_vanished();
	test_replaced();
	test_used_elsewhere();
	test_use_unseen();
	test_variant_override();
	test_stuck();
	test_side_by_side("igb", SPLIT "1");
	test_side_by_side("nvme", ALONE);
	test_by_hand();
	test_reattach_ends();
	return tap_done();
}
