/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text-check - what was found of a domain or of the host, for people. */
#include "cli/devices/pci-ids.h"
#include "cli/output.h"
#include "cli/render/render.h"
#include "lib/host/libvirt/hook-install.h"

#include "lib/base/banned.h"

static void put_number(FILE *f, const char *before, size_t n, const char *what)
{
	if (n)
		fprintf(f, "%s%zu %s%s", before, n, what, vh_render_plural(n));
}

static void put_verdict(const struct vh_cli *cli, FILE *f, const struct vh_report *r,
			const char *good, const char *bad)
{
	size_t errors = vh_findings_number(&r->judgement->findings, VH_ERROR);
	size_t warnings = vh_findings_number(&r->judgement->findings, VH_WARNING);

	vh_put(f, r->label);
	fputs(": ", f);
	vh_put_styled(cli, f, errors ? VH_BAD : VH_GOOD, errors ? bad : good, 0);
	if (errors) {
		fputs(": ", f);
		put_number(f, "", errors, "error");
	}
	put_number(f, ", ", warnings, "warning");
}

static void put_not_checked(const struct vh_names *names)
{
	for (size_t i = 0; i < names->count; i++) {
		fputs("  not checked: ", stdout);
		vh_put(stdout, names->name[i]);
		fputc('\n', stdout);
	}
}

static void put_detached(struct vh_output *o, const struct vh_plan_dev *pd)
{
	_auto_free_ char *name = vh_pci_ids_device(o->cli->names, pd->dev);

	printf("  detaches %s", vh_pci_str(&pd->dev->addr).s);
	if (pd->dev->driver) {
		fputs(" from ", stdout);
		vh_put(stdout, pd->dev->driver);
	}
	fputs(pd->role == VH_PEER ? ", of the same group: " : ": ", stdout);
	vh_put(stdout, name);
	fputc('\n', stdout);
}

static void put_plan(struct vh_output *o, const struct vh_plan *p)
{
	bool any = false;

	for (size_t i = 0; p && i < p->count; i++) {
		if (!vh_render_is_detached(&p->devs[i]))
			continue;
		put_detached(o, &p->devs[i]);
		any = true;
	}
	if (!any)
		fputs("  nothing has to be detached\n", stdout);
}

/* Hot-plug binds what is named, and its peers stay where they are. */
static void put_hotplug(const struct vh_judgement *j)
{
	for (size_t i = 0; j->plan && i < j->plan->count; i++) {
		if (j->plan->devs[i].role != VH_PEER || !vh_render_is_detached(&j->plan->devs[i]))
			continue;
		printf("  virsh attach-device calls no hook; first run: vfio-hook detach %s\n",
		       vh_pci_str(&j->c.host->asked[0]).s);
		return;
	}
}

/* vm (autostart): refused, 2 errors [balloon, memory-short]: the first message */
static void put_brief(struct vh_output *o, const struct vh_report *r)
{
	const struct vh_judgement *j = r->judgement;
	const struct vh_findings *f = &j->findings;
	bool refused = vh_findings_number(f, VH_ERROR);

	vh_put(stdout, r->label);
	if (r->defined && r->defined->autostart)
		fputs(" (autostart)", stdout);
	fputs(": ", stdout);
	vh_put_styled(o->cli, stdout, refused ? VH_BAD : VH_GOOD, refused ? "refused" : "ok", 0);
	put_number(stdout, ", ", vh_findings_number(f, VH_ERROR), "error");
	put_number(stdout, ", ", vh_findings_number(f, VH_WARNING), "warning");
	if (j->c.unseen.count)
		printf(", %zu not checked", j->c.unseen.count);
	if (!j->c.host)
		fputs(j->c.unseen.count ? ": no PCI passthrough seen" : ": no PCI passthrough",
		      stdout);
	vh_text_findings_brief(f, VH_WARNING);
	fputc('\n', stdout);
}

