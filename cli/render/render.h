/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * render - how answers are written, as text or as JSON. A command collects what there is to
 * say in one of these structs; the renderer that --format chose writes it.
 */
#ifndef VH_RENDER_H
#define VH_RENDER_H

#include "cli/judge.h"
#include "cli/libvirt/ask.h"
#include "lib/case/claims.h"
#include "lib/state/store.h"
#include "lib/decide/together.h"
#include "lib/host/detail.h"
#include "lib/host/systemd/units.h"

/* What was found about one domain, or about the host. All is borrowed. */
struct vh_report {
	const char *source;          /* as it was given: a path, or "-" */
	const char *label;           /* for people: a path, "<stdin>", "this host" */
	const struct vh_strbuf *xml; /* the document, for quoting its lines; NULL: there is none */
	const struct vh_judgement *judgement;
	bool brief;                       /* one line is enough */
	size_t cured;                     /* errors that check --fix cures; 0: none, or not tried */
	const char *cure;                 /* how to call it */
	const struct vh_defined *defined; /* with --all: what libvirt says of it, or NULL */
};

/* A domain on each of several hosts (cli->remotes, in their order). */
struct vh_compared {
	char *source, *label;            /* as it was given, and the domain's name or the path */
	struct vh_judgement *judgements; /* one for each host; empty where it was not asked */
};

struct vh_status_row {
	struct vh_claim *claim;
	const char *state; /* held, releasing, stuck, stale */
	bool busy;         /* a vfio-hook is at work on it now */
	char *why;         /* it is held, or NULL */
};

struct vh_status {
	struct vh_status_row *rows;
	size_t count;
	struct vh_refusal *refusals;
	size_t n_refusals;
	bool unseen;                /* claims could not be looked at, so there may be some */
	bool damaged;               /* some could not be read: who knows what they hold */
	const struct vh_host *host; /* all devices, as they are now */
	struct vh_claims seen;      /* who has their groups open */
	struct vh_units late;       /* units that did not come back when they were to */
};

/* One device, for `show`. All is borrowed. */
struct vh_shown {
	const struct vh_pci_dev *dev;
	const struct vh_detail *detail;
	const struct vh_names *caps;
	bool all_caps;                    /* nothing is missing in caps */
	const struct vh_judgement *start; /* of a domain that has this device alone */
};

/* One key of the configuration, for `config`. */
struct vh_setting {
	const char *key;
	char *value;        /* NULL: none is set */
	int line;           /* 0: the default holds; or VH_LINE_METADATA */
	const char *domain; /* the line stands in the section of this domain; or NULL */
};

struct vh_setting_list {
	char *name; /* of the section, without brackets */
	struct vh_setting *settings;
	size_t count;
};

struct vh_settings {
	bool exists;                    /* the file */
	const struct vh_domain *domain; /* they hold for this one; NULL: for all */
	struct vh_setting_list *sections;
	size_t count;
};

/* An initramfs image, for `boot verify`. */
enum vh_boot_state {
	VH_IMAGE_NOT_CHECKED,
	VH_IMAGE_HAS,
	VH_IMAGE_HAS_NOT,
	VH_IMAGE_OLD,
	VH_IMAGE_NO_MODULE,
	VH_IMAGE_UNREADABLE,
};

struct vh_system_image {
	char *release; /* of its kernel */
	char *path;    /* below the root; NULL: none is found */
	bool running;
	enum vh_boot_state state;
	char *why; /* for people */
};

struct vh_boot_device {
	const struct vh_boot_binding_dev *want; /* NULL: taken at this boot, and configured no more */
	struct vh_pci_addr addr;
	const struct vh_pci_dev *dev; /* NULL: not there */
	char *at_boot;                /* what the boot script noted of it; or NULL */
	char *problem;                /* NULL: as it should be */
};

struct vh_boot_report {
	const struct vh_boot_binding *binding; /* NULL: nothing is configured */
	struct vh_system_image *images; /* of the kernels that have one, and of the one that runs */
	size_t n_images;
	struct vh_boot_device *devices;
	size_t n_devices;
	size_t problems;
};

struct vh_output;
struct vh_fragment;

