/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * facts - what one call reads of the host and its libvirt, once, for all the files that it
 * judges: a thousand domains name the same few devices. Within one call the host stands still.
 * Zero-initialise it.
 */
#ifndef VH_FACTS_H
#define VH_FACTS_H

#include "lib/case/claims.h"
#include "lib/case/vfguests.h"
#include "lib/host/libvirt/libvirt-files.h"

struct vh_facts {
	struct vh_facts_host {
		struct vh_pci_addr *addrs; /* asked for, in this order */
		size_t count;
		const struct vh_host *host;
		struct vh_claims claims; /* of others than the owner, as far as can be seen */
		struct vh_vf_guests vf_guests;
		struct vh_names unseen; /* what both could not see */
	} * *hosts;                     /* pointers: who borrows one must not see it move */
	size_t n_hosts;
	struct vh_facts_network {
		char *name;
		enum vh_tri hostdev;
		enum vh_libvirt_network state; /* of those that are no pools */
	} * networks;
	size_t n_networks;
	struct vh_names running, claimed; /* UUIDs of domains */
	bool moved_read;
	bool running_seen; /* `running` is complete */
};
void vh_facts_clear(struct vh_facts *f);

/* A host with these devices, read before for the same addresses; or NULL. */
struct vh_facts_host *vh_facts_find(const struct vh_facts *f, const struct vh_pci_addr *addrs,
				    size_t count);
/* Adds one; takes `host`. The caller fills claims and unseen. */
struct vh_facts_host *vh_facts_add(struct vh_facts *f, const struct vh_pci_addr *addrs,
				   size_t count, const struct vh_host *host);
/* vh_libvirt_files_is_pool(), vh_libvirt_files_network_state(). Valid until the next call. */
const struct vh_facts_network *vh_facts_network(struct vh_facts *f, const struct vh_root *root,
						const char *name);
/* Does the domain run, or hold a claim? Then the host looks different to it. */
bool vh_facts_is_moved(struct vh_facts *f, const struct vh_root *root, const char *uuid);

#endif
