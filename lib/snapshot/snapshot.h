/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * snapshot - a system as the text of a manifest (manifest.h): what the readers of lib/model and
 * lib/act would read of it, and nothing else. Serial numbers, MAC addresses, labels and the
 * host's name are read by none of them, so they are in no snapshot; what identifies and is
 * needed is replaced, the same value by the same (scrub.h).
 *
 * What exists and may not be read becomes a 'u' line: who reads the snapshot finds it unreadable
 * too, and says so. The first line names the version, the last one is the promised end.
 */
#ifndef VH_SNAPSHOT_H
#define VH_SNAPSHOT_H

#include "lib/base/root.h"
#include "lib/base/strbuf.h"

struct vh_snapshot_options {
	bool identifiers; /* nothing is replaced */
	uint64_t key;     /* random: IP addresses are replaced with it */
	const char *date; /* for the head */
};

/* Appends the snapshot. What a driver does not answer within 15 seconds is left out, and said. -1:
 * a device may be there that could not be read, and nobody would see that it is missing. */
int vh_snapshot_take(const struct vh_root *root, const struct vh_snapshot_options *options,
		     struct vh_strbuf *ret, struct vh_error *err) VH_CHECK;

#endif
