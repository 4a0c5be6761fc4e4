/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd-accept - accepts the devices now at the addresses of a domain: writes the record
 * with which rule identity-changed compares, as a start of the domain would. */
#include "cli/commands/commands.h"
#include "cli/devices/pci-ids.h"
#include "cli/output.h"
#include "cli/input.h"
#include "lib/base/printable.h"
#include "lib/base/uuid.h"
#include "lib/config/config-file.h"
#include "lib/state/record.h"
#include "lib/case/expect.h"

#include "lib/base/banned.h"

struct accept {
	struct vh_cli *cli;
	struct vh_config config;
	struct vh_domain *domain; /* NULL: there is only a record of it */
	struct vh_identity *old, *now;
	size_t n_absent; /* addresses at which there is nothing */
	bool incomplete; /* something will still be refused */
};

static void end(struct accept *a)
{
	vh_config_clear(&a->config);
	vh_domain_free(a->domain);
	vh_identity_free(a->old);
	vh_identity_free(a->now);
}

/* --- which domain ----------------------------------------------------------------------------- */

static int take_xml(struct accept *a, const char *xml, size_t len, struct vh_error *err)
{
	a->domain = vh_domain_parse(xml, len, err);
	if (!a->domain)
		return -1;
	if (!a->domain->uuid)
		return vh_fail(err, VH_E_INPUT, 0, "give it what 'virsh dumpxml NAME' prints",
			       "the domain has no <uuid>");
	/* one that cannot be read is written again */
	VH_IGNORE(vh_record_load(&a->cli->root, a->domain->uuid, &a->old, NULL));
	return 0;
}

/* What ran here once. */
static int take_record(struct accept *a, const char *name, struct vh_error *err)
{
	const struct vh_root *root = &a->cli->root;
	_auto_free_ char *shown = vh_printable(name, 256);
	char uuid[37];
	int rc = vh_uuid_parse(name, uuid) == 0 ? vh_record_load(root, uuid, &a->old, err)
						: vh_record_find(root, shown, &a->old, err);

	if (rc < 0 || a->old)
		return rc;
	return vh_fail(err, VH_E_INPUT, 0, "virsh list --all   # shows the names of the domains",
		       "neither a file nor a domain of this host");
}

static int choose(struct accept *a, const char *arg)
{
	_auto_strbuf_ struct vh_strbuf xml = { 0 };
	_auto_error_ struct vh_error err = { 0 };
	int rc = vh_input_domain(&xml, &a->cli->root, arg, &err);

	if (rc == 0)
		rc = take_xml(a, xml.data, xml.len, &err);
	else if (rc > 0)
		rc = take_record(a, arg, &err);
	if (rc < 0)
		vh_error_report(a->cli, vh_streq(arg, "-") ? "<stdin>" : arg, &err);
	return rc;
}

/* --- what stands there ------------------------------------------------------------------------ */

static void look(struct accept *a)
{
	const struct vh_domain *d = a->domain;
	struct vh_pci_addr *addrs = NULL;
	size_t n = 0;

	for (size_t i = 0; d && i < d->n_devices; i++)
		if (!d->devices[i].problem)
			*VH_APPEND(addrs, n) = d->devices[i].addr;
	for (size_t i = 0; !d && i < a->old->count; i++)
		*VH_APPEND(addrs, n) = a->old->devs[i].addr;
	a->now = vh_expect_see(&a->cli->root, d ? d->uuid : a->old->uuid,
			       d ? d->name : a->old->name, addrs, n, a->old);
	for (size_t i = 0; i < n; i++) {
		struct vh_pci_name name = vh_pci_str(&addrs[i]);

		if (vh_root_exists(&a->cli->root, "sys/bus/pci/devices/%s/config", name.s))
			continue;
		vh_note("no device %s on this host: nothing to accept there", name.s);
		a->incomplete = true;
		a->n_absent++;
	}
	free(addrs);
}

