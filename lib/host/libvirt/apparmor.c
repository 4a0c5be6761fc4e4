/* SPDX-License-Identifier: GPL-2.0-or-later */
/* apparmor - see apparmor.h. Reads rules of files alone (apparmor.d(5)); what it does not
 * understand of a rule that may be about the path counts as one that allows. */
#include "lib/host/libvirt/apparmor.h"

#include <errno.h>
#include <sys/stat.h>

#include "lib/base/strbuf.h"

#include "lib/base/banned.h"

#define DIR "etc/apparmor.d"
#define FILES_MAX 64
#define STEPS_MAX 20000 /* of one comparison: alternatives multiply */
#define BLANKS " \t\r"

/* --- names with wildcards ------------------------------------------------------------------------ */

/* The end of [...], or of {...} with what is nested in it. */
static const char *closing(const char *p)
{
	int depth = 0;

	if (*p == '[')
		return strchr(p + 1, ']');
	for (; *p; p++) {
		depth += *p == '{';
		depth -= *p == '}';
		if (!depth)
			return p;
	}
	return NULL;
}

static bool is_in_class(const char *p, const char *end, char c)
{
	bool others = *p == '^' || *p == '!';

	for (p += others ? 1 : 0; p < end; p++) {
		if (p + 2 < end && p[1] == '-') {
			if (c >= p[0] && c <= p[2])
				return !others;
			p += 2;
		} else if (*p == c) {
			return !others;
		}
	}
	return others;
}

static bool matches(const char *p, const char *s, int *steps);

/* Each of {a,b} in its turn, before what follows. */
static bool matches_any(const char *p, const char *end, const char *s, int *steps)
{
	int depth = 0;

	for (const char *from = p + 1, *at = from; at <= end; at++) {
		depth += at < end && *at == '{';
		depth -= at < end && *at == '}';
		if (at < end && (*at != ',' || depth))
			continue;
		{
			_auto_free_ char *one = vh_printf("%.*s%s", (int)(at - from), from, end + 1);

			if (matches(one, s, steps))
				return true;
		}
		from = at + 1;
	}
	return false;
}

static bool matches_run(const char *p, const char *s, int *steps)
{
	bool across = p[1] == '*';

	for (p += across ? 2 : 1;; s++) {
		if (matches(p, s, steps))
			return true;
		if (!*s || (*s == '/' && !across))
			return false;
	}
}

/* What takes too long may match. */
static bool matches(const char *p, const char *s, int *steps)
{
	for (; *p; p++, s++) {
		const char *end = *p == '{' || *p == '[' ? closing(p) : NULL;

		if (++*steps > STEPS_MAX)
			return true;
		if (*p == '{' && end)
			return matches_any(p, end, s, steps);
		if (*p == '*')
			return matches_run(p, s, steps);
		if (!*s)
			return false;
		if (*p == '[' && end) {
			if (!is_in_class(p + 1, end, *s))
				return false;
			p = end;
		} else if (*p == '?') {
			if (*s == '/')
				return false;
		} else {
			p += *p == '\\' && p[1];
			if (*p != *s)
				return false;
		}
	}
	return !*s;
}

/* A variable may stand for anything. */
static bool may_match(const char *pattern, const char *path)
{
	_auto_strbuf_ struct vh_strbuf sb = { 0 };
	int steps = 0;

	vh_strbuf_add(&sb, "");
	for (const char *p = pattern; *p; p++) {
		const char *end = p[0] == '@' && p[1] == '{' ? strchr(p, '}') : NULL;

		if (end)
			vh_strbuf_add(&sb, "**");
		else
			vh_strbuf_add_mem(&sb, p, 1);
		p = end ? end : p;
	}
	return matches(sb.data, path, &steps);
}

/* --- rules --------------------------------------------------------------------------------------- */

struct profile {
	const struct vh_root *root;
	const char *path;
	size_t read;
	bool allows, failed;
};

static void read_file(struct profile *p, const char *name);

static char *take_word(char **at)
{
	char *from, quote;

	*at += strspn(*at, BLANKS);
	quote = **at == '"' ? *(*at)++ : 0;
	from = *at;
	*at += quote ? strcspn(*at, "\"") : strcspn(*at, BLANKS);
	if (**at)
		*(*at)++ = 0;
	return from;
}

