/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vfpool - see vfpool.h. */
#include "lib/case/vfpool.h"

#include "lib/domain/address.h"
#include "lib/base/printable.h"
#include "lib/case/holdings.h"
#include "lib/host/libvirt/libvirt-files.h"
#include "lib/host/read.h"
#include "lib/xml/xml.h"

#include "lib/base/banned.h"

#define NET "sys/class/net"

void vh_vfpools_clear(struct vh_vfpools *p)
{
	for (size_t i = 0; i < p->count; i++) {
		free(p->list[i].network);
		free(p->list[i].vfs);
		vh_host_free(p->list[i].host);
		vh_claims_clear(&p->list[i].claims);
	}
	free(p->list);
	memset(p, 0, sizeof(*p));
}

static void add(struct vh_vfpool *p, const struct vh_pci_addr *addr)
{
	if (p->count < VH_VFS_MAX)
		VH_APPEND(p->vfs, p->count)->addr = *addr;
}

/* ../../devices/pci0000:16/0000:16:00.0/0000:17:00.0/net/ens1f0 */
static int function_in(char *link, struct vh_pci_addr *ret)
{
	char *end = strstr(link, "/net/"), *name;

	if (!end)
		return -1;
	*end = 0;
	name = strrchr(link, '/');
	return name ? vh_pci_parse(name + 1, ret) : -1;
}

static void add_functions(const struct vh_root *root, const struct vh_pci_addr *pf,
			  struct vh_vfpool *p)
{
	for (int i = 0;; i++) {
		_auto_free_ char *name = vh_root_link_name(
			root, "sys/bus/pci/devices/%s/virtfn%d", vh_pci_str(pf).s, i);
		struct vh_pci_addr addr;

		if (!name || vh_pci_parse(name, &addr) < 0)
			return;
		add(p, &addr);
	}
}

/* Those that a physical function has, by the name of its interface. */
static void add_functions_behind(const struct vh_root *root, const char *interface,
				 struct vh_vfpool *p)
{
	_auto_names_ struct vh_names names = { 0 };

	VH_IGNORE(vh_root_list(root, &names, NET)); /* then there are none */
	for (size_t i = 0; i < names.count; i++) {
		_auto_free_ char *link = NULL;
		struct vh_pci_addr pf;

		if (!vh_streq(names.name[i], interface))
			continue;
		link = vh_root_readlink(root, NET "/%s", interface);
		if (link && function_in(link, &pf) == 0)
			add_functions(root, &pf, p);
	}
}

/* A network that runs lists the functions even where it was defined by the physical one. */
static void read_forward(const struct vh_root *root, const xmlNode *forward, struct vh_vfpool *p)
{
	const xmlNode *pf = vh_xml_child(forward, "pf");
	const char *interface = vh_xml_attr(pf, "dev");
	const xmlNode *a = vh_xml_child(forward, "address");
	struct vh_pci_addr addr;

	p->managed = vh_xml_attr_is(forward, "managed", "yes");
	for (; a; a = vh_xml_next(a, "address"))
		if (vh_xml_attr_is(a, "type", "pci") && vh_address_is_whole(a, &addr))
			add(p, &addr);
	if (!p->count && interface)
		add_functions_behind(root, interface, p);
}

static void look_for_holders(const struct vh_root *root, const char *owner, struct vh_vfpool *p)
{
	_auto_holdings_ struct vh_holdings held = { 0 };

	vh_holdings_read(root, &held);
	for (size_t i = 0; i < held.count; i++) {
		const struct vh_holding *h = &held.list[i];

		for (size_t k = 0; h->interface && k < p->count; k++) {
			if (vh_pci_cmp(&h->addr, &p->vfs[k].addr) != 0)
				continue;
			p->vfs[k].own |= vh_streq(h->uuid, owner);
			p->vfs[k].given |= !vh_streq(h->uuid, owner);
		}
	}
}

/* What its own domain has of it will be there for the next start. */
static void close_own(struct vh_vfpool *p)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct vh_pci_dev *d = p->vfs[i].own ? vh_host_dev(p->host, &p->vfs[i].addr)
							   : NULL;

		if (d)
			vh_claims_close(&p->claims, d->group);
	}
}

static void read_functions(const struct vh_root *root, const char *owner, int64_t deadline,
			   struct vh_vfpool *p, struct vh_names *unseen)
{
	_auto_free_ struct vh_pci_addr *addrs = vh_alloc((p->count + 1) * sizeof(*addrs));
	struct vh_names later = { 0 };

	for (size_t i = 0; i < p->count; i++)
		addrs[i] = p->vfs[i].addr;
	p->host = vh_host_read(root, addrs, p->count, VH_HOST_RULES | VH_HOST_USES, deadline);
	vh_claims_look(&p->claims, root, p->host, owner, &later);
	close_own(p);
	vh_names_note_all(unseen, &p->host->not_checked);
	vh_names_note_all(unseen, &later);
	vh_names_clear(&later);
}

void vh_vfpool_read(const struct vh_root *root, const char *network, const char *owner,
		    int64_t deadline, struct vh_vfpool *ret, struct vh_names *unseen)
{
	_auto_free_ char *text = vh_libvirt_files_network(root, network);
	_auto_xml_ xmlDoc *doc = text ? vh_xml_parse(text, strlen(text), NULL) : NULL;
	const xmlNode *top = doc ? vh_xml_root(doc) : NULL;
	const xmlNode *net = vh_xml_is(top, "network") ? top : vh_xml_child(top, "network");
	_auto_free_ char *shown = NULL;

	*ret = (struct vh_vfpool){ .network = vh_strdup(network) };
	read_forward(root, vh_xml_child(net, "forward"), ret);
	look_for_holders(root, owner, ret);
	shown = vh_printable(network, 60);
	if (!ret->count)
		vh_names_note(unseen, "which virtual functions network '%s' hands out", shown);
	if (ret->count == VH_VFS_MAX)
		vh_names_note(unseen, "functions of network '%s' beyond the first %d", shown,
			      VH_VFS_MAX);
	read_functions(root, owner, deadline, ret, unseen);
}
