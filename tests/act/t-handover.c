/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the host gives up for a guest goes before the device, comes back after it, and is judged in
 * between. That nothing of it gets lost is t-crash's and t-failing's matter. */
#include <errno.h>

#include "lib/base/unit.h"
#include "tests/fake/fake-tree.h"
#include "tests/fake/stage.h"
#include "tests/tap.h"

#define CARD DESKTOP "0"
#define DM "display-manager.service"

static bool is_active(const struct stage *st, const char *unit)
{
	_auto_free_ char *text = vh_root_read(st->root, "units/%s", unit);

	return text && strstr(text, "ActiveState=active");
}

/* As an administrator does. */
static int call(const struct stage *st, const char *verb, const char *unit)
{
	char *one[] = { (char *)unit };
	const struct vh_names units = { one, 1 };

	return st->root->ops->unit(st->root, verb, &units);
}

/* The claim has this line, or has it not. */
static bool says(const struct stage *st, const char *line)
{
	_auto_free_ char *text = vh_root_read(st->root, "run/vfio-hook/" VM1 ".claim");

	return text && strstr(text, line);
}

/* Do the lines of the log that are about `what` come in this order? */
static bool logged(const struct stage *st, const char *const *lines)
{
	_auto_free_ char *log = fake_log(st->root);
	const char *at = log;

	for (; *lines; lines++) {
		at = strstr(at, *lines);
		if (!at) {
			diag("no '%s' in its place:\n%s", *lines, log);
			return false;
		}
		at += strlen(*lines);
	}
	return true;
}

static void why(const struct stage *st)
{
	diag("%s | %s", st->err.what ? st->err.what : "-", st->told.data ? st->told.data : "-");
	for (size_t i = 0; i < st->findings.count; i++)
		diag("%s: %s", st->findings.list[i].rule->name, st->findings.list[i].message);
}

static void test_cycle(void)
{
	static const char *const there[] = {
		"unit/stop/" DM,
		"unit/stop/gpu.service",
		"sys/class/vtconsole/vtcon1/bind = 0",
		"module/unload/amdxcp",
		"module/unload/amdgpu",
		"0000:0a:00.0/driver_override = vfio-pci",
		NULL,
	};
	static const char *const back[] = {
		"module/load/amdgpu",
		"0000:0a:00.1",
		"module/load/amdxcp",
		"sys/class/vtconsole/vtcon1/bind = 1",
		"unit/start/gpu.service",
		"unit/start/" DM,
		NULL,
	};
	_auto_(stage) struct stage *st = stage_new_near(CARD);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, CARD);

	fake_reset(st->root);
	ok(stage_run(st, d) == 0, "a guest gets the only card");
	ok(logged(st, there), "after units, console and modules, in this order");
	ok(stage_is(st, CARD, "vfio-pci vfio-pci") && !is_active(st, DM), "which are gone");
	ok(says(st, "loan 0000:0a:00.0 unit " DM " out\n") &&
		   says(st, "loan 0000:0a:00.0 console vtcon1 out\n") &&
		   says(st, "loan 0000:0a:00.0 driver amdgpu out\n") &&
		   says(st, "loan 0000:0a:00.0 module amdxcp out\n"),
	   "and stands in the claim");
	fake_reset(st->root);
	ok(stage_end(st, d) == 0, "its release");
	if (!ok(stage_is_home(st), "brings everything back"))
		why(st);
	ok(logged(st, back), "in reverse, the module of the driver first");
	ok(stage_run(st, d) == 0 && stage_end(st, d) == 0 && stage_is_home(st),
	   "a second start and end");
}

static void test_told(void)
{
	_auto_(stage) struct stage *st = stage_new_near(CARD);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, CARD);

	if (!ok(stage_prepare(st, d) == 0 && stage_found(st, "handed-over") &&
			!stage_found(st, "device-in-use") && !stage_found(st, "unit-unfit"),
		"what is handed over is told, and not an error"))
		why(st);
}

/* logind has what the session of the display manager draws on open as well, and process 1 keeps it
 * for logind: it goes with the session, whatever the compositor is called. */
