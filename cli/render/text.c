/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text - answers for people: findings like a compiler's, tables of at most 80 columns
 * where names allow it. */
#include "cli/render/render.h"

#include <time.h>

#include "cli/devices/pci-ids.h"
#include "cli/output.h"
#include "lib/base/strbuf.h"

#include "lib/base/banned.h"

#define QUOTED_MAX 100 /* columns of an XML line */

struct vh_output vh_output_new(struct vh_cli *cli)
{
	static const struct vh_renderer *const renderers[] = {
		[VH_FORMAT_TEXT] = &vh_render_text,
		[VH_FORMAT_JSON] = &vh_render_json,
		[VH_FORMAT_DOT] = &vh_render_dot,
	};

	return (struct vh_output){ .cli = cli, .r = renderers[cli->format] };
}

bool vh_is_detached(const struct vh_plan_dev *pd)
{
	return pd->action == VH_UNBIND || pd->action == VH_BIND;
}

bool vh_is_groupless(const struct vh_host *h, const struct vh_pci_dev *d)
{
	return !vh_host_group(h, d->group);
}

/* --- check -------------------------------------------------------------------------------- */

/* The n-th line (from 1) without indentation; NULL when there is none to be shown. */
static char *line_of(const char *text, size_t len, int n)
{
	const char *end, *p = text, *eol;

	if (!text || n < 1 || memchr(text, 0, len)) /* a NUL: UTF-16, nothing to be shown */
		return NULL;
	end = text + len;
	while (n-- > 1) {
		p = memchr(p, '\n', end - p);
		if (!p)
			return NULL;
		p++;
	}
	eol = memchr(p, '\n', end - p);
	eol = eol ? eol : end;
	while (p < eol && (*p == ' ' || *p == '\t'))
		p++;
	while (eol > p && (eol[-1] == '\r' || eol[-1] == ' ' || eol[-1] == '\t'))
		eol--;
	return p == eol ? NULL : vh_strndup(p, eol - p);
}

static void put_quoted(FILE *f, const struct vh_report *r, int n)
{
	_auto_free_ char *line = line_of(r->xml, r->xml_len, n);
	_auto_free_ char *safe = NULL;
	size_t columns = 0;

	if (!line)
		return;
	for (char *p = line; *p; p++)
		if (*p == '\t')
			*p = ' ';
	safe = vh_printable_line(line);
	if (vh_columns(safe) > QUOTED_MAX) {
		char *p = safe;

		/* cut before the first byte of a character */
		for (; columns < QUOTED_MAX - 3 || (*p & 0xc0) == 0x80; p++)
			columns += (p[1] & 0xc0) != 0x80;
		*p = 0;
		fprintf(f, "    %s...\n", safe);
		return;
	}
	fprintf(f, "    %s\n", safe);
}

static void put_finding(const struct vh_cli *cli, FILE *f, const struct vh_finding *e)
{
	vh_put_severity(cli, f, vh_finding_severity_str(e->severity));
	fputs(": ", f);
	vh_put(f, e->message);
	fprintf(f, " [%s]\n", e->rule->name);
}

void vh_put_findings(const struct vh_cli *cli, FILE *f, const struct vh_findings *list)
{
	for (size_t i = 0; i < list->count; i++) {
		put_finding(cli, f, &list->list[i]);
		if (list->list[i].fix)
			vh_put_lines(f, "  fix: ", list->list[i].fix);
	}
}

void vh_put_report_findings(const struct vh_cli *cli, FILE *f, const struct vh_report *r)
{
	for (size_t i = 0; i < r->findings->count; i++) {
		const struct vh_finding *e = &r->findings->list[i];

		vh_put(f, r->label);
		if (e->line)
			fprintf(f, ":%d", e->line);
		fputs(": ", f);
		put_finding(cli, f, e);
		put_quoted(f, r, e->line);
		if (e->fix)
			vh_put_lines(f, "  fix: ", e->fix);
	}
}

static void put_number(const char *before, size_t n, const char *what)
{
	if (n)
		printf("%s%zu %s%s", before, n, what, n == 1 ? "" : "s");
}

