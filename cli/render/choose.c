/* SPDX-License-Identifier: GPL-2.0-or-later */
/* choose - which renderer writes the answer: the tables of text, JSON and dot. */
#include "cli/render/render.h"

#include "lib/base/banned.h"

static void text_nothing(struct vh_output *o)
{
	(void)o;
}

static const struct vh_renderer vh_render_text = {
	.check_begin = text_nothing,
	.check_host = vh_text_check_host,
	.check_domain = vh_text_check_domain,
	.check_together = vh_text_check_together,
	.check_hosts = vh_text_hosts,
	.check_end = text_nothing,
	.list = vh_text_list,
	.status = vh_text_status,
	.show = vh_text_show,
	.xml = vh_text_xml,
	.config = vh_text_config_settings,
	.boot = vh_text_boot,
};

static const struct vh_renderer vh_render_json = {
	.check_begin = vh_json_check_begin,
	.check_host = vh_json_check_host,
	.check_domain = vh_json_check_domain,
	.check_together = vh_json_check_together,
	.check_hosts = vh_json_hosts,
	.check_end = vh_json_check_end,
	.list = vh_json_list,
	.status = vh_json_status,
	.show = vh_json_show,
	.xml = vh_json_xml,
	.config = vh_json_config,
	.boot = vh_json_boot,
};

/* The only command that has a picture; command-table.c refuses the others. */
static const struct vh_renderer vh_render_dot = { .list = vh_dot_list };

struct vh_output vh_choose_output(struct vh_cli *cli)
{
	static const struct vh_renderer *const renderers[] = {
		[VH_FORMAT_TEXT] = &vh_render_text,
		[VH_FORMAT_JSON] = &vh_render_json,
		[VH_FORMAT_DOT] = &vh_render_dot,
	};

	return (struct vh_output){ .cli = cli, .r = renderers[cli->format] };
}
