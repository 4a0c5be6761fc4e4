/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd-handover - what the configuration would have to list so that a guest can have a device that
 * the host uses now: from who uses it, as lines to paste. */
#include "cli/commands/commands.h"
#include "cli/devices/lookup.h"
#include "cli/judge.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "lib/base/unit.h"
#include "lib/host/systemd/units.h"

#include "lib/base/banned.h"

#define DESKTOP "display-manager.service"
#define DEPTH_MAX 8

struct wanted {
	const struct vh_root *root;
	struct vh_units known; /* what systemd says of the display manager */
	struct vh_strbuf why;  /* a comment for each use */
	struct vh_names units, modules;
	bool console;
	bool unexplained; /* something uses it that cannot be handed over */
	bool listed;      /* it has its section already, and a key given twice is an error */
};

static void clear(struct wanted *w)
{
	vh_units_clear(&w->known);
	vh_strbuf_clear(&w->why);
	vh_names_clear(&w->units);
	vh_names_clear(&w->modules);
}

/* --- units ---------------------------------------------------------------------------------------- */

/* Of the words of which any ends the use: rather the service than a user's whole manager. A process
 * that leads its session is the display manager's main one, or is not known. */
static const char *best_of(const struct wanted *w, const struct vh_names *words)
{
	const struct vh_unit_facts *dm = vh_units_find(&w->known, DESKTOP);
	const char *manager = NULL;

	for (size_t i = 0; i < words->count; i++) {
		const char *word = words->name[i];

		if (dm && dm->load == VH_UNIT_LOADED && vh_names_has(&dm->names, word))
			return DESKTOP;
		if (vh_unit_is_name(word) && vh_has_prefix(word, "user@"))
			manager = word;
		else if (vh_unit_is_name(word) || !strcmp(word, "console:") ||
			 vh_has_prefix(word, "module:"))
			return word;
	}
	return manager;
}

/* Swap is known by its device, and has its file under another name. What would start the unit again
 * has to stop, too. */
static bool add_unit(struct wanted *w, const char *name)
{
	char *one[] = { (char *)name };
	struct vh_names names = { one, 1 };
	struct vh_units units;
	const struct vh_unit_facts *u;
	bool known;

	vh_units_read(&units, w->root, &names);
	u = vh_units_find(&units, name);
	known = !u || u->active || u->load != VH_UNIT_MISSING;
	if (u && u->following)
		u = vh_units_find(&units, u->following);
	if (known)
		vh_names_note(&w->units, "%s", u ? u->name : name);
	for (size_t i = 0; known && u && i < u->waking.count; i++) {
		const struct vh_unit_facts *waking = vh_units_find(&units, u->waking.name[i]);

		if (waking && waking->active)
			vh_names_note(&w->units, "%s", waking->name);
	}
	vh_units_clear(&units);
	return known;
}

/* --- modules -------------------------------------------------------------------------------------- */

/* Who uses a module has to go before it. */
static void add_module(struct wanted *w, const char *name, int depth)
{
	_auto_names_ struct vh_names holders = { 0 };

	if (depth > DEPTH_MAX || vh_names_has(&w->modules, name))
		return;
	VH_IGNORE(vh_root_list(w->root, &holders, "sys/module/%s/holders", name)); /* or nobody */
	for (size_t i = 0; i < holders.count; i++)
		add_module(w, holders.name[i], depth + 1);
	vh_names_note(&w->modules, "%s", name);
}

/* A module that has the device, and what is below it down to the driver. */
static void add_modules(struct wanted *w, const struct vh_pci_dev *d, const char *name)
{
	_auto_free_ char *driver = vh_root_link_name(w->root, "sys/bus/pci/drivers/%s/module",
						     d->driver ? d->driver : "");

	add_module(w, name, 0);
	add_module(w, driver ? driver : d->driver, 0);
}

/* --- uses ----------------------------------------------------------------------------------------- */

static bool add_line(struct wanted *w, const struct vh_pci_dev *d, const char *line)
{
	_auto_names_ struct vh_names words = { 0 };
	const char *word;

	vh_unit_words(&words, line);
	word = best_of(w, &words);
	if (!word)
		return false;
	if (!strcmp(word, "console:"))
		w->console = true;
	else if (vh_has_prefix(word, "module:"))
		add_modules(w, d, word + strlen("module:"));
	else
		return add_unit(w, word);
	return true;
}