static void test_kept_by_logind(void)
{
	_auto_(stage) struct stage *st = stage_new_near(CARD);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, CARD);

	fake_remove(st->root, "proc/4001");
	stage_add_user(st, 4001, "dwl", "system.slice/" DM);
	stage_add_user(st, 1, "systemd", "init.scope");
	fake_put(st->root, "fake-kernel/unit/" DM, "4001 1/fd/7\n");
	free(st->before);
	st->before = scratch_state(st->s);
	if (!ok(stage_run(st, d) == 0, "what process 1 keeps for a compositor ends with it"))
		why(st);
	ok(stage_end(st, d) == 0 && stage_is_home(st), "and comes back");
}

/* --- what does not work ---------------------------------------------------------------------------- */

static void keep_user(struct stage *st)
{
	stage_add_user(st, 4003, "blender", "user.slice/user-1000.slice/session-3.scope");
}

/* A process of the display manager's own that outlives it. */
static void keep_worker(struct stage *st)
{
	stage_add_user(st, 4003, "Xorg", "system.slice/" DM);
}

static void stays(struct stage *st)
{
	fake_put(st->root, "fake-kernel/unit/gpu.service.stays", "%s", "");
}

static void starts_again(struct stage *st)
{
	fake_put(st->root, "fake-kernel/unit/gpu.service.again", "%s", "");
}

static void use_module(struct stage *st)
{
	fake_put(st->root, "sys/module/amdxcp/refcnt", "1\n");
}

static void hang(struct stage *st)
{
	st->config.timeout_write = 300;
	fake_fault(st->root, "path unit/stop/gpu.service hang");
}

static void keep_console(struct stage *st)
{
	fake_fault(st->root, "path vtcon1 errno %d", EIO);
}

static const struct {
	const char *name;
	void (*set)(struct stage *st);
	const char *says; /* error, or the first finding */
	bool stopped;     /* the display manager, for a moment */
} refused[] = {
	{ "a user's process that no unit explains", keep_user,
	  "process 4003 (blender) has /dev/dri/card0", false },
	{ "a process that outlives its unit", keep_worker, "process 4003 (Xorg) of " DM, true },
	{ "a unit that does not stop", stays, "cannot stop gpu.service", true },
	{ "a unit that does not stop in time", hang, "cannot stop gpu.service in time", true },
	{ "a unit that starts by itself", starts_again, "process 4002 (gpud) of gpu.service", true },
	{ "a module with a user", use_module, "cannot unload module amdxcp", true },
	{ "a console that stays", keep_console, "cannot release console vtcon1", true },
};

static void test_refused(size_t n)
{
	_auto_(stage) struct stage *st = stage_new_near(CARD);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, CARD);
	_auto_free_ char *log = NULL;
	bool told = false;
	int rc;

	fake_reset(st->root);
	refused[n].set(st);
	free(st->before);
	st->before = scratch_state(st->s);
	rc = stage_prepare(st, d);
	for (size_t i = 0; i < st->findings.count; i++)
		told |= strstr(st->findings.list[i].message, refused[n].says) != NULL;
	told |= st->err.what && strstr(st->err.what, refused[n].says);
	log = fake_log(st->root);
	if (!ok(rc < 0 && told, "%s: refused, and said", refused[n].name))
		why(st);
	if (!ok(stage_is_home(st), "everything is back"))
		why(st);
	ok(!strstr(log, "0000:0a:00.0/driver_override") &&
		   !!strstr(log, "unit/stop/" DM) == refused[n].stopped,
	   "the card was not touched%s", refused[n].stopped ? "" : ", and nothing stopped");
}

/* A terminal of the session that is to end. */
static void test_own(const char *cgroup, bool fails)
{
	_auto_(stage) struct stage *st = stage_new_near(CARD);
	int rc;

	fake_put(st->root, "proc/self/cgroup", "0::%s\n", cgroup);
	rc = stage_detach(st, CARD);
	ok((rc < 0) == fails, "typed in %s: %s", cgroup, fails ? "refused" : "fine");
	if (rc < 0 && (!st->err.what || !strstr(st->err.what, "runs in gpu.service") ||
		       !stage_is_home(st) || strstr(st->told.data ? st->told.data : "", DM)))
		ok(false, "%s", st->err.what ? st->err.what : "not said");
	if (rc == 0)
		ok(stage_reattach(st, CARD) == 0 && stage_is_home(st), "and home");
}

/* --- what does not come back ------------------------------------------------------------------------ */