static char *describe(const struct accept *a, const struct vh_sighting *s)
{
	struct vh_pci_dev d = { .vendor = s->id.vendor, .device = s->id.device, .class = s->class };
	_auto_free_ char *class = vh_pci_ids_class(a->cli->names, &d);
	_auto_free_ char *device = vh_pci_ids_device(a->cli->names, &d);

	return vh_printf("%s: %s [%04x:%04x, subsystem %04x:%04x]", class, device, s->id.vendor,
			 s->id.device, s->subsystem.vendor, s->subsystem.device);
}

static void put_line(const char *addr, const char *what, const char *text)
{
	printf("%s: %s", addr, what);
	vh_put(stdout, text);
	fputc('\n', stdout);
}

static bool is_named(const struct accept *a, const struct vh_pci_addr *addr)
{
	const struct vh_domain *d = a->domain;

	for (size_t i = 0; d && i < d->n_devices; i++)
		if (!d->devices[i].problem && !vh_pci_cmp(&d->devices[i].addr, addr))
			return true;
	return !d; /* by its record alone */
}

static void put_changes(const struct accept *a)
{
	for (size_t i = 0; i < a->now->count; i++) {
		const struct vh_sighting *now = &a->now->devs[i];
		const struct vh_sighting *old = a->old ? vh_identity_find(a->old, &now->addr) : NULL;
		_auto_free_ char *is = describe(a, now), *was = old ? describe(a, old) : NULL;
		struct vh_pci_name name = vh_pci_str(&now->addr);

		if (old && vh_pci_is_same_make(old, now) && old->class == now->class) {
			put_line(name.s, "as before: ", is);
			continue;
		}
		if (old)
			put_line(name.s, "was ", was);
		put_line(name.s, old ? "is now " : "noted: ", is);
	}
	for (size_t i = 0; a->old && i < a->old->count; i++)
		if (!vh_identity_find(a->now, &a->old->devs[i].addr) &&
		    !is_named(a, &a->old->devs[i].addr))
			put_line(vh_pci_str(&a->old->devs[i].addr).s, "is not named any more", "");
	if (!a->now->count && !a->n_absent)
		fputs("the domain names no PCI device\n", stdout);
}

/* A pin says the same in writing, and is not ours to change. */
static void look_at_pins(struct accept *a)
{
	for (size_t i = 0; i < a->now->count; i++) {
		const struct vh_sighting *s = &a->now->devs[i];
		struct vh_expect e[VH_EXPECT_MAX];
		size_t n = vh_expect_at(&s->addr, &a->config, a->domain, NULL, e);

		for (size_t k = 0; k < n; k++) {
			if (vh_expect_is_met(&e[k], s))
				continue;
			vh_note("%s is pinned to %04x:%04x by %s: change that too",
				vh_pci_str(&s->addr).s, e[k].seen.id.vendor, e[k].seen.id.device,
				e[k].by == VH_BY_CONFIG ? "/" VH_CONFIG_PATH
							: "the metadata of the domain");
			a->incomplete = true;
		}
	}
}

static int write_record(struct accept *a)
{
	_auto_error_ struct vh_error err = { 0 };

	look(a);
	if (vh_record_save(&a->cli->root, a->now, &err) < 0) {
		vh_error_report(a->cli, NULL, &err);
		vh_note("what was noted before stays");
		return VH_EXIT_UNDONE;
	}
	put_changes(a);
	look_at_pins(a);
	return a->incomplete ? VH_EXIT_FINDINGS : VH_EXIT_OK;
}

int vh_cmd_accept(struct vh_cli *cli, char **args, int count)
{
	_auto_error_ struct vh_error err = { 0 };
	struct accept a = { .cli = cli };
	int rc = VH_EXIT_USAGE;

	(void)count;
	if (vh_config_file_read(&a.config, &cli->root, &err) < 0) {
		vh_error_report(cli, NULL, &err);
		return rc;
	}
	if (choose(&a, args[0]) == 0)
		rc = write_record(&a);
	end(&a);
	return rc;
}