static void add_use(struct wanted *w, const struct vh_pci_dev *d, const struct vh_use *use)
{
	_auto_free_ char *copy = vh_strdup(use->by);
	bool explained = use->by;
	char *rest = copy, *line;

	if (use->looked || use->peer_only || (use->weak && !use->by))
		return;
	while (rest && (line = strsep(&rest, "\n")))
		explained = add_line(w, d, line) && explained;
	vh_strbuf_addf(&w->why, "# %s%s\n", explained ? "" : "cannot be handed over: ", use->text);
	w->unexplained |= !explained;
}

/* Where something cannot be handed over, all of it is a comment: listed, it would stop for nothing. */
static bool is_comment(const struct wanted *w)
{
	return w->unexplained || w->listed;
}

static void put_words(const struct wanted *w, const char *key, const struct vh_names *words)
{
	for (size_t i = 0; i < words->count; i++) {
		if (!i && is_comment(w))
			fputs("# ", stdout);
		fputs(i ? " " : key, stdout);
		vh_put(stdout, words->name[i]);
	}
	if (words->count)
		fputc('\n', stdout);
}

static void put(const struct wanted *w, const struct vh_pci_dev *d)
{
	struct vh_pci_name name = vh_pci_str(&d->addr);

	if (w->listed) {
		vh_note("%s has its section already, and a key that is given twice makes the file invalid: what is printed for it is a comment",
			name.s);
		printf("# %s has its section already; what has to be in it:\n", name.s);
	}
	printf("%s[device %s]\n", w->listed ? "# " : "", name.s);
	vh_put_lines(
		stdout, "",
		w->why.len
			? w->why.data
			: "# nothing to hand over: the host does not use it in a way that refuses a start\n");
	put_words(w, "stop-units = ", &w->units);
	if (w->console)
		puts(is_comment(w) ? "# release-console = yes" : "release-console = yes");
	put_words(w, "unload-modules = ", &w->modules);
}

static bool has_section(const struct vh_config *c, const struct vh_pci_addr *addr)
{
	for (size_t i = 0; i < c->n_devices; i++)
		if (!vh_pci_cmp(&c->devices[i].addr, addr))
			return true;
	return false;
}

/* What is printed is `listed` from then on. */
static int look(struct vh_cli *cli, struct vh_config *listed, const char *text)
{
	char *desktop[] = { (char[]){ DESKTOP } };
	const struct vh_names names = { desktop, 1 };
	struct wanted w = { .root = &cli->root };
	_auto_error_ struct vh_error err = { 0 };
	struct vh_judgement j = { 0 };
	const struct vh_pci_dev *d;
	struct vh_config config;
	struct vh_progress progress;
	struct vh_pci_addr addr;
	bool unexplained;

	if (vh_lookup_address(&cli->root, text, &addr, &err) < 0) {
		vh_error_report(cli, NULL, &err);
		return VH_EXIT_USAGE;
	}
	/* what is listed already is not left out */
	vh_config_defaults(&config);
	vh_progress_read(&progress, &cli->root);
	vh_judge_devices(&j, &cli->root, &config, &addr, 1);
	vh_units_read(&w.known, &cli->root, &names);
	vh_progress_end(&progress);
	d = vh_host_dev(j.c.host, &addr);
	if (!d)
		vh_error(cli, "no device at %s; 'vfio-hook list' shows all", vh_pci_str(&addr).s);
	for (size_t i = 0; d && i < d->n_uses; i++)
		add_use(&w, d, &d->uses[i]);
	for (size_t i = 0; d && i < d->unseen.count; i++)
		vh_note("not checked: %s", d->unseen.name[i]);
	w.listed = has_section(listed, &addr);
	if (d)
		put(&w, d);
	if (d && !w.listed)
		VH_APPEND(listed->devices, listed->n_devices)->addr = addr;
	unexplained = w.unexplained || !d;
	clear(&w);
	vh_judge_clear(&j);
	vh_config_clear(&config);
	return unexplained ? VH_EXIT_FINDINGS : VH_EXIT_OK;
}

int vh_cmd_handover(struct vh_cli *cli, char **args, int count)
{
	struct vh_config listed;
	const char *problem;
	int rc = VH_EXIT_OK;

	if (vh_judge_config(cli, &listed, &problem) < 0)
		return VH_EXIT_USAGE;
	if (problem)
		vh_note("not checked: whether /" VH_CONFIG_PATH " has a section already: %s",
			problem);
	for (int i = 0; i < count; i++) {
		int one = look(cli, &listed, args[i]);

		rc = one > rc ? one : rc;
	}
	vh_config_clear(&listed);
	return rc;
}
