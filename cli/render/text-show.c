/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text-show - a device for people: a line for each fact, its group, and what a start does. */
#include "cli/devices/pci-ids.h"
#include "cli/output.h"
#include "cli/render/text-fields.h"
#include "lib/base/strbuf.h"

#include "lib/base/banned.h"

#define WIDTH 20 /* of the titles, with their indentation */

static void put_title(const char *title)
{
	fputs("  ", stdout);
	vh_put_column(stdout, title, WIDTH - 2);
}

static void put_field(const char *title, const char *value)
{
	if (!value)
		return;
	put_title(title);
	vh_put(stdout, value);
	fputc('\n', stdout);
}

static void put_names(const char *title, const struct vh_names *names, const char *none)
{
	_auto_strbuf_ struct vh_strbuf sb = { 0 };

	for (size_t i = 0; i < names->count; i++)
		vh_strbuf_join(&sb, ", ", names->name[i]);
	put_field(title, sb.len ? sb.data : none);
}

static void put_each(const char *title, const struct vh_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		put_field(i ? "" : title, names->name[i]);
}

static void put_identity(struct vh_output *o, const struct vh_shown *s)
{
	const struct vh_pci_dev *d = s->dev;
	_auto_free_ char *name = vh_pci_names_device(o->cli->names, d);
	_auto_free_ char *title = vh_pci_names_title(o->cli->names, d);
	_auto_free_ char *subsystem = vh_pci_names_subsystem(o->cli->names, d);
	_auto_free_ char *id = vh_printf("%04x:%04x", d->vendor, d->device);
	_auto_free_ char *revised = s->detail->revision < 0
					    ? NULL
					    : vh_printf("%s, revision %02x", id,
							(unsigned int)s->detail->revision);
	_auto_free_ char *whose = subsystem ? vh_printf("%s [%04x:%04x]", subsystem, d->subvendor,
							d->subdevice)
					    : NULL;

	vh_put_styled(o->cli, stdout, VH_HEAD, vh_pci_str(&d->addr).s, 0);
	fputc(' ', stdout);
	vh_put_styled(o->cli, stdout, VH_HEAD, name, 0);
	fputc('\n', stdout);
	put_field("class", title);
	put_field("id", revised ? revised : id);
	put_field("subsystem", whose);
	if (d->dead)
		put_field("state", "does not answer: its configuration space reads 0xff");
}

static void put_drivers(const struct vh_shown *s)
{
	const struct vh_detail *t = s->detail;

	put_field("driver", s->dev->driver ? s->dev->driver : "none");
	put_field("driver_override", t->override);
	if (!t->modules_read) {
		put_field("kernel modules", "unknown: modules.alias of the running kernel is missing");
		return;
	}
	put_names("kernel modules", &t->modules, "none listed");
	put_names("VFIO variants", &t->variants, NULL);
}

static void put_place(struct vh_output *o, const struct vh_shown *s)
{
	const struct vh_pci_dev *d = s->dev;
	const struct vh_detail *t = s->detail;
	_auto_free_ char *node = NULL;

	(void)o;
	if (d->root_bus)
		put_field("place", "on a root bus");
	else
		printf("  %-*sbehind bridge %s\n", WIDTH - 2, "place", vh_pci_str(&d->bridge).s);
	if (t->numa_node >= 0)
		node = vh_printf("%d", (int)t->numa_node);
	put_field("NUMA node", node);
	if (t->speed && t->width) {
		_auto_free_ char *link =
			vh_printf("%s x%s, at most %s x%s", t->speed, t->width,
				  t->max_speed ? t->max_speed : "?", t->max_width ? t->max_width : "?");

		put_field("link", link);
	}
	put_field("power state", t->power);
	if (t->reset)
		put_field("reset methods", *t->reset ? t->reset : "none");
	put_each("resizable", &t->bars);
}

static void put_sriov(const struct vh_shown *s)
{
	const struct vh_detail *t = s->detail;

	if (s->dev->is_vf)
		printf("  %-*svirtual function of %s\n", WIDTH - 2, "SR-IOV",
		       vh_pci_str(&s->dev->pf).s);
	if (t->totalvfs <= 0)
		return;
	printf("  %-*sphysical function, %zu of %d virtual functions enabled\n", WIDTH - 2, "SR-IOV",
	       t->vfs.count, (int)t->totalvfs);
	put_names("", &t->vfs, NULL);
}

