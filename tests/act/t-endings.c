/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A claim ends, whatever became of the calls that would have ended it: no release, one that could
 * not have the lock, one that comes late, a daemon that is gone; and claims of version 1.
 */
#include <sys/stat.h>
#include <sys/wait.h>

#include "lib/host/processes/process.h"
#include "tests/fake/actors.h"
#include "tests/fake/fake-tree.h"
#include "tests/tap.h"

#define CLAIM1 "run/vfio-hook/" VM1 ".claim"
#define NOTE1 "run/vfio-hook/" VM1 ".released"

static int prepare(struct stage *st, const void *d)
{
	return stage_prepare(st, d);
}

static int release(struct stage *st, const void *d)
{
	return stage_release(st, d);
}

/* A restore whose labels cannot be set calls prepare and nothing else (facts of libvirt 9 to 11). */
static void test_no_release(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *a = scratch_vm(VM1, FOUR "0");
	_auto_(vh_domain) struct vh_domain *b = scratch_vm(VM2, FOUR "1");

	ok(stage_prepare(st, a) == 0 && stage_prepare(st, b) < 0 && stage_found(st, "device-claimed"),
	   "prepared, and no more: another domain is refused");
	ok(stage_reattach(st, FOUR "1") == 0 && stage_is_home(st), "ended by hand");
	ok(stage_prepare(st, b) == 0 && stage_release(st, b) == 0 && stage_is_home(st),
	   "then the other one starts");
}

/* The hook is killed while its write hangs, and release cannot have the lock. */
static void test_lock_not_free(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *a = scratch_vm(VM1, FOUR "0");
	_auto_(vh_domain) struct vh_domain *b = scratch_vm(VM2, FOUR "1");
	pid_t pid;

	if (!fake_can_hang()) {
		ok(true, "a lock that is not free # SKIP this machine allows no ptrace");
		return;
	}
	fake_fault(st->root, "write 4 late"); /* four overrides, then the first unbind */
	if ((pid = fork()) == 0)
		_exit(stage_prepare(st, a) < 0);
	waitpid(pid, NULL, 0);
	st->config.timeout_call = 300;
	ok(stage_release(st, a) < 0 && st->err.code == VH_E_TIMEOUT &&
		   vh_root_exists(st->root, NOTE1),
	   "release without the lock: noted");
	st->config.timeout_call = 120000;
	fake_resume(st->root);
	stage_wait_for_writers(st, VM1);
	ok(stage_run(st, b) == 0 && !stage_has_claim(st, VM1) && !vh_root_exists(st->root, NOTE1),
	   "the write has ended: another domain takes over, though the daemon lives");
	ok(stage_end(st, b) == 0 && stage_is_home(st), "home");
}

/* libvirtd is restarted while prepare works; its unit leaves the hook alone (KillMode=process). */
static void test_daemon_restarted(int steps)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *a = scratch_vm(VM1, FOUR "0");
	struct actor *hook;

	stage_add_process(st);
	hook = actor_start(st, prepare, a);
	actor_steps(hook, steps);
	stage_new_daemon(st);
	while (!actor_has_ended(hook))
		actor_run(hook);
	ok(actor_result(hook) == -1 && stage_is_home(st) && !stage_has_claim(st, VM1),
	   "nobody waits for this start any more, since step %d: undone", steps);
	actor_free(hook);
}

/* A release of the start before: it has seen that claim, and comes to the lock after the next. */
static void test_late_release(int steps)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *a = scratch_vm(VM1, FOUR "0");
	struct actor *late;
	char why[200] = "";

	if (stage_prepare(st, a) < 0)
		diag("%s", st->err.what);
	late = actor_start(st, release, a);
	actor_steps(late, steps);
	if (stage_prepare(st, a) < 0)
		diag("%s", st->err.what);
	while (!actor_has_ended(late))
		actor_run(late);
	ok(actor_result(late) == 0 && stage_has_claim(st, VM1) &&
		   fake_libvirt_prepare(st->root, a, why, sizeof(why)) == 0,
	   "a release that comes late by %d steps leaves the next start alone%s%s", steps,
	   *why ? ": " : "", why);
	actor_free(late);
	ok(stage_end(st, a) == 0 && stage_is_home(st), "whose own release ends it");
}

