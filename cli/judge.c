/* SPDX-License-Identifier: GPL-2.0-or-later */
/* judge - see judge.h. */
#include "cli/judge.h"

#include <errno.h>
#include <stdarg.h>

#include "cli/output.h"
#include "lib/act/act.h"
#include "lib/act/recheck.h"
#include "lib/state/record.h"
#include "lib/case/standing.h"
#include "lib/base/strbuf.h"
#include "lib/decide/rules/rule-table.h"
#include "lib/case/expect.h"
#include "lib/host/libvirt-files.h"

#include "lib/base/banned.h"

static void free_host(struct vh_judgement *j)
{
	if (j->borrows && j->host) {
		vh_names_clear(&j->host->hostdev_networks);
		vh_names_clear(&j->host->not_checked);
		vh_memory_clear(&j->host->memory);
		free(j->host->elsewhere);
		free(j->host);
	} else {
		vh_host_free(j->host);
	}
	j->host = NULL;
	j->borrows = false;
}

void vh_judgement_clear(struct vh_judgement *j)
{
	struct vh_facts *facts = j->facts;

	vh_plan_free(j->plan);
	vh_vfpools_clear(&j->pools);
	free_host(j);
	vh_identity_free(j->last);
	vh_domain_free(j->domain);
	vh_findings_clear(&j->findings);
	vh_names_clear(&j->not_checked);
	memset(j, 0, sizeof(*j));
	j->facts = facts;
}

int vh_judge_exit(const struct vh_cli *cli, const struct vh_findings *f)
{
	if (vh_findings_number(f, VH_ERROR))
		return VH_EXIT_FINDINGS;
	return cli->strict && vh_findings_number(f, VH_WARNING) ? VH_EXIT_FINDINGS : VH_EXIT_OK;
}

void vh_judgement_not_checked(struct vh_judgement *j, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	*VH_APPEND(j->not_checked.name, j->not_checked.count) = vh_vprintf(fmt, ap);
	va_end(ap);
}

/* Which of its networks hand out virtual functions; that cannot always be seen. */
static void look_at_networks(struct vh_judgement *j, const struct vh_root *root)
{
	const struct vh_names *names = &j->domain->networks;
	struct vh_names *pools = &j->host->hostdev_networks;
	enum vh_tri pool = VH_NO;

	for (size_t i = 0; i < names->count; i++) {
		const char *name = names->name[i];
		bool is_first = !i || strcmp(name, names->name[i - 1]) != 0;
		_auto_free_ char *shown = vh_printable(name, 256);

		if (is_first)
			pool = j->facts ? vh_facts_network(j->facts, root, name)
					: vh_network_is_hostdev(root, name);
		if (pool == VH_YES)
			*VH_APPEND(pools->name, pools->count) = vh_strdup(name);
		else if (pool == VH_UNKNOWN && is_first)
			vh_judgement_not_checked(
				j, "whether network '%s' hands out virtual functions", shown);
	}
	vh_look_at_pools(root, j->host, j->domain->uuid, INT64_MAX, &j->pools);
}

/* What a domain holds that runs is there for its next start. */
static void look_at_memory(struct vh_judgement *j, const struct vh_root *root,
			   const struct vh_config *config, enum vh_tri runs)
{
	vh_add_memory(root, config, j->domain, j->host);
	if (runs != VH_NO && j->host->memory.own == VH_NO)
		vh_memory_read_own(root, j->domain, j->host);
}

/* The devices as they will be when the domain is stopped. */
static void put_back(struct vh_host *h, const struct vh_root *root, const struct vh_claim *own,
		     bool running)
{
	struct vh_state *states = vh_states_read(root, own);
	_auto_free_ bool *counts = vh_alloc(own->count * sizeof(*counts));

	for (size_t i = 0; i < own->count; i++) {
		struct vh_group *g = vh_host_group(h, own->records[i].group);

		counts[i] = vh_state_is_ours(&states[i], &own->records[i]);
		if (g && running)
			g->open = VH_NO;
	}
	vh_states_free(states, own->count);
	vh_host_overlay(h, own, counts);
}

/* Returns whether the domain runs. */
static enum vh_tri look_at_own_claim(struct vh_judgement *j, const struct vh_root *root)
{
	_auto_(vh_claim) struct vh_claim *own = NULL;
	_auto_error_ struct vh_error err = { 0 };
	struct vh_store s = { .dir = -1 };
	enum vh_tri runs;

	if (!j->domain->uuid)
		return VH_NO;
	runs = vh_domain_is_running(root, j->domain->uuid);
	j->running = runs == VH_YES;
	/* what cannot be read was told by vh_look_at_claims() */
	if (vh_store_open(&s, root, false, &err) == 0)
		VH_IGNORE(vh_store_load(&s, j->domain->uuid, &own, &err));
	vh_store_close(&s);
	if (own)
		put_back(j->host, root, own, j->running);
	return runs;
}

/* An ordinary user does not see the record; nobody is refused over one that is damaged. */
static void look_at_record(struct vh_judgement *j, const struct vh_root *root,
			   const struct vh_config *config)
{
	_auto_error_ struct vh_error err = { 0 };

	if (j->domain->uuid && vh_record_load(root, j->domain->uuid, &j->last, &err) < 0)
		vh_judgement_not_checked(
			j, "whether these are the devices that it last ran with: %s", err.what);
	j->host->last = j->last;
	vh_expect_look(root, j->host, config, j->domain);
}

/* The addresses it names, and what they would be in hex or were meant to be: rules say what
 * stands there. */
static struct vh_pci_addr *addresses(const struct vh_domain *d, size_t *ret_count)
{
	struct vh_pci_addr *addrs = NULL, meant;
	size_t n = 0;

