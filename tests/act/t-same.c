/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hook and `vfio-hook check` say the same of every domain of the fixtures: prepare judges on
 * its way to the devices, check without it, and what they find is compared to the last word. check
 * opens no disk exclusively, as the hook does: it finds the same otherwise.
 */
#include <errno.h>

#include "lib/config/config-file.h"
#include "lib/config/effective.h"
#include "lib/decide/rules/rule-table.h"
#include "tests/fake/stage.h"
#include "tests/tap.h"

#define EXPECTED "expected on "

/* The host that the first comment names, or NULL. */
static char *host_of(const char *xml)
{
	const char *at = strstr(xml, EXPECTED), *end;

	at = at ? at + strlen(EXPECTED) : NULL;
	end = at ? strstr(at, ".host:") : NULL;
	return end ? vh_strndup(at, (size_t)(end - at)) : NULL;
}

static char *show(const struct vh_findings *f)
{
	struct vh_strbuf sb = { 0 };

	for (size_t i = 0; i < f->count; i++) {
		const struct vh_finding *one = &f->list[i];

		vh_strbuf_addf(&sb, "%d: %s [%s] %s %s", one->line,
			       vh_finding_severity_str(one->severity), one->rule->name,
			       one->has_addr ? vh_pci_str(&one->addr).s : "-", one->message);
		vh_strbuf_addf(&sb, " | %s\n", one->fix ? one->fix : "-");
	}
	return sb.data ? vh_strbuf_steal(&sb) : vh_strdup("");
}

static int refuse(const struct vh_root *root, const char *name)
{
	(void)root, (void)name;
	return -EOPNOTSUPP;
}

static char *by_check(const struct vh_root *all, const struct vh_config *config,
		      const struct vh_domain *d)
{
	struct vh_root_ops ops = *all->ops;
	struct vh_root looks = *all, *root = &looks;
	struct vh_config effective = vh_effective_for(config, d->name, d->uuid,
						      d->policy.require_peers);
	struct vh_case_ask ask = {
		.root = root,
		.config = &effective,
		.domain = d,
		.deadline = INT64_MAX,
	};
	_auto_findings_ struct vh_findings found = { 0 };
	_auto_(vh_plan) struct vh_plan *plan = NULL;
	_auto_case_ struct vh_case c = { 0 };

	ops.try_exclusive = refuse;
	looks.ops = &ops;
	VH_IGNORE(vh_case_read(&c, &ask, NULL)); /* only what acts fails */
	if (c.host) {
		plan = vh_plan_make(d, c.host, &effective);
		c.plan = plan;
		vh_rule_table_run(&c, VH_SCOPE_DEVICE | VH_SCOPE_DOMAIN | VH_SCOPE_POLICY, &found);
	}
	return show(&found);
}

static char *by_hook(const struct vh_root *root, const struct vh_config *config,
		     const struct vh_domain *d)
{
	_auto_findings_ struct vh_findings found = { 0 };
	_auto_error_ struct vh_error err = { 0 };
	struct vh_act act = {
		.root = root,
		.config = config,
		.deadline = vh_now_ms() + config->timeout_call,
	};

	VH_IGNORE(vh_prepare(&act, d, &found, &err)); /* refused or not: what did it find? */
	return show(&found);
}

static void compare(const char *path)
{
	size_t len;
	_auto_free_ char *xml = scratch_source(path, &len), *host = host_of(xml);
	_auto_free_ char *check = NULL, *hook = NULL;
	_auto_(vh_domain) struct vh_domain *d = vh_domain_parse(xml, len, NULL);
	_auto_(scratch) struct scratch *s = NULL;
	struct vh_config config = { 0 };

	if (!d || !host) /* neither judges what it cannot read */
		return;
	if (!d->uuid) /* libvirt gives one to the hook */
		d->uuid = vh_strdup(VM1);
	s = scratch_new(host);
	if (vh_config_file_read(&config, &s->root, NULL) == 0) {
		config.timeout_group = 200; /* what uses a module of a fixture never ends */
		check = by_check(&s->root, &config, d);
		hook = by_hook(&s->root, &config, d);
	}
	vh_config_clear(&config);
	if (!ok(vh_streq(check, hook), "%s on %s", strrchr(path, '/') + 1, host))
		diag("check: %s\nhook: %s", check ? check : "no configuration", hook ? hook : "");
}

int main(void)
{
	static const char *const dirs[] = { "examples/domains", "tests/fixtures/domains" };
	const char *top = getenv("abs_top_srcdir");
	size_t step = tap_under_valgrind() ? 14 : 1;
	struct vh_root source;

	if (vh_root_open_tree(&source, top ? top : ".", NULL) < 0) {
		printf("Bail out! no sources\n");
		return 99;
	}
	for (size_t i = 0; i < VH_COUNT(dirs); i++) {
		_auto_names_ struct vh_names names = { 0 };

		if (vh_root_list(&source, &names, "%s", dirs[i]) < 0)
			continue;
		for (size_t k = 0; k < names.count; k += step) {
			_auto_free_ char *path = vh_printf("%s/%s", dirs[i], names.name[k]);

			if (vh_has_suffix(path, ".xml"))
				compare(path);
		}
	}
	vh_root_close(&source);
	return tap_done();
}
