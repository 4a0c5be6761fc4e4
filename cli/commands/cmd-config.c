/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd-config - the settings in effect, and where each value comes from: for the host, or
 * for one domain with its sections and its metadata. Reads only. */
#include "cli/commands/commands.h"
#include "cli/judge.h"
#include "cli/output.h"
#include "cli/render/render.h"
#include "cli/input.h"
#include "lib/config/config-file.h"
#include "lib/config/effective.h"
#include "lib/config/keys.h"

#include "lib/base/banned.h"

/* Takes over `name`. */
static struct vh_setting_list *add_section(struct vh_settings *s, char *name)
{
	struct vh_setting_list *list = VH_APPEND(s->sections, s->count);

	list->name = name;
	return list;
}

static void add_setting(struct vh_setting_list *list, const char *key, char *value, int line,
			const char *domain)
{
	*VH_APPEND(list->settings, list->count) = (struct vh_setting){
		.key = key,
		.value = value,
		.line = line,
		.domain = domain,
	};
}

static void settings_clear(struct vh_settings *s)
{
	for (size_t i = 0; i < s->count; i++) {
		for (size_t k = 0; k < s->sections[i].count; k++)
			free(s->sections[i].settings[k].value);
		free(s->sections[i].settings);
		free(s->sections[i].name);
	}
	free(s->sections);
}

/* The domain in whose section this line stands, or NULL. */
static const char *domain_at(const struct vh_config *c, size_t key, int line)
{
	for (size_t i = 0; i < c->n_domains; i++)
		if (line > 0 && c->domains[i].values->lines[key] == line)
			return c->domains[i].domain;
	return NULL;
}

/* Adds the keys that may stand in such a section, of what it fills; `only_given`: no defaults. */
static void add_keys(struct vh_setting_list *list, const struct vh_config *c, unsigned int sections,
		     const void *from, const int *lines, bool only_given)
{
	for (size_t k = 0; k < vh_keys_count; k++) {
		const struct vh_config_key *key = &vh_keys[k];

		if (!(key->sections & sections) || (only_given && !lines[k]))
			continue;
		add_setting(list, key->name, key->tell((const char *)from + key->offset), lines[k],
			    only_given ? NULL : domain_at(c, k, lines[k]));
	}
}

static void add_devices(struct vh_settings *s, const struct vh_config *c)
{
	for (size_t i = 0; i < c->n_devices; i++) {
		const struct vh_device_policy *d = &c->devices[i];

		add_keys(add_section(s, vh_printf("device %s", vh_pci_str(&d->addr).s)), c,
			 VH_IN_DEVICE, d, d->lines, false);
	}
}

/* What the domain itself asks for beyond. */
static void add_pins(struct vh_settings *s, const struct vh_domain *d)
{
	for (size_t i = 0; i < d->policy.n_pins; i++) {
		const struct vh_domain_pin *p = &d->policy.pins[i];

		add_setting(add_section(s, vh_printf("device %s", vh_pci_str(&p->addr).s)), "id",
			    vh_printf("%04x:%04x", p->id.vendor, p->id.device), VH_LINE_METADATA,
			    NULL);
	}
}

static void of_host(struct vh_settings *s, const struct vh_config *c)
{
	add_keys(add_section(s, vh_strdup("defaults")), c, VH_IN_DEFAULTS, c, c->lines, false);
	for (size_t i = 0; i < c->n_domains; i++)
		add_keys(add_section(s, vh_printf("domain %s", c->domains[i].domain)), c,
			 VH_IN_DOMAIN, c->domains[i].values, c->domains[i].values->lines, true);
	add_devices(s, c);
}

static void of_domain(struct vh_settings *s, const struct vh_config *c, const struct vh_domain *d)
{
	struct vh_config effective = vh_effective_for(c, d->name, d->uuid, d->policy.require_peers);

	add_keys(add_section(s, vh_printf("domain %s", *d->name ? d->name : d->uuid)), c,
		 VH_IN_POLICY, &effective, effective.lines, false);
	add_pins(s, d);
	add_devices(s, c);
}

static struct vh_domain *find_domain(const struct vh_cli *cli, const char *arg)
{
	_auto_strbuf_ struct vh_strbuf xml = { 0 };
	_auto_error_ struct vh_error err = { 0 };
	struct vh_domain *d = NULL;
	int rc = vh_input_domain(&xml, &cli->root, arg, &err);

	if (rc == 0)
		d = vh_domain_parse(xml.data, xml.len, &err);
	if (rc > 0)
		VH_IGNORE(vh_fail(&err, VH_E_INPUT, 0,
				  "virsh list --all   # shows the names of the domains",
				  "neither a file nor a domain of this host"));
	if (d && !*d->name && !d->uuid) {
		vh_domain_free(d);
		d = NULL;
		VH_IGNORE(vh_fail(&err, VH_E_INPUT, 0, "give it what 'virsh dumpxml NAME' prints",
				  "the domain has neither <name> nor <uuid>"));
	}
	if (!d)
		vh_error_report(cli, vh_streq(arg, "-") ? "<stdin>" : arg, &err);
	return d;
}

int vh_cmd_config(struct vh_cli *cli, char **args, int count)
{
	struct vh_output out = vh_choose_output(cli);
	_auto_error_ struct vh_error err = { 0 };
	_auto_(vh_domain) struct vh_domain *d = NULL;
	struct vh_settings s = { .exists = vh_root_exists(&cli->root, VH_CONFIG_PATH) };
	struct vh_config config;

	if (vh_config_file_read(&config, &cli->root, &err) < 0) {
		vh_error_report(cli, NULL, &err);
		return VH_EXIT_USAGE;
	}
	vh_judge_note_absent(cli, &config);
	if (count) {
		d = find_domain(cli, args[0]);
		if (!d) {
			vh_config_clear(&config);
			return VH_EXIT_USAGE;
		}
		s.domain = d;
		of_domain(&s, &config, d);
	} else {
		of_host(&s, &config);
	}
	out.r->config(&out, &s);
	settings_clear(&s);
	vh_config_clear(&config);
	return VH_EXIT_OK;
}
