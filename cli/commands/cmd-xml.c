/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd-xml - the <hostdev> elements for devices and their complete groups, ready to paste. */
#include "cli/devices/lookup.h"
#include "cli/commands/commands.h"
#include "cli/libvirt/domains.h"
#include "cli/edit/fragment.h"
#include "cli/edit/insert.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/render/render.h"
#include "lib/host/read.h"

#include "lib/base/banned.h"

struct wanted {
	struct vh_pci_addr *addrs;
	size_t count;
};

/* The members of a group. 0 or an exit status. */
static int add_group(const struct vh_cli *cli, const char *group, struct wanted *w)
{
	_auto_names_ struct vh_names names = { 0 };
	uint64_t number;

	if (vh_parse_uint(group, 10, INT32_MAX, &number) < 0) {
		vh_error(cli, "'%s' is not a number of an IOMMU group", group);
		return VH_EXIT_USAGE;
	}
	if (vh_root_list(&cli->root, &names, "sys/kernel/iommu_groups/%d/devices",
			 (int)number) < 0) {
		vh_error(cli, "no IOMMU group %d; 'vfio-hook list' shows all", (int)number);
		return VH_EXIT_FINDINGS;
	}
	for (size_t i = 0; i < names.count; i++) {
		struct vh_pci_addr addr;

		if (vh_pci_parse(names.name[i], &addr) == 0)
			*VH_APPEND(w->addrs, w->count) = addr;
	}
	return VH_EXIT_OK;
}

static int add_addresses(const struct vh_cli *cli, struct wanted *w, char **args, int count)
{
	_auto_error_ struct vh_error err = { 0 };

	for (int i = 0; i < count; i++) {
		struct vh_pci_addr addr;

		if (vh_lookup_address(&cli->root, args[i], &addr, &err) < 0) {
			vh_error_report(cli, NULL, &err);
			return VH_EXIT_USAGE;
		}
		*VH_APPEND(w->addrs, w->count) = addr;
	}
	return VH_EXIT_OK;
}

/* What somebody has named must be something that a guest can have. */
static int check_named(const struct vh_cli *cli, const struct vh_host *h, const struct wanted *w)
{
	int rc = VH_EXIT_OK;

	for (size_t i = 0; i < w->count; i++) {
		const struct vh_pci_dev *d = vh_host_dev(h, &w->addrs[i]);
		struct vh_pci_name name = vh_pci_str(&w->addrs[i]);

		if (d && vh_plan_can_pass(d))
			continue;
		rc = VH_EXIT_FINDINGS;
		if (!d) {
			_auto_free_ char *why = vh_lookup_absent(&cli->root, &w->addrs[i]);

			vh_error(cli, "%s", why);
		} else if (d->dead) {
			vh_error(cli, "%s does not answer", name.s);
		} else {
			vh_error(cli, "%s is a bridge: name the devices behind it", name.s);
		}
	}
	return rc;
}

/* Of a group only what a guest can have counts as named. */
static void drop_others(const struct vh_host *h, struct wanted *w)
{
	size_t kept = 0;

	for (size_t i = 0; i < w->count; i++) {
		const struct vh_pci_dev *d = vh_host_dev(h, &w->addrs[i]);

		if (d && vh_plan_can_pass(d) && !vh_host_is_chipset(d))
			w->addrs[kept++] = w->addrs[i];
	}
	w->count = kept;
}

/* Functions of a card that stand in other groups stay behind: say so. */
static void note_others(const struct vh_cli *cli, const struct vh_fragment *f)
{
	for (size_t i = 0; i < f->count; i++) {
		struct vh_pci_addr a = f->devs[i]->addr;
		bool first = !i || !vh_pci_same_slot(&f->devs[i - 1]->addr, &a);

		for (a.function = 0; first && !f->devs[i]->is_vf && a.function < 8; a.function++) {
			bool here = false;

			for (size_t k = 0; k < f->count; k++)
				here |= !vh_pci_cmp(&f->devs[k]->addr, &a);
			for (size_t k = 0; k < f->n_left; k++)
				here |= !vh_pci_cmp(&f->left[k].dev->addr, &a);
			if (!here && vh_root_exists(&cli->root, "sys/bus/pci/devices/%s",
						    vh_pci_str(&a).s))
				vh_note("%s is on the same card, and in another IOMMU group: name it "
					"too if the guest is to have it", vh_pci_str(&a).s);
		}
	}
}

