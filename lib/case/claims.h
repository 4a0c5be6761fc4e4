/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * claims - who else wants the devices of a host: the claims of others, and which IOMMU groups are
 * open. Reads only, and opens no group.
 */
#ifndef VH_CLAIMS_H
#define VH_CLAIMS_H

#include "lib/case/standing.h"
#include "lib/host/host.h"
#include "lib/state/store.h"

/* A claim of another owner that has a member of a group concerned. */
struct vh_claim_view {
	struct vh_claim *claim;
	bool stale; /* its owner is gone, or its guest has given these groups back: it may be taken
		     * over */
	char *why;  /* why its owner is not gone, or NULL */
};

/* An IOMMU group that somebody may have open: then a guest uses it. */
struct vh_group_view {
	int number;
	enum vh_tri open;
	char *holder; /* who: "process 812 (qemu-system-x86)", or NULL */
	char *domain; /* its name, if libvirt says that a domain has it; or NULL */
	char *nodes; /* what it has open, or may have: paths below /dev, with blanks between; or NULL */
	bool hidden; /* a member is on a VFIO driver, and the group's node is not there */
};

struct vh_claims {
	struct vh_claim_view *list;
	size_t count;
	char *problem, *fix;          /* a claim cannot be trusted: it may hold any device */
	struct vh_group_view *groups; /* one for each group of the host, sorted by number */
	size_t n_groups;
};
void vh_claims_clear(struct vh_claims *c);
#define _auto_claims_ __attribute__((cleanup(vh_claims_clear)))

/* Never NULL: of a group that was not looked at nothing is known. */
const struct vh_group_view *vh_claims_group(const struct vh_claims *c, int number);

/* Whoever has this group open counts as gone: it is the domain that is judged itself. */
void vh_claims_close(struct vh_claims *c, int number);

/*
 * Of operations that act, with the store open: the claims of others than `owner` (NULL: of all)
 * that concern the host's devices. The claim made by hand blocks no domain: it counts only while
 * vfio-hook is at work on it, or for owner NULL. -1: a claim file could not be trusted or read.
 * The groups stay unknown: lib/act tries them.
 */
int vh_claims_read(struct vh_claims *ret, const struct vh_store *s, const struct vh_host *h,
		   const char *owner, struct vh_error *err) VH_CHECK;
/*
 * For commands that only look: the same, and the groups, as far as can be seen; what cannot goes
 * to `problem` or, as sentences, to `unseen`.
 */
void vh_claims_look(struct vh_claims *ret, const struct vh_root *root, const struct vh_host *h,
		    const char *owner, struct vh_names *unseen);

/* Is this record about a device of the host's groups, or about one that was asked for? */
bool vh_claims_concerns(const struct vh_record *r, const struct vh_host *h);

/* Who wants to end a claim that is another's. */
enum vh_claims_by {
	VH_CLAIMS_BY_START, /* another domain's start: its release was called, or its daemon is gone */
	VH_CLAIMS_BY_ALL,  /* an administrator, all that are left: also where the guest has run */
	VH_CLAIMS_BY_HAND, /* an administrator, this one: also what was prepared and not started */
};
/*
 * Is the owner of this claim gone: its domain does not run and is not being started, by what the
 * one who asks has to go by? If not, *ret_why says so (caller frees). Says nothing of the groups,
 * nor of the lock.
 */
bool vh_claims_is_orphan(const struct vh_root *root, const struct vh_claim *c, enum vh_claims_by by,
			 char **ret_why);
/* Has the guest given this group back while it runs (hot-unplug)? Then its named devices are home;
 * that the group is closed has to be seen besides. `standing`: of the claim. */
bool vh_claims_gave_back(const struct vh_claim *c, const struct vh_standing *standing, int group);
/* An orphan that no vfio-hook is at work on: it may be taken over. */
bool vh_claims_is_stale(const struct vh_store *s, const struct vh_claim *c, char **ret_why);

#endif
