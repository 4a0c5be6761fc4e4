/* SPDX-License-Identifier: GPL-2.0-or-later */
/* handover - see handover.h. Every step is a child with a deadline that keeps the claim's lock. */
#include "lib/act/handover.h"

#include <errno.h>
#include <time.h>

#include "lib/act/steps.h"
#include "lib/base/child.h"
#include "lib/base/shell.h"
#include "lib/case/handed.h"
#include "lib/decide/lending.h"
#include "lib/host/function.h"

#include "lib/base/banned.h"

#define AGAIN_MS 250 /* between two looks at who still uses the devices */
#define BUSY_TRIES 8 /* to bring the firmware's framebuffer back */
#define CONSOLES "sys/class/vtconsole"

/* --- one step ------------------------------------------------------------------------------------- */

struct step {
	const struct vh_act *act;
	const struct vh_loan *loan;
	bool back;
	const struct vh_names *with; /* units that have to stop in the same instant; or NULL */
};

static int errno_of(int rc)
{
	return rc >= 0 ? 0 : rc < -125 ? EIO : -rc;
}

/* The console may have another number by now: its driver went with the last framebuffer, and has
 * bound itself then. One that is gone has nothing to be bound to. */
static int bind_console(const struct vh_root *root, const char *name)
{
	_auto_free_ char *what = vh_root_read(root, CONSOLES "/%s/name", name);
	int64_t bound = what ? vh_root_read_int(root, CONSOLES "/%s/bind", name) : -1;

	if (bound < 0) /* one that cannot be read may be the one */
		return errno == ENOENT ? 0 : -errno;
	if (bound || !strstr(what, "frame buffer"))
		return 0;
	return vh_root_write(root, "1", CONSOLES "/%s/bind", name);
}

static int write_console(const struct vh_root *root, const char *name, bool back)
{
	_auto_names_ struct vh_names names = { 0 };
	int rc = 0;

	if (!back && vh_root_read_int(root, CONSOLES "/%s/bind", name) != 1)
		return 0;
	if (!back)
		return vh_root_write(root, "0", CONSOLES "/%s/bind", name);
	if (vh_root_list(root, &names, CONSOLES) < 0)
		return errno == ENOENT ? 0 : -errno;
	for (size_t i = 0; i < names.count && rc == 0; i++)
		rc = bind_console(root, names.name[i]);
	return rc;
}

/* The card's own driver draws on it by now, and has the memory of the firmware's framebuffer. */
static bool has_screen(const struct vh_root *root, const struct vh_pci_addr *addr)
{
	struct vh_pci_name s = vh_pci_str(addr);

	return vh_root_exists(root, "sys/bus/pci/devices/%s/drm", s.s) ||
	       vh_root_exists(root, "sys/bus/pci/devices/%s/graphics", s.s);
}

static void pause_a_moment(void)
{
	static const struct timespec pause = { 0, AGAIN_MS * 1000000L };

	(void)nanosleep(&pause, NULL); /* a shorter one does no harm */
}

/* Who had the memory of the card may be about to let go of it. */
static int bind_framebuffer(const struct vh_root *root, const char *device, const char *driver,
			    const struct vh_pci_addr *addr)
{
	int rc;

	for (int tries = 0;; tries++) {
		rc = vh_root_write(root, device, "sys/bus/platform/drivers/%s/bind", driver);
		if (rc != -EBUSY || tries >= BUSY_TRIES)
			return rc;
		if (has_screen(root, addr))
			return 0;
		pause_a_moment();
	}
}

/* VFIO may have removed the device of the firmware's framebuffer for good: then there is nothing to
 * come back. */
static int write_framebuffer(const struct vh_root *root, const char *name,
			     const struct vh_pci_addr *addr, bool back)
{
	const char *at = strchr(name, '@');
	_auto_free_ char *device = vh_strndup(name, (size_t)(at - name));
	bool bound = vh_root_exists(root, "sys/devices/platform/%s/driver", device);

	if (!bound && errno != ENOENT)
		return -errno;
	if (bound == back)
		return 0;
	if (!vh_root_exists(root, "sys/devices/platform/%s", device))
		return errno == ENOENT ? 0 : -errno;
	if (back)
		return bind_framebuffer(root, device, at + 1, addr);
	return vh_root_write(root, device, "sys/bus/platform/drivers/%s/unbind", at + 1);
}

