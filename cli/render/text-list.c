/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text-list - groups and devices for people: tables of at most 80 columns where names allow it,
 * or with --tree which device is behind which bridge. */
#include "cli/render/text-fields.h"

#include "lib/base/banned.h"

#define DEPTH_MAX 32 /* buses nest as deep as there are bus numbers; a page does not */

/* --- as a tree ------------------------------------------------------------------------------ */

/* Is it behind a bridge that is shown? */
static bool is_below(const struct vh_host *h, const struct vh_pci_dev *d)
{
	return !d->root_bus && vh_host_dev(h, &d->bridge);
}

static void put_below(struct vh_output *o, const struct vh_subject *s, int depth)
{
	const struct vh_host *h = s->host;
	struct vh_subject below = *s;

	vh_text_fields_row(o, vh_fields_list_device, VH_TREE, s, depth * 2);
	vh_text_fields_uses(o, s->dev, 31);
	if (!vh_host_is_bridge(s->dev) || depth == DEPTH_MAX)
		return;
	for (size_t i = 0; i < h->n_devs; i++) {
		below.dev = h->devs[i];
		if (!below.dev->root_bus && !vh_pci_cmp(&below.dev->bridge, &s->dev->addr))
			put_below(o, &below, depth + 1);
	}
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

static void put_tree(struct vh_output *o, struct vh_subject s)
{
	const struct vh_pci_dev *last = NULL;

	vh_text_fields_titles(vh_fields_list_device, VH_TREE);
	for (size_t i = 0; i < s.host->n_devs; i++) {
		s.dev = s.host->devs[i];
		if (is_below(s.host, s.dev))
			continue;
		if (!last || last->addr.domain != s.dev->addr.domain ||
		    last->addr.bus != s.dev->addr.bus)
			put_root(s.dev);
		last = s.dev;
		put_below(o, &s, 1);
	}
}

/* --- by groups ------------------------------------------------------------------------------ */

static void put_group(struct vh_output *o, const struct vh_subject *group)
{
	struct vh_subject s;
	size_t at = 0;

	vh_text_fields_row(o, vh_fields_list_group, VH_ROW, group, 0);
	while (vh_fields_list_devices(group, &at, &s)) {
		fputs("  ", stdout);
		vh_text_fields_row(o, vh_fields_list_device, VH_ROW, &s, 0);
		if (s.dev->dead)
			fputs("      does not answer (its configuration space reads 0xff)\n",
			      stdout);
		vh_text_fields_uses(o, s.dev, 6);
	}
}

void vh_text_list(struct vh_output *o, const struct vh_host *h, const struct vh_findings *findings)
{
	struct vh_subject s = { .names = o->cli->names, .host = h }, group;
	size_t at = 0;

	if (o->tree)
		put_tree(o, s);
	else
		while (vh_fields_list_groups(&s, &at, &group))
			put_group(o, &group);
	vh_text_findings(o->cli, stdout, findings);
}
