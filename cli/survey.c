/* SPDX-License-Identifier: GPL-2.0-or-later */
/* survey - see survey.h. What is answered is thrown away: who watches the root has seen it. */
#include "cli/survey.h"

#include "cli/devices/lookup.h"
#include "cli/judge.h"
#include "lib/act/groups.h"
#include "lib/base/bits.h"
#include "lib/base/strbuf.h"
#include "lib/base/uuid.h"
#include "lib/config/config-file.h"
#include "lib/host/backing.h"
#include "lib/host/boot-binding.h"
#include "lib/host/libvirt/hook-scripts.h"
#include "lib/host/libvirt/libvirt-files.h"
#include "lib/state/identity.h"
#include "lib/state/record.h"
#include "lib/state/store.h"
#include "lib/xml/xml.h"

#include "lib/base/banned.h"

#define NETWORKS_MAX 256
#define JUDGED_MAX 64 /* domains: each costs a case and a process that asks the devices */

/* --- what is judged ----------------------------------------------------------------------------- */

static void add_device(struct vh_strbuf *to, const struct vh_pci_addr *a)
{
	vh_strbuf_addf(to,
		       "<hostdev mode='subsystem' type='pci' managed='yes'><source><address "
		       "domain='0x%04x' bus='0x%02x' slot='0x%02x' function='0x%x'/></source>"
		       "</hostdev>",
		       a->domain, a->bus, a->slot, a->function);
}

/* A domain that makes every reader run: devices, networks, huge pages of bound nodes, a USB device
 * (a root hub) that is looked for among all, a render node that libvirt chooses. */
static char *domain_of(const struct vh_host *h, size_t count, const char *uuid,
		       const struct vh_names *networks)
{
	_auto_strbuf_ struct vh_strbuf xml = { 0 };

	vh_strbuf_add(&xml, "<domain type='kvm'><name>survey</name>");
	if (uuid)
		vh_strbuf_addf(&xml, "<uuid>%s</uuid>", uuid);
	vh_strbuf_add(&xml, "<memory unit='MiB'>1</memory><memoryBacking><hugepages/>"
			    "</memoryBacking><numatune><memory mode='strict' nodeset='0'/>"
			    "</numatune><iommufd enabled='yes'/><os><type>hvm</type></os><devices>"
			    "<memballoon model='none'/><iommu model='intel'><driver "
			    "caching_mode='on'/></iommu>");
	for (size_t i = 0; i < h->n_devs && count; i++) {
		if (h->devs[i]->uses_read == VH_NO) /* its driver does not answer */
			continue;
		add_device(&xml, &h->devs[i]->addr);
		count--;
	}
	vh_strbuf_add(&xml, "<hostdev mode='subsystem' type='usb'><source><vendor id='0x1d6b'/>"
			    "<product id='0x0002'/></source></hostdev><graphics "
			    "type='egl-headless'/>");
	for (size_t i = 0; networks && i < networks->count; i++) {
		_auto_free_ char *name = vh_xml_escape(networks->name[i]);

		vh_strbuf_addf(&xml, "<interface type='network'><source network='%s'/></interface>",
			       name);
	}
	vh_strbuf_add(&xml, "</devices></domain>");
	return vh_strbuf_steal(&xml);
}

static void judge(const struct vh_root *root, const char *xml)
{
	_auto_judgement_ struct vh_judgement j = { 0 };
	_auto_error_ struct vh_error err = { 0 };
	struct vh_config config;

	vh_config_defaults(&config); /* what is set may leave readers out, and is known besides */
	VH_IGNORE(vh_judge_domain(&j, root, &config, xml, strlen(xml), &err));
	vh_config_clear(&config);
}

/* --- who and what there is ---------------------------------------------------------------------- */

/* The names of networks, from libvirt's files; one that is not there makes readers look at all. */
static void add_networks(const struct vh_root *root, const char *dir, struct vh_names *to)
{
	_auto_names_ struct vh_names files = { 0 };

	VH_IGNORE(vh_root_list(root, &files, "%s", dir)); /* then there are none */
	for (size_t i = 0; i < files.count && to->count < NETWORKS_MAX; i++) {
		_auto_free_ char *text = vh_root_read(root, "%s/%s", dir, files.name[i]);
		_auto_xml_ xmlDoc *doc = text ? vh_xml_parse(text, strlen(text), NULL) : NULL;
		const xmlNode *top = doc ? vh_xml_root(doc) : NULL;
		const xmlNode *net = vh_xml_is(top, "network") ? top : vh_xml_child(top, "network");
		_auto_free_ char *name = net ? vh_xml_text(vh_xml_child(net, "name")) : NULL;

		if (name)
			vh_names_note(to, "%s", name);
	}
}

/* The domains that run or hold a claim: readers ask more of them than of others. */
static void find_domains(const struct vh_root *root, struct vh_names *ret)
{
	_auto_error_ struct vh_error err = { 0 };
	_auto_names_ struct vh_names owners = { 0 };
	struct vh_store s = { .dir = -1 };

	VH_IGNORE(vh_libvirt_files_running(root, ret)); /* those that can be understood */
	if (vh_store_open(&s, root, false, &err) == 0)
		VH_IGNORE(vh_store_list(&s, &owners));
	vh_store_close(&s);
	vh_names_note_all(ret, &owners);
}