void vh_text_check_together(struct vh_output *o, const struct vh_remarks *remarks)
{
	for (size_t i = 0; i < remarks->count; i++) {
		vh_put_severity(o->cli, stdout, vh_finding_severity_str(remarks->list[i].severity));
		fputs(": ", stdout);
		vh_put(stdout, remarks->list[i].message);
		fputc('\n', stdout);
	}
}

void vh_text_check_verdict(const struct vh_cli *cli, FILE *f, const struct vh_report *r)
{
	const struct vh_judgement *j = r->judgement;

	put_verdict(cli, f, r, "ok", "refused");
	if (!j->c.host) /* what could not be looked at may be some */
		fputs(j->c.unseen.count ? ": no PCI passthrough seen" : ": no PCI passthrough", f);
	fputc('\n', f);
}

/* What to do next. */
static void put_cure(const struct vh_report *r)
{
	size_t errors = vh_findings_number(&r->judgement->findings, VH_ERROR);

	if (!r->cured)
		return;
	if (r->cured == errors)
		fputs(errors == 1 ? "  this cures it: " : "  this cures all of them: ", stdout);
	else
		printf("  this cures %zu of them: ", r->cured);
	vh_put(stdout, r->cure);
	fputc('\n', stdout);
}

void vh_text_check_domain(struct vh_output *o, const struct vh_report *r)
{
	const struct vh_judgement *j = r->judgement;

	if (r->brief) {
		put_brief(o, r);
		return;
	}
	vh_text_findings_report(o->cli, stdout, r);
	vh_text_check_verdict(o->cli, stdout, r);
	if (j->c.running)
		fputs("  it runs now, and was judged as if it were stopped\n", stdout);
	if (j->c.host && !vh_findings_number(&j->findings, VH_ERROR))
		put_plan(o, j->plan);
	if (j->c.host && j->domain->lone)
		put_hotplug(j);
	put_not_checked(&j->c.unseen);
	put_cure(r);
}

static const char *module_text(enum vh_module m)
{
	switch (m) {
	case VH_MODULE_MISSING:
		return "vfio-pci missing";
	case VH_MODULE_FORBIDDEN:
		return "vfio-pci forbidden";
	case VH_MODULE_LOADABLE:
		return "vfio-pci can be loaded";
	case VH_MODULE_LOADED:
		return "vfio-pci is loaded";
	case VH_MODULE_UNKNOWN:
		break;
	}
	return "vfio-pci unknown";
}

/* Is it installed, and does libvirt run it? What is wrong with it stands above. */
static const char *hook_text(const struct vh_hook_install *i, bool live)
{
	const struct vh_hook_place *p = i->main.ours ? &i->main : &i->drop_in;

	if (!p->ours || p->missing || p->overwritten || !p->executable)
		return "the hook is not installed";
	if (!live) /* what runs there is not recorded */
		return "the hook is installed";
	if (!i->daemon)
		return "the hook is installed; libvirt does not run now";
	if (i->found == VH_YES)
		return "the hook is installed and active";
	return i->found == VH_NO
		       ? "the hook is installed; whether libvirt runs it shows at the first start"
		       : "the hook is installed; whether libvirt runs it was not seen yet";
}

void vh_text_check_host(struct vh_output *o, const struct vh_report *r)
{
	const struct vh_host *h = r->judgement->c.host;

	vh_text_findings_report(o->cli, stdout, r);
	put_verdict(o->cli, stdout, r, "ok", "not ready");
	if (h->iommu)
		printf("; IOMMU is on, %zu group%s, %zu PCI device%s", h->n_groups,
		       vh_render_plural(h->n_groups), h->n_devs, vh_render_plural(h->n_devs));
	else
		printf("; no IOMMU, %zu PCI device%s", h->n_devs, vh_render_plural(h->n_devs));
	printf(", %s", module_text(h->vfio_pci));
	if (h->release) {
		fputs(" (Linux ", stdout);
		vh_put(stdout, h->release);
		fputc(')', stdout);
	}
	fputc('\n', stdout);
	if (h->hook)
		printf("  %s\n", hook_text(h->hook, vh_streq(o->cli->source, "live")));
	put_not_checked(&r->judgement->c.unseen);
}