static void put_verdict(const struct vh_report *r, const char *good, const char *bad)
{
	size_t errors = vh_findings_number(r->findings, VH_ERROR);
	size_t warnings = vh_findings_number(r->findings, VH_WARNING);

	vh_put(stdout, r->label);
	if (errors) {
		printf(": %s: ", bad);
		put_number("", errors, "error");
	} else {
		printf(": %s", good);
	}
	put_number(", ", warnings, "warning");
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
	_auto_free_ char *name = vh_pci_names_device(o->cli->names, pd->dev);

	printf("  detaches %s", vh_pci_str(&pd->dev->addr).s);
	if (pd->dev->driver) {
		fputs(" from ", stdout);
		vh_put(stdout, pd->dev->driver);
	}
	fputs(pd->role == VH_PEER ? ", of the same group: " : ": ", stdout);
	vh_put(stdout, name);
	fputc('\n', stdout);
}

static void put_plan(struct vh_output *o, const struct vh_report *r)
{
	bool any = false;

	for (size_t i = 0; r->plan && i < r->plan->count; i++) {
		if (!vh_is_detached(&r->plan->devs[i]))
			continue;
		put_detached(o, &r->plan->devs[i]);
		any = true;
	}
	if (!any)
		fputs("  nothing has to be detached\n", stdout);
}

/* Hot-plug binds what is named, and its peers stay where they are. */
static void put_hotplug(const struct vh_report *r)
{
	for (size_t i = 0; r->plan && i < r->plan->count; i++) {
		if (r->plan->devs[i].role != VH_PEER || !vh_is_detached(&r->plan->devs[i]))
			continue;
		printf("  virsh attach-device calls no hook; first run: vfio-hook detach %s\n",
		       vh_pci_str(&r->host->asked[0]).s);
		return;
	}
}

/* vm (autostart): refused, 2 errors [balloon, memory-short]: the first message */
static void put_brief(const struct vh_report *r)
{
	const struct vh_findings *f = r->findings;
	const char *sign = " [";

	vh_put(stdout, r->label);
	if (r->defined && r->defined->autostart)
		fputs(" (autostart)", stdout);
	fputs(vh_findings_number(f, VH_ERROR) ? ": refused" : ": ok", stdout);
	put_number(", ", vh_findings_number(f, VH_ERROR), "error");
	put_number(", ", vh_findings_number(f, VH_WARNING), "warning");
	if (r->not_checked->count)
		printf(", %zu not checked", r->not_checked->count);
	if (!r->host)
		fputs(": no PCI passthrough", stdout);
	for (size_t i = 0; i < f->count && f->list[i].severity != VH_INFO; i++) {
		if (i && f->list[i].rule == f->list[i - 1].rule)
			continue;
		printf("%s%s", sign, f->list[i].rule->name);
		sign = ", ";
	}
	if (f->count && f->list[0].severity != VH_INFO) {
		fputs("]: ", stdout);
		vh_put(stdout, f->list[0].message);
	}
	fputc('\n', stdout);
}

static void text_check_together(struct vh_output *o, const struct vh_remarks *remarks)
{
	for (size_t i = 0; i < remarks->count; i++) {
		vh_put_severity(o->cli, stdout, vh_finding_severity_str(remarks->list[i].severity));
		fputs(": ", stdout);
		vh_put(stdout, remarks->list[i].message);
		fputc('\n', stdout);
	}
}

static void text_check_domain(struct vh_output *o, const struct vh_report *r)
{
	if (r->brief) {
		put_brief(r);
		return;
	}
	vh_put_report_findings(o->cli, stdout, r);
	put_verdict(r, "ok", "refused");
	fputs(r->host ? "\n" : ": no PCI passthrough\n", stdout);
	if (r->running)
		fputs("  it runs now, and was judged as if it were stopped\n", stdout);
	if (r->host && !vh_findings_number(r->findings, VH_ERROR))
		put_plan(o, r);
	if (r->host && r->domain->lone)
		put_hotplug(r);
	put_not_checked(r->not_checked);
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

static void text_check_host(struct vh_output *o, const struct vh_report *r)
{
	const struct vh_host *h = r->host;

	vh_put_report_findings(o->cli, stdout, r);
	put_verdict(r, "ok", "not ready");
	if (h->iommu)
		printf("; IOMMU is on, %zu group%s, %zu PCI device%s", h->n_groups,
		       h->n_groups == 1 ? "" : "s", h->n_devs, h->n_devs == 1 ? "" : "s");
	else
		printf("; no IOMMU, %zu PCI device%s", h->n_devs, h->n_devs == 1 ? "" : "s");
	printf(", %s", module_text(h->vfio_pci));
	if (h->release) {
		fputs(" (Linux ", stdout);
		vh_put(stdout, h->release);
		fputc(')', stdout);
	}
	fputc('\n', stdout);
	put_not_checked(r->not_checked);
}

static void text_nothing(struct vh_output *o)
{
	(void)o;
}

/* The driver of a device; one that guests use stands out. */
static void put_driver(struct vh_output *o, const struct vh_pci_dev *d)
{
	vh_put_styled(o->cli, stdout, d->on_vfio ? VH_GOOD : VH_PLAIN, d->driver ? d->driver : "-",
		      0);
}

void vh_put_uses(struct vh_output *o, const struct vh_pci_dev *d, int indent)
{
	for (size_t i = 0; i < d->n_uses; i++) {
		printf("%*s", indent, "");
		vh_put_styled(o->cli, stdout, VH_CAUTION, "used:", 0);
		fputc(' ', stdout);
		vh_put(stdout, d->uses[i].text);
		fputc('\n', stdout);
	}
}

/* --- list --------------------------------------------------------------------------------- */

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
	vh_put_uses(o, d, 6);
}

