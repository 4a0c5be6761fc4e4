/* SPDX-License-Identifier: GPL-2.0-or-later */
/* compare - judges each domain on each host, then gives one answer for all. */
#include "cli/commands/compare.h"

#include "cli/output.h"
#include "cli/render/render.h"

#include "lib/base/banned.h"

struct comparison {
	struct vh_cli *cli;
	struct vh_config config; /* what other hosts have is not told: not_checked says so */
	struct vh_compared *list;
	size_t count;
};

/* Also one that could not be read, and does not stop the others. */
static void drop_last(struct comparison *c)
{
	struct vh_compared *d = &c->list[--c->count];

	for (size_t k = 0; k < c->cli->n_connect; k++)
		vh_judge_clear(&d->judgements[k]);
	free(d->judgements);
	free(d->source);
	free(d->label);
}

static void end(struct comparison *c)
{
	while (c->count)
		drop_last(c);
	free(c->list);
	vh_config_clear(&c->config);
}

static int judge(const struct comparison *c, const struct vh_strbuf *xml, size_t host,
		 struct vh_judgement *ret, struct vh_error *err)
{
	const struct vh_remote *h = &c->cli->remotes[host];

	if (h->err.what)
		return 0;
	return vh_judge_domain(ret, &h->root, &c->config, xml->data, xml->len, err);
}

/* 0, or an exit status after an error line. */
static int add(struct comparison *c, struct vh_domains *domains, const char *arg, bool force)
{
	_auto_strbuf_ struct vh_strbuf xml = { 0 };
	_auto_error_ struct vh_error err = { 0 };
	size_t n = c->cli->n_connect;
	struct vh_compared *d = VH_APPEND(c->list, c->count);
	const char *label = arg;
	int rc;

	d->judgements = vh_alloc(n * sizeof(*d->judgements));
	rc = vh_domains_take(domains, arg, force, &xml, &label, &err);
	d->source = vh_strdup(arg);
	d->label = vh_strdup(label);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = judge(c, &xml, i, &d->judgements[i], &err);
	if (rc == 0)
		return VH_EXIT_OK;
	vh_error_report(c->cli, d->label, &err);
	drop_last(c);
	return VH_EXIT_USAGE;
}

/* Can it start somewhere, with --strict: without a warning? */
static bool has_a_host(const struct comparison *c, const struct vh_compared *d)
{
	for (size_t i = 0; i < c->cli->n_connect; i++)
		if (d->judgements[i].domain &&
		    vh_judge_exit(c->cli, &d->judgements[i].findings) == VH_EXIT_OK)
			return true;
	return false;
}

static int conclude(const struct comparison *c)
{
	struct vh_output out = vh_choose_output(c->cli);
	int rc = VH_EXIT_OK;

	for (size_t i = 0; i < c->count; i++)
		if (!has_a_host(c, &c->list[i]))
			rc = VH_EXIT_FINDINGS;
	for (size_t i = 0; i < c->cli->n_connect; i++)
		if (c->cli->remotes[i].err.what)
			rc = VH_EXIT_USAGE;
	out.r->check_hosts(&out, c->list, c->count);
	return rc;
}

int vh_compare(struct vh_cli *cli, struct vh_domains *domains, char **args, int count)
{
	struct comparison c = { .cli = cli };
	int rc = VH_EXIT_OK, all;

	vh_config_defaults(&c.config);
	for (int i = 0; i < count; i++)
		rc |= add(&c, domains, args[i], false);
	for (size_t i = 0; i < domains->n_forced; i++)
		rc |= add(&c, domains, domains->forced[i], true);
	all = conclude(&c);
	end(&c);
	return all > rc ? all : rc;
}
