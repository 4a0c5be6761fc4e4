/* SPDX-License-Identifier: GPL-2.0-or-later */
/* insert - puts devices into a domain and turns its balloon off; all else stays byte for byte. */
#ifndef VH_INSERT_H
#define VH_INSERT_H

#include "cli/edit/fragment.h"

/* The new document in `ret`. What the domain has already is taken out of `f`. */
int vh_insert_into(struct vh_strbuf *ret, const struct vh_strbuf *xml, struct vh_fragment *f,
		   struct vh_pci_ids *names, struct vh_error *err) VH_CHECK;

#endif
