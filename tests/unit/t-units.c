/* SPDX-License-Identifier: GPL-2.0-or-later */
/* t-units - what systemd says of its units, and what stops with them. */
#include "lib/base/strbuf.h"
#include "lib/host/systemd/units.h"
#include "tests/fake/fake-tree.h"
#include "tests/fake/scratch.h"
#include "tests/tap.h"

#include "lib/base/banned.h"

/* "my\\x2ddata.mount" is how systemctl lists my\x2ddata.mount; a backslash of a file is two here. */
#define QUOTED(before, after) "\"" before "\\\\\\\\x2d" after "\""

/* a and d require each other; c does not run */
static const struct {
	const char *name, *id, *load, *active, *more; /* NULL: as its name, "loaded", "active" */
} shown[] = {
	{ "a.service", NULL, NULL, NULL,
	  "FragmentPath=/x\\nRequiredBy=b.service\\nConsistsOf=c.service\\nMainPID=12" },
	{ "b.service", NULL, NULL, NULL, "FragmentPath=/x\\nBoundBy=d.service" },
	{ "c.service", NULL, NULL, "inactive", "PropagatesStopTo=e.service" },
	{ "d.service", NULL, NULL, "activating", "FragmentPath=/x\\nRequiredBy=a.service" },
	{ "my\\x2ddata.mount", QUOTED("my", "data.mount"), NULL, NULL,
	  "FragmentPath=/x\\nRequiredBy=f.service " QUOTED("c", "d.service") },
	{ "c\\x2dd.service", QUOTED("c", "d.service"), NULL, NULL, "FragmentPath=/x" },
	{ "woken.service", NULL, NULL, NULL, "TriggeredBy=woken.socket idle.timer" },
	{ "woken.socket", NULL, NULL, NULL, "RequiredBy=f.service" },
	{ "idle.timer", NULL, NULL, "inactive", "" },
	{ "e.service", NULL, NULL, NULL, "WantedBy=f.service\\nMainPID=0" },
	{ "f.service", NULL, NULL, NULL, "Job=0" },
	{ "waits.service", NULL, NULL, "inactive", "Job=412" },
	{ "idle.service", NULL, NULL, "inactive", "Job=0" },
	{ "no-job.service", NULL, NULL, "failed", "Job=" },
	{ "calls.service", NULL, NULL, NULL, "ExecStop={ path=/usr/bin/virsh ; }" },
	{ "alias.service", "gdm.service alias.service", NULL, NULL, "MainPID=0" },
	{ "cut.service", "x.service", NULL, NULL, "MainPID=0" },
	{ "gone.service", NULL, "not-found", "inactive", "MainPID=0" },
	{ "bad.service", NULL, "bad-setting", "inactive", "MainPID=0" },
	{ "own.service", NULL, NULL, NULL, "FragmentPath=/run/systemd/transient/own.service" },
	{ "run-x.mount", NULL, NULL, NULL, "FragmentPath=" },
	{ "dev-disk.swap", NULL, NULL, NULL, "FragmentPath=/run/systemd/generator/x.swap" },
	{ "dev-sda2.swap", NULL, NULL, NULL, "Following=dev-disk.swap" },
};

static void add_shown(struct vh_strbuf *to, const char *name, const char *id, const char *load,
		      const char *active, const char *more)
{
	vh_strbuf_addf(to, "f units/%s\tNames=%s\\nLoadState=%s\\nActiveState=%s\\n%s\n", name,
		       id ? id : name, load ? load : "loaded", active ? active : "active", more);
}

static struct scratch *machine(void)
{
	_auto_strbuf_ struct vh_strbuf host = { 0 };

	vh_strbuf_add(&host, "d proc/self\nl dev/disk\tsda2\n");
	for (size_t i = 0; i < VH_COUNT(shown); i++)
		add_shown(&host, shown[i].name, shown[i].id, shown[i].load, shown[i].active,
			  shown[i].more);
	return scratch_new(host.data);
}

/* Caller clears. */
static void read_one(struct vh_units *ret, const struct scratch *s, const char *name)
{
	char *one[] = { (char *)name };
	struct vh_names names = { one, 1 };

	vh_units_read(ret, &s->root, &names);
}

