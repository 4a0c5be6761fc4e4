/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json-check - what was found of domains or of the host, for programs. */
#include "cli/render/json.h"

#include "lib/base/banned.h"

static struct json_object *device(struct vh_output *o, const struct vh_report *r,
				  const struct vh_hostdev *h)
{
	const struct vh_pci_dev *d = h->problem ? NULL : vh_host_dev(r->host, &h->addr);
	struct json_object *e = json_object_new_object();

	add(e, "address", h->problem ? NULL : address(&h->addr));
	add(e, "element", string(vh_element_str(h->element)));
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
		if (vh_render_is_detached(&p->devs[i]))
			json_object_array_add(array, address(&p->devs[i].dev->addr));
	return array;
}

void vh_json_check_begin(struct vh_output *o)
{
	struct json_object *doc = document(), *host = json_object_new_object();

	add(host, "source", string(o->cli->source));
	add(doc, "host", host);
	add(doc, "domains", json_object_new_array());
	o->doc = doc;
}

void vh_json_check_domain(struct vh_output *o, const struct vh_report *r)
{
	struct json_object *e = json_object_new_object();

	add(e, "source", string(r->source));
	add(e, "name", string(r->domain->name));
	add(e, "uuid", string(r->domain->uuid));
	add(e, "verdict", string(vh_render_verdict(r->findings)));
	add(e, "devices", devices(o, r));
	add(e, "detach", detached(r->plan));
	add(e, "not_checked", strings(r->not_checked));
	add(e, "findings", vh_json_findings(r->findings));
	if (r->defined) {
		add(e, "running", json_object_new_boolean(r->defined->runs));
		add(e, "autostart", json_object_new_boolean(r->defined->autostart));
	}
	json_object_array_add(json_object_object_get(o->doc, "domains"), e);
}

void vh_json_check_host(struct vh_output *o, const struct vh_report *r)
{
	struct json_object *host = json_object_object_get(o->doc, "host");

	add(host, "verdict", string(vh_render_verdict(r->findings)));
	add(host, "iommu", json_object_new_boolean(r->host->iommu));
	add(host, "groups", json_object_new_int64((int64_t)r->host->n_groups));
	add(host, "not_checked", strings(r->not_checked));
	add(host, "findings", vh_json_findings(r->findings));
}

void vh_json_check_together(struct vh_output *o, const struct vh_remarks *remarks)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < remarks->count; i++) {
		struct json_object *e = json_object_new_object();

		add(e, "severity", string(vh_severity_str(remarks->list[i].severity)));
		add(e, "message", string(remarks->list[i].message));
		json_object_array_add(array, e);
	}
	add(o->doc, "together", array);
}

void vh_json_check_end(struct vh_output *o)
{
	vh_json_print(VH_STEAL(o->doc));
}
