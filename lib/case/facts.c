/* SPDX-License-Identifier: GPL-2.0-or-later */
/* facts - finds what was read again: a host by the addresses asked for, a network by its name. */
#include "lib/case/facts.h"

#include "lib/host/read.h"
#include "lib/state/store.h"

#include "lib/base/banned.h"

void vh_facts_clear(struct vh_facts *f)
{
	for (size_t i = 0; i < f->n_hosts; i++) {
		vh_host_free(f->hosts[i]->host);
		vh_claims_clear(&f->hosts[i]->claims);
		vh_vfguests_clear(&f->hosts[i]->vf_guests);
		vh_names_clear(&f->hosts[i]->unseen);
		free(f->hosts[i]->addrs);
		free(f->hosts[i]);
	}
	for (size_t i = 0; i < f->n_networks; i++)
		free(f->networks[i].name);
	free(f->hosts);
	free(f->networks);
	vh_names_clear(&f->running);
	vh_names_clear(&f->claimed);
	memset(f, 0, sizeof(*f));
}

static bool same(const struct vh_facts_host *h, const struct vh_pci_addr *addrs, size_t count)
{
	if (h->count != count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (vh_pci_cmp(&h->addrs[i], &addrs[i]) != 0)
			return false;
	return true;
}

struct vh_facts_host *vh_facts_find(const struct vh_facts *f, const struct vh_pci_addr *addrs,
				    size_t count)
{
	for (size_t i = 0; i < f->n_hosts; i++)
		if (same(f->hosts[i], addrs, count))
			return f->hosts[i];
	return NULL;
}

struct vh_facts_host *vh_facts_add(struct vh_facts *f, const struct vh_pci_addr *addrs,
				   size_t count, const struct vh_host *host)
{
	struct vh_facts_host *h = vh_alloc(sizeof(*h));

	*VH_APPEND(f->hosts, f->n_hosts) = h;
	h->host = host;
	h->count = count;
	h->addrs = vh_alloc((count + 1) * sizeof(*addrs));
	if (count)
		memcpy(h->addrs, addrs, count * sizeof(*addrs));
	return h;
}

const struct vh_facts_network *vh_facts_network(struct vh_facts *f, const struct vh_root *root,
						const char *name)
{
	struct vh_facts_network *n;

	for (size_t i = 0; i < f->n_networks; i++)
		if (vh_streq(f->networks[i].name, name))
			return &f->networks[i];
	n = VH_APPEND(f->networks, f->n_networks);
	n->name = vh_strdup(name);
	n->hostdev = vh_libvirt_files_is_pool(root, name);
	if (n->hostdev == VH_NO)
		n->state = vh_libvirt_files_network_state(root, name);
	return n;
}

static void read_moved(struct vh_facts *f, const struct vh_root *root)
{
	_auto_error_ struct vh_error err = { 0 };
	struct vh_store s = { .dir = -1 };

	f->running_seen = vh_libvirt_files_running(root, &f->running);
	/* a store that may not be looked at gives no claims: vh_claims_look() says so */
	if (vh_store_open(&s, root, false, &err) == 0)
		VH_IGNORE(vh_store_list(&s, &f->claimed));
	vh_store_close(&s);
	f->moved_read = true;
}

bool vh_facts_is_moved(struct vh_facts *f, const struct vh_root *root, const char *uuid)
{
	if (!f->moved_read)
		read_moved(f, root);
	return vh_names_has(&f->running, uuid) || vh_names_has(&f->claimed, uuid);
}
