/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * act - the operations that change the system. Each records in a claim, then does, and can be
 * killed at any instant: the next prepare or release of the domain, or a reattach by hand,
 * brings every device home.
 */
#ifndef VH_ACT_H
#define VH_ACT_H

#include "lib/decide/findings.h"

/* What the operations tell while they work; the hook sends it to syslog, the CLI prints it. */
struct vh_reporter {
	/* A device went from one driver to another; NULL: no driver. */
	void (*transition)(void *ctx, const char *domain, const struct vh_pci_addr *addr,
			   const char *from, const char *to);
	void (*warning)(void *ctx, const char *domain, const char *text);
	void *ctx;
	/* What was found, when nothing refuses and before the first device is touched; or NULL. */
	void (*judged)(void *ctx, const struct vh_findings *findings);
};

struct vh_act {
	const struct vh_root *root;
	const struct vh_config *config;
	const struct vh_reporter *reporter;
	int64_t deadline; /* of the whole call; vh_now_ms() */
};

/*
 * prepare begin. 0: the devices are ready for libvirt. -1: nothing is changed, or err->code is
 * VH_E_LEFT and the claim names what is. When rules refused, `out` holds the findings and
 * err->code is VH_E_REFUSED; warnings and information are in `out` either way.
 */
int vh_prepare(const struct vh_act *act, const struct vh_domain *d, struct vh_findings *out,
	       struct vh_error *err) VH_CHECK;

/* start begin: VFs of a pool network, which libvirt allocated after prepare; policy only. */
int vh_recheck(const struct vh_act *act, const struct vh_domain *d, struct vh_findings *out,
	       struct vh_error *err) VH_CHECK;

/* started begin: the claim remembers that the domain ran, and the record what it runs with. The
 * domain may be NULL, where its XML is not understood: then there is no new record. */
int vh_started(const struct vh_act *act, const char *uuid, const struct vh_domain *d,
	       struct vh_error *err) VH_CHECK;

/* release end: gives back what the claim of this domain holds. 0 also where there is none. */
int vh_release(const struct vh_act *act, const char *uuid, struct vh_error *err) VH_CHECK;

/* By hand. Whole groups are detached. Findings and codes as in vh_prepare(). */
int vh_prepare_by_hand(const struct vh_act *act, const struct vh_pci_addr *addrs, size_t count,
		       struct vh_findings *out, struct vh_error *err) VH_CHECK;
/* Gives back the groups of these devices, whoever claimed them, unless they are in use. */
int vh_reattach(const struct vh_act *act, const struct vh_pci_addr *addrs, size_t count,
		struct vh_error *err) VH_CHECK;

/* Ends every claim of a domain that is neither running nor starting; *ret_ended says how many.
 * -1 when one of them would not end: the first reason, the others were tried. */
int vh_reattach_stale(const struct vh_act *act, size_t *ret_ended, struct vh_error *err) VH_CHECK;

#endif