/* It is all there, or all of it is gone: one whose exit takes its time is neither yet. */
static bool is_module_moved(const struct vh_root *root, const char *name, bool back)
{
	bool there = vh_root_exists(root, "sys/module/%s", name);
	_auto_free_ char *state = NULL;

	if (!there || !back)
		return there == back;
	state = vh_root_read(root, "sys/module/%s/initstate", name);
	return !state || !strcmp(state, "live");
}

static int move_module(const struct vh_root *root, const char *name, bool back)
{
	if (is_module_moved(root, name, back))
		return 0;
	/* it was loaded before, whatever is blacklisted */
	return back ? root->ops->load_module(root, name, true)
		    : root->ops->unload_module(root, name);
}

static int move_unit(const struct step *s)
{
	_auto_names_ struct vh_names units = { 0 };

	vh_names_note(&units, "%s", s->loan->name);
	if (s->with)
		vh_names_note_all(&units, s->with);
	return s->act->root->ops->unit(s->act->root, s->back ? "start" : "stop", &units);
}

/* In the child: 0, an errno, or the exit status of what it becomes. */
static int do_step(void *arg)
{
	const struct step *s = arg;
	const struct vh_root *root = s->act->root;
	const struct vh_loan *l = s->loan;

	switch (l->kind) {
	case VH_LOAN_UNIT:
		return errno_of(move_unit(s));
	case VH_LOAN_CONSOLE:
		return errno_of(write_console(root, l->name, s->back));
	case VH_LOAN_FRAMEBUFFER:
		return errno_of(write_framebuffer(root, l->name, &l->addr, s->back));
	case VH_LOAN_MODULE:
	case VH_LOAN_DRIVER:
		return errno_of(move_module(root, l->name, s->back));
	}
	return EINVAL;
}

/* "stop display-manager.service", "load module nvidia again", "release console vtcon1" */
static char *doing(const struct step *s)
{
	const struct vh_loan *l = s->loan;

	switch (l->kind) {
	case VH_LOAN_UNIT:
		return s->back ? vh_printf("start %s again", l->name)
			       : vh_printf("stop %s", l->name);
	case VH_LOAN_CONSOLE:
	case VH_LOAN_FRAMEBUFFER:
		return vh_printf("%s %s %s", s->back ? "bring back" : "release",
				 vh_loan_kind_str(l->kind), l->name);
	default:
		return vh_printf(s->back ? "load module %s again" : "unload module %s", l->name);
	}
}

static int too_late(const struct step *s, struct vh_error *err)
{
	_auto_free_ char *what = doing(s);

	/* systemd keeps the job of a systemctl that has gone */
	if (s->back && s->loan->kind == VH_LOAN_UNIT)
		return vh_fail(err, VH_E_TIMEOUT, 0, "vfio-hook status   # shows when it runs",
			       "%s has not started again in time; systemd is still starting it",
			       s->loan->name);
	return vh_fail(err, VH_E_TIMEOUT, 0, NULL, "cannot %s in time", what);
}

static char *remedy(const struct vh_loan *l, int result)
{
	_auto_free_ char *name = vh_shell_operand(l->name);

	if (l->kind == VH_LOAN_UNIT)
		return vh_printf("systemctl status %s   # says why", name);
	if (l->kind == VH_LOAN_FRAMEBUFFER && result == EBUSY)
		return vh_printf("grep -A 3 %s /proc/iomem   # who has its memory: that has to end",
				 vh_pci_str(&l->addr).s);
	return NULL;
}

