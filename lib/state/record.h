/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record - /var/lib/vfio-hook: which devices each domain last ran with (lib/state/identity.h).
 * It survives a boot, and `virsh undefine`, of which nobody tells us: of more than
 * VH_RECORDS_MAX domains the one that has not run for longest is forgotten.
 *
 *	UUID.devices   one domain; written to a temporary file and renamed
 */
#ifndef VH_RECORD_H
#define VH_RECORD_H

#include "lib/base/root.h"
#include "lib/state/identity.h"

#define VH_RECORD_DIR "var/lib/vfio-hook"
#define VH_RECORDS_MAX 1000

/* *ret is NULL when there is none. A file that cannot be trusted is an error that names it. */
int vh_record_load(const struct vh_root *root, const char *uuid, struct vh_identity **ret,
		   struct vh_error *err) VH_CHECK;
/* The one of the domain that had this name when it last ran; the youngest of several. */
int vh_record_find(const struct vh_root *root, const char *name, struct vh_identity **ret,
		   struct vh_error *err) VH_CHECK;
/* Writes it; one without devices is removed. */
int vh_record_save(const struct vh_root *root, const struct vh_identity *i,
		   struct vh_error *err) VH_CHECK;

#endif
