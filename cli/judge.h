/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * judge - from a document to a judgement: reads what the rules need and runs those on which the
 * hook would refuse, and nothing is changed. A domain that runs is judged as if it were
 * stopped: its own claim and its own groups do not count against it.
 */
#ifndef VH_JUDGE_H
#define VH_JUDGE_H

#include "cli/cli.h"
#include "lib/case/case.h"
#include "lib/decide/findings.h"
#include "lib/xml/xml.h"

/* Set `facts` beforehand where several documents are judged. */
struct vh_judgement {
	struct vh_facts *facts; /* borrowed, or NULL: all is read for this one */
	struct vh_domain *domain; /* NULL: the host was judged, or nothing yet */
	struct vh_config config; /* in effect for it; borrows from the one that was given */
	struct vh_case c;        /* host NULL: there is nothing to judge */
	struct vh_plan *plan;
	struct vh_findings findings;
};

/* All but `facts`. */
void vh_judge_clear(struct vh_judgement *j);
#define _auto_judgement_ __attribute__((cleanup(vh_judge_clear)))

/* `xml` is a domain, or a lone element for virsh attach-device. */
int vh_judge_domain(struct vh_judgement *ret, const struct vh_root *root,
		    const struct vh_config *config, const char *xml, size_t len,
		    struct vh_error *err) VH_CHECK;
struct vh_domain *vh_judge_read(const xmlDoc *doc, struct vh_error *err) VH_CHECK;
/* The same of what that has read; it becomes the judgement's. */
void vh_judge_parsed(struct vh_judgement *ret, const struct vh_root *root,
		     const struct vh_config *config, struct vh_domain *d);
void vh_judge_host(struct vh_judgement *ret, const struct vh_root *root,
		   const struct vh_config *config);
/* A domain of its own that has nothing but these devices, managed: what becomes of a start? */
void vh_judge_devices(struct vh_judgement *ret, const struct vh_root *root,
		      const struct vh_config *config, const struct vh_pci_addr *addrs, size_t count);
/* What findings are as an exit status; with --strict warnings count too. */
int vh_judge_exit(const struct vh_cli *cli, const struct vh_findings *f);

/* Notes what the configuration protects at addresses where nothing is. */
void vh_judge_note_absent(const struct vh_cli *cli, const struct vh_config *config);
/* The configuration by which is judged; 0, or -1 after an error line. An ordinary user may not
 * be allowed to see it: then *ret_problem says why these are the defaults. NULL: they are not. */
int vh_judge_config(const struct vh_cli *cli, struct vh_config *ret,
		    const char **ret_problem) VH_CHECK;

#endif