static void test_broken(void)
{
	_auto_(stage) struct stage *st = stage_new_near(CARD);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, CARD),
					   *other = scratch_vm(VM2, CARD);

	ok(stage_run(st, d) == 0, "a guest runs");
	fake_put(st->root, "fake-kernel/unit/" DM ".broken", "%s", "");
	ok(stage_end(st, d) < 0 && strstr(st->err.what, "cannot start " DM " again"),
	   "the display manager does not start again");
	ok(strstr(st->told.data, "cannot start " DM " again; vfio-hook reattach tries it again"),
	   "the log says so");
	ok(stage_is(st, CARD, "amdgpu -") && is_active(st, "gpu.service"), "all else is back");
	ok(stage_has_claim(st, VM1) && says(st, "loan 0000:0a:00.0 unit " DM " failed\n") &&
		   !says(st, "device"),
	   "the claim remembers it, and no device");
	ok(stage_prepare(st, other) == 0 && stage_release(st, other) == 0, "others start");
	ok(stage_reattach(st, CARD) < 0 && stage_has_claim(st, VM1), "reattach fails as well");
	fake_remove(st->root, "fake-kernel/unit/" DM ".broken");
	ok(stage_reattach(st, CARD) == 0 && stage_is_home(st), "and brings it back when it can");
}

/* It takes longer to start than a step may take: systemd starts it nevertheless. */
static void test_slow(void)
{
	_auto_(stage) struct stage *st = stage_new_near(CARD);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, CARD);
	int write = st->config.timeout_write;

	ok(stage_run(st, d) == 0, "a guest runs");
	st->config.timeout_write = 300;
	fake_fault(st->root, "path unit/start/gpu.service hang");
	if (!ok(stage_end(st, d) < 0 &&
			!strcmp(st->err.what, "gpu.service has not started again in time; systemd "
					      "is still starting it"),
		"a unit takes its time to start again: said"))
		why(st);
	ok(says(st, "loan 0000:0a:00.0 unit gpu.service failed\n") && is_active(st, DM),
	   "the claim remembers it, and all else is back");
	st->config.timeout_write = write;
	fake_reset(st->root);
	ok(call(st, "start", "gpu.service") == 0, "by now it has");
	if (!ok(stage_run(st, d) == 0 && stage_end(st, d) == 0 && stage_is_home(st),
		"the next start and end know that it has come back"))
		why(st);
}

#define SCREEN "simple-framebuffer.0"

/* The card draws by the firmware's framebuffer, whose memory is taken when it is to come back. */
static void put_screen(struct stage *st)
{
	static const char driver[] = "sys/bus/platform/drivers/simple-framebuffer";

	fake_put(st->root, "proc/iomem", "d0000000-d02fffff : BOOTFB\n");
	fake_put(st->root, "sys/bus/pci/devices/" CARD "/resource",
		 "0x00000000d0000000 0x00000000dfffffff 0x000000000014220c\n");
	fake_mkdirs(st->root, "sys/devices/platform/" SCREEN "/graphics/fb1");
	fake_put(st->root, "sys/bus/platform/drivers/simple-framebuffer/bind", "%s", "");
	fake_put(st->root, "sys/bus/platform/drivers/simple-framebuffer/unbind", "%s", "");
	fake_link(st->root, "sys/devices/platform/" SCREEN "/driver", driver);
	free(st->before);
	st->before = scratch_state(st->s);
}

static bool has_screen(const struct stage *st)
{
	return vh_root_exists(st->root, "sys/devices/platform/" SCREEN "/driver");
}

static void test_screen(void)
{
	_auto_(stage) struct stage *st = stage_new_near(CARD);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, CARD);

	put_screen(st);
	ok(stage_run(st, d) == 0 && !has_screen(st) &&
		   says(st, "framebuffer " SCREEN "@simple-framebuffer out\n"),
	   "the firmware's framebuffer leaves the card");
	if (!ok(stage_end(st, d) == 0 && stage_is_home(st) && has_screen(st), "and comes back"))
		why(st);
	ok(stage_run(st, d) == 0, "once more");
	fake_fault(st->root, "path simple-framebuffer/bind errno %d", EBUSY);
	if (!ok(stage_end(st, d) == 0 && stage_is_home(st),
		"its memory is taken, and the card's own driver draws: nothing is missing"))
		why(st);
}

