/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * render - how answers are written, as text or as JSON. A command collects what there is to
 * say in one of these structs; the renderer that --format chose writes it.
 */
#ifndef VH_RENDER_H
#define VH_RENDER_H

#include "cli/cli.h"
#include "lib/act/store.h"
#include "lib/decide/rules.h"

/* What was found about one domain, or about the host (domain is NULL). All is borrowed. */
struct vh_report {
	const char *source; /* as it was given: a path, or "-" */
	const char *label;  /* for people: a path, "<stdin>", "this host" */
	const char *xml;    /* the document, for quoting its lines */
	size_t xml_len;
	const struct vh_domain *domain;
	const struct vh_host *host; /* NULL: the domain has no passthrough */
	const struct vh_plan *plan;
	const struct vh_findings *findings;
	const struct vh_names *not_checked;
	bool running; /* judged as if it were stopped */
};

struct vh_status_row {
	struct vh_claim *claim;
	const char *state; /* held, releasing, stuck, stale */
};

struct vh_status {
	struct vh_status_row *rows;
	size_t count;
	struct vh_refusal *refusals;
	size_t n_refusals;
	bool unseen;          /* claims could not be looked at, so there may be some */
	bool damaged;         /* some could not be read: who knows what they hold */
	struct vh_host *host; /* all devices, as they are now */
};

/* Is the device on a VFIO driver or has it an override, and no claim says why? */
bool vh_is_unclaimed(const struct vh_status *s, const struct vh_pci_dev *d);

struct vh_output;

struct vh_renderer {
	void (*check_begin)(struct vh_output *o);
	void (*check_host)(struct vh_output *o, const struct vh_report *r);
	void (*check_domain)(struct vh_output *o, const struct vh_report *r);
	void (*check_end)(struct vh_output *o);
	/* `findings`: why there are no groups */
	void (*list)(struct vh_output *o, const struct vh_host *h,
		     const struct vh_findings *findings);
	void (*status)(struct vh_output *o, const struct vh_status *s);
};

struct vh_output {
	struct vh_cli *cli;
	const struct vh_renderer *r;
	void *doc; /* of the renderer */
};

extern const struct vh_renderer vh_render_text, vh_render_json;
struct vh_output vh_output_new(struct vh_cli *cli);

/* Is something done to this device when the domain starts? */
bool vh_is_detached(const struct vh_plan_dev *pd);
/* Which devices stand in no group. */
bool vh_is_groupless(const struct vh_host *h, const struct vh_pci_dev *d);

/* For actions: findings as check prints them, without a file. */
void vh_put_findings(const struct vh_cli *cli, FILE *f, const struct vh_findings *list);
/* For --fix: as check prints them. */
void vh_put_report_findings(const struct vh_cli *cli, FILE *f, const struct vh_report *r);

#endif
