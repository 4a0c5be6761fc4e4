/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json-list - groups and devices for programs. */
#include "cli/render/json.h"

#include "lib/base/banned.h"

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

void vh_json_list(struct vh_output *o, const struct vh_host *h, const struct vh_findings *why)
{
	struct json_object *doc = document(), *groups = json_object_new_array(), *none = NULL;

	for (size_t i = 0; i < h->n_groups; i++) {
		const struct vh_group *g = h->groups[i];
		struct json_object *list = group(groups, json_object_new_int(g->number));

		for (size_t k = 0; k < g->count; k++)
			json_object_array_add(list, listed(o, g->members[k]));
	}
	for (size_t i = 0; i < h->n_devs; i++) {
		if (!vh_render_is_groupless(h, h->devs[i]))
			continue;
		if (!none)
			none = group(groups, NULL);
		json_object_array_add(none, listed(o, h->devs[i]));
	}
	add(doc, "groups", groups);
	vh_json_print(doc);
	vh_text_findings(o->cli, stderr, why);
}
