/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake-systemd - process 1, modules and consoles of the fake kernel. What they are stands in the
 * tree:
 *
 *	units/NAME                   what `systemctl show` says of it
 *	fake-kernel/unit/NAME        its processes, while it runs: proc/PID is parked when it stops;
 *				     1/fd/62: what another process keeps for it
 *	fake-kernel/unit/NAME.mount  its line of mountinfo; .swaps: of /proc/swaps; .holds: its disk
 *	fake-kernel/unit/NAME.broken it does not start; .stays: does not stop; .again: starts by
 *				     itself; .woken: so does it while that unit runs
 *	units/shutdown.target        what has a job in it: nothing starts any more
 *	sys/module/NAME/refcnt       how many use it; fake-kernel/module/NAME: its PCI drivers
 *
 * Each call is a write for fake_fault(), with a path like "unit/stop/NAME" or "module/load/NAME".
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "lib/base/strbuf.h"
#include "lib/base/unit.h"
#include "tests/fake/fake-impl.h"

#define UNIT FAKE "/unit"
#define PARKED FAKE "/parked"

/* --- units ---------------------------------------------------------------------------------------- */

static char *property(const struct vh_root *root, const char *name, const char *key)
{
	_auto_free_ char *text = vh_root_read(root, "units/%s", name);
	char *rest = text, *line;

	while (rest && (line = strsep(&rest, "\n")))
		if (!strncmp(line, key, strlen(key)) && line[strlen(key)] == '=')
			return vh_strdup(line + strlen(key) + 1);
	return vh_strdup("");
}

static void set_state(const struct vh_root *root, const char *name, const char *state)
{
	_auto_free_ char *text = vh_root_read(root, "units/%s", name);
	_auto_free_ char *path = vh_printf("units/%s", name);
	_auto_strbuf_ struct vh_strbuf now = { 0 };
	char *rest = text, *line;

	while (rest && (line = strsep(&rest, "\n")))
		if (*line && strncmp(line, "ActiveState=", 12) != 0)
			vh_strbuf_addf(&now, "%s\n", line);
	fake_put(root, path, "%sActiveState=%s\n", now.data ? now.data : "", state);
}

static void park_processes(const struct vh_root *root, const char *name, bool away)
{
	_auto_free_ char *pids = vh_root_read(root, UNIT "/%s", name);
	_auto_names_ struct vh_names list = { 0 };

	vh_unit_words(&list, pids);
	for (size_t i = 0; i < list.count; i++) {
		_auto_free_ char *here = vh_printf("proc/%s", list.name[i]);
		_auto_free_ char *there = NULL;
		struct stat st;

		for (char *slash = list.name[i]; (slash = strchr(slash, '/'));)
			*slash = '-';
		there = vh_printf(PARKED "/proc-%s", list.name[i]);
		if (!fstatat(root->fd, away ? here : there, &st, AT_SYMLINK_NOFOLLOW))
			fake_rename(root, away ? here : there, away ? there : here);
	}
}

/* The line of a unit in a file of /proc: UNIT/NAME.SUFFIX has it. */
static void move_line(const struct vh_root *root, const char *name, const char *suffix,
		      const char *file, bool away)
{
	_auto_free_ char *line = vh_root_read(root, UNIT "/%s.%s", name, suffix);
	_auto_free_ char *all = line ? vh_root_read(root, "%s", file) : NULL;
	char *at = all ? strstr(all, line) : NULL;

	if (!line || !!at != away)
		return;
	if (away) {
		*at = 0;
		fake_put(root, file, "%s%s", all, at + strlen(line));
	} else {
		fake_put(root, file, "%s\n%s\n", all, line);
	}
}

/* The disk that it has open exclusively. */
static void hold_disk(const struct vh_root *root, const char *name, bool away)
{
	_auto_free_ char *disk = vh_root_read(root, UNIT "/%s.holds", name);
	_auto_free_ char *path = disk ? vh_printf("dev/%s", disk) : NULL;

	if (path)
		fake_put(root, path, away ? "free\n" : "held\n");
}

