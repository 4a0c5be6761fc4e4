/* SPDX-License-Identifier: GPL-2.0-or-later */
/* judge - configuration in effect, case, plan, rules: what lib/act does, without the acting. */
#include "cli/judge.h"

#include <errno.h>

#include "cli/output.h"
#include "lib/act/act.h"
#include "lib/act/recheck.h"
#include "lib/base/strbuf.h"
#include "lib/case/expect.h"
#include "lib/case/standing.h"
#include "lib/config/config-file.h"
#include "lib/config/effective.h"
#include "lib/decide/rules/rule-table.h"
#include "lib/host/libvirt/libvirt-files.h"
#include "lib/state/record.h"

#include "lib/base/banned.h"

void vh_judge_clear(struct vh_judgement *j)
{
	struct vh_facts *facts = j->facts;

	vh_plan_free(j->plan);
	vh_case_clear(&j->c);
	vh_domain_free(j->domain);
	vh_findings_clear(&j->findings);
	memset(j, 0, sizeof(*j));
	j->facts = facts;
}

int vh_judge_exit(const struct vh_cli *cli, const struct vh_findings *f)
{
	if (vh_findings_number(f, VH_ERROR))
		return VH_EXIT_FINDINGS;
	return cli->strict && vh_findings_number(f, VH_WARNING) ? VH_EXIT_FINDINGS : VH_EXIT_OK;
}

static void read_case(struct vh_judgement *j, const struct vh_case_ask *ask)
{
	/* only what acts fails */
	VH_IGNORE(vh_case_read(&j->c, ask, NULL));
}

void vh_judge_parsed(struct vh_judgement *ret, const struct vh_root *root,
		     const struct vh_config *config, struct vh_domain *d)
{
	struct vh_case_ask ask = {
		.root = root,
		.config = &ret->config,
		.domain = d,
		.deadline = INT64_MAX,
		.facts = ret->facts,
	};

	ret->domain = d;
	ret->config = vh_effective_for(config, d->name, d->uuid, d->policy.require_peers);
	read_case(ret, &ask);
	if (!ret->c.host)
		return;
	ret->plan = vh_plan_make(d, ret->c.host, &ret->config);
	ret->c.plan = ret->plan;
	vh_rule_table_run(&ret->c, VH_SCOPE_DEVICE | VH_SCOPE_DOMAIN | VH_SCOPE_POLICY,
			  &ret->findings);
}

struct vh_domain *vh_judge_read(const xmlDoc *doc, struct vh_error *err)
{
	return vh_domain_is_device(doc) ? vh_domain_read_device(doc) : vh_domain_read(doc, err);
}

/* A file without <uuid> means the domain of its name: libvirt lets no two have one name. Where that
 * runs now, its claim and its memory are its own. */
static void know_by_name(const struct vh_root *root, struct vh_domain *d)
{
	if (!d->uuid && d->name && !d->lone && vh_domain_has_pci(d))
		d->uuid = vh_libvirt_files_uuid(root, d->name);
}

int vh_judge_domain(struct vh_judgement *ret, const struct vh_root *root,
		    const struct vh_config *config, const char *xml, size_t len,
		    struct vh_error *err)
{
	_auto_xml_ xmlDoc *doc = vh_xml_parse(xml, len, err);
	struct vh_domain *d = doc ? vh_judge_read(doc, err) : NULL;

	if (!d)
		return -1;
	know_by_name(root, d);
	vh_judge_parsed(ret, root, config, d);
	for (size_t i = 0; i < d->n_devices; i++)
		d->devices[i].node = NULL;
	return 0;
}

void vh_judge_devices(struct vh_judgement *ret, const struct vh_root *root,
		      const struct vh_config *config, const struct vh_pci_addr *addrs, size_t count)
{
	vh_judge_parsed(ret, root, config, vh_domain_of(addrs, count));
}

void vh_judge_note_absent(const struct vh_cli *cli, const struct vh_config *config)
{
	for (size_t i = 0; i < config->n_devices; i++) {
		const struct vh_device_policy *d = &config->devices[i];
		struct vh_pci_name name = vh_pci_str(&d->addr);

		if (d->protect && !vh_root_exists(&cli->root, "sys/bus/pci/devices/%s", name.s))
			vh_note("/" VH_CONFIG_PATH ": [device %s] protects nothing now: there is no "
				"device at this address",
				name.s);
	}
}

int vh_judge_config(const struct vh_cli *cli, struct vh_config *ret, const char **ret_problem)
{
	_auto_error_ struct vh_error err = { 0 };

	*ret_problem = NULL;
	if (vh_config_file_read(ret, &cli->root, &err) == 0) {
		vh_judge_note_absent(cli, ret);
		return 0;
	}
	if (err.code != VH_E_SYS || (err.sys != EACCES && err.sys != EPERM)) {
		vh_error_report(cli, NULL, &err);
		return -1;
	}
	vh_config_defaults(ret);
	*ret_problem = strerror(err.sys);
	return 0;
}

void vh_judge_host(struct vh_judgement *ret, const struct vh_root *root,
		   const struct vh_config *config)
{
	struct vh_case_ask ask = {
		.root = root,
		.config = &ret->config,
		.whole = true,
		.deadline = INT64_MAX,
	};

	ret->config = *config; /* borrowed like the sections of one in effect */
	read_case(ret, &ask);
	vh_rule_table_run(&ret->c, VH_SCOPE_HOST, &ret->findings);
}
