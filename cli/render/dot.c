/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dot - `list --format dot`: the same as a picture, made by graphviz. Groups are boxes,
 * lines lead from bridges to what is behind them. */
#include "cli/devices/pci-ids.h"
#include "cli/output.h"
#include "cli/render/render.h"
#include "cli/wrap.h"

#include "lib/base/banned.h"

/* A part of a quoted label. */
static void put_label(const char *text)
{
	_auto_free_ char *safe = vh_printable_line(text);

	for (const char *p = safe; *p; p++) {
		if (*p == '"' || *p == '\\')
			putchar('\\');
		putchar(*p);
	}
}

static const char *color_of(const struct vh_pci_dev *d)
{
	if (d->on_vfio)
		return "#d5e8d4";
	if (d->n_uses)
		return "#ffe6cc";
	return vh_host_is_bridge(d) ? "#eeeeee" : "white";
}

static void put_node(struct vh_output *o, const struct vh_pci_dev *d, const char *indent)
{
	_auto_free_ char *class = vh_pci_ids_class(o->cli->names, d);
	struct vh_pci_name name = vh_pci_str(&d->addr);

	printf("%s\"%s\" [fillcolor=\"%s\", label=\"%s\\n", indent, name.s, color_of(d), name.s);
	put_label(class);
	if (d->driver) {
		fputs("\\n", stdout);
		put_label(d->driver);
	}
	for (size_t i = 0; i < d->n_uses; i++) {
		fputs("\\nused: ", stdout);
		put_label(d->uses[i].text);
	}
	fputs("\"];\n", stdout);
}

static void put_group(struct vh_output *o, const struct vh_group *g)
{
	printf("\tsubgraph cluster_%d {\n\t\tlabel=\"IOMMU group %d\";\n", g->number, g->number);
	for (size_t i = 0; i < g->count; i++)
		put_node(o, g->members[i], "\t\t");
	fputs("\t}\n", stdout);
}

void vh_dot_list(struct vh_output *o, const struct vh_host *h, const struct vh_findings *why)
{
	vh_wrap_document(stdout);
	fputs("digraph host {\n"
	      "\trankdir=LR; ranksep=0.4; nodesep=0.15;\n"
	      "\tgraph [fontname=\"sans-serif\", fontsize=11, style=rounded, color=\"#6c8ebf\"];\n"
	      "\tnode [fontname=\"sans-serif\", fontsize=10, shape=box, style=filled];\n"
	      "\tedge [dir=none, color=\"#888888\"];\n",
	      stdout);
	for (size_t i = 0; i < h->n_groups; i++)
		put_group(o, h->groups[i]);
	for (size_t i = 0; i < h->n_devs; i++) {
		const struct vh_pci_dev *d = h->devs[i];

		if (vh_render_is_groupless(h, d))
			put_node(o, d, "\t");
		if (!d->root_bus && vh_host_dev(h, &d->bridge))
			printf("\t\"%s\" -> \"%s\";\n", vh_pci_str(&d->bridge).s,
			       vh_pci_str(&d->addr).s);
	}
	fputs("}\n", stdout);
	vh_text_findings(o->cli, stderr, why);
}
