/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text-config - the settings in effect, as a file that vfio-hook reads again. */
#include "cli/render/text-fields.h"
#include "cli/wrap.h"

#include "lib/base/banned.h"

void vh_text_config_settings(struct vh_output *o, const struct vh_settings *settings)
{
	struct vh_subject s = { .settings = settings }, section, value;

	vh_wrap_document(stdout);
	fputs("; ", stdout);
	vh_text_fields_row(o, vh_fields_config, VH_ROW, &s, 0);
	for (size_t at = 0; vh_fields_config_sections(&s, &at, &section);) {
		fputc('\n', stdout);
		vh_text_fields_row(o, vh_fields_config_section, VH_ROW, &section, 0);
		for (size_t i = 0; vh_fields_config_values(&section, &i, &value);)
			vh_text_fields_row(o, vh_fields_config_value, VH_ROW, &value, 0);
	}
}
