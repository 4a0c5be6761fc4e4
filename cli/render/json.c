/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json - answers for programs: one document a run, "schema":1. Keys are added, never
 * changed or taken away, without a new schema number. */
#include "cli/render/render.h"

#include <time.h>

#include "cli/render/json.h"

#include "lib/base/banned.h"

/* json-c leaves DEL and the C1 controls as they are; a terminal would obey them. */
void vh_json_print(struct json_object *doc)
{
	const char *s = json_object_to_json_string_ext(doc, JSON_C_TO_STRING_PLAIN |
								    JSON_C_TO_STRING_NOSLASHESCAPE);

	for (; *s; s++) {
		unsigned char c = s[0], next = s[1];

		if (c == 0x7f) {
			fputs("\\u007f", stdout);
		} else if (c == 0xc2 && next >= 0x80 && next <= 0x9f) {
			printf("\\u%04x", next);
			s++;
		} else {
			fputc(c, stdout);
		}
	}
	fputc('\n', stdout);
	json_object_put(doc);
}

/* --- check -------------------------------------------------------------------------------- */

static struct json_object *verdict(const struct vh_report *r)
{
	return string(vh_findings_number(r->findings, VH_ERROR) ? "refuse" : "ok");
}

static struct json_object *device(struct vh_output *o, const struct vh_report *r,
				  const struct vh_hostdev *h)
{
	const struct vh_pci_dev *d = h->problem ? NULL : vh_host_dev(r->host, &h->addr);
	struct json_object *e = json_object_new_object();

	add(e, "address", h->problem ? NULL : address(&h->addr));
	add(e, "element", string(vh_address_element_str(h->element)));
	add(e, "line", json_object_new_int(h->line));
	add(e, "managed", json_object_new_boolean(h->managed));
	add(e, "present", json_object_new_boolean(d != NULL));
	add(e, "group", d && d->group >= 0 ? json_object_new_int(d->group) : NULL);
	add(e, "driver", d ? string(d->driver) : NULL);
	add(e, "id", d ? id(d->vendor, d->device) : NULL);
	add(e, "description", d ? description(o, d) : NULL);
	return e;
}

static struct json_object *devices(struct vh_output *o, const struct vh_report *r)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; r->host && i < r->domain->n_devices; i++)
		json_object_array_add(array, device(o, r, &r->domain->devices[i]));
	return array;
}

static struct json_object *detached(const struct vh_plan *p)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; p && i < p->count; i++)
		if (vh_is_detached(&p->devs[i]))
			json_object_array_add(array, address(&p->devs[i].dev->addr));
	return array;
}

static void json_check_begin(struct vh_output *o)
{
	struct json_object *doc = document(), *host = json_object_new_object();

	add(host, "source", string(o->cli->source));
	add(doc, "host", host);
	add(doc, "domains", json_object_new_array());
	o->doc = doc;
}

static void json_check_domain(struct vh_output *o, const struct vh_report *r)
{
	struct json_object *e = json_object_new_object();

	add(e, "source", string(r->source));
	add(e, "name", string(r->domain->name));
	add(e, "uuid", string(r->domain->uuid));
	add(e, "verdict", verdict(r));
	add(e, "devices", devices(o, r));
	add(e, "detach", detached(r->plan));
	add(e, "not_checked", strings(r->not_checked));
	add(e, "findings", findings(r->findings));
	if (r->defined) {
		add(e, "running", json_object_new_boolean(r->defined->runs));
		add(e, "autostart", json_object_new_boolean(r->defined->autostart));
	}
	json_object_array_add(json_object_object_get(o->doc, "domains"), e);
}

static void json_check_host(struct vh_output *o, const struct vh_report *r)
{
	struct json_object *host = json_object_object_get(o->doc, "host");

	add(host, "verdict", verdict(r));
	add(host, "iommu", json_object_new_boolean(r->host->iommu));
	add(host, "groups", json_object_new_int64((int64_t)r->host->n_groups));
	add(host, "not_checked", strings(r->not_checked));
	add(host, "findings", findings(r->findings));
}

static void json_check_together(struct vh_output *o, const struct vh_remarks *remarks)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < remarks->count; i++) {
		struct json_object *e = json_object_new_object();

		add(e, "severity", string(vh_finding_severity_str(remarks->list[i].severity)));
		add(e, "message", string(remarks->list[i].message));
		json_object_array_add(array, e);
	}
	add(o->doc, "together", array);
}

static void json_check_end(struct vh_output *o)
{
	vh_json_print(VH_STEAL(o->doc));
}

/* --- list --------------------------------------------------------------------------------- */

static struct json_object *listed(struct vh_output *o, const struct vh_pci_dev *d)
{
	struct json_object *e = json_object_new_object(), *uses = json_object_new_array();
	char class[8];

	snprintf(class, sizeof(class), "%04x", d->class >> 8 & 0xffff);
	add(e, "address", address(&d->addr));
	add(e, "class", string(class));
	add(e, "id", id(d->vendor, d->device));
	add(e, "description", description(o, d));
	add(e, "driver", string(d->driver));
	add(e, "bridge", json_object_new_boolean(vh_pci_is_bridge(d)));
	for (size_t i = 0; i < d->n_uses; i++)
		json_object_array_add(uses, string(d->uses[i].text));
	add(e, "uses", uses);
	add(e, "parent", d->root_bus ? NULL : address(&d->bridge));
	return e;
}

