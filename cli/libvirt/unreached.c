/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unreached - see unreached.h, and https://libvirt.org/uri.html */
#include "cli/libvirt/unreached.h"

#include "lib/base/shell.h"

#include "lib/base/banned.h"

#define DAEMONS "systemctl status libvirtd virtqemud"

/* DRIVER[+TRANSPORT]://[USER@][HOST][:PORT]/... */
struct parts {
	char *transport; /* NULL: none is written */
	char *user_host; /* as ssh takes it */
	char *host;      /* "": this one */
	char *port;      /* NULL: the usual one */
};

static void clear(struct parts *p)
{
	free(p->transport);
	free(p->user_host);
	free(p->host);
	free(p->port);
}

/* An IPv6 address stands in brackets, which neither ssh nor getent wants. */
static char *without_brackets(const char *host, size_t n)
{
	return n > 1 && *host == '[' && host[n - 1] == ']' ? vh_strndup(host + 1, n - 2)
							   : vh_strndup(host, n);
}

static bool take_apart(const char *uri, struct parts *ret)
{
	const char *from = strstr(uri, "://"), *plus = from ? strchr(uri, '+') : NULL, *host, *end,
		   *at;
	size_t n;

	*ret = (struct parts){ NULL, NULL, NULL, NULL };
	if (!from)
		return false;
	if (plus && plus < from)
		ret->transport = vh_strndup(plus + 1, (size_t)(from - plus - 1));
	from += strlen("://");
	end = from + strcspn(from, "/?#");
	at = memchr(from, '@', (size_t)(end - from));
	host = at ? at + 1 : from;
	n = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
	if (n > (size_t)(end - host))
		n = (size_t)(end - host);
	if (host + n < end)
		ret->port = vh_strndup(host + n + 1, (size_t)(end - host) - n - 1);
	ret->host = without_brackets(host, n);
	ret->user_host = vh_printf("%.*s%s", (int)(host - from), from, ret->host);
	return true;
}

static bool is_ssh(const struct parts *p)
{
	return vh_streq(p->transport, "ssh") || vh_streq(p->transport, "libssh") ||
	       vh_streq(p->transport, "libssh2");
}

/* One command shows whether the name is known, ssh lets in, and libvirt runs there. */
static char *ssh_fix(const struct parts *p)
{
	_auto_free_ char *host = vh_shell_operand(p->user_host);
	_auto_free_ char *port = p->port ? vh_shell_quote(p->port) : NULL;

	return vh_printf("ssh %s%s%s%s " DAEMONS "   # is the host reached, and does it run there?",
			 port ? "-p " : "", port ? port : "", port ? " " : "", host);
}

/* Over the network libvirt listens only where somebody said so. */
static char *network_fix(const struct parts *p)
{
	_auto_free_ char *host = vh_shell_operand(p->host);
	const char *kind = vh_streq(p->transport, "tcp") ? "tcp" : "tls";

	return vh_printf(
		"getent ahosts %s   # is the host known? To type there: systemctl status virtproxyd-%s.socket libvirtd-%s.socket",
		host, kind, kind);
}

char *vh_unreached_fix(const char *uri)
{
	struct parts p;
	char *fix;

	if (!take_apart(uri, &p))
		return vh_strdup(
			"write a URI, such as qemu:///system or qemu+ssh://root@HOST/system");
	if (vh_streq(p.transport, "ext"))
		fix = vh_strdup("run the command of the URI by hand: it has to reach a libvirt");
	else if (!*p.host || vh_streq(p.transport, "unix"))
		fix = vh_strdup(DAEMONS "   # does it run?");
	else
		fix = is_ssh(&p) ? ssh_fix(&p) : network_fix(&p);
	clear(&p);
	return fix;
}
