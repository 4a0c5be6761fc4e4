/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json-xml - the elements of a domain, and what was left out of them, for programs. */
#include "cli/edit/fragment.h"
#include "cli/render/json.h"

#include "lib/base/banned.h"

void vh_json_xml(struct vh_output *o, const struct vh_fragment *f, const char *text)
{
	struct json_object *doc = document(), *devs = json_object_new_array();
	struct json_object *left = json_object_new_array();

	(void)o;
	for (size_t i = 0; i < f->count; i++)
		json_object_array_add(devs, address(&f->devs[i]->addr));
	for (size_t i = 0; i < f->n_left; i++) {
		struct json_object *e = json_object_new_object();

		add(e, "address", address(&f->left[i].dev->addr));
		add(e, "why", string(f->left[i].why));
		json_object_array_add(left, e);
	}
	add(doc, "devices", devs);
	add(doc, "left_out", left);
	add(doc, "xml", string(text));
	vh_json_print(doc);
}
