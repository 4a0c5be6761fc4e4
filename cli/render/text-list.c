/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text-list - groups and devices for people: tables of at most 80 columns where names allow it,
 * or with --tree which device is behind which bridge. */
#include "cli/devices/pci-ids.h"
#include "cli/output.h"
#include "cli/render/render.h"

#include "lib/base/banned.h"

#define ADDRESS_WIDTH 24 /* columns of the tree, with the indentation */
#define DEPTH_MAX 32     /* buses nest as deep as there are bus numbers; a page does not */

void vh_text_list_uses(struct vh_output *o, const struct vh_pci_dev *d, int indent)
{
	for (size_t i = 0; i < d->n_uses; i++) {
		printf("%*s", indent, "");
		vh_put_styled(o->cli, stdout, VH_CAUTION, "used:", 0);
		fputc(' ', stdout);
		vh_put(stdout, d->uses[i].text);
		fputc('\n', stdout);
	}
}

/* --- as a tree ------------------------------------------------------------------------------ */

/* Is it behind a bridge that is shown? */
static bool is_below(const struct vh_host *h, const struct vh_pci_dev *d)
{
	return !d->root_bus && vh_host_dev(h, &d->bridge);
}

static void put_line(struct vh_output *o, const struct vh_pci_dev *d, int depth)
{
	_auto_free_ char *class = vh_pci_names_class(o->cli->names, d);
	_auto_free_ char *address = vh_printf("%*s%s", depth * 2, "", vh_pci_str(&d->addr).s);
	_auto_free_ char *group = d->group < 0 ? vh_strdup("-") : vh_printf("%d", d->group);

	vh_put_column(stdout, address, ADDRESS_WIDTH);
	printf(" %-5s ", group);
	vh_put_styled(o->cli, stdout, d->on_vfio ? VH_GOOD : VH_PLAIN, d->driver ? d->driver : "-",
		      18);
	fputc(' ', stdout);
	vh_put(stdout, class);
	fputc('\n', stdout);
	vh_text_list_uses(o, d, ADDRESS_WIDTH + 7);
}

static void put_below(struct vh_output *o, const struct vh_host *h, const struct vh_pci_dev *bridge,
		      int depth)
{
	put_line(o, bridge, depth);
	if (!vh_pci_is_bridge(bridge) || depth == DEPTH_MAX)
		return;
	for (size_t i = 0; i < h->n_devs; i++)
		if (!h->devs[i]->root_bus && !vh_pci_cmp(&h->devs[i]->bridge, &bridge->addr))
			put_below(o, h, h->devs[i], depth + 1);
}

/* What the device stands on, from its directory: pci0000:00; below another function where that
 * opens a domain of its own (VMD). */
static void put_root(const struct vh_pci_dev *d)
{
	_auto_free_ char *path = vh_strdup(d->path);
	struct vh_pci_addr above;
	char *end = strrchr(path, '/'), *bus;

	*end = 0;
	bus = strrchr(path, '/');
	if (!bus)
		return;
	*bus++ = 0;
	end = strrchr(path, '/');
	fputs(vh_has_prefix(bus, "pci") ? "root bus " : "below ", stdout);
	vh_put(stdout, vh_has_prefix(bus, "pci") ? bus + 3 : bus);
	if (end && vh_pci_parse(end + 1, &above) == 0)
		printf(" (behind %s)", end + 1);
	fputc('\n', stdout);
}

static void put_tree(struct vh_output *o, const struct vh_host *h)
{
	const struct vh_pci_dev *last = NULL;

	printf("%-*s %-5s %-18s %s\n", ADDRESS_WIDTH, "ADDRESS", "GROUP", "DRIVER", "WHAT");
	for (size_t i = 0; i < h->n_devs; i++) {
		const struct vh_pci_dev *d = h->devs[i];

		if (is_below(h, d))
			continue;
		if (!last || last->addr.domain != d->addr.domain || last->addr.bus != d->addr.bus)
			put_root(d);
		last = d;
		put_below(o, h, d, 1);
	}
}

/* --- by groups ------------------------------------------------------------------------------ */

/* The driver of a device; one that guests use stands out. */
static void put_driver(struct vh_output *o, const struct vh_pci_dev *d)
{
	vh_put_styled(o->cli, stdout, d->on_vfio ? VH_GOOD : VH_PLAIN, d->driver ? d->driver : "-",
		      0);
}

static void put_device(struct vh_output *o, const struct vh_pci_dev *d)
{
	_auto_free_ char *title = vh_pci_names_title(o->cli->names, d);
	_auto_free_ char *name = vh_pci_names_device(o->cli->names, d);

	printf("  %-13s %04x:%04x  ", vh_pci_str(&d->addr).s, d->vendor, d->device);
	vh_put_column(stdout, title, 37);
	fputc(' ', stdout);
	put_driver(o, d);
	fputs("\n      ", stdout);
	vh_put(stdout, name);
	fputc('\n', stdout);
	if (d->dead)
		fputs("      does not answer (its configuration space reads 0xff)\n", stdout);
	vh_text_list_uses(o, d, 6);
}

static void put_group_title(struct vh_output *o, const char *number, bool noiommu)
{
	_auto_free_ char *title = vh_printf("IOMMU group %s%s:", number,
					    noiommu ? " (vfio-noiommu: no isolation)" : "");

	vh_put_styled(o->cli, stdout, VH_HEAD, title, 0);
	fputc('\n', stdout);
}

void vh_text_list(struct vh_output *o, const struct vh_host *h, const struct vh_findings *findings)
{
	bool title = false;

	if (o->cli->tree) {
		put_tree(o, h);
		vh_text_findings(o->cli, stdout, findings);
		return;
	}
	for (size_t i = 0; i < h->n_groups; i++) {
		const struct vh_group *g = h->groups[i];
		_auto_free_ char *number = vh_printf("%d", g->number);

		put_group_title(o, number, g->noiommu);
		for (size_t k = 0; k < g->count; k++)
			put_device(o, g->members[k]);
	}
	for (size_t i = 0; i < h->n_devs; i++) {
		if (!vh_render_is_groupless(h, h->devs[i]))
			continue;
		if (!title)
			put_group_title(o, "-", false);
		title = true;
		put_device(o, h->devs[i]);
	}
	vh_text_findings(o->cli, stdout, findings);
}