static void put_group_title(struct vh_output *o, const char *number, bool noiommu)
{
	_auto_free_ char *title = vh_printf("IOMMU group %s%s:", number,
					    noiommu ? " (vfio-noiommu: no isolation)" : "");

	vh_put_styled(o->cli, stdout, VH_HEAD, title, 0);
	fputc('\n', stdout);
}

static void text_list(struct vh_output *o, const struct vh_host *h,
		      const struct vh_findings *findings)
{
	bool title = false;

	if (o->tree) {
		vh_text_tree(o, h);
		vh_put_findings(o->cli, stdout, findings);
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
		if (!vh_is_groupless(h, h->devs[i]))
			continue;
		if (!title)
			put_group_title(o, "-", false);
		title = true;
		put_device(o, h->devs[i]);
	}
	vh_put_findings(o->cli, stdout, findings);
}

/* --- status ------------------------------------------------------------------------------- */

static void put_since(int64_t since)
{
	time_t t = since;
	char buf[64] = "?";
	struct tm tm;

	if (localtime_r(&t, &tm))
		strftime(buf, sizeof(buf), "%Y-%m-%d %H:%M:%S %z", &tm);
	fputs(buf, stdout);
}

/* What the driver is now; the caller frees. */
static char *driver_now(const struct vh_pci_dev *d, const struct vh_record *r)
{
	if (!d)
		return vh_strdup("gone");
	if (d->vendor != r->vendor || d->device != r->device)
		return vh_printf("another device (%04x:%04x)", d->vendor, d->device);
	return vh_strdup(d->driver ? d->driver : "-");
}

static const char *bringer(const struct vh_claim *c, const struct vh_record *r)
{
	if (vh_streq(c->owner, VH_MANUAL))
		return "reattach";
	return r->role == VH_NAMED ? "libvirt" : "the hook";
}

/* Where it comes back to, and by whom. */
static char *way_back(const struct vh_claim *c, const struct vh_record *r)
{
	struct vh_strbuf sb = { 0 };

	if (r->action == VH_KEEP || (r->action == VH_LEAVE && !r->driver)) {
		vh_strbuf_add(&sb, "stays as it is");
	} else {
		vh_strbuf_addf(&sb, "%s (by %s", r->driver ? r->driver : "no driver", bringer(c, r));
		if (r->override)
			vh_strbuf_addf(&sb, ", override %s", r->override);
		vh_strbuf_add(&sb, ")");
	}
	if (r->stuck)
		vh_strbuf_add(&sb, "; its driver has not answered");
	return vh_strbuf_steal(&sb);
}

static void put_record(const struct vh_status *s, const struct vh_claim *c,
		       const struct vh_record *r)
{
	_auto_free_ char *now = driver_now(vh_host_dev(s->host, &r->addr), r);
	_auto_free_ char *back = way_back(c, r);

	printf("  %-13s %-6s ", vh_pci_str(&r->addr).s, vh_claim_role_str(r->role));
	vh_put_column(stdout, r->driver ? r->driver : "-", 13);
	fputc(' ', stdout);
	vh_put_column(stdout, now, 11);
	fputc(' ', stdout);
	vh_put(stdout, back);
	fputc('\n', stdout);
}

