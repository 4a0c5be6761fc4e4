/* SPDX-License-Identifier: GPL-2.0-or-later */
/* domains - see domains.h. */
#include "cli/libvirt/domains.h"

#include <errno.h>
#include <sys/stat.h>

#include "cli/output.h"
#include "cli/suggest.h"
#include "cli/input.h"
#include "lib/domain/domain.h"

#include "lib/base/banned.h"

#define LIST "virsh list --all   # shows the names of the domains"

/* Neither standard input nor a file, and no path by its looks: libvirt lets no name of a domain
 * have a slash (virXMLCheckIllegalChars()). */
static bool is_domain(const char *arg)
{
	struct stat st;

	if (!*arg || vh_streq(arg, "-") || strchr(arg, '/') || vh_has_suffix(arg, ".xml"))
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

/* LIBVIRT_DEFAULT_URI may name another machine, and says nothing of which is to be judged. */
static void note_elsewhere(const struct vh_cli *cli, const struct vh_answer_of *a)
{
	const char *server = a->uri ? strstr(a->uri, "://") : NULL;

	if (!a->err.what && vh_streq(cli->source, "live") && server && server[3] && server[3] != '/')
		vh_note("%s: the domain is defined there, and judged on this machine; "
			"'--connect %s' judges it on that one",
			a->uri, a->uri);
}

void vh_domains_ask(struct vh_domains *d, char *const *args, int count)
{
	const struct vh_cli *cli = d->cli;
	size_t n = cli->n_connect ? cli->n_connect : 1;
	_auto_free_ struct vh_question *all = vh_alloc(n * sizeof(*all));
	struct vh_question q = { .wants = d->wants };

	for (size_t i = 0; i < d->n_forced; i++)
		*VH_APPEND(q.domains.name, q.domains.count) = (char *)d->forced[i];
	for (int i = 0; i < count; i++)
		if (is_domain(args[i]))
			*VH_APPEND(q.domains.name, q.domains.count) = args[i];
	if (q.domains.count || d->wants & VH_WANT_ALL) {
		for (size_t i = 0; i < n; i++) {
			all[i] = q;
			all[i].uri = cli->n_connect ? cli->connect[i] : NULL;
		}
		d->answers = vh_alloc(n * sizeof(*d->answers));
		d->count = n;
		vh_libvirt_ask(all, n, cli->timeout, d->answers);
		for (size_t i = 0; i < n; i++) {
			note_session(d->answers[i].uri);
			note_elsewhere(cli, &d->answers[i]);
		}
	}
	free(q.domains.name);
}

void vh_domains_clear(struct vh_domains *d)
{
	vh_ask_clear(d->answers, d->count);
	free(d->answers);
	*d = (struct vh_domains){ .cli = d->cli };
}

/* What is asked for by name is told alone: the names of all come by another question. */
static char *hint_of(const struct vh_cli *cli, const struct vh_answer_of *first, const char *arg)
{
	struct vh_question q = { .uri = first->uri, .wants = VH_WANT_ALL };
	struct vh_suggest s = { .word = arg };
	struct vh_answer_of a;

	vh_libvirt_ask(&q, 1, cli->timeout, &a);
	for (size_t i = 0; i < a.n_domains; i++)
		vh_suggest_add(&s, a.domains[i].name);
	vh_ask_clear(&a, 1);
	return vh_suggest_text(&s, "");
}

static int take_domain(struct vh_domains *d, const char *arg, bool force, struct vh_strbuf *ret,
		       const char **ret_label, struct vh_error *err)
{
	const struct vh_defined *found = NULL;
	const struct vh_answer_of *first = &d->answers[0];
	const struct vh_error *why = &first->err;
	_auto_free_ char *hint = NULL;

	for (size_t i = 0; i < d->count && !found; i++)
		found = vh_ask_domain(&d->answers[i], arg);
	if (found) {
		vh_strbuf_add(ret, found->xml);
		*ret_label = found->name;
		return 0;
	}
	if (why->what) /* without the library nobody says which libvirt it would have been */
		return vh_fail(err, why->code, 0, why->fix, "%s%s%s%s",
			       force ? "" : "no such file, and ", first->uri ? first->uri : "",
			       first->uri ? ": " : "", why->what);
	hint = hint_of(d->cli, first, arg);
	return vh_fail(err, VH_E_INPUT, 0, LIST, "%s domain of %s%s",
		       force ? "no" : "neither a file here nor a", first->uri, hint);
}

int vh_domains_take(struct vh_domains *d, const char *arg, bool force, struct vh_strbuf *ret,
		    const char **ret_label, struct vh_error *err)
{
	/* nobody was asked: then it was a file a moment ago */
	if (d->count && (force || is_domain(arg)))
		return take_domain(d, arg, force, ret, ret_label, err);
	*ret_label = vh_streq(arg, "-") ? "<stdin>" : arg;
	return vh_input_read(ret, arg, VH_XML_MAX, err);
}
