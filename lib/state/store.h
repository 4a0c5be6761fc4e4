/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * store - /run/vfio-hook: claim files, and the locks that guard them.
 *
 *	OWNER.claim    one claim (lib/state/claim.h); written to a temporary file and renamed
 *	OWNER.lock     held (flock) for the whole of an operation on that claim, and inherited by
 *	               the children that write, so that it ends with the last of them; never
 *	               renamed, unlinked only by its holder under the global lock
 *	UUID.released  release has been called, and for which start: noted before the lock of the
 *claim is asked for UUID.refusal   why the domain was not started the last time lock           the
 *global lock: held only to compare and write claims, never during a kernel write
 *
 * Order: the own claim's lock, then the global one; another claim's lock only by trying.
 */
#ifndef VH_STORE_H
#define VH_STORE_H

#include "lib/base/root.h"
#include "lib/state/claim.h"
#include "lib/state/dir.h"

#define VH_STORE_DIR "run/vfio-hook"

struct vh_store {
	const struct vh_root *root; /* borrowed */
	int dir;                    /* -1: not there */
};

/* Opens the directory; with `create` makes it (0700) where it is missing. Refuses one that is
 * a link, or that others may write to. Without `create`, a missing one is an empty store. */
int vh_store_open(struct vh_store *ret, const struct vh_root *root, bool create,
		  struct vh_error *err) VH_CHECK;
void vh_store_close(struct vh_store *s);

/* Is nothing kept: no claim, no refusal, nothing that a killed operation left? */
bool vh_store_is_idle(const struct vh_root *root);

/* A lock as a descriptor (close it to unlock), waiting until `deadline` (vh_now_ms());
 * -1 with VH_E_TIMEOUT when it was held all the time. */
int vh_store_lock_global(const struct vh_store *s, int64_t deadline, struct vh_error *err) VH_CHECK;
int vh_store_lock_claim(const struct vh_store *s, const char *owner, int64_t deadline,
			struct vh_error *err) VH_CHECK;
/* Is nobody holding the lock of this claim? */
enum vh_tri vh_store_lock_is_free(const struct vh_store *s, const char *owner);

/* Loads a claim; *ret is NULL when there is none. A file that cannot be trusted (truncated,
 * newer, not ours, a link) is an error that names it. */
int vh_store_load(const struct vh_store *s, const char *owner, struct vh_claim **ret,
		  struct vh_error *err) VH_CHECK;
/* Writes it, or removes the file when it has no records left. Takes the global lock; the claim's
 * own lock is held. */
int vh_store_save(const struct vh_store *s, const struct vh_claim *c, int64_t deadline,
		  struct vh_error *err) VH_CHECK;
/* The first of a new start, with the global lock held: a release that was called before was not its
 * own. */
int vh_store_save_new_locked(const struct vh_store *s, const struct vh_claim *c,
			     struct vh_error *err) VH_CHECK;
/* That release was called for the start of this claim, and whether it was. Needs no lock. */
int vh_store_note_released(const struct vh_store *s, const struct vh_claim *c,
			   struct vh_error *err) VH_CHECK;
bool vh_store_is_released(const struct vh_store *s, const struct vh_claim *c);
/* The end of an operation: unlinks the lock file unless there is a claim, and lets go of it. */
void vh_store_unlock_claim(const struct vh_store *s, const char *owner, int lock);
/* Removes what a killed operation left without a claim: lock and temporary file of `owner`. */
void vh_store_sweep(const struct vh_store *s, const char *owner);
/* The owners that have a lock file. Besides as vh_store_list(). */
int vh_store_list_locks(const struct vh_store *s, struct vh_names *ret) VH_CHECK;

/* The owners that have a claim. 0, or -1 with errno set (EACCES: not for us to see). */
int vh_store_list(const struct vh_store *s, struct vh_names *ret) VH_CHECK;

/* For the kinds of files in it: the directory, which is not closed, and those owners that have a
 * file of this suffix. As vh_store_list(). */
struct vh_dir vh_store_dir(const struct vh_store *s);
int vh_store_owners(const struct vh_store *s, const char *suffix, struct vh_names *ret) VH_CHECK;

#endif
