/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * identity - what stood at the addresses of a domain when it last ran, or what its owner has
 * accepted since: text <-> struct, strict both ways. The files are record.h's.
 *
 *	vfio-hook-devices 2
 *	domain 4dea22b3-1d52-d8f3-2516-782e98ab3fa0
 *	name vm                                         (printable form)
 *	device 0000:01:00.0 8086:10d3 sub=8086:a01f class=020000
 *	member 0000:01:00.0                             (of their IOMMU groups, all)
 *	member 0000:01:00.1
 *	end
 *
 * A file without its last line is truncated. Version 1 has no members: they are unknown.
 */
#ifndef VH_IDENTITY_H
#define VH_IDENTITY_H

#include "lib/base/error.h"
#include "lib/base/pci.h"

#define VH_IDENTITY_VERSION 2
#define VH_IDENTITY_MAX 4096 /* devices; no guest has a fraction of it */

struct vh_identity {
	char *uuid;               /* of the domain */
	char *name;               /* printable */
	struct vh_sighting *devs; /* sorted by address */
	size_t count;
	struct vh_pci_addr *members; /* of their groups, sorted; none: unknown */
	size_t n_members;
};

struct vh_identity *vh_identity_new(const char *uuid, const char *name) VH_CHECK;
void vh_identity_free(struct vh_identity *i);
VH_DEFINE_AUTO(vh_identity, vh_identity_free)

/* A text is one only if vh_identity_format() writes that very text; else VH_E_INPUT with the
 * number of the line. */
struct vh_identity *vh_identity_parse(const char *text, size_t len, struct vh_error *err) VH_CHECK;
char *vh_identity_format(const struct vh_identity *i) VH_CHECK;

const struct vh_sighting *vh_identity_find(const struct vh_identity *i,
					   const struct vh_pci_addr *addr);
/* Adds it, or replaces the one at that address, keeping the order. Beyond VH_IDENTITY_MAX
 * nothing is added. */
void vh_identity_put(struct vh_identity *i, const struct vh_sighting *s);
/* The same of a member of a group, which may be there already. */
void vh_identity_put_member(struct vh_identity *i, const struct vh_pci_addr *addr);
bool vh_identity_has_member(const struct vh_identity *i, const struct vh_pci_addr *addr);

#endif