/* The domain of --into with the devices in it. 0 or an exit status. */
static int read_into(const struct vh_cli *cli, const char *into, struct vh_fragment *f,
		     struct vh_strbuf *ret)
{
	_auto_strbuf_ struct vh_strbuf xml = { 0 };
	_auto_domains_ struct vh_domains domains = { .cli = cli, .wants = VH_WANT_SECURE };
	_auto_error_ struct vh_error err = { 0 };
	const char *label = into;

	vh_domains_ask(&domains, (char *[]){ (char *)into }, 1);
	if (vh_domains_take(&domains, into, false, &xml, &label, &err) == 0 &&
	    vh_insert_into(ret, &xml, f, cli->names, &err) == 0)
		return VH_EXIT_OK;
	vh_error_report(cli, label, &err);
	return VH_EXIT_USAGE;
}

/* Without a group no guest gets it. */
static int check_groups(const struct vh_cli *cli, const struct vh_host *h,
			const struct vh_fragment *f)
{
	for (size_t i = 0; i < f->count; i++) {
		if (f->devs[i]->group >= 0)
			continue;
		vh_error(cli, "%s has no IOMMU group: %s", vh_pci_str(&f->devs[i]->addr).s,
			 h->iommu ? "the IOMMU does not cover it" : "'vfio-hook check' says why");
		return VH_EXIT_FINDINGS;
	}
	return VH_EXIT_OK;
}

/* Who pastes this gives away what the host runs on; the start would be refused. */
static void note_vital(const struct vh_fragment *f)
{
	for (size_t i = 0; i < f->count; i++) {
		const struct vh_pci_dev *d = f->devs[i];

		for (size_t k = 0; k < d->n_uses; k++)
			if (d->uses[k].vital)
				vh_note("the host itself needs %s: %s; a start with it is refused",
					vh_pci_str(&d->addr).s, d->uses[k].text);
	}
}

static int answer(struct vh_cli *cli, const struct vh_host *h, struct vh_fragment *f)
{
	const struct vh_opt_xml *options = cli->options;
	struct vh_output out = vh_choose_output(cli);
	struct vh_guest_room room = { .guessed = true };
	_auto_strbuf_ struct vh_strbuf text = { 0 };
	int groups = check_groups(cli, h, f), rc;

	note_others(cli, f);
	note_vital(f);
	if (options->into) {
		rc = read_into(cli, options->into, f, &text);
		if (rc != VH_EXIT_OK)
			return rc;
	} else {
		_auto_free_ char *elements = vh_fragment_text(f, cli->names, "  ", &room);

		vh_strbuf_add(&text, elements);
	}
	out.r->xml(&out, f, text.data);
	return groups;
}

static const struct vh_host *read_host(struct vh_cli *cli, const struct wanted *w)
{
	const struct vh_host *h;
	struct vh_progress progress;

	vh_progress_read(&progress, &cli->root);
	h = vh_host_read(&cli->root, w->addrs, w->count, VH_HOST_USES, INT64_MAX);
	vh_progress_end(&progress);
	return h;
}

static int run(struct vh_cli *cli, struct wanted *w)
{
	_auto_(vh_host) const struct vh_host *h = read_host(cli, w);
	const struct vh_opt_xml *options = cli->options;
	struct vh_fragment f = { 0 };
	int rc = VH_EXIT_OK;

	if (options->group)
		drop_others(h, w);
	else
		rc = check_named(cli, h, w);
	if (rc == VH_EXIT_OK && !w->count) {
		vh_error(cli, "IOMMU group %s holds no device that a guest can have",
			 options->group);
		rc = VH_EXIT_FINDINGS;
	}
	if (rc == VH_EXIT_OK) {
		vh_fragment_collect(&f, h, w->addrs, w->count);
		rc = answer(cli, h, &f);
	}
	vh_fragment_clear(&f);
	return rc;
}

int vh_cmd_xml(struct vh_cli *cli, char **args, int count)
{
	const struct vh_opt_xml *options = cli->options;
	struct wanted w = { 0 };
	int rc;

	rc = options->group ? add_group(cli, options->group, &w)
			    : add_addresses(cli, &w, args, count);
	if (rc == VH_EXIT_OK)
		rc = run(cli, &w);
	free(w.addrs);
	return rc;
}