struct vh_renderer {
	void (*check_begin)(struct vh_output *o);
	void (*check_host)(struct vh_output *o, const struct vh_report *r);
	void (*check_domain)(struct vh_output *o, const struct vh_report *r);
	/* what the domains of --all mean for each other */
	void (*check_together)(struct vh_output *o, const struct vh_remarks *remarks);
	/* which of these hosts can start them */
	void (*check_hosts)(struct vh_output *o, const struct vh_compared *list, size_t count);
	void (*check_end)(struct vh_output *o);
	/* `findings`: why there are no groups */
	void (*list)(struct vh_output *o, const struct vh_host *h,
		     const struct vh_findings *findings);
	void (*status)(struct vh_output *o, const struct vh_status *s);
	void (*show)(struct vh_output *o, const struct vh_shown *list, size_t count);
	void (*xml)(struct vh_output *o, const struct vh_fragment *f, const char *text);
	void (*config)(struct vh_output *o, const struct vh_settings *s);
	void (*boot)(struct vh_output *o, const struct vh_boot_report *r);
};

struct vh_output {
	struct vh_cli *cli;
	bool tree; /* list: which device is behind which bridge */
	const struct vh_renderer *r;
	void *doc; /* of the renderer */
};

/* choose.c */
struct vh_output vh_choose_output(struct vh_cli *cli);

/* Is something done to this device when the domain starts? */
bool vh_render_is_detached(const struct vh_plan_dev *pd);
/* "refuse" where one of them is an error, or "ok". */
const char *vh_render_verdict(const struct vh_findings *f);
const char *vh_render_plural(size_t n); /* "s", but not for one */
/* Which devices stand in no group. */
bool vh_render_is_groupless(const struct vh_host *h, const struct vh_pci_dev *d);
/* Is the device on a VFIO driver or has it an override, and no claim says why? */
bool vh_render_is_unclaimed(const struct vh_status *s, const struct vh_pci_dev *d);
/* What a start would do with the device and with a member of its group; the caller frees. */
char *vh_render_start(const struct vh_shown *s) VH_CHECK;
char *vh_render_member(const struct vh_shown *s, const struct vh_pci_dev *m) VH_CHECK;

/* text-findings.c */
/* For actions: findings as check prints them, without a file. */
void vh_text_findings(const struct vh_cli *cli, FILE *f, const struct vh_findings *list);
/* The line of one, without its fix. */
void vh_text_findings_line(const struct vh_cli *cli, FILE *f, const struct vh_finding *e);
/* Where one line is enough: the rules with findings of `least` and worse, each once, and the
 * first message. */
void vh_text_findings_brief(const struct vh_findings *f, enum vh_severity least);
/* For --fix: as check prints them. */
void vh_text_findings_report(const struct vh_cli *cli, FILE *f, const struct vh_report *r);
/* The line that ends it: LABEL: refused, 2 errors */
void vh_text_check_verdict(const struct vh_cli *cli, FILE *f, const struct vh_report *r);

/* The answers: text each in a file of its name, JSON in json.c. */
void vh_text_check_host(struct vh_output *o, const struct vh_report *r);
void vh_text_check_domain(struct vh_output *o, const struct vh_report *r);
void vh_text_check_together(struct vh_output *o, const struct vh_remarks *remarks);
void vh_text_hosts(struct vh_output *o, const struct vh_compared *list, size_t count);
void vh_text_list(struct vh_output *o, const struct vh_host *h, const struct vh_findings *findings);
void vh_text_status(struct vh_output *o, const struct vh_status *s);
void vh_text_show(struct vh_output *o, const struct vh_shown *list, size_t count);
void vh_text_xml(struct vh_output *o, const struct vh_fragment *f, const char *text);
void vh_text_config_settings(struct vh_output *o, const struct vh_settings *s);
void vh_text_boot(struct vh_output *o, const struct vh_boot_report *r);

void vh_json_check_begin(struct vh_output *o);
void vh_json_check_host(struct vh_output *o, const struct vh_report *r);
void vh_json_check_domain(struct vh_output *o, const struct vh_report *r);
void vh_json_check_together(struct vh_output *o, const struct vh_remarks *remarks);
void vh_json_check_end(struct vh_output *o);
void vh_json_hosts(struct vh_output *o, const struct vh_compared *list, size_t count);
void vh_json_list(struct vh_output *o, const struct vh_host *h, const struct vh_findings *why);
void vh_json_status(struct vh_output *o, const struct vh_status *s);
void vh_json_show(struct vh_output *o, const struct vh_shown *list, size_t count);
void vh_json_xml(struct vh_output *o, const struct vh_fragment *f, const char *text);
void vh_json_config(struct vh_output *o, const struct vh_settings *s);
void vh_json_boot(struct vh_output *o, const struct vh_boot_report *r);

void vh_dot_list(struct vh_output *o, const struct vh_host *h, const struct vh_findings *why);

#endif
