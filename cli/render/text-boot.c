/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text-boot - what `boot verify` found, for people. */
#include "cli/render/text-fields.h"

#include "lib/base/banned.h"

void vh_text_boot(struct vh_output *o, const struct vh_boot_report *r)
{
	struct vh_subject s = { .names = o->cli->names, .boot = r }, one;

	fputs("configured: ", stdout);
	vh_text_fields_row(o, vh_fields_boot_all, VH_ROW, &s, 0);
	for (size_t at = 0; vh_fields_boot_images(&s, &at, &one);) {
		fputs("image: ", stdout);
		vh_text_fields_row(o, vh_fields_boot_image, VH_ROW, &one, 0);
	}
	for (size_t at = 0; vh_fields_boot_devices(&s, &at, &one);)
		vh_text_fields_row(o, vh_fields_boot_device, VH_ROW, &one, 0);
	printf("%zu problem%s\n", r->problems, vh_render_plural(r->problems));
}