static void test_screen_away(void)
{
	_auto_(stage) struct stage *st = stage_new_near(CARD);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, CARD);

	fake_remove(st->root, "sys/bus/pci/devices/" CARD "/drm");
	fake_remove(st->root, "sys/bus/pci/devices/" CARD "/graphics");
	put_screen(st);
	ok(stage_run(st, d) == 0, "a card without another screen");
	fake_fault(st->root, "path simple-framebuffer/bind errno %d", EBUSY);
	if (!ok(stage_end(st, d) < 0 && says(st, "@simple-framebuffer failed\n") &&
			strstr(st->err.what, "cannot bring back framebuffer " SCREEN) &&
			st->err.fix && strstr(st->err.fix, "/proc/iomem"),
		"its memory stays taken: that is said, and who may have it"))
		why(st);
	ok(is_active(st, DM), "the desktop is back");
	fake_reset(st->root);
	ok(stage_reattach(st, CARD) == 0 && stage_is_home(st) && has_screen(st),
	   "reattach brings it back");
}

/* A peer that hangs leaves no time. */
static void test_late(void)
{
	_auto_(stage) struct stage *st = stage_new_near(CARD);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, CARD);

	ok(stage_run(st, d) == 0, "a guest runs with two functions");
	st->config.timeout_write = st->config.timeout_call = 1000;
	fake_fault(st->root, "path vfio-pci/unbind hang");
	ok(stage_end(st, d) < 0 && says(st, "device " DESKTOP "1"), "one of them hangs at the end");
	if (!ok(is_active(st, DM) && is_active(st, "gpu.service") && !says(st, "loan"),
		"the desktop is back"))
		why(st);
}

/* systemd refuses to start anything by then, and the next boot starts what it starts. */
static void test_shutdown(void)
{
	static const char *const console[] = { "sys/class/vtconsole/vtcon1/bind = 1", NULL };
	_auto_(stage) struct stage *st = stage_new_near(CARD);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, CARD);

	ok(stage_run(st, d) == 0, "a guest runs when the host is shut down");
	fake_put(st->root, "units/shutdown.target",
		 "Id=shutdown.target\nNames=shutdown.target\nLoadState=loaded\n"
		 "ActiveState=inactive\nJob=812\n");
	fake_reset(st->root);
	ok(stage_end(st, d) == 0 && !stage_has_claim(st, VM1), "its release succeeds");
	if (!ok(stage_is(st, CARD, "amdgpu -") && logged(st, console), "card and console are back"))
		why(st);
	ok(!is_active(st, DM) && !is_active(st, "gpu.service"), "no unit is started");
	if (!ok(strstr(st->told.data, DM " is not started again: the host is shutting down") &&
			!strstr(st->told.data, "cannot"),
		"which is told, and as no fault"))
		why(st);
}

/* --- before and after ------------------------------------------------------------------------------- */

/* What was not there is not made. */
static void test_as_it_was(void)
{
	_auto_(stage) struct stage *st = stage_new_near(CARD);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, CARD);

	ok(call(st, "stop", DM) == 0, "no display manager runs");
	fake_put(st->root, "sys/class/vtconsole/vtcon1/bind", "0\n");
	free(st->before);
	st->before = scratch_state(st->s);
	ok(stage_run(st, d) == 0 && !says(st, DM) && !says(st, "console"), "nothing of it is lent");
	ok(stage_end(st, d) == 0 && stage_is_home(st), "nor started");
}

/* What systemd stops with a unit comes back after it. */
static void test_with(void)
{
	static const char *const back[] = { "unit/start/gpu.service", "unit/start/jobs.service",
					    NULL };
	_auto_(stage) struct stage *st = stage_new_near(CARD);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, CARD);

	fake_add_unit(st->root, "jobs.service", "");
	fake_append(st->root, "units/gpu.service", "RequiredBy=jobs.service\n");
	free(st->before);
	st->before = scratch_state(st->s);
	ok(stage_run(st, d) == 0 && !is_active(st, "jobs.service"), "what depends on it stops too");
	ok(stage_end(st, d) == 0 && stage_is_home(st) && logged(st, back), "and starts after it");
}