static void set_running(const struct vh_root *root, const char *name, bool running)
{
	set_state(root, name, running ? "active" : "inactive");
	park_processes(root, name, !running);
	move_line(root, name, "mount", "proc/self/mountinfo", !running);
	move_line(root, name, "swaps", "proc/swaps", !running);
	hold_disk(root, name, !running);
}

/* `all` stop: what is among them wakes nobody. */
static bool is_woken(const struct vh_root *root, const char *name, const struct vh_names *all)
{
	_auto_free_ char *by = vh_root_read(root, UNIT "/%s.woken", name);
	_auto_free_ char *state = by ? property(root, by, "ActiveState") : NULL;

	return state && !strcmp(state, "active") && !vh_names_has(all, by);
}

static int stop(const struct vh_root *root, const char *name, const struct vh_names *all)
{
	_auto_free_ char *with = property(root, name, "RequiredBy");
	_auto_names_ struct vh_names list = { 0 };

	if (vh_root_exists(root, UNIT "/%s.stays", name))
		return -EIO;
	vh_unit_words(&list, with);
	for (size_t i = 0; i < list.count; i++)
		set_running(root, list.name[i], false);
	set_running(root, name, false);
	if (vh_root_exists(root, UNIT "/%s.again", name) || is_woken(root, name, all))
		set_running(root, name, true);
	return 0;
}

static int start(const struct vh_root *root, const char *name)
{
	_auto_free_ char *shutdown = property(root, "shutdown.target", "Job");

	if (*shutdown)
		return -EIO;
	if (vh_root_exists(root, UNIT "/%s.broken", name)) {
		set_state(root, name, "failed");
		return -EIO;
	}
	set_running(root, name, true);
	return 0;
}

/* --- modules -------------------------------------------------------------------------------------- */

/* Its drivers leave their devices, and come again for those that nobody has. */
static void move_drivers(const struct vh_root *root, const char *name, bool away)
{
	_auto_free_ char *drivers = vh_root_read(root, FAKE "/module/%s", name);
	_auto_names_ struct vh_names list = { 0 }, devices = { 0 };

	vh_unit_words(&list, drivers);
	if (vh_root_list(root, &devices, "sys/bus/pci/devices") < 0)
		return;
	for (size_t i = 0; i < list.count; i++) {
		_auto_free_ char *here = vh_printf("sys/bus/pci/drivers/%s", list.name[i]);
		_auto_free_ char *there = vh_printf(PARKED "/driver-%s", list.name[i]);

		for (size_t k = 0; away && k < devices.count; k++)
			if (vh_root_exists(root, "%s/%s", here, devices.name[k]))
				(void)fake_write(root, devices.name[k], "%s/unbind", here);
		if (vh_root_exists(root, "%s", away ? here : there))
			fake_rename(root, away ? here : there, away ? there : here);
		/* driver_register(): no other driver is asked */
		for (size_t k = 0; !away && k < devices.count; k++)
			(void)fake_write(root, devices.name[k], "%s/bind", here);
	}
}

static bool has_users(const struct vh_root *root, const char *name)
{
	return vh_root_read_int(root, "sys/module/%s/refcnt", name) > 0 ||
	       vh_root_has_entries(root, "sys/module/%s/holders", name);
}

static int move_module(const struct vh_root *root, const char *name, bool away)
{
	_auto_free_ char *here = vh_printf("sys/module/%s", name);
	_auto_free_ char *there = vh_printf(PARKED "/module-%s", name);

	if (!vh_root_exists(root, "%s", away ? here : there))
		return vh_root_exists(root, "%s", here) ? 0 : -ENOENT;
	if (away && has_users(root, name))
		return -EWOULDBLOCK;
	if (away)
		move_drivers(root, name, true);
	fake_rename(root, away ? here : there, away ? there : here);
	if (!away)
		move_drivers(root, name, false);
	return 0;
}

