/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * manifest - a host as one text file, and the directory tree that it stands for. Line based;
 * blank lines and lines that begin with '#' are skipped:
 *
 *	pci ADDR class=028000 id=8086:24f3 [sub=8086:0010] [rev=3a] [group=14] [driver=NAME]
 *	    [probes=NAME[,NAME]...] [parent=ADDR] [override=NAME] [header=01] [physfn=ADDR]
 *	    [totalvfs=N numvfs=N] [vga=1] [dead=1] [bare=1]
 *	    [caps=01,10,000d]                                  (on one line)
 *	d PATH
 *	f PATH<TAB>CONTENT    escapes \n \t \\ \xHH; a newline is added at the end
 *	l PATH<TAB>TARGET
 *	u PATH                there, but it could not be read
 *	x PATH                not there, although a pci line makes it
 *
 * A `pci` line is the whole presence of the function in sysfs: its directory with class,
 * vendor, device, subsystem, revision, config, modalias, driver_override and the like, and its
 * links on the bus, in its driver and in its IOMMU group. `parent` is the bridge above,
 * `physfn` the physical function of a virtual one; both stand on an earlier line. `probes`
 * are the drivers that match it, the one that the kernel would choose first; without it the
 * driver, unless that takes any device (vfio-pci, pci-stub). An f line wins over what a pci
 * line makes, so reserved_regions or numa_node can be given. With bare=1 there is nothing but what
 * the line itself says: no subsystem, driver_override, numa_node, reset_method, boot_vga, no
 * reserved_regions of the group; config is there, and empty.
 *
 * "@ADDR/" at the beginning of a PATH or TARGET stands for the directory of that function in
 * sys/devices. A TARGET that begins with "@" or "sys/" becomes the relative link that the
 * kernel would show. Other targets stay as they are and may not leave the tree; below proc/,
 * where links are read and not followed, they may be absolute.
 *
 * `caps` are the ids of its capabilities, two digits, and of extended ones, four; "?": it has
 * some, which could not be read. A u line becomes a link that leads to itself: opening it fails,
 * which a root that is not a live one tells as EACCES (lib/base/root-open.c).
 *
 * A text whose leading comments have VH_SNAPSHOT_MARK and a number was written by `vfio-hook
 * snapshot` (snapshot.h): its last line is VH_SNAPSHOT_END, or it was cut.
 *
 * Addresses in proc/net/route are as a little-endian machine has them (byte-order.h).
 *
 * Manifests come with bug reports: the parser is strict, and no line can reach out of the tree.
 */
#ifndef VH_MANIFEST_H
#define VH_MANIFEST_H

#include "lib/base/error.h"

#define VH_MANIFEST_MAX (32u << 20) /* bytes */
#define VH_MANIFEST_LINES 500000
#define VH_MANIFEST_NODES 1000000 /* files, links and directories that it makes */
#define VH_MANIFEST_PATH 1000     /* characters */

#define VH_SNAPSHOT_VERSION 2 /* since it has one byte order (byte-order.h) */
#define VH_SNAPSHOT_MARK "vfio-hook snapshot "
#define VH_SNAPSHOT_END "# end of snapshot"

/* Fills the existing, empty directory `dir`. `name` is for messages ("NAME line N: ...",
 * VH_E_INPUT). On failure the tree is incomplete and the caller's to remove. */
int vh_manifest_expand(const char *text, size_t len, const char *name, const char *dir,
		       struct vh_error *err) VH_CHECK;
/* Does it describe anything: has it more than comments? */
bool vh_manifest_has_lines(const char *text, size_t len);

#endif
