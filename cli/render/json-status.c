/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json-status - claims, refusals and what nobody claims, for programs. */
#include "cli/render/json.h"

#include "lib/base/banned.h"

void vh_json_status(struct vh_output *o, const struct vh_status *status)
{
	struct vh_subject s = { .names = o->cli->names, .host = status->host, .status = status };

	vh_json_document(vh_fields_status, &s);
}