static enum vh_style style_of(const char *state)
{
	if (vh_streq(state, "held"))
		return VH_GOOD;
	return vh_streq(state, "stuck") ? VH_BAD : VH_CAUTION;
}

static void put_row(struct vh_output *o, const struct vh_status *s, const struct vh_status_row *row)
{
	const struct vh_claim *c = row->claim;

	if (vh_streq(c->owner, VH_MANUAL)) {
		vh_put_styled(o->cli, stdout, VH_HEAD, "detached by hand", 0);
	} else {
		vh_put_styled(o->cli, stdout, VH_HEAD, c->name ? c->name : "-", 0);
		printf(" (%s)", c->owner);
	}
	fputs(": ", stdout);
	vh_put_styled(o->cli, stdout, style_of(row->state), row->state, 0);
	fputs(" since ", stdout);
	put_since(c->since);
	printf("\n  %-13s %-6s %-13s %-11s %s\n", "ADDRESS", "ROLE", "BEFORE", "NOW",
	       "COMES BACK TO");
	for (size_t i = 0; i < c->count; i++)
		put_record(s, c, &c->records[i]);
	if (c->count && (vh_streq(row->state, "stale") || vh_streq(row->state, "stuck")))
		printf("  fix: vfio-hook reattach %s\n", vh_pci_str(&c->records[0].addr).s);
}

static void put_refusal(struct vh_output *o, const struct vh_refusal *r)
{
	_auto_free_ char *first = vh_strndup(r->text, strcspn(r->text, "\n"));
	const char *more = r->text + strlen(first);
	const char *why = strstr(first, "not started: "); /* after the name, which stands here too */

	vh_put_styled(o->cli, stdout, VH_HEAD, r->name, 0);
	printf(" (%s): ", r->uuid);
	vh_put_styled(o->cli, stdout, VH_BAD, "refused", 0);
	fputc(' ', stdout);
	put_since(r->when);
	fputs(": ", stdout);
	vh_put(stdout, why ? why + strlen("not started: ") : first);
	fputc('\n', stdout);
	if (*more && more[1])
		vh_put_lines(stdout, "  ", more + 1);
}

static void put_unclaimed(const struct vh_status *s, const struct vh_pci_dev *d)
{
	const struct vh_group_view *g = vh_claims_group(&s->seen, d->group);

	printf("  %-13s ", vh_pci_str(&d->addr).s);
	vh_put_column(stdout, d->driver ? d->driver : "-", 13);
	fputc(' ', stdout);
	vh_put_column(stdout, d->override ? d->override : "-", 13);
	fputc(' ', stdout);
	if (g->open == VH_YES)
		vh_put(stdout, g->holder ? g->holder : "in use");
	else if (d->on_vfio)
		printf("virsh nodedev-reattach %s", vh_pci_nodedev(&d->addr).s);
	else if (!d->driver)
		printf("echo > /sys/bus/pci/devices/%s/driver_override; "
		       "echo %s > /sys/bus/pci/drivers_probe",
		       vh_pci_str(&d->addr).s, vh_pci_str(&d->addr).s);
	fputc('\n', stdout);
}

static void text_status(struct vh_output *o, const struct vh_status *s)
{
	size_t unclaimed = 0;

	for (size_t i = 0; i < s->count; i++)
		put_row(o, s, &s->rows[i]);
	if (!s->count && !s->unseen && !s->damaged)
		fputs("no devices are claimed\n", stdout);
	for (size_t i = 0; i < s->n_refusals; i++)
		put_refusal(o, &s->refusals[i]);
	for (size_t i = 0; !s->unseen && !s->damaged && i < s->host->n_devs; i++) {
		if (!vh_is_unclaimed(s, s->host->devs[i]))
			continue;
		if (!unclaimed++)
			printf("in no claim of vfio-hook:\n  %-13s %-13s %-13s %s\n", "ADDRESS", "DRIVER",
			       "OVERRIDE", "USED BY, OR GIVEN BACK WITH");
		put_unclaimed(s, s->host->devs[i]);
	}
}

const struct vh_renderer vh_render_text = {
	.check_begin = text_nothing,
	.check_host = text_check_host,
	.check_domain = text_check_domain,
	.check_together = text_check_together,
	.check_hosts = vh_text_hosts,
	.check_end = text_nothing,
	.list = text_list,
	.status = text_status,
	.show = vh_text_show,
	.xml = vh_text_xml,
	.config = vh_text_settings,
};
