/* SPDX-License-Identifier: GPL-2.0-or-later */
/* generate - which devices are to be taken at boot, whether they may be, and how. */
#include "cli/boot/boot.h"

#include "cli/devices/lookup.h"
#include "cli/devices/pci-ids.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/input.h"
#include "cli/render/render.h"
#include "lib/boot/system.h"
#include "lib/decide/rules/rule-table.h"
#include "lib/host/bootloader.h"
#include "lib/host/read.h"

#include "lib/base/banned.h"

struct generate {
	struct vh_cli *cli;
	const struct vh_opt_boot *options;
	struct vh_pci_addr *addrs;
	size_t count;
	struct vh_config config;
	struct vh_judgement j;
	struct vh_boot_binding binding;
};

/* --- what was named ----------------------------------------------------------------------- */

static bool is_file(const char *arg)
{
	return vh_streq(arg, "-") || vh_has_suffix(arg, ".xml") ||
	       (strchr(arg, '/') && !vh_has_prefix(arg, "/dev/"));
}

/* The PCI devices of a domain. */
static int add_domain(struct generate *g, const char *path)
{
	_auto_strbuf_ struct vh_strbuf text = { 0 };
	_auto_error_ struct vh_error err = { 0 };
	const char *label = vh_streq(path, "-") ? "<stdin>" : path;
	_auto_xml_ xmlDoc *doc = NULL;
	struct vh_domain *d = NULL;
	int rc = -1;

	if (vh_input_read(&text, path, VH_XML_MAX, &err) == 0)
		doc = vh_xml_parse(text.data, text.len, &err);
	if (doc)
		d = vh_judge_read(doc, &err);
	if (d && !d->n_devices)
		vh_fail(&err, VH_E_INPUT, 0, NULL, "there is no PCI passthrough in it");
	for (size_t i = 0; d && i < d->n_devices; i++) {
		const struct vh_hostdev *e = &d->devices[i];

		rc = 0;
		if (!e->problem) {
			*VH_APPEND(g->addrs, g->count) = e->addr;
			continue;
		}
		rc = vh_fail(&err, VH_E_INPUT, 0, e->meant, "line %d: %s", e->line, e->problem);
		break;
	}
	if (rc < 0)
		vh_error_report(g->cli, label, &err);
	vh_domain_free(d);
	return rc;
}

/* vvvv:dddd names a kind of device, of which there may be several. */
static bool is_id(struct generate *g, const char *arg)
{
	_auto_strbuf_ struct vh_strbuf have = { 0 };
	_auto_(vh_host) const struct vh_host *h = NULL;
	struct vh_pci_id id;

	if (vh_pci_id_parse(arg, &id) < 0)
		return false;
	h = vh_host_read(&g->cli->root, NULL, 0, VH_HOST_ALL, INT64_MAX);
	for (size_t i = 0; i < h->n_devs; i++)
		if (h->devs[i]->vendor == id.vendor && h->devs[i]->device == id.device)
			vh_strbuf_join(&have, ", ", vh_pci_str(&h->devs[i]->addr).s);
	vh_error(g->cli, "'%s' is an id, and an address is wanted: %s%s", arg,
		 have.len ? "it is the id of " : "no device here has it; 'vfio-hook list' shows all",
		 have.len ? have.data : "");
	return true;
}

static int add_args(struct generate *g, char **args, int count)
{
	_auto_error_ struct vh_error err = { 0 };

	for (int i = 0; i < count; i++) {
		struct vh_pci_addr addr;

		if (is_file(args[i])) {
			if (add_domain(g, args[i]) < 0)
				return -1;
			continue;
		}
		if (is_id(g, args[i]))
			return -1;
		if (vh_lookup_address(&g->cli->root, args[i], &addr, &err) < 0) {
			vh_error_report(g->cli, NULL, &err);
			return -1;
		}
		*VH_APPEND(g->addrs, g->count) = addr;
	}
	return 0;
}

/* --- whether it may be -------------------------------------------------------------------- */

