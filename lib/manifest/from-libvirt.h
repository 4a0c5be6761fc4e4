/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * from-libvirt - a host as its libvirt describes it, made into a manifest (manifest.h), so that
 * what reads a host need not know where it comes from. libvirt describes PCI devices, groups,
 * drivers, interfaces, disks, memory, networks and domains that run; the rest a host would have to
 * be asked for itself, and stands in the manifest's file `not-checked`, a sentence on each line.
 *
 * The XML is that of virNodeDeviceGetXMLDesc() and its like, and comes from another machine: what
 * cannot be understood is left out, and no value goes into the manifest unchecked.
 */
#ifndef VH_FROM_LIBVIRT_H
#define VH_FROM_LIBVIRT_H

#include "lib/base/root.h"
#include "lib/base/strbuf.h"

/* Texts as libvirt gives them. */
struct vh_told {
	struct vh_names devices;      /* XML of node devices */
	struct vh_names networks;     /* XML */
	struct vh_names running;      /* XML of domains, as they run */
	char *capabilities;           /* XML, or NULL */
	struct vh_names free_pages;   /* of pools of huge pages (free-pages.h) */
	uint64_t total_kib, free_kib; /* of memory; 0: not told */
	uint64_t libvirt, qemu;       /* versions: 11003000, 10000002; 0: not told */
};
void vh_from_libvirt_clear(struct vh_told *t);

/* The manifest, in `ret`. */
void vh_from_libvirt_manifest(const struct vh_told *t, struct vh_strbuf *ret);

#endif
