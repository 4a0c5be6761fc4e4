/* SPDX-License-Identifier: GPL-2.0-or-later */
/* units - see units.h. Properties are those of `systemctl show` (org.freedesktop.systemd1(5)). */
#include "lib/host/systemd/units.h"

#include <fnmatch.h>

#include "lib/base/unit.h"

#include "lib/base/banned.h"

#define UNITS_MAX 200
#define DEPTH_MAX 8

static void clear(struct vh_unit_facts *u)
{
	free(u->name);
	free(u->following);
	vh_names_clear(&u->names);
	vh_names_clear(&u->with);
	vh_names_clear(&u->waking);
}

void vh_units_clear(struct vh_units *u)
{
	for (size_t i = 0; i < u->count; i++)
		clear(&u->list[i]);
	free(u->list);
	*u = (struct vh_units){ 0 };
}

const struct vh_unit_facts *vh_units_find(const struct vh_units *u, const char *name)
{
	for (size_t i = 0; i < u->count; i++)
		if (!strcmp(u->list[i].name, name))
			return &u->list[i];
	return NULL;
}

/* --- reading ------------------------------------------------------------------------------------ */

static bool is_one_of(const char *value, const char *const *words)
{
	for (; *words; words++)
		if (!strcmp(value, *words))
			return true;
	return false;
}

static void take_load(struct vh_unit_facts *u, const char *value)
{
	u->load = !strcmp(value, "loaded")      ? VH_UNIT_LOADED
		  : !strcmp(value, "not-found") ? VH_UNIT_MISSING
						: VH_UNIT_MASKED;
}

static void take_commands(struct vh_unit_facts *u, const char *value)
{
	u->calls_libvirt |= strstr(value, "virsh") || strstr(value, "libvirt-guests");
}

/* systemctl quotes what is special to a shell, and so each name with a backslash:
 * "srv-my\\x2ddata.mount" (src/shared/bus-print-properties.c, src/basic/escape.c:
 * shell_maybe_quote()). */
static void unquote(char *word)
{
	size_t n = strlen(word);
	char *to = word;

	if (n < 2 || *word != '"' || word[n - 1] != '"')
		return;
	word[n - 1] = 0;
	for (const char *c = word + 1; *c; c++) {
		c += *c == '\\' && c[1];
		*to++ = *c;
	}
	*to = 0;
}

static void take_names(struct vh_names *to, const char *value)
{
	_auto_names_ struct vh_names words = { 0 };

	vh_unit_words(&words, value);
	for (size_t i = 0; i < words.count; i++)
		unquote(words.name[i]);
	vh_names_note_all(to, &words);
}

/* One KEY=VALUE. */
static void take(struct vh_unit_facts *u, const char *key, const char *value)
{
	static const char *const running[] = { "active", "activating", "reloading", "refreshing",
					       NULL };
	/* UNIT_ATOM_PROPAGATE_STOP, src/core/unit-dependency-atom.c */
	static const char *const stopping[] = { "RequiredBy", "RequisiteOf",      "BoundBy",
						"ConsistsOf", "PropagatesStopTo", NULL };

	if (!strcmp(key, "LoadState"))
		take_load(u, value);
	else if (!strcmp(key, "ActiveState"))
		u->active |= is_one_of(value, running);
	else if (!strcmp(key, "Job")) /* of one that does not run: it is about to start */
		u->active |= *value && strcmp(value, "0") != 0;
	else if (!strcmp(key, "FragmentPath"))
		u->made_by_hand = !*value || vh_has_prefix(value, "/run/systemd/transient/");
	else if (!strcmp(key, "Following") && *value)
		u->following = vh_strdup(value);
	else if (!strcmp(key, "MainPID") && strcmp(value, "0") != 0)
		vh_names_note(&u->names, "pid:%s", value);
	else if (!strcmp(key, "Names"))
		take_names(&u->names, value);
	else if (is_one_of(key, stopping))
		take_names(&u->with, value);
	else if (!strcmp(key, "TriggeredBy"))
		take_names(&u->waking, value);
	else if (vh_has_prefix(key, "Exec"))
		take_commands(u, value);
}

/* Swap is known by its device in /proc/swaps, and listed as fstab has it. */
static void add_device_name(struct vh_unit_facts *u, const struct vh_root *root)
{
	_auto_free_ char *path = vh_unit_path(u->name), *link = NULL, *file = NULL, *name = NULL;

	if (!path || !vh_has_suffix(u->name, ".swap"))
		return;
	link = vh_root_link_name(root, "%s", path + 1);
	if (!link)
		return;
	file = vh_printf("/dev/%s", link);
	name = vh_unit_of_path(file, "swap");
	vh_names_note(&u->names, "%s", name);
}

