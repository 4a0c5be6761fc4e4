/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd-check - judges domains, or the host. One that cannot be read does not stop the others. */
#include "cli/advice.h"
#include "cli/commands/commands.h"
#include "cli/commands/compare.h"
#include "cli/libvirt/domains.h"
#include "cli/edit/fix.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/render/render.h"
#include "cli/wrap.h"
#include "lib/base/shell.h"

#include "lib/base/banned.h"

struct check {
	struct vh_cli *cli;
	const struct vh_opt_check *options;
	struct vh_output out;
	struct vh_config config;
	struct vh_facts facts;
	struct vh_domains domains;
	const char *config_problem; /* why the configuration is not the real one, or NULL */
	struct vh_progress progress;
};

static void not_checked_config(const struct check *c, struct vh_judgement *j)
{
	vh_names_note(&j->c.unseen, "/" VH_CONFIG_PATH " (%s): judged by the defaults",
		      c->config_problem);
}

/* How to call it with --fix, and what to do with what it prints. */
static char *cure_of(const struct vh_cli *cli, const char *source, const char *label)
{
	bool is_file = label == source || vh_streq(source, "-");
	_auto_free_ char *word = vh_streq(source, "-") ? vh_strdup("FILE")
						       : vh_shell_operand(source);
	_auto_free_ char *dir = cli->sysroot ? vh_shell_quote(cli->sysroot) : NULL;
	_auto_free_ char *uri = cli->n_connect ? vh_shell_quote(cli->connect[0]) : NULL;
	_auto_free_ char *define = vh_printf(" | virsh%s%s define /dev/stdin", uri ? " -c " : "",
					     uri ? uri : "");
	_auto_free_ char *command = vh_printf("vfio-hook%s%s check --fix %s%s",
					      dir ? " --sysroot " : "", dir ? dir : "", word,
					      is_file ? " >corrected.xml" : define);

	return vh_advice_text(cli, command); /* with --host or --connect */
}

/* Of how many errors the domain is cured by changes of its XML. */
static size_t cured(struct check *c, const struct vh_judgement *j, const struct vh_strbuf *xml)
{
	size_t errors = vh_findings_number(&j->findings, VH_ERROR), left;
	_auto_error_ struct vh_error ignored = { 0 };
	_auto_fixed_ struct vh_fixed f = { .judgement.facts = &c->facts };

	if (!errors ||
	    vh_fix_domain(&f, &c->cli->root, &c->config, xml, VH_FIX_UNASSIGNED, &ignored) < 0)
		return 0;
	left = vh_findings_number(&f.judgement.findings, VH_ERROR);
	return left < errors ? errors - left : 0;
}

static void report(struct check *c, struct vh_judgement *j, const char *source, const char *label,
		   const struct vh_strbuf *xml, const struct vh_defined *defined)
{
	_auto_free_ char *cure = NULL;
	struct vh_report r = {
		.defined = defined,
		.brief = defined && !c->options->verbose,
		.source = source,
		.label = label,
		.xml = xml,
		.judgement = j,
	};

	vh_progress_hide(&c->progress);
	if (c->config_problem && j->c.host)
		not_checked_config(c, j);
	vh_advice_findings(c->cli, &j->findings);
	if (xml && c->cli->format == VH_FORMAT_TEXT && !r.brief)
		r.cured = cured(c, j, xml);
	if (r.cured)
		cure = cure_of(c->cli, source, label);
	r.cure = cure;
	if (xml)
		c->out.r->check_domain(&c->out, &r);
	else
		c->out.r->check_host(&c->out, &r);
	if (c->progress.tty >= 0)
		(void)fflush(stdout); /* before the line comes back; a failure is seen later */
}

static int worst(int a, int b)
{
	return a > b ? a : b;
}

/* A driver that does not answer keeps a judgement waiting. */
static void begin(struct check *c, const char *label)
{
	vh_progress_begin(&c->progress, "judging", 0);
	vh_progress_say(&c->progress, "judging %s", label);
	vh_progress_listen(&c->progress, &c->cli->root);
}

