/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shell - see shell.h. */
#include "lib/base/shell.h"

#include "lib/base/printable.h"
#include "lib/base/strbuf.h"

#include "lib/base/banned.h"

#define PLAIN "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./:@%+=,-"

/* A leading = is expanded by zsh. */
static bool is_plain(const char *text)
{
	return *text && *text != '=' && !text[strspn(text, PLAIN)];
}

static char *single_quoted(const char *text)
{
	struct vh_strbuf sb = { 0 };

	vh_strbuf_add(&sb, "'");
	for (const char *p = text; *p; p++) {
		if (*p == '\'')
			vh_strbuf_add(&sb, "'\\''");
		else
			vh_strbuf_add_mem(&sb, p, 1);
	}
	vh_strbuf_add(&sb, "'");
	return vh_strbuf_steal(&sb);
}

/*
 * What cannot stand on one line: the format of a printf, which every shell has; $'...' is unknown
 * to dash. The double quotes outside of it keep blanks, and expand nothing else, as all that a
 * shell or printf would take for its own is written in three octal digits (of \xHH they differ in
 * how many they take). A newline at the end would be lost: then it is $'...' nevertheless.
 */
static char *escaped(const char *text)
{
	bool ansi = text[strlen(text) - 1] == '\n';
	struct vh_strbuf sb = { 0 };

	vh_strbuf_add(&sb, ansi ? "$'" : "\"$(printf '");
	for (const char *p = text; *p;) {
		size_t n = vh_printable_length(p);
		bool plain = n > 1 || *p == ' ' || (strchr(PLAIN, *p) && (p > text || *p != '-'));

		if (*p == '%' && !ansi)
			vh_strbuf_add(&sb, "%%");
		else if (*p == '\n')
			vh_strbuf_add(&sb, "\\n");
		else if (plain)
			vh_strbuf_add_mem(&sb, p, n);
		else
			vh_strbuf_addf(&sb, "\\%03o", (unsigned char)*p);
		p += plain ? n : 1;
	}
	vh_strbuf_add(&sb, ansi ? "'" : "')\"");
	return vh_strbuf_steal(&sb);
}

char *vh_shell_quote(const char *text)
{
	_auto_free_ char *line = NULL;

	if (is_plain(text))
		return vh_strdup(text);
	line = vh_printable_line(text);
	return strcmp(line, text) ? escaped(text) : single_quoted(text);
}

char *vh_shell_operand(const char *text)
{
	_auto_free_ char *word = vh_shell_quote(text);

	return *text == '-' ? vh_printf("-- %s", word) : VH_STEAL(word);
}

/* What `ip link set` knows, in full or by its beginning (ip/iplink.c:iplink_parse()). */
static bool is_taken_by_ip(const char *name)
{
	static const char *const words[] = {
		"address",   "addrgenmode", "alias",   "allmulticast", "arp",         "broadcast",
		"carrier",   "dev",         "dormant", "down",         "dynamic",     "group",
		"help",      "index",       "link",    "master",       "mode",        "mtu",
		"multicast", "name",        "netns",   "nomaster",     "numrxqueues", "numtxqueues",
		"promisc",   "protodown",   "qlen",    "state",        "trailers",    "txqueuelen",
		"txqlen",    "type",        "up",      "vf",           "xdp",
	};

	for (size_t i = 0; i < VH_COUNT(words); i++)
		if (vh_has_prefix(words[i], name))
			return true;
	return *name == '-';
}

char *vh_shell_interface(const char *name)
{
	_auto_free_ char *word = vh_shell_quote(name);

	return is_taken_by_ip(name) ? vh_printf("dev %s", word) : VH_STEAL(word);
}

/* Names come before numbers for nobody: virsh takes "7" for the domain of that ID. */
char *vh_shell_domain(const char *name, const char *uuid)
{
	_auto_free_ char *line = vh_printable_line(name);

	if (uuid && (strcmp(line, name) != 0 || *name == '-' || !name[strspn(name, "0123456789")]))
		return vh_strdup(uuid);
	return vh_shell_operand(name);
}