static int failed(const struct step *s, int result, struct vh_error *err)
{
	const struct vh_loan *l = s->loan;
	_auto_free_ char *what = doing(s), *fix = remedy(l, result);

	if (l->kind >= VH_LOAN_MODULE && !s->back && result == EWOULDBLOCK)
		return vh_fail(err, VH_E_SYS, 0, "lsmod   # the last column shows who uses it",
			       "cannot %s: it is in use", what);
	/* systemctl and modprobe have a status of their own */
	if (l->kind == VH_LOAN_UNIT || (l->kind >= VH_LOAN_MODULE && s->back))
		return vh_fail(err, VH_E_SYS, 0, fix, "cannot %s", what);
	return vh_fail(err, VH_E_SYS, result, fix, "cannot %s", what);
}

/* "systemd to stop display-manager.service" */
static void tell_waiting(const struct step *s)
{
	_auto_free_ char *what = doing(s);

	vh_root_waits(s->act->root, "%s to %s",
		      s->loan->kind == VH_LOAN_UNIT ? "systemd" : "the kernel", what);
}

static int run(const struct step *s, int lock, struct vh_error *err)
{
	const struct vh_act *act = s->act;
	const int keep[] = { act->root->fd, lock };
	int64_t deadline = vh_now_ms() + act->config->timeout_write;
	struct vh_child child = { 0 };
	bool in_time, done;

	vh_root_step(act->root, s->back ? "take back" : "lend");
	tell_waiting(s);
	if (vh_child_start(&child, do_step, (void *)s, keep, VH_COUNT(keep)) < 0)
		return vh_fail(err, VH_E_SYS, errno, NULL, "cannot start a process");
	in_time = vh_child_wait(&child, 1, deadline < act->deadline ? deadline : act->deadline);
	vh_root_step(act->root, s->back ? "taken back" : "lent");
	if (!in_time || child.state != VH_CHILD_DONE)
		return too_late(s, err);
	/* what counts of a module is whether it is there: modprobe fails late, and says nothing of
	 * what an install line or a blacklist kept it from */
	if (s->loan->kind >= VH_LOAN_MODULE)
		done = is_module_moved(act->root, s->loan->name, s->back);
	else
		done = !child.result;
	return done ? 0 : failed(s, child.result, err);
}

/* --- there ---------------------------------------------------------------------------------------- */

/* Is this one of the groups in which a process is (cgroups(7): 0::/user.slice/user@1000.service/...)? */
static bool is_above(const char *cgroup, const char *unit)
{
	_auto_free_ char *part = vh_printf("/%s/", unit), *end = vh_printf("/%s\n", unit);
	_auto_free_ char *whole = vh_printf("%s\n", cgroup);

	return strstr(whole, part) || strstr(whole, end);
}

/* Who types detach in the session that is to end would end with it, in the middle. */
static int see_own(const struct vh_task *t, const struct vh_loans *loans, struct vh_error *err)
{
	_auto_free_ char *own = vh_root_read(t->act->root, "proc/self/cgroup");

	for (size_t i = 0; own && i < loans->count; i++) {
		const struct vh_loan *l = &loans->list[i];
		_auto_free_ char *fix = NULL;

		if (l->kind != VH_LOAN_UNIT || !is_above(own, l->name))
			continue;
		fix = vh_printf("systemd-run vfio-hook detach %s   # runs outside of it",
				vh_pci_str(&l->addr).s);
		return vh_fail(err, VH_E_REFUSED, 0, fix,
			       "this command runs in %s, which it is to stop, and would end with it",
			       l->name);
	}
	return 0;
}

int vh_handover_record(const struct vh_task *t, struct vh_claim *c, struct vh_error *err)
{
	const struct vh_units *units = &t->c.handed.units;

	for (size_t i = 0; t->old && i < t->old->loans.count; i++) {
		const struct vh_loan *l = &t->old->loans.list[i];

		vh_loans_add(&c->loans, &l->addr, l->kind, l->name);
	}
	for (size_t i = 0; i < units->asked; i++)
		if (units->list[i].load == VH_UNIT_UNKNOWN)
			return vh_fail(err, VH_E_REFUSED, 0, NULL,
				       "whether %s runs, which is to be stopped for this, cannot be "
				       "seen: systemd does not answer",
				       units->list[i].name);
	vh_lending_loans(&t->c, &c->loans);
	return see_own(t, &c->loans, err);
}