static int judge(struct check *c, struct vh_judgement *ret, const char *label,
		 const struct vh_strbuf *xml, struct vh_error *err)
{
	int rc;

	begin(c, label);
	rc = vh_judge_domain(ret, &c->cli->root, &c->config, xml->data, xml->len, err);
	vh_progress_end(&c->progress);
	return rc;
}

static int check_host(struct check *c)
{
	_auto_judgement_ struct vh_judgement j = { 0 };

	begin(c, "this host");
	vh_judge_host(&j, &c->cli->root, &c->config);
	vh_progress_end(&c->progress);
	report(c, &j, c->cli->source,
	       vh_streq(c->cli->source, "live") ? "this host" : c->cli->source, NULL, NULL);
	return vh_judge_exit(c->cli, &j.findings);
}

static int check_one(struct check *c, const char *arg, bool force)
{
	_auto_judgement_ struct vh_judgement j = { .facts = &c->facts };
	_auto_strbuf_ struct vh_strbuf xml = { 0 };
	_auto_error_ struct vh_error err = { 0 };
	const char *label = arg;

	if (vh_domains_take(&c->domains, arg, force, &xml, &label, &err) < 0 ||
	    judge(c, &j, label, &xml, &err) < 0) {
		(void)fflush(stdout); /* keeps the order on a terminal; a failure is seen later */
		vh_error_report(c->cli, label, &err);
		return VH_EXIT_USAGE;
	}
	report(c, &j, arg, label, &xml, NULL);
	return vh_judge_exit(c->cli, &j.findings);
}

/* --- all domains ------------------------------------------------------------------------------ */

struct members {
	struct vh_member *list;
	size_t count;
	uint64_t total_kib;
};

static void add_member(const struct vh_judgement *j, const struct vh_defined *d, struct members *to)
{
	struct vh_member *m = VH_APPEND(to->list, to->count);

	m->name = vh_strdup(d->name);
	m->autostart = d->autostart;
	m->refused = vh_findings_number(&j->findings, VH_ERROR);
	if (m->refused) /* errors come first */
		m->why = vh_strdup(j->findings.list[0].message);
	if (!j->c.host)
		return;
	vh_together_look(m, &j->c);
	if (j->c.memory.read == VH_YES)
		to->total_kib = j->c.memory.total_kib;
}

static int check_defined(struct check *c, const struct vh_defined *d, struct members *members)
{
	_auto_judgement_ struct vh_judgement j = { .facts = &c->facts };
	_auto_strbuf_ struct vh_strbuf xml = { 0 };
	_auto_error_ struct vh_error err = { 0 };

	vh_strbuf_add(&xml, d->xml);
	if (vh_judge_domain(&j, &c->cli->root, &c->config, xml.data, xml.len, &err) < 0) {
		(void)fflush(stdout);
		vh_progress_hide(&c->progress);
		vh_error_report(c->cli, d->name, &err);
		return VH_EXIT_USAGE;
	}
	report(c, &j, d->name, d->name, &xml, d);
	add_member(&j, d, members);
	return vh_judge_exit(c->cli, &j.findings);
}