static const struct {
	const char *name;
	enum vh_unit_load load;
	bool active, made_by_hand, calls_libvirt;
	const char *known_as; /* among its names */
} facts[] = {
	{ "a.service", VH_UNIT_LOADED, true, false, false, "pid:12" },
	{ "d.service", VH_UNIT_LOADED, true, false, false, "d.service" },
	{ "c.service", VH_UNIT_LOADED, false, false, false, "c.service" },
	{ "waits.service", VH_UNIT_LOADED, true, false, false, "waits.service" },
	{ "idle.service", VH_UNIT_LOADED, false, false, false, "idle.service" },
	{ "no-job.service", VH_UNIT_LOADED, false, false, false, "no-job.service" },
	{ "calls.service", VH_UNIT_LOADED, true, false, true, "calls.service" },
	{ "alias.service", VH_UNIT_LOADED, true, false, false, "gdm.service" },
	{ "cut.service", VH_UNIT_UNKNOWN, true, false, false, "x.service" },
	{ "gone.service", VH_UNIT_MISSING, false, false, false, "gone.service" },
	{ "bad.service", VH_UNIT_MASKED, false, false, false, "bad.service" },
	{ "own.service", VH_UNIT_LOADED, true, true, false, "own.service" },
	{ "run-x.mount", VH_UNIT_LOADED, true, true, false, "run-x.mount" },
	{ "dev-disk.swap", VH_UNIT_LOADED, true, false, false, "dev-sda2.swap" },
	{ "my\\x2ddata.mount", VH_UNIT_LOADED, true, false, false, "my\\x2ddata.mount" },
	{ "silent.service", VH_UNIT_UNKNOWN, false, false, false, "silent.service" },
};

static void test_facts(size_t n, const struct scratch *s)
{
	const struct vh_unit_facts *u;
	struct vh_units units;

	read_one(&units, s, facts[n].name);
	u = vh_units_find(&units, facts[n].name);
	if (!ok(u && u->load == facts[n].load && u->active == facts[n].active &&
			u->made_by_hand == facts[n].made_by_hand &&
			u->calls_libvirt == facts[n].calls_libvirt &&
			vh_names_has(&u->names, facts[n].known_as),
		"%s", facts[n].name) &&
	    u)
		diag("load %d, active %d, by hand %d, calls libvirt %d", u->load, u->active,
		     u->made_by_hand, u->calls_libvirt);
	vh_units_clear(&units);
}

/* What stops with it, in one line. Caller frees. */
static char *stopped_with(const struct scratch *s, const char *name)
{
	_auto_names_ struct vh_names all = { 0 };
	struct vh_strbuf line = { 0 };
	struct vh_units units;

	read_one(&units, s, name);
	vh_units_stopped_with(&units, name, &all);
	for (size_t i = 0; i < all.count; i++)
		vh_strbuf_join(&line, " ", all.name[i]);
	vh_units_clear(&units);
	return line.len ? vh_strbuf_steal(&line) : NULL;
}

static const struct {
	const char *text, *name, *want;
} stops[] = {
	{ "what depends on a unit stands before it", "a.service",
	  "d.service b.service e.service a.service" },
	{ "who only wants it stays", "f.service", "f.service" },
	{ "names that systemctl quotes", "my\\x2ddata.mount",
	  "f.service c\\x2dd.service my\\x2ddata.mount" },
	{ "one that does not run", "idle.service", NULL },
	{ "one that systemd does not know", "silent.service", NULL },
};

static void test_stops(size_t n, const struct scratch *s)
{
	_auto_free_ char *line = stopped_with(s, stops[n].name);

	if (!ok(vh_streq(line, stops[n].want), "%s", stops[n].text))
		diag("is '%s'", line ? line : "-");
}

