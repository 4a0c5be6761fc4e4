/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * findings - (domain, host, configuration) -> findings. Pure: no I/O, no log. The rules that
 * `vfio-hook check` prints are the very ones on which the hook refuses: one table, one path.
 */
#ifndef VH_FINDINGS_H
#define VH_FINDINGS_H

#include "lib/decide/plan.h"
#include "lib/case/case.h"

enum vh_severity { VH_INFO, VH_WARNING, VH_ERROR };
const char *vh_severity_str(enum vh_severity s);

enum vh_scope {
	VH_SCOPE_HOST = 1,   /* makes sense without a domain */
	VH_SCOPE_DEVICE = 2, /* looks at the plan: start, check and detach by hand */
	VH_SCOPE_DOMAIN = 4, /* looks at the domain */
	VH_SCOPE_POLICY = 8, /* of the domain, decided without its devices: also at `start begin` */
};

struct vh_findings;

struct vh_rule {
	const char *name;          /* stable */
	enum vh_severity severity; /* the highest it reports */
	unsigned int scope;        /* of enum vh_scope */
	const char *title;         /* what is so when it is silent */
	void (*check)(const struct vh_case *c, const struct vh_rule *r, struct vh_findings *out);
	const char *explain;       /* for people: what it means, why, what to do; some sentences */
};

extern const struct vh_rule vh_rules[];
extern const size_t vh_n_rules;

struct vh_finding {
	const struct vh_rule *rule;
	enum vh_severity severity;
	struct vh_pci_addr addr; /* valid if has_addr */
	bool has_addr;
	int line;       /* in the XML, 0: none */
	char *message;
	char *fix;      /* may hold several lines; NULL: none */
};

struct vh_findings {
	struct vh_finding *list;
	size_t count;
};
void vh_findings_clear(struct vh_findings *f);
#define _auto_findings_ __attribute__((cleanup(vh_findings_clear)))

/* Runs every rule of which a scope bit is in `scopes`; appends to out, errors first. */
void vh_rules_run(const struct vh_case *c, unsigned int scopes, struct vh_findings *out);
size_t vh_findings_number(const struct vh_findings *f, enum vh_severity s);

/* For rules: `pd` gives address and line (NULL: neither), `fix` is copied, may be NULL. */
struct vh_finding *vh_finding_add(struct vh_findings *out, const struct vh_rule *r,
				  const struct vh_plan_dev *pd, const char *fix, const char *fmt,
				  ...) VH_PRINTF(5, 6);

#endif
