/* SPDX-License-Identifier: GPL-2.0-or-later */
/* domains - see domains.h. */
#include "cli/domains.h"

#include <errno.h>
#include <sys/stat.h>

#include "cli/output.h"
#include "cli/source.h"
#include "lib/model/domain.h"

#include "lib/base/banned.h"

#define LIST "virsh list --all   # shows the names of the domains"

static bool ends_in_xml(const char *s)
{
	size_t n = strlen(s);

	return n > 4 && !strcmp(s + n - 4, ".xml");
}

/* libvirt lets no name of a domain have a slash (virXMLCheckIllegalChars()). */
bool vh_is_domain(const char *arg)
{
	struct stat st;

	if (!*arg || vh_streq(arg, "-") || strchr(arg, '/') || ends_in_xml(arg))
		return false;
	return lstat(arg, &st) < 0 && errno == ENOENT;
}

/* A user's own daemon is not root, and cannot give devices away. */
static void note_session(const char *uri)
{
	if (uri && strstr(uri, ":///session"))
		vh_note("%s: a session daemon runs hooks as its user, and vfio-hook does nothing "
			"there: passthrough needs qemu:///system",
			uri);
}

void vh_domains_ask(struct vh_domains *ret, const struct vh_cli *cli, char *const *args, int count,
		    unsigned int wants)
{
	struct vh_question q = { .uri = cli->n_connect ? cli->connect[0] : NULL, .wants = wants };

	*ret = (struct vh_domains){ .cli = cli };
	for (size_t i = 0; i < cli->n_domains; i++)
		*VH_APPEND(q.domains.name, q.domains.count) = (char *)cli->domains[i];
	for (int i = 0; i < count; i++)
		if (vh_is_domain(args[i]))
			*VH_APPEND(q.domains.name, q.domains.count) = args[i];
	if (q.domains.count || wants & VH_WANT_ALL) {
		vh_libvirt_ask(&q, 1, cli->timeout, &ret->answer);
		note_session(ret->answer.uri);
	}
	free(q.domains.name);
}

void vh_domains_clear(struct vh_domains *d)
{
	vh_answers_clear(&d->answer, 1);
}

static int take_domain(struct vh_domains *d, const char *arg, bool force, struct vh_strbuf *ret,
		       const char **ret_label, struct vh_error *err)
{
	const struct vh_defined *found = vh_answer_domain(&d->answer, arg);
	const struct vh_error *why = &d->answer.err;

	if (found) {
		vh_strbuf_add(ret, found->xml);
		*ret_label = found->name;
		return 0;
	}
	if (why->what)
		return vh_fail(err, why->code, 0, why->fix, "%s%s: %s",
			       force ? "" : "no such file, and ", d->answer.uri, why->what);
	return vh_fail(err, VH_E_INPUT, 0, LIST, "%s domain of %s",
		       force ? "no" : "neither a file here nor a", d->answer.uri);
}

int vh_domains_take(struct vh_domains *d, const char *arg, bool force, struct vh_strbuf *ret,
		    const char **ret_label, struct vh_error *err)
{
	if (force || vh_is_domain(arg))
		return take_domain(d, arg, force, ret, ret_label, err);
	*ret_label = vh_streq(arg, "-") ? "<stdin>" : arg;
	return vh_input_read(ret, arg, VH_XML_MAX, err);
}
