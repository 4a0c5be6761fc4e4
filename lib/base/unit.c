/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unit - see unit.h. */
#include "lib/base/unit.h"

#include <ctype.h>

#include "lib/base/printable.h"

#include "lib/base/banned.h"

#define NAME_MAX_LEN 255 /* UNIT_NAME_MAX, src/basic/unit-name.h */
#define MODULE_MAX 55    /* MODULE_NAME_LEN, include/linux/module.h */
#define SEPARATORS ", \t"

static bool is_plain(char c)
{
	return isalnum((unsigned char)c) || (c && strchr(":-_.\\", c));
}

bool vh_unit_is_name(const char *name)
{
	static const char *const types[] = {
		".service", ".mount", ".swap", ".socket",
		".target",  ".timer", ".path", ".automount",
	};
	size_t n = strlen(name);
	bool typed = false;

	if (n > NAME_MAX_LEN || !is_plain(*name) || *name == '-' || *name == '.')
		return false;
	for (const char *c = name; *c; c++)
		if (!is_plain(*c) && *c != '@')
			return false;
	for (size_t i = 0; i < VH_COUNT(types); i++)
		typed |= vh_has_suffix(name, types[i]);
	/* without an instance it is a template, and nothing that runs */
	return typed && !strstr(name, "@.");
}

bool vh_unit_is_module(const char *name)
{
	size_t n = strlen(name);

	return n && n <= MODULE_MAX && *name != '-' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == n;
}

/* src/basic/unit-name.c:unit_name_path_escape() */
char *vh_unit_of_path(const char *path, const char *type)
{
	struct vh_strbuf sb = { 0 };
	bool slash = false;

	for (const char *c = path + strspn(path, "/"); *c; c++) {
		if (*c == '/') {
			slash = true;
			continue;
		}
		if (slash)
			vh_strbuf_add(&sb, "-");
		if (isalnum((unsigned char)*c) || strchr(":_", *c) || (*c == '.' && sb.len))
			vh_strbuf_add_mem(&sb, c, 1);
		else
			vh_strbuf_addf(&sb, "\\x%02x", (unsigned char)*c);
		slash = false;
	}
	vh_strbuf_addf(&sb, "%s.%s", sb.len ? "" : "-", type);
	return vh_strbuf_steal(&sb);
}

char *vh_unit_path(const char *name)
{
	_auto_free_ char *stem = NULL;

	if (!vh_has_suffix(name, ".mount") && !vh_has_suffix(name, ".swap"))
		return NULL;
	stem = vh_printf("/%.*s", (int)(strrchr(name, '.') - name), name);
	for (char *c = stem; *c; c++)
		if (*c == '-')
			*c = '/';
	vh_printable_undo(stem);
	return VH_STEAL(stem);
}

void vh_unit_words(struct vh_names *to, const char *list)
{
	for (size_t n; list && *(list += strspn(list, SEPARATORS)); list += n) {
		n = strcspn(list, SEPARATORS);
		*VH_APPEND(to->name, to->count) = vh_strndup(list, n);
	}
}

bool vh_unit_is_among(const char *list, const char *name)
{
	for (size_t n; list && *(list += strspn(list, SEPARATORS)); list += n) {
		n = strcspn(list, SEPARATORS);
		if (vh_is_word(list, n, name))
			return true;
	}
	return false;
}