static bool is_module(const struct vh_loan *l)
{
	return l->kind == VH_LOAN_MODULE || l->kind == VH_LOAN_DRIVER;
}

static bool has_modules(const struct vh_claim *c)
{
	for (size_t i = 0; i < c->loans.count; i++)
		if (is_module(&c->loans.list[i]))
			return true;
	return false;
}

static int64_t patience(const struct vh_act *act)
{
	int64_t until = vh_now_ms() + 2 * (int64_t)act->config->timeout_group;

	return until < act->deadline ? until : act->deadline;
}

static void wait_a_moment(const struct vh_act *act, const char *what)
{
	vh_root_step(act->root, what);
	pause_a_moment();
}

/* Who had a module in use has ended, and may not be gone yet. */
static int lend_one(const struct step *s, int lock, struct vh_error *err)
{
	int64_t until = patience(s->act);
	int rc;

	while ((rc = run(s, lock, err)) < 0 && is_module(s->loan) && err->code == VH_E_SYS &&
	       vh_now_ms() + AGAIN_MS < until)
		wait_a_moment(s->act, "wait for a module");
	return rc;
}

static bool is_lent(const struct vh_claim *c, const char *unit)
{
	for (size_t i = 0; i < c->loans.count; i++)
		if (c->loans.list[i].kind == VH_LOAN_UNIT && !strcmp(c->loans.list[i].name, unit))
			return true;
	return false;
}

/* What starts it, and is lent too: systemd ignores that from the moment on in which it is to stop,
 * and stops it after the unit. Between two calls somebody may look at what is mounted on demand. */
static void find_waking(const struct vh_task *t, const struct vh_loan *l, struct vh_names *ret)
{
	const struct vh_unit_facts *u = NULL;

	if (l->kind == VH_LOAN_UNIT)
		u = vh_units_find(&t->c.handed.units, l->name);
	for (size_t i = 0; u && i < u->waking.count; i++)
		if (is_lent(t->claim, u->waking.name[i]))
			vh_names_note(ret, "%s", u->waking.name[i]);
}

static int lend(const struct vh_task *t, bool modules, struct vh_error *err)
{
	const struct vh_claim *c = t->claim;

	for (size_t i = 0; i < c->loans.count; i++) {
		_auto_names_ struct vh_names waking = { 0 };
		struct step s = { t->act, &c->loans.list[i], false, &waking };
		const struct vh_record *r = vh_claim_find(c, &s.loan->addr);

		/* what an earlier claim has left, of a device that this one does not take, stays */
		if (!r || !r->now || is_module(s.loan) != modules)
			continue;
		find_waking(t, s.loan, &waking);
		if (lend_one(&s, t->lock, err) < 0)
			return -1;
	}
	return 0;
}

/* Nothing else refuses than that somebody uses a device. */
static bool is_in_use(const struct vh_findings *f)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->list[i].severity == VH_ERROR &&
		    strcmp(f->list[i].rule->name, "device-in-use") != 0 &&
		    strcmp(f->list[i].rule->name, "peer-in-use") != 0)
			return false;
	return f->count > 0;
}

/* The first use that still refuses the start. */
static void tell_user(const struct vh_root *root, const struct vh_findings *f)
{
	size_t i = 0;

	while (i + 1 < f->count && f->list[i].severity != VH_ERROR)
		i++;
	vh_root_waits(root, "this to end: %s", f->list[i].message);
}

/* The last processes of a session take their time: who is still there is asked again. */
static int judge_again(struct vh_task *t, enum vh_handed_over over, struct vh_findings *out,
		       struct vh_error *err)
{
	struct vh_findings again = { 0 };
	int64_t until = patience(t->act);
	int rc;

	t->handed_over = over;
	for (;;) {
		rc = vh_task_look_again(t, err);
		if (rc == 0)
			rc = vh_task_judge(t, &again, err);
		if (rc == 0 || !is_in_use(&again) || vh_now_ms() + AGAIN_MS >= until)
			break;
		vh_error_clear(err);
		tell_user(t->act->root, &again);
		wait_a_moment(t->act, "wait for users");
	}
	/* what was told at first, and was so, is what a start that goes on has to say */
	if (rc < 0) {
		vh_findings_clear(out);
		*out = again;
	} else {
		vh_findings_clear(&again);
	}
	return rc;
}

