/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * standing - where the devices of a claim stand now, and whether that tells still of us. There
 * are four answers, and one function gives them to all who ask.
 */
#ifndef VH_STANDING_H
#define VH_STANDING_H

#include "lib/host/read.h"
#include "lib/state/claim.h"

enum vh_place {
	VH_PLACE_UNKNOWN = 0, /* it could not be read: the record stays, nothing is written to it */
	VH_PLACE_HOME,        /* driver and override are those of the record */
	VH_PLACE_PUT,         /* where we put it, or libvirt, or, on its way home, probing */
	VH_PLACE_ELSEWHERE,   /* nothing of that explains it: somebody else has taken it. Or it is
			       * gone, or another device by now */
};

struct vh_standing {
	bool gone; /* there is no device, or another one */
	bool known;
	char *driver;
	bool on_vfio;
	char *override;
	bool override_known;
	enum vh_place place;
};

/* Of all records, in their order; the overrides are read in a child, bounded. Caller frees with
 * vh_standing_free(). */
struct vh_standing *vh_standing_read(const struct vh_root *root, const struct vh_claim *c) VH_CHECK;
void vh_standing_free(struct vh_standing *list, size_t count);
/* Is the device of this record gone, or another one by now? Never blocks. *ret_group, if asked for:
 * as vh_function_group(), -1 too where it is gone. */
bool vh_standing_is_gone(const struct vh_root *root, const struct vh_record *r, int *ret_group);

/*
 * Where a device is that stands so. libvirt probes drivers for what it gives back itself: named
 * devices that it found on a host driver, or on none; we do for all, once the record is
 * returning. Whatever else puts a device on a host driver that is not the recorded one, or gives
 * it an override that is neither ours nor the recorded one, is somebody else.
 */
enum vh_place vh_standing_place(const struct vh_standing *s, const struct vh_record *r);
/* Of one that was put: is it with a host driver, which probing chose? */
bool vh_standing_is_astray(const struct vh_standing *s, const struct vh_record *r);
/* Of one that somebody else took when we had looked at it and had not written yet: did our override
 * come after him? With that the kernel gives it to no driver but VFIO's once he lets it go. */
bool vh_standing_is_marked(const struct vh_standing *s, const struct vh_record *r);

/* How the devices stood before this claim, of those records that still tell it. Caller frees; what
 * it holds is borrowed from the claim. */
struct vh_was *vh_standing_before(const struct vh_claim *c, const struct vh_standing *list,
				  size_t *ret_count) VH_CHECK;

#endif