static void judge_domains(const struct vh_root *root, const struct vh_host *host)
{
	_auto_names_ struct vh_names domains = { 0 };
	size_t judged = 0;

	find_domains(root, &domains);
	for (size_t i = 0; i < domains.count && judged < JUDGED_MAX; i++) {
		char uuid[37];
		_auto_free_ char *xml = NULL;

		if (vh_uuid_parse(domains.name[i], uuid) < 0)
			continue;
		xml = domain_of(host, 1, uuid, NULL);
		judge(root, xml);
		judged++;
	}
}

/* With which devices domains have run: the records alone, of which there may be a thousand. */
static void look_at_records(const struct vh_root *root)
{
	_auto_names_ struct vh_names files = { 0 };

	VH_IGNORE(vh_root_list(root, &files, VH_RECORD_DIR)); /* none */
	for (size_t i = 0; i < files.count && i < VH_RECORDS_MAX; i++) {
		_auto_error_ struct vh_error err = { 0 };
		struct vh_identity *identity = NULL;
		char uuid[37];

		files.name[i][strcspn(files.name[i], ".")] = 0;
		if (vh_uuid_parse(files.name[i], uuid) < 0)
			continue;
		VH_IGNORE(vh_record_load(root, uuid, &identity, &err));
		vh_identity_free(identity);
	}
}

/* As `status` looks at claims, also at those whose devices are gone. */
static void look_at_claims(const struct vh_root *root)
{
	_auto_names_ struct vh_names owners = { 0 };
	_auto_error_ struct vh_error err = { 0 };
	struct vh_store s = { .dir = -1 };

	if (vh_store_open(&s, root, false, &err) == 0)
		VH_IGNORE(vh_store_list(&s, &owners));
	for (size_t i = 0; i < owners.count; i++) {
		_auto_error_ struct vh_error problem = { 0 };
		_auto_(vh_claim) struct vh_claim *c = NULL;
		_auto_free_ char *why = NULL;

		VH_IGNORE(vh_store_load(&s, owners.name[i], &c, &problem));
		if (c)
			VH_IGNORE(vh_claims_is_stale(&s, c, &why));
	}
	vh_store_close(&s);
}

/* The names that people give instead of an address. */
static void resolve_names(const struct vh_root *root)
{
	static const char *const classes[] = { "net", "block" };

	for (size_t i = 0; i < VH_COUNT(classes); i++) {
		_auto_names_ struct vh_names names = { 0 };

		VH_IGNORE(vh_root_list(root, &names, "sys/class/%s", classes[i])); /* none */
		for (size_t k = 0; k < names.count; k++) {
			_auto_error_ struct vh_error err = { 0 };
			struct vh_pci_addr addr;

			VH_IGNORE(vh_lookup_address(root, names.name[k], &addr, &err));
		}
	}
}

/* Other hooks, and what a dispatcher runs for whichever domain. */
static void look_at_scripts(const struct vh_root *root)
{
	_auto_names_ struct vh_names unseen = { 0 };
	struct vh_hook_scripts scripts = { 0 };

	vh_hook_scripts_read(&scripts, root, NULL, &unseen);
	vh_hook_scripts_clear(&scripts);
}

/* The names by which the bus knows them. */
static void look_at_usb(const struct vh_root *root)
{
	_auto_names_ struct vh_names names = { 0 };

	VH_IGNORE(vh_root_list(root, &names, "sys/bus/usb/devices")); /* none */
	for (size_t i = 0; i < names.count; i++)
		if (!strchr(names.name[i], ':'))
			free(vh_root_link_name(root, "sys/bus/usb/devices/%s", names.name[i]));
}

/* In what the memory of a guest lies that shares it. */
static void look_at_memory_dir(const struct vh_root *root)
{
	_auto_free_ char *dir = vh_backing_dir(root);

	free(vh_backing_type(root, dir));
}

/* What each NUMA node has of memory. */
static void look_at_nodes(const struct vh_root *root)
{
	_auto_names_ struct vh_names names = { 0 };
	struct vh_bits nodes = { 0 };
	unsigned int n;

	VH_IGNORE(vh_root_list(root, &names, "sys/devices/system/node")); /* none */
	for (size_t i = 0; i < names.count; i++)
		if (sscanf(names.name[i], "node%u", &n) == 1)
			vh_bits_add(&nodes, n);
	VH_IGNORE(vh_memory_of_nodes(root, &nodes) > 0);
}

/* With what it lets the host give up. */
static void read_config(const struct vh_root *root, const struct vh_host *host)
{
	_auto_error_ struct vh_error err = { 0 };
	_auto_names_ struct vh_names unseen = { 0 };
	struct vh_config config = { 0 };
	struct vh_handed handed;

	if (vh_config_file_read(&config, root, &err) < 0)
		return;
	vh_handed_read(&handed, root, host, &config, &unseen);
	vh_handed_clear(&handed);
	vh_config_clear(&config);
}

void vh_survey(void *ctx, const struct vh_root *root, const struct vh_host *host)
{
	_auto_names_ struct vh_names networks = { 0 };
	_auto_free_ char *all = NULL;

	(void)ctx;
	*VH_APPEND(networks.name, networks.count) = vh_strdup("there is none of this name");
	add_networks(root, "run/libvirt/network", &networks);
	add_networks(root, "etc/libvirt/qemu/networks", &networks);
	all = domain_of(host, host->n_devs, NULL, &networks);
	judge(root, all);
	judge_domains(root, host);
	look_at_records(root);
	look_at_claims(root);
	resolve_names(root);
	look_at_scripts(root);
	look_at_usb(root);
	look_at_memory_dir(root);
	look_at_nodes(root);
	read_config(root, host);
	free(vh_boot_binding_at_boot(root, NULL));
}
