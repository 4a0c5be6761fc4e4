/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json-list - groups and devices for programs. */
#include "cli/render/json.h"

#include "lib/base/banned.h"

void vh_json_list(struct vh_output *o, const struct vh_host *h, const struct vh_findings *why)
{
	struct vh_subject s = { .names = o->cli->names, .host = h };

	vh_json_document(vh_fields_list, &s);
	vh_text_findings(o->cli, stderr, why);
}
