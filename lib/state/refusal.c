/* SPDX-License-Identifier: GPL-2.0-or-later */
/* refusal - a file for each refused start, which status shows: whoever started the domain may not
 * have read the message. */
#include "lib/state/refusal.h"

#include <fcntl.h>

#include "lib/base/banned.h"

#define REFUSAL "vfio-hook-refusal 1\n"
#define REFUSALS_MAX 100
#define REFUSAL_TEXT 8192 /* bytes kept of one */

void vh_refusal_save(const struct vh_store *s, const struct vh_refusal *r)
{
	_auto_free_ char *name = vh_printf("%s.refusal", r->uuid);
	_auto_free_ char *temp = vh_printf("%s.refusal.new", r->uuid);
	_auto_free_ char *text = vh_printf(REFUSAL "%lld %s\n%.*s", (long long)r->when, r->name,
					   REFUSAL_TEXT, r->text);
	_auto_error_ struct vh_error err = { 0 };
	struct vh_dir d = vh_store_dir(s);

	/* domains come and go, /run is small */
	vh_dir_make_room(&d, ".refusal", REFUSALS_MAX);
	/* for status only: what cannot be kept was still shown to the user */
	VH_IGNORE(vh_dir_write(&d, temp, name, text, &err));
}

void vh_refusal_forget(const struct vh_store *s, const char *uuid)
{
	_auto_free_ char *name = vh_printf("%s.refusal", uuid);

	if (s->dir >= 0)
		(void)unlinkat(s->dir, name, 0);
}

static int parse_refusal(char *text, const char *uuid, struct vh_refusal *ret)
{
	char *line, *seconds;
	uint64_t when;

	if (!vh_has_prefix(text, REFUSAL))
		return -1;
	text += strlen(REFUSAL);
	line = strsep(&text, "\n");
	seconds = strsep(&line, " ");
	if (!text || !line || vh_parse_uint(seconds, 10, INT64_MAX, &when) < 0)
		return -1;
	ret->uuid = vh_strdup(uuid);
	ret->name = vh_strdup(line);
	ret->when = (int64_t)when;
	ret->text = vh_strdup(text);
	return 0;
}

int vh_refusal_load(const struct vh_store *s, const char *uuid, struct vh_refusal *ret,
		    struct vh_error *err)
{
	_auto_free_ char *name = vh_printf("%s.refusal", uuid);
	_auto_strbuf_ struct vh_strbuf text = { 0 };
	struct vh_dir d = vh_store_dir(s);

	memset(ret, 0, sizeof(*ret));
	if (vh_dir_read(&d, name, &text, err) < 0)
		return -1;
	if (!text.data || parse_refusal(text.data, uuid, ret) == 0)
		return 0;
	return vh_fail(err, VH_E_INPUT, 0, "remove the file",
		       "'/" VH_STORE_DIR "/%s' was not written by vfio-hook", name);
}

void vh_refusal_clear(struct vh_refusal *r)
{
	free(r->uuid);
	free(r->name);
	free(r->text);
	memset(r, 0, sizeof(*r));
}

int vh_refusal_list(const struct vh_store *s, struct vh_names *ret)
{
	return vh_store_owners(s, ".refusal", ret);
}