static int call_units(const struct vh_root *root, bool away, const char *words)
{
	_auto_names_ struct vh_names all = { 0 };
	int rc = 0;

	vh_unit_words(&all, words);
	for (size_t i = 0; i < all.count && rc == 0; i++)
		rc = away ? stop(root, all.name[i], &all) : start(root, all.name[i]);
	return rc;
}

/* --- what is called ------------------------------------------------------------------------------- */

struct call {
	const struct vh_root *root;
	const char *verb, *name;
};

static int do_call(void *arg)
{
	const struct call *c = arg;

	if (vh_has_prefix(c->verb, "unit/"))
		return call_units(c->root, !strcmp(c->verb, "unit/stop"), c->name);
	return move_module(c->root, c->name, !strcmp(c->verb, "module/unload"));
}

static int do_at_once(struct call *c)
{
	_auto_close_ int busy = fake_lock_shared(c->root, FAKE_BUSY);

	return do_call(c);
}

static int judged(const struct vh_root *root, const char *verb, const char *name)
{
	_auto_free_ char *path = vh_printf("%s/%s", verb, name), *line = NULL;
	struct fake_verdict v = fake_judge_write(root, path);
	struct call c = { root, verb, name };
	int r;

	if (*v.now)
		fake_end(root, v.now);
	if (v.hang) /* systemctl dies of SIGKILL, whatever process 1 does */
		fake_hold_up(root);
	if (v.late)
		r = fake_block(root, NULL, FAKE "/resume", -1, true, do_call, &c);
	else
		r = v.error ? -v.error : do_at_once(&c);
	line = vh_printf("%s: %d\n", path, r);
	fake_append(root, FAKE "/log", line);
	if (*v.after)
		fake_end(root, v.after);
	return r;
}

int fake_unit(const struct vh_root *root, const char *verb, const struct vh_names *units)
{
	_auto_free_ char *what = vh_printf("unit/%s", verb);
	_auto_strbuf_ struct vh_strbuf words = { 0 };

	for (size_t i = 0; i < units->count; i++)
		vh_strbuf_join(&words, " ", units->name[i]);
	return judged(root, what, words.data);
}

int fake_unload_module(const struct vh_root *root, const char *name)
{
	return judged(root, "module/unload", name);
}

int fake_load_module(const struct vh_root *root, const char *name)
{
	return judged(root, "module/load", name);
}

/* Is it one of these, loaded or not? */
bool fake_has_module(const struct vh_root *root, const char *name)
{
	return vh_root_exists(root, "sys/module/%s", name) ||
	       vh_root_exists(root, PARKED "/module-%s", name);
}

/* --- consoles ------------------------------------------------------------------------------------- */

bool fake_is_screen(const char *path)
{
	return vh_has_prefix(path, "sys/class/vtconsole/") ||
	       vh_has_prefix(path, "sys/bus/platform/drivers/");
}

int fake_write_screen(const struct vh_root *root, const char *path, const char *value)
{
	_auto_free_ char *driver = NULL, *link = NULL;

	if (!vh_root_exists(root, "%s", path))
		return -ENOENT;
	if (vh_has_prefix(path, "sys/class/vtconsole/")) {
		fake_put(root, path, "%s\n", value);
		return 0;
	}
	driver = vh_strndup(path, (size_t)(strrchr(path, '/') - path));
	link = vh_printf("sys/devices/platform/%s/driver", value);
	if (vh_has_suffix(path, "/unbind"))
		fake_remove(root, "%s", link);
	else
		fake_link(root, link, driver);
	return 0;
}

void fake_add_unit(const struct vh_root *root, const char *name, const char *pids)
{
	_auto_free_ char *path = vh_printf("units/%s", name);
	_auto_free_ char *own = vh_printf(UNIT "/%s", name);

	fake_put(root, path,
		 "Id=%s\nNames=%s\nLoadState=loaded\nFragmentPath=/etc/systemd/system/%s\n"
		 "ActiveState=active\n",
		 name, name, name);
	fake_put(root, own, "%s\n", pids);
}