	for (size_t i = 0; i < d->n_devices; i++) {
		const struct vh_hostdev *e = &d->devices[i];

		if (!e->problem)
			*VH_APPEND(addrs, n) = e->addr;
		if (!e->problem && e->decimal && e->hex_valid)
			*VH_APPEND(addrs, n) = e->hex;
		if (e->problem && e->meant && vh_pci_parse(e->meant, &meant) == 0)
			*VH_APPEND(addrs, n) = meant;
	}
	*ret_count = n;
	return addrs;
}

/* A host of which only what a domain adds to it is its own: networks, memory, expectations. */
static struct vh_host *borrow(const struct vh_host *from)
{
	struct vh_host *h = vh_alloc(sizeof(*h));

	*h = *from;
	h->not_checked = (struct vh_names){ 0 };
	for (size_t i = 0; i < from->not_checked.count; i++)
		vh_host_not_checked(h, "%s", from->not_checked.name[i]);
	return h;
}

/* What others have read, or facts of our own where the host looks different to this domain.
 * Returns whether the domain runs. */
static enum vh_tri read_host(struct vh_judgement *j, const struct vh_root *root)
{
	const char *uuid = j->domain->uuid;
	size_t n;
	_auto_free_ struct vh_pci_addr *addrs = addresses(j->domain, &n);

	j->borrows = j->facts && !(uuid && vh_facts_is_moved(j->facts, root, uuid));
	if (j->borrows) {
		j->host = borrow(vh_facts_host(j->facts, root, addrs, n));
		return uuid && !j->facts->running_seen ? VH_UNKNOWN : VH_NO;
	}
	j->host = vh_host_read(root, addrs, n, VH_HOST_RULES | (n ? VH_HOST_USES : 0), INT64_MAX);
	vh_look_at_claims(root, j->host, uuid);
	return look_at_own_claim(j, root);
}

static void run_rules(struct vh_judgement *j, const struct vh_config *config, unsigned int scopes)
{
	struct vh_case c = {
		.domain = j->domain,
		.host = j->host,
		.config = config,
		.plan = j->plan,
		.pools = &j->pools,
	};

	vh_rule_table_run(&c, scopes, &j->findings);
	for (size_t i = 0; i < j->host->not_checked.count; i++)
		vh_judgement_not_checked(j, "%s", j->host->not_checked.name[i]);
}

void vh_judge_parsed(struct vh_judgement *ret, const struct vh_root *root,
		     const struct vh_config *config, struct vh_domain *d)
{
	struct vh_config effective = vh_config_for(config, d);
	enum vh_tri runs;

	ret->domain = d;
	if (!vh_domain_has_pci(d) && !d->networks.count && !d->memory.n_vdpa && !d->smuggled.count)
		return;
	runs = read_host(ret, root);
	look_at_networks(ret, root);
	if (!vh_domain_has_pci(d) && !d->smuggled.count &&
	    !vh_domain_pins(d, ret->host->hostdev_networks.count > 0)) {
		free_host(ret);
		ret->running = false;
		return;
	}
	if (!d->lone)
		look_at_memory(ret, root, &effective, runs);
	look_at_record(ret, root, &effective);
	ret->plan = vh_plan_make(d, ret->host, &effective);
	if (d->lone)
		vh_judgement_not_checked(ret, "the domain that this is for: its balloon, its "
					      "memory, and what else it names");
	run_rules(ret, &effective, VH_SCOPE_DEVICE | VH_SCOPE_DOMAIN | VH_SCOPE_POLICY);
}

struct vh_domain *vh_judge_read(const xmlDoc *doc, struct vh_error *err)
{
	return vh_device_is(doc) ? vh_device_read(doc) : vh_domain_read(doc, err);
}

int vh_judge_domain(struct vh_judgement *ret, const struct vh_root *root,
		    const struct vh_config *config, const char *xml, size_t len,
		    struct vh_error *err)
{
	_auto_xml_ xmlDoc *doc = vh_xml_parse(xml, len, err);
	struct vh_domain *d = doc ? vh_judge_read(doc, err) : NULL;

	if (!d)
		return -1;
	vh_judge_parsed(ret, root, config, d);
	for (size_t i = 0; i < d->n_devices; i++)
		d->devices[i].node = NULL;
	return 0;
}

int vh_judge_devices(struct vh_judgement *ret, const struct vh_root *root,
		     const struct vh_config *config, const struct vh_pci_addr *addrs, size_t count,
		     struct vh_error *err)
{
	_auto_strbuf_ struct vh_strbuf xml = { 0 };

	vh_strbuf_add(&xml, "<domain type='kvm'><name>vm</name><memory unit='MiB'>1</memory>"
			    "<os><type>hvm</type></os><devices><memballoon model='none'/>");
	for (size_t i = 0; i < count; i++)
		vh_strbuf_addf(&xml, "<hostdev mode='subsystem' type='pci' managed='yes'><source>"
				     "<address domain='0x%04x' bus='0x%02x' slot='0x%02x' "
				     "function='0x%x'/></source></hostdev>",
			       addrs[i].domain, addrs[i].bus, addrs[i].slot, addrs[i].function);
	vh_strbuf_add(&xml, "</devices></domain>");
	return vh_judge_domain(ret, root, config, xml.data, xml.len, err);
}

int vh_judge_config(const struct vh_cli *cli, struct vh_config *ret, const char **ret_problem)
{
	_auto_error_ struct vh_error err = { 0 };

	*ret_problem = NULL;
	if (vh_config_read(ret, &cli->root, &err) == 0)
		return 0;
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
	ret->host = vh_host_read(root, NULL, 0, VH_HOST_ALL | VH_HOST_RULES, INT64_MAX);
	run_rules(ret, config, VH_SCOPE_HOST);
}
