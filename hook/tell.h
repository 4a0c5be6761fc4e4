/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tell - what a call of the hook says: to libvirt, to the log, and to `vfio-hook status`. */
#ifndef VH_TELL_H
#define VH_TELL_H

#include "lib/act/act.h"

#define VH_TELL_NAME 80 /* characters of a domain's name */

struct vh_call {
	struct vh_root root;
	struct vh_config config;
	struct vh_reporter reporter;
	struct vh_act act;
	const char *domain; /* its name as libvirt gave it */
	char *name;         /* printable */
};

/* To the log, about the domain of the call. */
void vh_tell_failure(const struct vh_call *call, const char *text);
void vh_tell_findings(const struct vh_call *call, const struct vh_findings *f);
/* Of struct vh_reporter. */
void vh_tell_transition(void *ctx, const char *domain, const struct vh_pci_addr *addr,
			const char *from, const char *to);
void vh_tell_warning(void *ctx, const char *domain, const char *text);

/* Why the domain is not started: to standard error, which libvirt shows, to the log, and kept for
 * `status`. `d` may be NULL. Gives the exit status. */
int vh_tell_refusal(const struct vh_call *call, const struct vh_domain *d,
		    const struct vh_findings *f, const struct vh_error *err) VH_CHECK;

#endif
