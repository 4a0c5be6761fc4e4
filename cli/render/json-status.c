/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json-status - claims, refusals and what nobody claims, for programs. */
#include <time.h>

#include "cli/render/json.h"

#include "lib/base/banned.h"

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
		add(dev, "role", string(vh_role_str(r->role)));
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
	const struct vh_group *g = vh_host_group(s->host, d->group);
	struct json_object *e = json_object_new_object();

	add(e, "address", address(&d->addr));
	add(e, "id", id(d->vendor, d->device));
	add(e, "driver", string(d->driver));
	add(e, "override", string(d->override));
	add(e, "holder", string(g ? g->holder : NULL));
	return e;
}

/* What could not be seen is null, not an empty list. */
void vh_json_status(struct vh_output *o, const struct vh_status *s)
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
		if (vh_render_is_unclaimed(s, s->host->devs[i]))
			json_object_array_add(others, unclaimed(s, s->host->devs[i]));
	add(doc, "claims", claims);
	add(doc, "refusals", refusals);
	add(doc, "unclaimed", others);
	vh_json_print(doc);
}
