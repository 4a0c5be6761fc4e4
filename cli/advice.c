/* SPDX-License-Identifier: GPL-2.0-or-later */
/* advice - puts the source that was given into the commands that we tell to type. */
#include "cli/advice.h"

#include "lib/base/shell.h"
#include "lib/base/strbuf.h"

#include "lib/base/banned.h"

#define OURS "vfio-hook "

/* Those that can look at another host; what moves devices acts on this one. A libvirt does not tell
 * what its host uses. */
static bool can_look_elsewhere(const struct vh_cli *cli, const char *command)
{
	static const char *const names[] = { "check", "list", "show", "xml" };
	size_t n = strspn(command, "abcdefghijklmnopqrstuvwxyz-");

	for (size_t i = 0; i < VH_COUNT(names); i++)
		if (vh_is_word(command, n, names[i]))
			return true;
	return cli->host && vh_is_word(command, n, "handover");
}

/* NULL: it is this machine. */
static char *source_of(const struct vh_cli *cli)
{
	_auto_free_ char *word = NULL;

	if (!cli->host && cli->n_connect != 1)
		return NULL;
	word = vh_shell_quote(cli->host ? cli->host : cli->connect[0]);
	return vh_printf("--%s %s ", cli->host ? "host" : "connect", word);
}

char *vh_advice_text(const struct vh_cli *cli, const char *text)
{
	_auto_free_ char *source = source_of(cli);
	struct vh_strbuf sb = { 0 };
	const char *at;

	while (source && (at = strstr(text, OURS))) {
		at += strlen(OURS);
		vh_strbuf_add_mem(&sb, text, at - text);
		if (can_look_elsewhere(cli, at) && !vh_has_suffix(sb.data, "usage: " OURS))
			vh_strbuf_add(&sb, source);
		text = at;
	}
	vh_strbuf_add(&sb, text);
	return vh_strbuf_steal(&sb);
}

void vh_advice_findings(const struct vh_cli *cli, struct vh_findings *f)
{
	for (size_t i = 0; i < f->count; i++) {
		char *fix = f->list[i].fix;

		if (!fix)
			continue;
		f->list[i].fix = vh_advice_text(cli, fix);
		free(fix);
	}
}