/* A display that is gone from boot on never shows why: only who says so loses it. */
static void judge_display(const struct generate *g, struct vh_finding *f)
{
	if (f->rule != &vh_rule_boot_display ||
	    vh_config_device(&g->config, &f->addr).allow_in_use & VH_USE_DISPLAY)
		return;
	f->severity = VH_ERROR;
	free(f->fix);
	f->fix = vh_printf("choose another display to boot with in the firmware setup; or, to do "
			   "without it, in /" VH_CONFIG_PATH ":\n[device %s]\n"
			   "allow-in-use = display",
			   vh_pci_str(&f->addr).s);
}

static bool is_taken(const struct generate *g, const struct vh_pci_addr *addr)
{
	const struct vh_plan *p = g->j.plan;

	for (size_t i = 0; p && i < p->count; i++)
		if (!vh_pci_cmp(&p->devs[i].dev->addr, addr) && vh_plan_can_pass(p->devs[i].dev))
			return true;
	return false;
}

/* The rules speak of a domain, and here is none: what was named is on the command line. False: of
 * a device that is taken anyway, with its group. */
static bool judge_left_out(const struct generate *g, struct vh_finding *f)
{
	static const char of_domain[] = " is not in the domain and ";
	_auto_strbuf_ struct vh_strbuf fix = { 0 };
	char *at = strstr(f->message, of_domain);

	if (f->rule == &vh_rule_function_left_out && is_taken(g, &f->addr))
		return false;
	if (at) {
		char *message = vh_printf("%.*s is not named and %s", (int)(at - f->message),
					  f->message, at + strlen(of_domain));

		free(f->message);
		f->message = message;
	}
	if (!f->fix || !f->has_addr || !strstr(f->fix, "<hostdev"))
		return true;
	vh_strbuf_add(&fix, "name it too: vfio-hook boot generate");
	for (size_t i = 0; i < g->count; i++)
		vh_strbuf_addf(&fix, " %s", vh_pci_str(&g->addrs[i]).s);
	vh_strbuf_addf(&fix, " %s", vh_pci_str(&f->addr).s);
	free(f->fix);
	f->fix = vh_strbuf_steal(&fix);
	return true;
}

static int judge(struct generate *g)
{
	struct vh_findings *all = &g->j.findings, shown = { 0 };
	struct vh_progress progress;
	size_t errors;

	vh_progress_read(&progress, &g->cli->root);
	vh_judge_devices(&g->j, &g->cli->root, &g->config, g->addrs, g->count);
	vh_progress_end(&progress);
	for (size_t i = 0; i < all->count; i++) {
		/* the rest of a start's rules is for the start to judge */
		if (!(all->list[i].rule->scopes & VH_SCOPE_BOOT))
			continue;
		judge_display(g, &all->list[i]);
		if (!judge_left_out(g, &all->list[i]))
			continue;
		*VH_APPEND(shown.list, shown.count) = all->list[i];
	}
	vh_text_findings(g->cli, stderr, &shown);
	for (size_t i = 0; i < g->j.c.unseen.count; i++)
		vh_put_lines(stderr, "not checked: ", g->j.c.unseen.name[i]);
	errors = vh_findings_number(&shown, VH_ERROR);
	free(shown.list); /* what they hold is the judgement's */
	if (errors)
		vh_note("refused, nothing was changed");
	return errors ? VH_EXIT_FINDINGS : VH_EXIT_OK;
}

/* --- how ---------------------------------------------------------------------------------- */

/* A device that an earlier boot gave to vfio-pci does not show its own driver. */
static char *module_before(const struct vh_boot_binding *before, const struct vh_pci_addr *addr)
{
	for (size_t i = 0; before && i < before->count; i++)
		if (!vh_pci_cmp(&before->devs[i].addr, addr))
			return vh_strdup(before->devs[i].module);
	return NULL;
}

