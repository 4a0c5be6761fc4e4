/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json-boot - what `boot verify` found, for programs. */
#include "cli/render/json.h"

#include "lib/base/banned.h"

void vh_json_boot(struct vh_output *o, const struct vh_boot_report *r)
{
	struct vh_subject s = { .names = o->cli->names, .boot = r };

	vh_json_document(vh_fields_boot, &s);
}
