/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json-hosts - which of several hosts can start a domain, for programs. */
#include "cli/render/json.h"

#include "lib/base/banned.h"

static struct json_object *cell(const struct vh_remote *h, const struct vh_report *r)
{
	struct json_object *e = json_object_new_object();

	add(e, "source", string(h->uri));
	add(e, "error", string(r->domain ? NULL : h->err.what));
	add(e, "verdict", r->domain ? string(vh_render_verdict(r->findings)) : NULL);
	add(e, "not_checked", r->domain ? strings(r->not_checked) : NULL);
	add(e, "findings", r->domain ? vh_json_findings(r->findings) : NULL);
	return e;
}

void vh_json_hosts(struct vh_output *o, const struct vh_compared *list, size_t count)
{
	struct json_object *doc = document(), *domains = json_object_new_array();

	for (size_t i = 0; i < count; i++) {
		struct json_object *e = json_object_new_object(), *hosts = json_object_new_array();

		for (size_t k = 0; k < o->cli->n_connect; k++)
			json_object_array_add(hosts, cell(&o->cli->remotes[k], &list[i].reports[k]));
		add(e, "source", string(list[i].source));
		add(e, "name", string(list[i].label));
		add(e, "hosts", hosts);
		json_object_array_add(domains, e);
	}
	add(doc, "domains", domains);
	vh_json_print(doc);
}