static void collect(struct generate *g)
{
	_auto_(vh_boot_binding) struct vh_boot_binding *before = NULL;

	VH_IGNORE(vh_boot_binding_read(&g->cli->root, &before,
				       NULL)); /* what cannot be read is replaced */
	for (size_t i = 0; i < g->j.plan->count; i++) {
		const struct vh_pci_dev *d = g->j.plan->devs[i].dev;
		struct vh_boot_binding_dev *e;

		if (!vh_plan_can_pass(d))
			continue;
		e = VH_APPEND(g->binding.devs, g->binding.count);
		*e = (struct vh_boot_binding_dev){ d->addr,      d->vendor, d->device, d->subvendor,
						   d->subdevice, d->class,  NULL };
		e->module = d->on_vfio ? module_before(before, &d->addr)
				       : vh_system_module(&g->cli->root, d->driver);
	}
}

static int choose_initramfs(struct generate *g)
{
	g->binding.initramfs = g->options->initramfs;
	if (g->binding.initramfs == VH_INITRAMFS_NONE)
		g->binding.initramfs = vh_system_initramfs_detect(&g->cli->root);
	if (g->binding.initramfs != VH_INITRAMFS_NONE)
		return 0;
	vh_error(g->cli, "none, or more than one, of initramfs-tools, dracut and mkinitcpio is "
			 "installed; name one with --initramfs");
	return -1;
}

static bool is_meant(const struct generate *g, const struct vh_pci_dev *d)
{
	for (size_t i = 0; i < g->binding.count; i++)
		if (!vh_pci_cmp(&g->binding.devs[i].addr, &d->addr))
			return true;
	return false;
}

/* An id takes every device that has it. */
static int check_ids(struct generate *g, const struct vh_host *h)
{
	int rc = VH_EXIT_OK;

	for (size_t i = 0; i < h->n_devs; i++) {
		const struct vh_pci_dev *d = h->devs[i];

		for (size_t k = 0; k < g->binding.count && !is_meant(g, d); k++) {
			const struct vh_boot_binding_dev *e = &g->binding.devs[k];

			if (d->vendor != e->vendor || d->device != e->device)
				continue;
			vh_error(g->cli,
				 "%s has the id %04x:%04x too, and is not meant; by address "
				 "(without --by) only %s is taken",
				 vh_pci_str(&d->addr).s, d->vendor, d->device,
				 vh_pci_str(&e->addr).s);
			rc = VH_EXIT_FINDINGS;
			break;
		}
	}
	return rc;
}

/* Is every device of this module meant, so that the module could as well not be loaded? */
static bool is_whole(const struct generate *g, const struct vh_host *h, const char *module)
{
	for (size_t i = 0; i < h->n_devs; i++) {
		_auto_free_ char *other = vh_system_module(&g->cli->root, h->devs[i]->driver);

		if (vh_streq(other, module) && !is_meant(g, h->devs[i]))
			return false;
	}
	return true;
}

static char *ids_of(const struct generate *g)
{
	struct vh_strbuf ids = { 0 };

	for (size_t i = 0; i < g->binding.count; i++) {
		char id[16];

		snprintf(id, sizeof(id), "%04x:%04x", g->binding.devs[i].vendor,
			 g->binding.devs[i].device);
		if (!ids.data || !strstr(ids.data, id))
			vh_strbuf_join(&ids, ",", id);
	}
	return vh_strbuf_steal(&ids);
}

/* Returns an exit status, or -1: go on and write files. */
static int by_id(struct generate *g)
{
	struct vh_cli *cli = g->cli;
	_auto_(vh_host)
		const struct vh_host *h = vh_host_read(&cli->root, NULL, 0, VH_HOST_ALL, INT64_MAX);
	_auto_free_ char *ids = ids_of(g), *option = NULL, *add = NULL;
	const char *release = g->j.c.host->release;
	int rc = check_ids(g, h);

	if (rc != VH_EXIT_OK) {
		vh_note("refused, nothing was changed");
		return rc;
	}
	for (size_t i = 0; i < g->binding.count; i++) {
		const char *module = g->binding.devs[i].module;

		if (module && is_whole(g, h, module))
			vh_note("every device of module '%s' is meant: 'blacklist %s' in "
				"/etc/modprobe.d would do as well",
				module, module);
	}
	if (!release || !vh_system_is_builtin(&cli->root, release, "vfio-pci"))
		return -1;
	option = vh_printf("vfio-pci.ids=%s", ids);
	add = vh_bootloader_add(vh_bootloader_read(&cli->root), option);
	printf("vfio-pci is part of the kernel %s: no file reaches it, the command line does\n%s\n",
	       release, add);
	return VH_EXIT_OK;
}