/* More units than are read, and one of libvirt's at their end. */
static void test_many(void)
{
	_auto_strbuf_ struct vh_strbuf host = { 0 }, with = { 0 };
	_auto_(scratch) struct scratch *s = NULL;
	_auto_names_ struct vh_names unseen = { 0 };
	_auto_free_ char *all = NULL;
	const struct vh_unit_facts *u;
	struct vh_units units;

	for (int i = 0; i < 300; i++) {
		_auto_free_ char *name = vh_printf("x%d.service", i);

		vh_strbuf_addf(&with, "%s ", name);
		add_shown(&host, name, NULL, NULL, NULL, "FragmentPath=/x");
	}
	vh_strbuf_add(&with, "libvirtd.service");
	all = vh_printf("FragmentPath=/x\\nRequiredBy=%s", with.data);
	add_shown(&host, "many.service", NULL, NULL, NULL, all);
	s = scratch_new(host.data);
	read_one(&units, s, "many.service");
	u = vh_units_find(&units, "many.service");
	ok(u && u->with.count == 301, "all that stop with it are known by name");
	ok(units.count <= 200, "and not all are read");
	vh_units_unseen_with(&units, "many.service", &unseen);
	ok(unseen.count == 301 + 1 - units.count && vh_names_has(&unseen, "libvirtd.service") &&
		   !vh_names_has(&unseen, "x0.service"),
	   "those that are not are told");
	vh_units_clear(&units);
}

static void test_following(const struct scratch *s)
{
	const struct vh_unit_facts *u;
	struct vh_units units;

	read_one(&units, s, "dev-sda2.swap");
	u = vh_units_find(&units, "dev-sda2.swap");
	ok(u && vh_streq(u->following, "dev-disk.swap") && units.asked == 1 &&
		   vh_units_find(&units, "dev-disk.swap"),
	   "the unit that another is a name of is read too");
	vh_units_clear(&units);
}

/* What starts a unit is read, and does not count as what stops with it. */
static void test_waking(const struct scratch *s)
{
	char *both[] = { (char *)"woken.socket", (char *)"woken.service" };
	struct vh_names names = { both, 2 };
	const struct vh_unit_facts *socket, *timer;
	_auto_free_ char *line = NULL;
	struct vh_units units;

	read_one(&units, s, "woken.service");
	socket = vh_units_find(&units, "woken.socket");
	timer = vh_units_find(&units, "idle.timer");
	ok(socket && socket->active && timer && !timer->active && units.asked == 1,
	   "whether what starts a unit is active is read");
	ok(!vh_units_wakes_asked(&units, "woken.service") &&
		   vh_units_wakes_asked(&units, "woken.socket"),
	   "and which of two starts the other");
	vh_units_clear(&units);
	line = stopped_with(s, "woken.service");
	ok(vh_streq(line, "woken.service"), "it does not stop with it");
	vh_units_read(&units, &s->root, &names);
	ok(units.asked == 2 && vh_units_wakes_asked(&units, "woken.socket"),
	   "that is so where both are asked for");
	vh_units_clear(&units);
}

static const struct {
	const char *name;
	bool serves;
} serving[] = {
	{ "libvirtd.service", true },
	{ "libvirtd-ro.socket", true },
	{ "virtqemud.service", true },
	{ "virtqemud-admin.socket", true },
	{ "libvirt-guests.service", true },
	{ "machine-qemu\\x2d1\\x2dvm.scope", true },
	{ "dbus.service", true },
	{ "dbus-broker.service", true },
	{ "systemd-logind.service", true },
	{ "-.slice", true },
	{ "virtual-things.service", false },
	{ "display-manager.service", false },
	{ "srv.mount", false },
	{ "user@1000.service", false },
};

int main(void)
{
	_auto_(scratch) struct scratch *s = machine();

	for (size_t i = 0; i < VH_COUNT(facts); i++)
		test_facts(i, s);
	for (size_t i = 0; i < VH_COUNT(stops); i++)
		test_stops(i, s);
	test_following(s);
	test_waking(s);
	test_many();
	for (size_t i = 0; i < VH_COUNT(serving); i++)
		ok(vh_units_serve_libvirt(serving[i].name) == serving[i].serves, "%s %s libvirt",
		   serving[i].name, serving[i].serves ? "serves" : "does not serve");
	return tap_done();
}
