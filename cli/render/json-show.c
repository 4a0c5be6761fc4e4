/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json-show - a device for programs. What is not known is null. */
#include "cli/render/json.h"

#include "lib/base/banned.h"

void vh_json_show(struct vh_output *o, const struct vh_shown *list, size_t count)
{
	struct vh_subject s = { .names = o->cli->names, .shown = list, .n_shown = count };

	vh_json_document(vh_fields_show, &s);
}