/* What is part of the kernel has the device before any initramfs runs. */
static void note_builtin(const struct generate *g)
{
	const char *release = g->j.c.host->release;

	for (size_t i = 0; release && i < g->binding.count; i++) {
		const struct vh_boot_binding_dev *e = &g->binding.devs[i];

		if (e->module && vh_system_is_builtin(&g->cli->root, release, e->module))
			vh_note("%s: '%s' is part of the kernel %s and sees the device first; the "
				"boot script takes it away again",
				vh_pci_str(&e->addr).s, e->module, release);
	}
}

/* By id only modprobe tells the two drivers' turns; mkinitcpio's modconf hook brings its file. */
static void note_mkinitcpio(const struct generate *g)
{
	_auto_free_ char *conf = vh_root_read(&g->cli->root, "etc/mkinitcpio.conf");
	char *hooks = conf ? strstr(conf, "\nHOOKS=") : NULL;

	if (g->binding.initramfs != VH_INITRAMFS_MKINITCPIO || !hooks)
		return;
	hooks[1 + strcspn(hooks + 1, "\n")] = 0;
	if (!strstr(hooks, "modconf"))
		vh_note("HOOKS in /etc/mkinitcpio.conf has no 'modconf': other files of "
			"/etc/modprobe.d do not reach the image");
	for (size_t i = 0; i < g->binding.count; i++)
		if (vh_pci_is_display(g->binding.devs[i].class) && strstr(hooks, "kms"))
			vh_note("HOOKS in /etc/mkinitcpio.conf has 'kms', which puts the driver of "
				"%s into the image; vfio-hook has to stay before 'udev'",
				vh_pci_str(&g->binding.devs[i].addr).s);
}

static void put_devices(const struct generate *g)
{
	for (size_t i = 0; i < g->binding.count; i++) {
		const struct vh_pci_dev *d = vh_host_dev(g->j.c.host, &g->binding.devs[i].addr);
		_auto_free_ char *name = vh_pci_ids_device(g->cli->names, d);

		printf("%s [%04x:%04x] ", vh_pci_str(&d->addr).s, d->vendor, d->device);
		vh_put(stdout, name ? name : "");
		printf(", now ");
		vh_put(stdout, d->driver ? d->driver : "without a driver");
		putchar('\n');
	}
}

static int generate(struct generate *g, char **args, int count)
{
	const char *problem;
	int rc;

	if (vh_judge_config(g->cli, &g->config, &problem) < 0 || add_args(g, args, count) < 0 ||
	    choose_initramfs(g) < 0)
		return VH_EXIT_USAGE;
	if (problem)
		vh_note("/" VH_CONFIG_PATH " (%s): judged by the defaults", problem);
	rc = judge(g);
	if (rc != VH_EXIT_OK)
		return rc;
	collect(g);
	g->binding.by_id = g->options->by == VH_BOOT_BY_ID;
	if (g->binding.by_id) {
		rc = by_id(g);
		if (rc >= 0)
			return rc;
	}
	note_builtin(g);
	note_mkinitcpio(g);
	put_devices(g);
	rc = vh_boot_run_apply(g->cli, &g->binding, g->binding.initramfs);
	if (rc == VH_EXIT_OK && !g->options->dry_run)
		puts("from the next boot on vfio-pci has them; then: vfio-hook boot verify");
	return rc;
}

int vh_boot_generate(struct vh_cli *cli, char **args, int count)
{
	struct generate g = { .cli = cli, .options = cli->options };
	int rc = generate(&g, args, count);

	for (size_t i = 0; i < g.binding.count; i++)
		free(g.binding.devs[i].module);
	free(g.binding.devs);
	free(g.addrs);
	vh_judge_clear(&g.j);
	vh_config_clear(&g.config);
	return rc;
}
