/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text-status - claims, refusals and what nobody claims, for people. */
#include <time.h>

#include "cli/output.h"
#include "cli/render/render.h"
#include "lib/base/strbuf.h"

#include "lib/base/banned.h"

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

	printf("  %-13s %-6s ", vh_pci_str(&r->addr).s, vh_role_str(r->role));
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
	const struct vh_group *g = vh_host_group(s->host, d->group);

	printf("  %-13s ", vh_pci_str(&d->addr).s);
	vh_put_column(stdout, d->driver ? d->driver : "-", 13);
	fputc(' ', stdout);
	vh_put_column(stdout, d->override ? d->override : "-", 13);
	fputc(' ', stdout);
	if (g && g->open == VH_YES)
		vh_put(stdout, g->holder ? g->holder : "in use");
	else if (d->on_vfio)
		printf("virsh nodedev-reattach %s", vh_pci_nodedev(&d->addr).s);
	else if (!d->driver)
		printf("echo > /sys/bus/pci/devices/%s/driver_override; "
		       "echo %s > /sys/bus/pci/drivers_probe",
		       vh_pci_str(&d->addr).s, vh_pci_str(&d->addr).s);
	fputc('\n', stdout);
}

void vh_text_status(struct vh_output *o, const struct vh_status *s)
{
	size_t unclaimed = 0;

	for (size_t i = 0; i < s->count; i++)
		put_row(o, s, &s->rows[i]);
	if (!s->count && !s->unseen && !s->damaged)
		fputs("no devices are claimed\n", stdout);
	for (size_t i = 0; i < s->n_refusals; i++)
		put_refusal(o, &s->refusals[i]);
	for (size_t i = 0; !s->unseen && !s->damaged && i < s->host->n_devs; i++) {
		if (!vh_render_is_unclaimed(s, s->host->devs[i]))
			continue;
		if (!unclaimed++)
			printf("in no claim of vfio-hook:\n  %-13s %-13s %-13s %s\n", "ADDRESS", "DRIVER",
			       "OVERRIDE", "USED BY, OR GIVEN BACK WITH");
		put_unclaimed(s, s->host->devs[i]);
	}
}
