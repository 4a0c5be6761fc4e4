/* SPDX-License-Identifier: GPL-2.0-or-later */
/* correction - one round of corrections at work: what is corrected, and how that reads. Only
 * for correct.c and cures.c. */
#ifndef VH_CORRECTION_H
#define VH_CORRECTION_H

#include "lib/decide/findings.h"
#include "lib/xml/edit.h"

struct vh_correction {
	struct vh_edit *e;
	const struct vh_case *c;
	const struct vh_findings *found;
	struct vh_names *done;
};

void vh_correction_say(struct vh_correction *k, const char *fmt, ...) VH_PRINTF(2, 3);
/* Was this found, about this device (NULL: any)? */
bool vh_correction_found(const struct vh_correction *k, const struct vh_rule *rule,
			 const struct vh_pci_addr *addr);
/* The root element, and the first <devices>. */
const xmlNode *vh_correction_root(const struct vh_correction *k);
const xmlNode *vh_correction_devices(const struct vh_correction *k);

#endif