/* include <NAME>, of a file or of all in a folder. */
static void include(struct profile *p, const char *text)
{
	const char *from = strpbrk(text, "<\""), *end = from ? strpbrk(from + 1, ">\"") : NULL;
	_auto_names_ struct vh_names names = { 0 };
	_auto_free_ char *name = NULL, *path = NULL;

	if (!end)
		return;
	name = vh_strndup(from + 1, (size_t)(end - from) - 1);
	path = *name == '/' ? vh_strdup(name + 1) : vh_printf(DIR "/%s", name);
	if (vh_root_list(p->root, &names, "%s", path) < 0) {
		read_file(p, path);
		return;
	}
	for (size_t i = 0; i < names.count; i++) {
		_auto_free_ char *one = vh_printf("%s/%s", path, names.name[i]);

		read_file(p, one);
	}
}

/* [audit] [owner] [file] PATTERN PERMISSIONS, */
static void read_rule(struct profile *p, char *line)
{
	char *at = line, *word = take_word(&at), *permissions;

	while (!strcmp(word, "audit") || !strcmp(word, "owner") || !strcmp(word, "allow") ||
	       !strcmp(word, "file"))
		word = take_word(&at);
	if (!strcmp(word, "file,")) {
		p->allows = true;
		return;
	}
	if (*word != '/' && *word != '@' && *word != '{')
		return; /* of something else; one that denies leaves it at that */
	permissions = take_word(&at);
	p->allows = p->allows || (strchr(permissions, 'r') && may_match(word, p->path));
}

static void read_file(struct profile *p, const char *name)
{
	_auto_free_ char *text = NULL;
	char *rest, *line;

	if (p->allows || p->read++ >= FILES_MAX)
		return;
	text = vh_root_read(p->root, "%s", name);
	if (!text && errno != ENOENT)
		p->failed = true;
	rest = text;
	while ((line = strsep(&rest, "\n"))) {
		line += strspn(line, BLANKS);
		if (vh_has_prefix(line, "#include") || vh_has_prefix(line, "include"))
			include(p, line);
		else if (*line != '#')
			read_rule(p, line);
	}
}

/* --- is it in effect? ---------------------------------------------------------------------------- */

/* A profile of the daemon is loaded: without that the driver does not come up (use_apparmor()). */
static enum vh_tri is_used(const struct vh_root *root)
{
	static const char *const daemons[] = { "libvirtd (", "virtqemud (", "/usr/sbin/libvirtd (",
					       "/usr/sbin/virtqemud (" };
	_auto_free_ char *enabled = vh_root_read(root, "sys/module/apparmor/parameters/enabled");
	_auto_free_ char *profiles = NULL;
	char *rest, *line;

	if (!enabled || *enabled != 'Y')
		return enabled || errno == ENOENT ? VH_NO : VH_UNKNOWN;
	rest = profiles = vh_root_read(root, "sys/kernel/security/apparmor/profiles");
	if (!profiles)
		return VH_UNKNOWN;
	while ((line = strsep(&rest, "\n")))
		for (size_t i = 0; i < VH_COUNT(daemons); i++)
			if (vh_has_prefix(line, daemons[i]))
				return VH_YES;
	return VH_NO;
}

static bool is_configured_away(const struct vh_root *root)
{
	_auto_free_ char *text = vh_root_read(root, "etc/libvirt/qemu.conf");
	char *rest = text, *line;
	bool away = false;

	while ((line = strsep(&rest, "\n"))) {
		line += strspn(line, BLANKS);
		if (vh_has_prefix(line, "security_driver"))
			away = !strstr(line, "apparmor");
	}
	return away;
}

enum vh_tri vh_apparmor_allows(const struct vh_root *root, const char *uuid, const char *path)
{
	_auto_free_ char *own = vh_printf(DIR "/libvirt/libvirt-%s", uuid ? uuid : "");
	struct profile p = { .root = root, .path = path };
	enum vh_tri used = is_used(root);

	if (used == VH_NO || is_configured_away(root))
		return VH_YES;
	if (used == VH_UNKNOWN)
		return VH_UNKNOWN;
	/* one that is there is not made again, and may have been edited */
	read_file(&p, uuid && vh_root_exists(root, "%s", own) ? own : DIR "/libvirt/TEMPLATE.qemu");
	if (p.allows)
		return VH_YES;
	return p.failed || p.read > FILES_MAX || p.read < 2 ? VH_UNKNOWN : VH_NO;
}