static void parse(struct vh_unit_facts *u, const struct vh_root *root, char *text)
{
	bool told = false;
	char *line;

	u->made_by_hand = vh_has_suffix(u->name, ".mount") || vh_has_suffix(u->name, ".swap");
	while (text && (line = strsep(&text, "\n"))) {
		char *value = strchr(line, '=');

		if (!value)
			continue;
		*value++ = 0;
		told |= !strcmp(line, "Names");
		take(u, line, value);
	}
	/* a command with empty lines in it has cut the answer elsewhere */
	if (told && !vh_names_has(&u->names, u->name))
		u->load = VH_UNIT_UNKNOWN;
	vh_names_note(&u->names, "%s", u->name);
	add_device_name(u, root);
}

/* Those of the names that are not there yet. */
static void add(struct vh_units *u, const struct vh_root *root, const struct vh_names *names)
{
	_auto_names_ struct vh_names asked = { 0 };
	_auto_free_ char **texts = NULL;

	for (size_t i = 0; i < names->count && u->count + asked.count < UNITS_MAX; i++)
		if (!vh_units_find(u, names->name[i]))
			vh_names_note(&asked, "%s", names->name[i]);
	if (!asked.count)
		return;
	texts = vh_alloc(asked.count * sizeof(*texts));
	vh_root_read_units(root, &asked, texts);
	for (size_t i = 0; i < asked.count; i++) {
		struct vh_unit_facts *unit = VH_APPEND(u->list, u->count);

		unit->name = vh_strdup(asked.name[i]);
		parse(unit, root, texts[i]);
		free(texts[i]);
	}
}

void vh_units_read(struct vh_units *ret, const struct vh_root *root, const struct vh_names *names)
{
	_auto_names_ struct vh_names waking = { 0 };
	size_t from = 0;

	*ret = (struct vh_units){ 0 };
	add(ret, root, names);
	ret->asked = ret->count;
	for (int depth = 0; depth < DEPTH_MAX && from < ret->count; depth++) {
		_auto_names_ struct vh_names more = { 0 };

		for (; from < ret->count; from++) {
			if (ret->list[from].following)
				vh_names_note(&more, "%s", ret->list[from].following);
			vh_names_note_all(&more, &ret->list[from].with);
		}
		add(ret, root, &more);
	}
	for (size_t i = 0; i < ret->count; i++)
		vh_names_note_all(&waking, &ret->list[i].waking);
	add(ret, root, &waking); /* whether they run */
}

bool vh_units_are_ending(const struct vh_root *root)
{
	char *target[] = { (char *)"shutdown.target" };
	const struct vh_names names = { target, 1 };
	struct vh_units u = { 0 };
	bool ending;

	add(&u, root, &names);
	ending = u.count && u.list[0].active; /* it has a job from the first moment on */
	vh_units_clear(&u);
	return ending;
}

/* --- what stops with it ------------------------------------------------------------------------- */

struct walk {
	const struct vh_units *units;
	struct vh_names seen;
	struct vh_names *active, *unseen; /* or NULL */
};

/* Bounded by what was read: each unit is passed once. */
static void collect(struct walk *w, const char *name)
{
	const struct vh_unit_facts *unit = vh_units_find(w->units, name);
	struct vh_names *to = !unit || unit->load == VH_UNIT_UNKNOWN ? w->unseen
			      : unit->active                         ? w->active
								     : NULL;

	if (vh_names_has(&w->seen, name))
		return;
	vh_names_note(&w->seen, "%s", name);
	for (size_t i = 0; unit && i < unit->with.count; i++)
		collect(w, unit->with.name[i]);
	if (to)
		vh_names_note(to, "%s", name);
}

void vh_units_stopped_with(const struct vh_units *u, const char *name, struct vh_names *ret)
{
	struct walk w = { .units = u, .active = ret };

	collect(&w, name);
	vh_names_clear(&w.seen);
}

void vh_units_unseen_with(const struct vh_units *u, const char *name, struct vh_names *ret)
{
	struct walk w = { .units = u, .unseen = ret };

	collect(&w, name);
	vh_names_clear(&w.seen);
}

bool vh_units_wakes_asked(const struct vh_units *u, const char *name)
{
	for (size_t i = 0; i < u->asked; i++)
		if (vh_names_has(&u->list[i].waking, name))
			return true;
	return false;
}

bool vh_units_serve_libvirt(const char *name)
{
	/* dbus: by it libvirt makes the scope of each guest */
	static const char *const patterns[] = {
		"libvirtd*.*",        "virt*d.service",
		"virt*d.socket",      "virt*d-*.socket",
		"libvirt-guests.*",   "machine-*.scope",
		"machine.slice",      "virt-guest-shutdown.target",
		"systemd-machined.*", "dbus.*",
		"dbus-broker.*",      "system.slice",
		"systemd-logind.*",   "systemd-udevd*.*",
		"init.scope",         "-.slice",
	};

	for (size_t i = 0; i < VH_COUNT(patterns); i++)
		if (!fnmatch(patterns[i], name, 0))
			return true;
	return false;
}