static struct json_object *group(struct json_object *groups, struct json_object *number)
{
	struct json_object *g = json_object_new_object(), *list = json_object_new_array();

	add(g, "group", number);
	add(g, "devices", list);
	json_object_array_add(groups, g);
	return list;
}

static void json_list(struct vh_output *o, const struct vh_host *h, const struct vh_findings *why)
{
	struct json_object *doc = document(), *groups = json_object_new_array(), *none = NULL;

	for (size_t i = 0; i < h->n_groups; i++) {
		const struct vh_group *g = h->groups[i];
		struct json_object *list = group(groups, json_object_new_int(g->number));

		for (size_t k = 0; k < g->count; k++)
			json_object_array_add(list, listed(o, g->members[k]));
	}
	for (size_t i = 0; i < h->n_devs; i++) {
		if (!vh_is_groupless(h, h->devs[i]))
			continue;
		if (!none)
			none = group(groups, NULL);
		json_object_array_add(none, listed(o, h->devs[i]));
	}
	add(doc, "groups", groups);
	vh_json_print(doc);
	vh_put_findings(o->cli, stderr, why);
}

/* --- status ------------------------------------------------------------------------------- */

static struct json_object *since(int64_t seconds)
{
	time_t t = seconds;
	char buf[64];
	struct tm tm;

	if (!gmtime_r(&t, &tm) || !strftime(buf, sizeof(buf), "%Y-%m-%dT%H:%M:%SZ", &tm))
		return NULL;
	return string(buf);
}

static struct json_object *claim(const struct vh_status *s, const struct vh_status_row *row)
{
	struct json_object *e = json_object_new_object(), *list = json_object_new_array();
	const struct vh_claim *c = row->claim;
	bool manual = vh_streq(c->owner, VH_MANUAL);

	add(e, "domain", manual ? NULL : string(c->name));
	add(e, "uuid", manual ? NULL : string(c->owner));
	add(e, "since", since(c->since));
	add(e, "state", string(row->state));
	for (size_t i = 0; i < c->count; i++) {
		const struct vh_record *r = &c->records[i];
		const struct vh_pci_dev *d = vh_host_dev(s->host, &r->addr);
		struct json_object *dev = json_object_new_object();

		add(dev, "address", address(&r->addr));
		add(dev, "id", id(r->vendor, r->device));
		add(dev, "role", string(vh_claim_role_str(r->role)));
		add(dev, "driver_before", string(r->driver));
		add(dev, "driver_now", d ? string(d->driver) : NULL);
		json_object_array_add(list, dev);
	}
	add(e, "devices", list);
	return e;
}

static struct json_object *refusal(const struct vh_refusal *r)
{
	struct json_object *e = json_object_new_object();

	add(e, "domain", string(r->name));
	add(e, "uuid", string(r->uuid));
	add(e, "when", since(r->when));
	add(e, "message", string(r->text));
	return e;
}

static struct json_object *unclaimed(const struct vh_status *s, const struct vh_pci_dev *d)
{
	const struct vh_group_view *g = vh_claims_group(&s->seen, d->group);
	struct json_object *e = json_object_new_object();

	add(e, "address", address(&d->addr));
	add(e, "id", id(d->vendor, d->device));
	add(e, "driver", string(d->driver));
	add(e, "override", string(d->override));
	add(e, "holder", string(g->holder));
	return e;
}

/* What could not be seen is null, not an empty list. */
static void json_status(struct vh_output *o, const struct vh_status *s)
{
	struct json_object *doc = document(), *claims, *refusals, *others;

	(void)o;
	claims = s->unseen || (s->damaged && !s->count) ? NULL : json_object_new_array();
	refusals = s->unseen ? NULL : json_object_new_array();
	others = s->unseen || s->damaged ? NULL : json_object_new_array();
	for (size_t i = 0; claims && i < s->count; i++)
		json_object_array_add(claims, claim(s, &s->rows[i]));
	for (size_t i = 0; refusals && i < s->n_refusals; i++)
		json_object_array_add(refusals, refusal(&s->refusals[i]));
	for (size_t i = 0; others && i < s->host->n_devs; i++)
		if (vh_is_unclaimed(s, s->host->devs[i]))
			json_object_array_add(others, unclaimed(s, s->host->devs[i]));
	add(doc, "claims", claims);
	add(doc, "refusals", refusals);
	add(doc, "unclaimed", others);
	vh_json_print(doc);
}

const struct vh_renderer vh_render_json = {
	.check_begin = json_check_begin,
	.check_host = json_check_host,
	.check_domain = json_check_domain,
	.check_together = json_check_together,
	.check_hosts = vh_json_hosts,
	.check_end = json_check_end,
	.list = json_list,
	.status = json_status,
	.show = vh_json_show,
	.xml = vh_json_xml,
	.config = vh_json_settings,
};