/* A socket starts a listed service. */
static void test_woken(void)
{
	static const char *const there[] = { "unit/stop/gpu.service gpu.socket",
					     "unit/stop/gpu.socket", NULL };
	static const char *const back[] = { "unit/start/gpu.socket", "unit/start/gpu.service",
					    NULL };
	_auto_(stage) struct stage *st = stage_new_near(CARD);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, CARD);

	free(st->config.devices[0].stop_units);
	st->config.devices[0].stop_units = vh_strdup(DM " gpu.service");
	if (!ok(stage_prepare(st, d) < 0 && stage_found(st, "unit-unfit") && stage_is_home(st),
		"a socket that is not listed starts its service again: told, and refused"))
		why(st);
	free(st->config.devices[0].stop_units);
	st->config.devices[0].stop_units = vh_strdup(DM " gpu.socket gpu.service");
	fake_reset(st->root);
	if (!ok(stage_run(st, d) == 0 && !stage_found(st, "unit-unfit") && logged(st, there) &&
			!is_active(st, "gpu.service") && !is_active(st, "gpu.socket"),
		"listed, it stops in the same call, whatever the order"))
		why(st);
	if (!ok(stage_end(st, d) == 0 && stage_is_home(st) && logged(st, back),
		"and starts before it"))
		why(st);
}

static void test_unfit(void)
{
	static const struct {
		const char *line, *says;
	} lines[] = {
		{ "RequiredBy=libvirtd.service\n", "libvirt needs libvirtd.service" },
		{ "ExecStop={ path=/usr/bin/virsh ; argv[]=virsh list }\n", "it calls virsh" },
		{ "LoadState=masked\n", "could not be started again" },
		{ "FragmentPath=/run/systemd/transient/gpu.service\n", "was made by hand" },
	};

	for (size_t i = 0; i < VH_COUNT(lines); i++) {
		_auto_(stage) struct stage *st = stage_new_near(CARD);
		_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, CARD);
		bool told = false;

		fake_add_unit(st->root, "libvirtd.service", "");
		fake_append(st->root, "units/gpu.service", lines[i].line);
		fake_reset(st->root);
		ok(stage_prepare(st, d) < 0 && stage_found(st, "unit-unfit"), "unfit: %s",
		   lines[i].says);
		for (size_t k = 0; k < st->findings.count; k++)
			told |= strstr(st->findings.list[k].message, lines[i].says) != NULL;
		if (!ok(told && !fake_writes(st->root), "said, and nothing was done"))
			why(st);
	}
}

/* A module with another device: unloading would take that from the host, used or not. */
static void test_module_of_another(void)
{
	_auto_(stage) struct stage *st = stage_new_near(CARD " " ALONE);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, CARD);

	fake_link(st->root, "sys/bus/pci/drivers/nvme/module", "sys/module/amdxcp");
	fake_reset(st->root);
	if (!ok(stage_prepare(st, d) < 0 && stage_found(st, "unit-unfit") && !fake_writes(st->root),
		"a module that drives another device as well: refused, and nothing was done"))
		why(st);
}

/* The kernel was updated, and the modules of the one that runs are gone; or insmod took a file. */
static void test_orphan(void)
{
#define XCP "kernel/drivers/gpu/drm/amd/amdxcp/amdxcp.ko:\n"
	static const struct {
		const char *dep, *conf;
		bool there;
	} cases[] = {
		{ XCP, "blacklist amdgpu\n", false },
		{ XCP "updates/amdgpu.ko.zst: x.ko\n", "", true },
		{ XCP "updates/amdgpu-current.ko:\n", "install amdgpu modprobe -i amdgpu-current\n",
		  true },
		{ XCP "updates/amdgpu-current.ko:\n", "alias amdgpu amdgpu-current\n", true },
		{ NULL, "", false },
	};

	for (size_t i = 0; i < VH_COUNT(cases); i++) {
		_auto_(stage) struct stage *st = stage_new_near(CARD);
		_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, CARD);

		st->s->root.live = true;
		fake_put(st->root, "etc/modprobe.d/gpu.conf", "%s", cases[i].conf);
		if (cases[i].dep)
			fake_put(st->root, "lib/modules/6.1.0/modules.dep", "%s", cases[i].dep);
		else
			fake_rename(st->root, "lib/modules/6.1.0", "lib/modules/6.2.0");
		fake_reset(st->root);
		if (!ok((stage_prepare(st, d) < 0 && stage_found(st, "unit-unfit") &&
			 !fake_writes(st->root)) == !cases[i].there,
			"a module that could %s loaded again", cases[i].there ? "be" : "not be"))
			why(st);
	}
}

