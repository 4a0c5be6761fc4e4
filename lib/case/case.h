/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * case - all that one start concerns: the domain, the configuration in effect for it, the machine,
 * and what others hold of it. The hook, detach, check, show and boot read it by one function, so
 * that they cannot disagree; lib/decide judges it and reads nothing.
 */
#ifndef VH_CASE_H
#define VH_CASE_H

#include "lib/case/expect.h"
#include "lib/case/facts.h"
#include "lib/case/handed.h"
#include "lib/case/networks.h"
#include "lib/case/surroundings.h"
#include "lib/case/vfpool.h"
#include "lib/case/whereabouts.h"
#include "lib/config/config.h"
#include "lib/domain/domain.h"
#include "lib/host/libvirt/hook-scripts.h"
#include "lib/host/memory.h"

struct vh_plan;
struct vh_standing;

struct vh_case {
	/* what is asked; borrowed */
	const struct vh_domain *domain; /* NULL: the host alone, or a detach by hand */
	const struct vh_config *config; /* in effect for the domain */

	/* the machine, and who else wants it: borrowed from facts, `here` if nobody gave any.
	 * host NULL: the domain passes nothing through, and nothing more was read */
	const struct vh_host *host;
	const struct vh_vf_guests *vf_guests; /* NULL: nothing was looked at */
	const struct vh_claims *claims;       /* of others; NULL only where host is */

	/* what this start adds */
	bool starting; /* it is being started, and hooks that run before ours have run; else it
			* is only judged */
	bool running;  /* it runs now, and is judged as if it were stopped */
	struct vh_networks networks; /* its networks: pools of virtual functions, and missing ones */
	struct vh_vfpools pools;     /* those pools, each once */
	struct vh_memory memory;     /* what the host has of it */
	struct vh_identity *last;    /* what it last ran with; NULL: unknown */
	char *last_problem;          /* why its record could not be read, or NULL */
	struct vh_sightings elsewhere;  /* devices like those that were expected at an address */
	struct vh_whereabouts lies;     /* where lies what the domain has of the host */
	struct vh_surroundings around;  /* what QEMU will find of files */
	struct vh_handed handed;        /* what the host gives up for it */
	struct vh_hook_scripts scripts; /* other hooks, as far as they fight with ours */
	struct vh_names unseen;         /* what could not be looked at: sentences */

	/* by lib/decide; borrowed. NULL: the host alone */
	const struct vh_plan *plan;

	struct vh_facts here; /* what was read for this case alone */
};

/* What is to be read; zero what does not apply. Everything is borrowed, and outlives the case. */
struct vh_case_ask {
	const struct vh_root *root;
	const struct vh_config *config;
	const struct vh_domain *domain;
	const struct vh_pci_addr *addrs; /* of a detach by hand */
	size_t count;
	const char *owner;      /* of a detach by hand: whose claim is not an obstacle */
	bool whole;             /* the host alone, with every device */
	int64_t deadline;       /* vh_now_ms(); of what may block */
	struct vh_facts *facts; /* where several domains are judged: read once for all */

	/* of operations that act; a domain is being started then, and does not run */
	bool starts;
	bool policy;                        /* its devices are not looked at: `start begin` */
	const struct vh_store *store;       /* open: a claim that cannot be read is an error */
	const struct vh_claim *own;         /* the owner's claim, read under its lock; NULL: none */
	const struct vh_standing *standing; /* where its devices stand */
	/* An earlier look by the same call, or NULL: what the domain last ran with is taken from
	 * there, not read again; and, `settled`, what the host may give up, too: nothing has been
	 * moved since. */
	struct vh_case *before;
	bool settled;
	enum vh_handed_over handed_over; /* how much of that has been done */
};

/*
 * Reads the case; -1, only with `store`, where a claim could not be trusted. Always to be cleared.
 * The devices of the own claim are taken as they were before it, and its own groups as closed.
 */
int vh_case_read(struct vh_case *ret, const struct vh_case_ask *ask, struct vh_error *err) VH_CHECK;
/*
 * Looks once more at what can have changed since `c` was read, with the same question: the devices
 * (vh_host_read_again()), and who else wants them. *ret_same false: read all of it, as always where
 * an own claim has records. -1 as above.
 */
int vh_case_read_again(struct vh_case *c, const struct vh_case_ask *ask, bool *ret_same,
		       struct vh_error *err) VH_CHECK;
void vh_case_clear(struct vh_case *c);
/* The claims of a case that was read without `facts`, for an operation that knows more of them. */
struct vh_claims *vh_case_own_claims(struct vh_case *c);
#define _auto_case_ __attribute__((cleanup(vh_case_clear)))

#endif
