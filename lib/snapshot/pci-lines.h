/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pci-lines - the lines of the PCI functions of a host, from what was seen of them. */
#ifndef VH_PCI_LINES_H
#define VH_PCI_LINES_H

#include "lib/snapshot/entry.h"
#include "lib/snapshot/seen.h"

/* `unanswered`, of each device: its driver did not answer. `pci` gets those that begin with pci,
 * bridges before what is behind them; `more` the others. */
void vh_pci_lines(const struct vh_host *h, const struct vh_sight *sight, const bool *unanswered,
		  bool live, struct vh_strbuf *pci, struct vh_entries *more);

#endif
