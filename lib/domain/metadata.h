/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * metadata - what a domain asks of us in its <metadata>, which libvirt keeps and hands on:
 *
 *	<vfio:policy xmlns:vfio="urn:vfio-hook:1" peers="require">
 *	  <vfio:device address="0000:03:00.0" id="8086:24f3"/>
 *	</vfio:policy>
 *
 * Whoever may define a domain writes it, so it can only tighten what the configuration says.
 * Nothing unknown in it is skipped: what was meant to protect must not be lost over a typo.
 */
#ifndef VH_METADATA_H
#define VH_METADATA_H

#include "lib/base/error.h"
#include "lib/base/pci.h"

struct _xmlNode;

/* A device that must be there. */
struct vh_domain_pin {
	struct vh_pci_addr addr;
	struct vh_pci_id id;
	int line;
};

/* Empty: it asks for nothing. */
struct vh_metadata {
	bool require_peers; /* peers='require' */
	struct vh_domain_pin *pins;
	size_t n_pins;
};

/* `domain` is the root element. An error names the line. */
int vh_metadata_read(struct vh_metadata *ret, const struct _xmlNode *domain,
		     struct vh_error *err) VH_CHECK;
void vh_metadata_clear(struct vh_metadata *m);

#endif
