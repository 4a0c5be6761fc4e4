/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text-config - the configuration as it holds, as a file that vfio-hook reads again. */
#include "cli/output.h"
#include "cli/render/render.h"
#include "lib/base/strbuf.h"

#include "lib/base/banned.h"

#define KEY_WIDTH 32 /* columns, with the value */

static void put_origin(const struct vh_setting *s)
{
	fputs("; ", stdout);
	if (s->line == VH_LINE_METADATA)
		fputs("the metadata of the domain", stdout);
	else if (s->line)
		printf("line %d", s->line);
	else
		fputs("default", stdout);
	if (s->domain) {
		fputs(", [domain ", stdout);
		vh_put(stdout, s->domain);
		fputc(']', stdout);
	}
	fputc('\n', stdout);
}

static void put_section(const struct vh_setting_list *list)
{
	fputs("\n[", stdout);
	vh_put(stdout, list->name);
	fputs("]\n", stdout);
	for (size_t i = 0; i < list->count; i++) {
		const struct vh_setting *s = &list->settings[i];
		_auto_free_ char *text = vh_printf("%s%s = %s", s->value ? "" : "; ", s->key,
						   s->value ? s->value : "");

		vh_put_column(stdout, text, KEY_WIDTH);
		put_origin(s);
	}
}

void vh_text_config_settings(struct vh_output *o, const struct vh_settings *s)
{
	(void)o;
	printf("; /" VH_CONFIG_PATH "%s\n", s->exists ? "" : ": is not there, the defaults hold");
	for (size_t i = 0; i < s->count; i++)
		put_section(&s->sections[i]);
}