static void put_capabilities(const struct vh_shown *s)
{
	if (!s->all_caps)
		put_field("capabilities", "not readable; root sees them");
	else
		put_names("capabilities", s->caps, NULL);
}

static void put_uses(const struct vh_pci_dev *d)
{
	for (size_t i = 0; i < d->n_uses; i++)
		put_field(i ? "" : "used by the host", d->uses[i].text);
	if (!d->n_uses && d->uses_read == VH_YES)
		put_field("used by the host", "no");
}

/* 0x00000000fee00000 0x00000000feefffff msi: shorter, and what matters first. */
static void put_regions(const struct vh_names *regions)
{
	for (size_t i = 0; i < regions->count; i++) {
		unsigned long long from, to;
		char type[32];
		_auto_free_ char *line = NULL;

		if (sscanf(regions->name[i], "%llx %llx %31s", &from, &to, type) == 3)
			line = vh_printf("%s, 0x%llx to 0x%llx", type, from, to);
		put_field(i ? "" : "reserved memory", line ? line : regions->name[i]);
	}
}

static void put_member(struct vh_output *o, const struct vh_shown *s, const struct vh_pci_dev *m)
{
	_auto_free_ char *class = vh_pci_names_class(o->cli->names, m);
	_auto_free_ char *what = vh_render_member(s, m);

	printf("    %s ", vh_pci_str(&m->addr).s);
	vh_put(stdout, class);
	fputs(", ", stdout);
	vh_put(stdout, m->driver ? m->driver : "no driver");
	fputs(": ", stdout);
	vh_put(stdout, what);
	fputc('\n', stdout);
	if (m == s->dev)
		return; /* told above */
	vh_text_fields_uses(o, m, 8);
}

static void put_group(struct vh_output *o, const struct vh_shown *s)
{
	const struct vh_group *g = vh_host_group(s->start->host, s->dev->group);

	if (!g) {
		put_field("IOMMU group", "none");
		return;
	}
	printf("  %-*s%d%s, %zu member%s\n", WIDTH - 2, "IOMMU group", g->number,
	       g->noiommu ? " (vfio-noiommu: no isolation)" : "", g->count,
	       g->count == 1 ? "" : "s");
	if (g->open == VH_YES)
		put_field("open by", g->holder ? g->holder : "a guest");
	for (size_t i = 0; i < g->count; i++)
		put_member(o, s, g->members[i]);
	put_regions(&s->detail->regions);
}

static void put_start(struct vh_output *o, const struct vh_shown *s)
{
	const struct vh_findings *f = s->start->findings;
	_auto_free_ char *text = NULL;
	bool refused = vh_findings_number(f, VH_ERROR);

	text = refused ? vh_strdup("would be refused:") : vh_render_start(s);
	put_title("virsh start");
	vh_put_styled(o->cli, stdout, refused ? VH_BAD : VH_GOOD, text, 0);
	fputc('\n', stdout);
	for (size_t i = 0; i < f->count; i++) {
		const struct vh_finding *e = &f->list[i];

		if (e->severity == VH_INFO)
			continue;
		fputs("    ", stdout);
		vh_put_severity(o->cli, stdout, vh_severity_str(e->severity));
		fputs(": ", stdout);
		vh_put(stdout, e->message);
		printf(" [%s]\n", e->rule->name);
		if (e->fix)
			vh_put_lines(stdout, "      fix: ", e->fix);
	}
	if (!s->detail->answered)
		put_field("not checked", "what its driver tells: it does not answer");
	put_each("not checked", s->start->not_checked);
}

void vh_text_show(struct vh_output *o, const struct vh_shown *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct vh_shown *s = &list[i];

		if (i)
			fputc('\n', stdout);
		put_identity(o, s);
		put_drivers(s);
		put_place(o, s);
		put_sriov(s);
		put_capabilities(s);
		put_uses(s->dev);
		put_group(o, s);
		put_start(o, s);
	}
}
