/* SPDX-License-Identifier: GPL-2.0-or-later */
/* judge - see judge.h. */
#include "cli/judge.h"

#include <errno.h>
#include <stdarg.h>

#include "cli/output.h"
#include "lib/act/act.h"
#include "lib/act/policy.h"
#include "lib/act/state.h"
#include "lib/base/strbuf.h"
#include "lib/model/libvirt.h"

#include "lib/base/banned.h"

void vh_judgement_clear(struct vh_judgement *j)
{
	vh_plan_free(j->plan);
	vh_host_free(j->host);
	vh_domain_free(j->domain);
	vh_findings_clear(&j->findings);
	vh_names_clear(&j->not_checked);
	memset(j, 0, sizeof(*j));
}

void vh_judgement_not_checked(struct vh_judgement *j, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) >= 0)
		*VH_APPEND(j->not_checked.name, j->not_checked.count) = text;
	va_end(ap);
}

/* Which of its networks hand out virtual functions cannot always be seen. */
static void look_at_networks(struct vh_judgement *j, const struct vh_root *root)
{
	const struct vh_names *names = &j->domain->networks;

	vh_add_networks(root, j->domain, j->host);
	for (size_t i = 0; i < names->count; i++) {
		_auto_free_ char *name = NULL;

		if (vh_network_is_hostdev(root, names->name[i]) != VH_UNKNOWN)
			continue;
		name = vh_printable(names->name[i], 256);
		vh_judgement_not_checked(j, "whether network '%s' hands out virtual functions",
					 name);
	}
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

static void look_at_own_claim(struct vh_judgement *j, const struct vh_root *root)
{
	_auto_(vh_claim) struct vh_claim *own = NULL;
	_auto_error_ struct vh_error err = { 0 };
	struct vh_store s = { .dir = -1 };

	if (!j->domain->uuid)
		return;
	j->running = vh_domain_is_running(root, j->domain->uuid) == VH_YES;
	/* what cannot be read was told by vh_look_at_claims() */
	if (vh_store_open(&s, root, false, &err) == 0)
		VH_IGNORE(vh_store_load(&s, j->domain->uuid, &own, &err));
	vh_store_close(&s);
	if (own)
		put_back(j->host, root, own, j->running);
}

/* The addresses it names, and what they would be in hex: rules say what stands there. */
static struct vh_host *read_host(const struct vh_root *root, const struct vh_domain *d)
{
	struct vh_pci_addr *addrs = NULL;
	struct vh_host *h;
	size_t n = 0;

	for (size_t i = 0; i < d->n_devices; i++) {
		const struct vh_hostdev *e = &d->devices[i];

		if (!e->problem)
			*VH_APPEND(addrs, n) = e->addr;
		if (!e->problem && e->decimal && e->hex_valid)
			*VH_APPEND(addrs, n) = e->hex;
	}
	h = vh_host_read(root, addrs, n, n ? VH_HOST_USES : 0, INT64_MAX);
	free(addrs);
	return h;
}

static void run_rules(struct vh_judgement *j, const struct vh_config *config, unsigned int scopes)
{
	struct vh_case c = {
		.domain = j->domain,
		.host = j->host,
		.config = config,
		.plan = j->plan,
	};

	vh_rules_run(&c, scopes, &j->findings);
	for (size_t i = 0; i < j->host->not_checked.count; i++)
		vh_judgement_not_checked(j, "%s", j->host->not_checked.name[i]);
}

int vh_judge_domain(struct vh_judgement *ret, const struct vh_root *root,
		    const struct vh_config *config, const char *xml, size_t len,
		    struct vh_error *err)
{
	struct vh_domain *d = vh_domain_parse(xml, len, err);

	if (!d)
		return -1;
	ret->domain = d;
	if (!vh_domain_has_pci(d) && !d->networks.count)
		return 0;
	ret->host = read_host(root, d);
	look_at_networks(ret, root);
	if (!vh_domain_has_pci(d) && !ret->host->hostdev_networks.count) {
		vh_host_free(VH_STEAL(ret->host));
		return 0;
	}
	vh_look_at_claims(root, ret->host, d->uuid);
	look_at_own_claim(ret, root);
	ret->plan = vh_plan_make(d, ret->host, config);
	run_rules(ret, config, VH_SCOPE_DEVICE | VH_SCOPE_DOMAIN | VH_SCOPE_POLICY);
	return 0;
}

int vh_judge_device(struct vh_judgement *ret, const struct vh_root *root,
		    const struct vh_config *config, const struct vh_pci_addr *addr,
		    struct vh_error *err)
{
	_auto_free_ char *xml = vh_printf(
		"<domain type='kvm'><name>vm</name><memory unit='MiB'>1</memory>"
		"<os><type>hvm</type></os><devices><memballoon model='none'/>"
		"<hostdev mode='subsystem' type='pci' managed='yes'><source>"
		"<address domain='0x%04x' bus='0x%02x' slot='0x%02x' function='0x%x'/>"
		"</source></hostdev></devices></domain>",
		addr->domain, addr->bus, addr->slot, addr->function);

	return vh_judge_domain(ret, root, config, xml, strlen(xml), err);
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
	ret->host = vh_host_read(root, NULL, 0, VH_HOST_ALL, INT64_MAX);
	run_rules(ret, config, VH_SCOPE_HOST);
}
