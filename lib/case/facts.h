/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * facts - what one call reads of the host and its libvirt, once, for all the files that it
 * judges: a thousand domains name the same few devices. Within one call the host stands still.
 * Zero-initialise it.
 */
#ifndef VH_FACTS_H
#define VH_FACTS_H

#include "lib/host/host.h"

struct vh_facts {
	struct vh_facts_host {
		struct vh_pci_addr *addrs; /* asked for, in this order */
		size_t count;
		struct vh_host *host;
	} *hosts;
	size_t n_hosts;
	struct vh_facts_network {
		char *name;
		enum vh_tri hostdev;
	} *networks;
	size_t n_networks;
	struct vh_names running, claimed; /* UUIDs of domains */
	bool moved_read;
	bool running_seen; /* `running` is complete */
};
void vh_facts_clear(struct vh_facts *f);

/* The host as vh_host_read() gives it for these addresses, with all claims; borrowed. */
const struct vh_host *vh_facts_host(struct vh_facts *f, const struct vh_root *root,
				    const struct vh_pci_addr *addrs, size_t count);
/* vh_network_is_hostdev() */
enum vh_tri vh_facts_network(struct vh_facts *f, const struct vh_root *root, const char *name);
/* Does the domain run, or hold a claim? Then the host looks different to it. */
bool vh_facts_is_moved(struct vh_facts *f, const struct vh_root *root, const char *uuid);

#endif