int vh_handover_lend(struct vh_task *t, struct vh_findings *out, struct vh_error *err)
{
	if (!t->claim->loans.count)
		return 0;
	if (lend(t, false, err) < 0)
		return -1;
	if (has_modules(t->claim) &&
	    (judge_again(t, VH_HANDED_UNITS, out, err) < 0 || lend(t, true, err) < 0))
		return -1;
	return judge_again(t, VH_HANDED_ALL, out, err);
}

/* --- back ----------------------------------------------------------------------------------------- */

static void warn_of(const struct vh_act *act, const struct vh_claim *c, const struct vh_error *why)
{
	_auto_free_ char *text = vh_printf("%s; vfio-hook reattach tries it again", why->what);

	vh_steps_warn(act, c, text);
}

void vh_handover_load_drivers(const struct vh_act *act, const struct vh_claim *c, int lock)
{
	for (size_t i = c->loans.count; i-- > 0;) {
		struct step s = { act, &c->loans.list[i], true, NULL };
		const struct vh_record *r = vh_claim_find(c, &s.loan->addr);
		_auto_error_ struct vh_error why = { 0 };

		if (s.loan->kind == VH_LOAN_DRIVER && r && r->now && run(&s, lock, &why) < 0)
			warn_of(act, c, &why);
	}
}

bool vh_handover_is_due(const struct vh_claim *c)
{
	for (size_t i = 0; i < c->loans.count; i++)
		if (!vh_claim_find(c, &c->loans.list[i].addr))
			return true;
	return false;
}

/* Another one has taken the device since: a desktop without its card would start for nothing. */
static bool is_away(const struct vh_act *act, const struct vh_pci_addr *addr)
{
	_auto_free_ char *driver = NULL;
	bool vfio = false;

	return vh_function_driver(act->root, addr, &driver, &vfio) == 0 && vfio;
}

/* Of a host that is shut down no unit is started: the next boot starts what it starts. */
static void forget_units(const struct vh_act *act, struct vh_claim *c)
{
	for (size_t i = c->loans.count; i-- > 0;) {
		const struct vh_loan *l = &c->loans.list[i];
		_auto_free_ char *text = NULL;

		if (l->kind != VH_LOAN_UNIT || vh_claim_find(c, &l->addr))
			continue;
		text = vh_printf("%s is not started again: the host is shutting down", l->name);
		vh_steps_warn(act, c, text);
		vh_loans_remove(&c->loans, i);
	}
}

static bool has_units(const struct vh_claim *c)
{
	for (size_t i = 0; i < c->loans.count; i++)
		if (c->loans.list[i].kind == VH_LOAN_UNIT)
			return true;
	return false;
}

int vh_handover_return(const struct vh_act *all, struct vh_claim *c, int lock, struct vh_error *err)
{
	/* a device that hangs has taken the time of the call, and the desktop is not its */
	int64_t least = vh_now_ms() + 2 * (int64_t)all->config->timeout_write;
	struct vh_act own = *all, *act = &own;
	int rc = 0;

	own.deadline = own.deadline > least ? own.deadline : least;
	if (has_units(c) && vh_units_are_ending(act->root))
		forget_units(act, c);

	for (size_t i = c->loans.count; i-- > 0;) {
		struct vh_loan *l = &c->loans.list[i];
		struct step s = { act, l, true, NULL };
		_auto_error_ struct vh_error why = { 0 };

		if (vh_claim_find(c, &l->addr) || is_away(act, &l->addr))
			continue;
		if (run(&s, lock, &why) == 0) {
			vh_loans_remove(&c->loans, i);
			continue;
		}
		l->failed = true;
		warn_of(act, c, &why);
		if (rc == 0)
			rc = vh_fail(err, VH_E_LEFT, 0, why.fix, "%s", why.what);
	}
	return rc;
}