/* --- a daemon of another name ------------------------------------------------------------------ */

static void put_process(struct stage *st, int pid, const char *comm, int parent)
{
	_auto_free_ char *path = vh_printf("proc/%d/stat", pid);

	fake_put(st->root, path, "%d (%s) S %d 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 900 0 0\n", pid,
		 comm, parent);
}

/* As NixOS has it, which starts programs by scripts; between it and us is a script of hooks, which
 * ends with its call. */
static void test_other_name(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *a = scratch_vm(VM1, TWO "0");
	_auto_(vh_domain) struct vh_domain *b = scratch_vm(VM2, TWO "1");

	put_process(st, 4194300, ".libvirtd-wrapp", 1);
	put_process(st, getppid(), "qemu", 4194300);
	if (stage_prepare(st, a) < 0)
		diag("%s", st->err.what);
	fake_remove(st->root, "proc/%d", getppid());
	ok(stage_prepare(st, b) < 0 && stage_found(st, "device-claimed") && stage_has_claim(st, VM1),
	   "a script between us and the daemon has ended: the start that it was for has not");
	fake_remove(st->root, "proc/4194300");
	ok(stage_run(st, b) == 0 && stage_end(st, b) == 0 && stage_is_home(st),
	   "the daemon has ended, and with it the start");
}

/* --- version 1 -------------------------------------------------------------------------------- */

#define OLD "vfio-hook-claim 1\nowner " VM1 "\nname vm-4dea\nsince 1763707695\ndaemon %lld %lld\n"
#define OLD_DEVICES                                                                       \
	"device 0000:07:00.0 1b21:2142 group=8 named unbind driver=xhci_hcd override=-\n" \
	"device 0000:07:00.1 10de:10f0 group=8 peer bind driver=nvidia override=-\nend\n"

/* The claim that version 0.1 would have written where this one has written its own. */
static void write_old(struct stage *st, const char *state)
{
	struct vh_process daemon = vh_process_daemon(st->root);

	fake_remove(st->root, CLAIM1);
	fake_put(st->root, CLAIM1, OLD "state %s\n" OLD_DEVICES, (long long)daemon.pid,
		 (long long)daemon.start, state);
	if (fchmodat(st->root->fd, CLAIM1, 0600, 0) < 0)
		abort();
}

static void test_old(void)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, TWO "0");
	_auto_(vh_domain) struct vh_domain *other = scratch_vm(VM2, TWO "1");

	if (stage_prepare(st, d) < 0)
		diag("%s", st->err.what);
	write_old(st, "prepared");
	ok(stage_prepare(st, other) < 0 && stage_found(st, "device-claimed"),
	   "version 1, prepared: it holds");
	ok(stage_release(st, d) == 0 && stage_is_home(st), "and is ended by its release");
	if (stage_run(st, d) != 0)
		diag("does not run");
	write_old(st, "started");
	ok(stage_end(st, d) == 0 && stage_is_home(st), "version 1, started: home");
	if (stage_prepare(st, d) < 0)
		diag("%s", st->err.what);
	/* killed while it gave back: probing has chosen */
	VH_IGNORE(fake_write(st->root, "\n", "sys/bus/pci/devices/" TWO "1/driver_override"));
	VH_IGNORE(fake_write(st->root, TWO "1", "sys/bus/pci/drivers/vfio-pci/unbind"));
	VH_IGNORE(fake_write(st->root, TWO "1", "sys/bus/pci/drivers_probe"));
	write_old(st, "released");
	ok(stage_is(st, TWO "1", "nouveau -") && stage_run(st, other) == 0 &&
		   !stage_has_claim(st, VM1) && stage_end(st, other) == 0 && stage_is_home(st),
	   "version 1, released: taken over, and home from where probing put it");
}

int main(void)
{
	static const int steps[] = { 1, 6, 12, 25 };

	test_no_release();
	test_lock_not_free();
	for (size_t i = 0; i < VH_COUNT(steps); i++)
		test_daemon_restarted(steps[i]);
	for (int i = 0; i < 3; i++)
		test_late_release(i);
	test_other_name();
	test_old();
	return tap_done();
}