static int by_name(const void *a, const void *b)
{
	const struct vh_defined *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int check_all(struct check *c)
{
	struct vh_answer_of *a = c->domains.answers;
	_auto_remarks_ struct vh_remarks remarks = { 0 };
	struct members members = { 0 };
	int rc = VH_EXIT_OK;

	if (a->err.what) {
		vh_error_report(c->cli, a->uri, &a->err);
		return VH_EXIT_USAGE;
	}
	if (a->n_domains)
		qsort(a->domains, a->n_domains, sizeof(*a->domains), by_name);
	begin(c, "all domains");
	for (size_t i = 0; i < a->n_domains; i++) {
		vh_progress_say(&c->progress, "judging %s (%zu of %zu)", a->domains[i].name, i + 1,
				a->n_domains);
		rc = worst(rc, check_defined(c, &a->domains[i], &members));
	}
	vh_progress_end(&c->progress);
	if (!a->n_domains)
		vh_note("%s has no domains", a->uri);
	vh_together(members.list, members.count, members.total_kib, &remarks);
	c->out.r->check_together(&c->out, &remarks);
	for (size_t i = 0; c->cli->strict && i < remarks.count; i++)
		if (remarks.list[i].severity == VH_WARNING)
			rc = worst(rc, VH_EXIT_FINDINGS);
	vh_together_members_clear(members.list, members.count);
	return rc;
}

/* --- corrections ------------------------------------------------------------------------------ */

/* What was done and what is left to be found, on stderr. */
static void report_fix(struct check *c, struct vh_fixed *f, const char *label)
{
	_auto_free_ char *corrected = vh_printf("%s, corrected", label);
	struct vh_report r = { .label = corrected, .xml = &f->xml, .judgement = &f->judgement };

	if (c->config_problem && f->judgement.c.host)
		not_checked_config(c, &f->judgement);
	vh_advice_findings(c->cli, &f->judgement.findings);
	for (size_t i = 0; i < f->done.count; i++)
		vh_put_lines(stderr, "fixed: ", f->done.name[i]);
	vh_text_findings_report(c->cli, stderr, &r);
	vh_text_check_verdict(c->cli, stderr, &r);
	for (size_t i = 0; i < f->judgement.c.unseen.count; i++)
		vh_put_lines(stderr, "  not checked: ", f->judgement.c.unseen.name[i]);
}

static int fix_one(struct check *c, const char *arg, bool force)
{
	_auto_strbuf_ struct vh_strbuf xml = { 0 };
	_auto_error_ struct vh_error err = { 0 };
	_auto_fixed_ struct vh_fixed fixed = { .judgement.facts = &c->facts };
	const char *label = arg;
	int rc = vh_domains_take(&c->domains, arg, force, &xml, &label, &err);

	if (rc == 0) {
		begin(c, label);
		rc = vh_fix_domain(&fixed, &c->cli->root, &c->config, &xml, c->options->fix, &err);
		vh_progress_end(&c->progress);
	}
	if (rc < 0) {
		vh_error_report(c->cli, label, &err);
		return VH_EXIT_USAGE;
	}
	report_fix(c, &fixed, label);
	vh_wrap_document(stdout);
	fwrite(fixed.xml.data, 1, fixed.xml.len, stdout);
	return vh_judge_exit(c->cli, &fixed.judgement.findings);
}

static int check(struct check *c, char **args, int count)
{
	const struct vh_opt_check *options = c->options;
	int rc = VH_EXIT_OK;

	if (c->cli->remotes)
		return vh_compare(c->cli, &c->domains, args, count);
	if (options->fix)
		return count ? fix_one(c, args[0], false) : fix_one(c, options->domains[0], true);
	c->out.r->check_begin(&c->out);
	if (options->all)
		rc = check_all(c);
	else if (count == 0 && !options->n_domains)
		rc = check_host(c);
	for (int i = 0; i < count; i++)
		rc = worst(rc, check_one(c, args[i], false));
	for (size_t i = 0; i < options->n_domains; i++)
		rc = worst(rc, check_one(c, options->domains[i], true));
	c->out.r->check_end(&c->out);
	return rc;
}

int vh_cmd_check(struct vh_cli *cli, char **args, int count)
{
	const struct vh_opt_check *options = cli->options;
	struct check c = {
		.cli = cli,
		.options = options,
		.out = vh_choose_output(cli),
		.progress.tty = -1,
		.domains = { .cli = cli, .forced = options->domains, .n_forced = options->n_domains },
	};
	int rc;

	if (!cli->remotes && vh_judge_config(cli, &c.config, &c.config_problem) < 0)
		return VH_EXIT_USAGE;
	c.domains.wants = (options->fix ? VH_WANT_SECURE : 0) | (options->all ? VH_WANT_ALL : 0);
	vh_domains_ask(&c.domains, args, count);
	rc = check(&c, args, count);
	vh_domains_clear(&c.domains);
	vh_facts_clear(&c.facts);
	vh_config_clear(&c.config);
	return rc;
}
