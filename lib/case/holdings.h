/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * holdings - which PCI functions the domains have that run, by libvirt's files of them. Each is
 * read once, however many devices are asked about.
 */
#ifndef VH_HOLDINGS_H
#define VH_HOLDINGS_H

#include "lib/base/root.h"
#include "lib/domain/domain.h"

struct vh_holding {
	struct vh_pci_addr addr;
	bool interface; /* as one: named, or given by a network */
	char *uuid, *domain; /* of the domain, and its name */
};

struct vh_holdings {
	struct vh_holding *list;
	size_t count;
};

void vh_holdings_read(const struct vh_root *root, struct vh_holdings *ret);
void vh_holdings_clear(struct vh_holdings *h);
#define _auto_holdings_ __attribute__((cleanup(vh_holdings_clear)))

#endif
