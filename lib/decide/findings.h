/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * findings - what a rule is, and what it finds in a case. Pure: no I/O, no log.
 */
#ifndef VH_FINDINGS_H
#define VH_FINDINGS_H

#include "lib/case/case.h"
#include "lib/decide/plan.h"

enum vh_severity { VH_INFO, VH_WARNING, VH_ERROR };
const char *vh_finding_severity_str(enum vh_severity s);

enum vh_scope {
	VH_SCOPE_HOST = 1,   /* makes sense without a domain */
	VH_SCOPE_DEVICE = 2, /* looks at the plan: start, check and detach by hand */
	VH_SCOPE_DOMAIN = 4, /* looks at the domain */
	VH_SCOPE_POLICY = 8, /* of the domain, decided without its devices: also at `start begin` */
	VH_SCOPE_BOOT = 16,  /* is so at boot already: `boot generate` refuses on it */
};

struct vh_findings;

struct vh_rule {
	const char *name;          /* stable */
	enum vh_severity severity; /* the highest it reports */
	unsigned int scopes;       /* of enum vh_scope */
	const char *title;         /* what is wrong; of an info: what it tells */
	void (*check)(const struct vh_case *c, const struct vh_rule *r, struct vh_findings *out);
	/* For an administrator: what it means, why, what to do. Lines of at most 76 columns between
	 * \n; printed by --explain, and a paragraph of the man page. */
	const char *explain;
};

struct vh_rules {
	const struct vh_rule *const *list;
	size_t count;
};

struct vh_finding {
	const struct vh_rule *rule;
	enum vh_severity severity;
	struct vh_pci_addr addr; /* valid if has_addr */
	bool has_addr;
	int line; /* in the XML, 0: none */
	char *message;
	char *fix; /* may hold several lines; NULL: none */
};

struct vh_findings {
	struct vh_finding *list;
	size_t count;
	const struct vh_rules *rules; /* those that are run, in whose order they are sorted */
};
void vh_findings_clear(struct vh_findings *f);
#define _auto_findings_ __attribute__((cleanup(vh_findings_clear)))

size_t vh_findings_number(const struct vh_findings *f, enum vh_severity s);

/* For rules: `pd` gives address and line (NULL: neither), `fix` is copied, may be NULL. */
struct vh_finding *vh_finding_add(struct vh_findings *out, const struct vh_rule *r,
				  const struct vh_plan_dev *pd, const char *fix, const char *fmt,
				  ...) VH_PRINTF(5, 6);
/* Gives a finding another subject than its plan device; NULL: none. */
void vh_finding_about(struct vh_finding *f, const struct vh_pci_addr *addr, int line);

#endif
