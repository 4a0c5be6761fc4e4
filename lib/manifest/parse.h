/* SPDX-License-Identifier: GPL-2.0-or-later */
/* parse - a manifest as values; private to lib/manifest, but for what a name may be. */
#ifndef VH_PARSE_H
#define VH_PARSE_H

#include "lib/base/error.h"
#include "lib/base/pci.h"

#define VH_MANIFEST_CAPS 48 /* of one function; as many extended ones */

struct vh_manifest_pci {
	int line;
	struct vh_pci_addr addr, parent, physfn;
	bool has_parent, has_physfn;
	uint32_t class;
	uint16_t vendor, device, subvendor, subdevice;
	int revision, header, group; /* header, group: -1 where not given */
	int totalvfs, numvfs, vga, dead, bare;
	char *driver, *probes, *override; /* NULL: none */
	char *caps;                       /* as given, or NULL */
	char *path;                       /* sys/devices/... */
};

struct vh_manifest_entry {
	int line;
	char type; /* d, f, l, u, x */
	char *path, *text;
	size_t len;
};

struct vh_manifest {
	const char *name;
	struct vh_error *err;
	struct vh_manifest_pci **owned; /* every one, also those of which parsing failed */
	size_t n_owned;
	struct vh_manifest_pci **pci; /* sorted by address; borrowed from owned */
	size_t n_pci;
	struct vh_manifest_entry *entries;
	size_t n_entries;
};

/* One line, which is cut up. 0, or -1 with the error of `m`. */
int vh_parse_line(struct vh_manifest *m, int line, char *s) VH_CHECK;
void vh_parse_clear(struct vh_manifest *m);

/* An error on a line; returns -1. */
int vh_parse_bad(const struct vh_manifest *m, int line, const char *fmt, ...) VH_PRINTF(3, 4);
struct vh_manifest_pci *vh_parse_find(const struct vh_manifest *m, const struct vh_pci_addr *addr);
/* Can a key of a pci line have this name of a driver? */
bool vh_parse_is_name(const char *s);

#endif
