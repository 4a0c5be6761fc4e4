/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dot - `list --format dot`: the same as a picture, made by graphviz. Groups are boxes,
 * lines lead from bridges to what is behind them. */
#include "cli/devices/pci-ids.h"
#include "cli/output.h"
#include "cli/render/render.h"
#include "cli/render/text-fields.h"
#include "cli/wrap.h"

#include "lib/base/banned.h"

#define ON_VFIO "#d5e8d4"
#define IN_USE "#ffe6cc"
#define HARMLESS "#fff2cc"
#define BRIDGE "#eeeeee"

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
		return ON_VFIO;
	for (size_t i = 0; i < d->n_uses; i++)
		if (vh_text_fields_blocks(&d->uses[i]))
			return IN_USE;
	if (d->n_uses)
		return HARMLESS;
	return vh_host_is_bridge(d) ? BRIDGE : "white";
}

static void put_node(struct vh_output *o, const struct vh_pci_dev *d, const char *indent)
{
	_auto_free_ char *class = vh_pci_ids_class(o->cli->names, d);
	_auto_free_ char *device = vh_pci_ids_device(o->cli->names, d);
	struct vh_pci_name name = vh_pci_str(&d->addr);

	printf("%s\"%s\" [fillcolor=\"%s\", label=\"%s\\n", indent, name.s, color_of(d), name.s);
	put_label(class);
	if (device) {
		fputs("\\n", stdout);
		put_label(device);
	}
	if (d->driver) {
		fputs("\\n", stdout);
		put_label(d->driver);
	}
	for (size_t i = 0; i < d->n_uses; i++) {
		printf("\\n%s ", vh_text_fields_use(&d->uses[i]));
		put_label(d->uses[i].text);
	}
	fputs("\"];\n", stdout);
}

static void put_group(struct vh_output *o, const struct vh_group *g)
{
	printf("\tsubgraph cluster_%d {\n\t\tlabel=\"IOMMU group %d\";\n", g->number, g->number);
	for (size_t i = g->count; i > 0; i--)
		put_node(o, g->members[i - 1], "\t\t");
	fputs("\t}\n", stdout);
}

/* What the colours say. */
static void put_legend(void)
{
	fputs("\tsubgraph cluster_legend {\n\t\tlabel=\"legend\";\n"
	      "\t\t\"on a VFIO driver\" [fillcolor=\"" ON_VFIO "\"];\n"
	      "\t\t\"used by the host\" [fillcolor=\"" IN_USE "\"];\n"
	      "\t\t\"used, blocks only as a group member\" [fillcolor=\"" HARMLESS "\"];\n"
	      "\t\t\"bridge\" [fillcolor=\"" BRIDGE "\"];\n"
	      "\t\t\"other device\" [fillcolor=\"white\"];\n\t}\n",
	      stdout);
}

/* Graphviz has an order of its own, unless what stands at root buses is chained up before all else.
 * It draws from the bottom to the top, so all is written from the last to the first. */
static void put_order(const struct vh_host *h)
{
	const char *arrow = "\t{ rank=same; edge [style=invis]; ";

	for (size_t i = h->n_groups; i > 0; i--)
		for (size_t k = h->groups[i - 1]->count; k > 0; k--) {
			const struct vh_pci_dev *d = h->groups[i - 1]->members[k - 1];

			if (!d->root_bus)
				continue;
			printf("%s\"%s\"", arrow, vh_pci_str(&d->addr).s);
			arrow = " -> ";
		}
	if (*arrow == ' ')
		fputs("; }\n", stdout);
}

void vh_dot_list(struct vh_output *o, const struct vh_host *h, const struct vh_findings *why)
{
	vh_wrap_document(stdout);
	fputs("digraph host {\n"
	      "\trankdir=LR; newrank=true; ranksep=0.4; nodesep=0.15;\n"
	      "\tgraph [fontname=\"sans-serif\", fontsize=11, style=rounded, color=\"#6c8ebf\"];\n"
	      "\tnode [fontname=\"sans-serif\", fontsize=10, shape=box, style=filled];\n"
	      "\tedge [dir=none, color=\"#888888\"];\n",
	      stdout);
	put_order(h);
	for (size_t i = h->n_groups; i > 0; i--)
		put_group(o, h->groups[i - 1]);
	for (size_t i = h->n_devs; i > 0; i--) {
		const struct vh_pci_dev *d = h->devs[i - 1];

		if (vh_render_is_groupless(h, d))
			put_node(o, d, "\t");
		if (!d->root_bus && vh_host_dev(h, &d->bridge))
			printf("\t\"%s\" -> \"%s\";\n", vh_pci_str(&d->bridge).s,
			       vh_pci_str(&d->addr).s);
	}
	put_legend();
	fputs("}\n", stdout);
	vh_text_findings(o->cli, stderr, why);
}