/* Where systemd does not answer, nothing is known of what would be stopped. */
static void test_silent(const char *said)
{
	_auto_(stage) struct stage *st = stage_new_near(CARD);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, CARD);

	fake_remove(st->root, "units/gpu.service");
	if (said)
		fake_put(st->root, "units/gpu.service", "%s", said);
	fake_remove(st->root, "proc/4002");
	fake_reset(st->root);
	if (!ok(stage_prepare(st, d) < 0 && !stage_has_claim(st, VM1) &&
			strstr(st->err.what, "gpu.service") && !fake_writes(st->root),
		"a unit of which systemd says nothing: refused, and nothing was done"))
		why(st);
}

/* The desktop had loaded them all the same; modprobe -b says 0 and does nothing. */
static void test_blacklisted(void)
{
	_auto_(stage) struct stage *st = stage_new_near(CARD);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, CARD);

	fake_put(st->root, "fake-kernel/blacklist/amdgpu", "\n");
	fake_put(st->root, "fake-kernel/blacklist/amdxcp", "\n");
	if (!ok(stage_run(st, d) == 0 && stage_end(st, d) == 0 && stage_is_home(st),
		"modules that are blacklisted, and were loaded, are loaded again"))
		why(st);
	if (stage_run(st, d) != 0)
		why(st);
	fake_put(st->root, "fake-kernel/blacklist/amdxcp", "install\n");
	if (!ok(stage_end(st, d) < 0 && says(st, " module amdxcp failed\n") &&
			strstr(st->err.what, "cannot load module amdxcp again"),
		"one that modprobe says to have loaded, and has not: said, and claimed still"))
		why(st);
	fake_remove(st->root, "fake-kernel/blacklist/amdxcp");
	ok(stage_reattach(st, CARD) == 0 && stage_is_home(st), "it comes when it can");
}

/* Its exit does not return in time, and does so later: then the module is gone. */
static void test_going(void)
{
	_auto_(stage) struct stage *st = stage_new_near(CARD);
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, CARD);
	int write = st->config.timeout_write;

	st->config.timeout_write = 300;
	fake_put(st->root, "sys/module/amdxcp/initstate", "going\n");
	fake_fault(st->root, "path module/unload/amdxcp hang");
	if (!ok(stage_prepare(st, d) < 0 && strstr(st->err.what, "unload module amdxcp in time") &&
			says(st, " module amdxcp failed\n"),
		"a module that does not go in time, and is on its way: refused, and not forgotten"))
		why(st);
	fake_reset(st->root);
	st->config.timeout_write = write;
	fake_put(st->root, "sys/module/amdxcp/initstate", "live\n");
	if (st->root->ops->unload_module(st->root, "amdxcp") < 0)
		diag("still there");
	ok(stage_release(st, d) == 0 && vh_root_exists(st->root, "sys/module/amdxcp") &&
		   !stage_has_claim(st, VM1),
	   "it has gone by now, and comes back");
}

static void test_by_hand(void)
{
	_auto_(stage) struct stage *st = stage_new_near(CARD);

	ok(stage_detach(st, CARD) == 0 && !is_active(st, DM), "detach hands over, too");
	ok(stage_reattach(st, CARD) == 0 && stage_is_home(st), "and reattach takes back");
}

int main(void)
{
	test_cycle();
	test_told();
	test_kept_by_logind();
	for (size_t i = 0; i < VH_COUNT(refused); i++)
		test_refused(i);
	test_own("/system.slice/gpu.service/app.slice/vte.scope", true);
	test_own("/system.slice/gpu.service", true);
	test_own("/system.slice/other-gpu.service", false);
	test_broken();
	test_slow();
	test_screen();
	test_screen_away();
	test_late();
	test_shutdown();
	test_as_it_was();
	test_with();
	test_woken();
	test_unfit();
	test_module_of_another();
	test_orphan();
	test_silent(NULL);
	test_silent("Names=other.service\nLoadState=loaded\nActiveState=inactive\n");
	test_blacklisted();
	test_going();
	test_by_hand();
	return tap_done();
}
