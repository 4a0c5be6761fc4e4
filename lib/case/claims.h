/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * claims - who else wants the devices of a host: the claims of others, and which IOMMU groups are
 * open. Reads only, and opens no group.
 */
#ifndef VH_CLAIMS_H
#define VH_CLAIMS_H

#include "lib/host/host.h"
#include "lib/state/store.h"

/* A claim of another owner that holds a member of a group concerned. */
struct vh_claim_view {
	struct vh_claim *claim;
	bool stale; /* its owner is gone: it may be taken over */
	char *why;  /* why it is not stale, or NULL */
};

/* An IOMMU group that somebody may have open: then a guest uses it. */
struct vh_group_view {
	int number;
	enum vh_tri open;
	char *holder; /* who: "process 812 (qemu-system-x86)", or NULL */
	char *domain; /* its name, if libvirt says that a domain has it; or NULL */
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

/*
 * Is the owner of this claim gone: its domain neither runs nor starts? If not, *ret_why says
 * so (caller frees). `by_hand`: an administrator asks, who knows better than the files of
 * libvirt whether a domain that ran has ended. Says nothing of the groups.
 */
bool vh_claims_is_orphan(const struct vh_root *root, const struct vh_claim *c, bool by_hand,
			 char **ret_why);
/* An orphan that no vfio-hook is at work on: it may be taken over. */
bool vh_claims_is_stale(const struct vh_store *s, const struct vh_claim *c, char **ret_why);

#endif
