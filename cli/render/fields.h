/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fields - what there is to say about a thing, as a table: how each fact is got, its key in
 * JSON and its title in text. Text and JSON walk the same table; docs/vfio-hook.schema.json has
 * the same keys (tests/unit/t-fields.c).
 */
#ifndef VH_FIELDS_H
#define VH_FIELDS_H

#include "cli/output.h"
#include "cli/render/render.h"

/* What a fact is about. A table's getters look at what the table is made for; a thing inside
 * another one keeps what that was about. All is borrowed. */
struct vh_subject {
	struct vh_pci_ids *names;

	/* wherever there are devices */
	const struct vh_host *host;
	const struct vh_group *group;     /* NULL: the devices that are in none */
	const struct vh_pci_dev *dev;     /* NULL: not there */
	const struct vh_group_view *view; /* who has its group open, where that is told */
	/* wherever rules were asked */
	const struct vh_findings *findings;
	const struct vh_finding *finding;

	/* show */
	const struct vh_shown *shown; /* n_shown of them; then the one that this is about */
	size_t n_shown;
	/* status */
	const struct vh_status *status;
	const struct vh_status_row *row;
	const struct vh_record *record;
	const struct vh_loan *loan;
	const struct vh_refusal *refusal;
	/* check */
	const char *source; /* what the host was read from */
	const struct vh_report *report;
	const struct vh_judgement *judgement;
	const struct vh_hostdev *hostdev;
	const struct vh_remarks *remarks;
	const struct vh_remark *remark;
	/* check on several hosts */
	const struct vh_compared *compared; /* n_compared domains; then one of them */
	size_t n_compared;
	const struct vh_remote *remotes; /* n_remotes hosts; then one of them */
	size_t n_remotes;
	/* xml */
	const struct vh_fragment *fragment;
	const struct vh_left_out *left;
	const char *xml;
	/* config */
	const struct vh_settings *settings;
	const struct vh_setting_list *section;
	const struct vh_setting *setting;
	/* boot verify */
	const struct vh_boot_report *boot;
	const struct vh_system_image *image;
	const struct vh_boot_device *bound; /* what vfio-pci is to have from boot on */
};

/* Where people read things a line each: the cell of a fact in that line. */
struct vh_cell {
	unsigned int place; /* from 1 on; 0: it is not there */
	unsigned int width; /* columns to be filled */
	const char *after;  /* what comes next */
};
enum vh_layout { VH_ROW = 0, VH_TREE, VH_LAYOUTS };

struct vh_field {
	const char *key;   /* in JSON; NULL: for people alone */
	const char *title; /* in text, of its line or of its column; NULL: without */

	/* One of these gets the value, and by that is its type. */
	char *(*text)(const struct vh_subject *s);     /* NULL: none; the caller frees */
	int64_t (*number)(const struct vh_subject *s); /* negative: none */
	enum vh_tri (*tri)(const struct vh_subject *s);
	/* NO: not known; UNKNOWN: there may be more */
	enum vh_tri (*list)(const struct vh_subject *s, struct vh_names *ret);
	/* A thing with fields of its own; false: there is none. */
	bool (*object)(const struct vh_subject *s, struct vh_subject *ret);
	/* Several of them, beginning with *at = 0; false: no more. */
	bool (*next)(const struct vh_subject *s, size_t *at, struct vh_subject *ret);
	bool (*is_known)(const struct vh_subject *s); /* are they? NULL: always */
	const struct vh_field *fields;                /* of the object, or of each of several */

	bool (*applies)(const struct vh_subject *s); /* false: there is no such key. NULL: always */

	/* For people. */
	char *(*words)(const struct vh_subject *s); /* instead of the value; NULL: nothing */
	const char *before;                         /* precedes a text */
	const char *none;                           /* instead of a value that is none */
	const char *empty; /* instead of a list in which there is nothing */
	const char *join;  /* between what is in a list; NULL: each has a line */
	enum vh_style (*style)(const struct vh_subject *s);
	struct vh_cell at[VH_LAYOUTS];
};

/* Tables end with an entry that has nothing to get. */
bool vh_fields_is_end(const struct vh_field *f);
/* The fact in one line for people; NULL: there is nothing to say. The caller frees. */
char *vh_fields_words(const struct vh_field *f, const struct vh_subject *s) VH_CHECK;
enum vh_style vh_fields_style(const struct vh_field *f, const struct vh_subject *s);
enum vh_style vh_fields_is_head(const struct vh_subject *s); /* what a block begins with */

/* A getter that is one expression of `s`. */
#define VH_FIELDS_GET(type, name, value)             \
	static type name(const struct vh_subject *s) \
	{                                            \
		(void)s;                             \
		return value;                        \
	}

/* Likewise, and it fills `ret`. */
#define VH_FIELDS_LIST(name, value)                                               \
	static enum vh_tri name(const struct vh_subject *s, struct vh_names *ret) \
	{                                                                         \
		return value;                                                     \
	}

/* Goes through an array; `member` is what of the subject each element is. */
#define VH_FIELDS_NEXT(type, name, member, array, count)                          \
	type name(const struct vh_subject *s, size_t *at, struct vh_subject *ret) \
	{                                                                         \
		if (*at >= (count))                                               \
			return false;                                             \
		*ret = *s;                                                        \
		ret->member = &(array)[(*at)++];                                  \
		return true;                                                      \
	}

/* Of s->dev, in every table that has devices. */
char *vh_fields_address(const struct vh_subject *s);
char *vh_fields_class(const struct vh_subject *s);
char *vh_fields_class_name(const struct vh_subject *s);
char *vh_fields_class_title(const struct vh_subject *s); /* name and number */
char *vh_fields_id(const struct vh_subject *s);
char *vh_fields_description(const struct vh_subject *s);
char *vh_fields_driver(const struct vh_subject *s);
enum vh_tri vh_fields_bridge(const struct vh_subject *s);
char *vh_fields_parent(const struct vh_subject *s);
enum vh_tri vh_fields_uses(const struct vh_subject *s, struct vh_names *ret);

/* For getters. The same thing, as an object that is always there. */
bool vh_fields_same(const struct vh_subject *s, struct vh_subject *ret);
/* Appends a copy; copies of all, which are all that there are. */
void vh_fields_name(struct vh_names *names, const char *name);
enum vh_tri vh_fields_names(const struct vh_names *from, struct vh_names *to);
/* The devices that a start takes from their drivers. */
enum vh_tri vh_fields_detach(const struct vh_plan *p, struct vh_names *ret);
enum vh_tri vh_fields_is(bool yes);

/* The documents of the commands. */
extern const struct vh_field vh_fields_list[], vh_fields_show[], vh_fields_status[];
extern const struct vh_field vh_fields_check[], vh_fields_check_hosts[], vh_fields_xml[];
extern const struct vh_field vh_fields_config[], vh_fields_boot[];

/* What they are made of, where people read it laid out in another way: a table for each kind of
 * thing, and what goes from one to the next. */
extern const struct vh_field vh_fields_finding[];
bool vh_fields_findings(const struct vh_subject *s, size_t *at, struct vh_subject *ret);

extern const struct vh_field vh_fields_list_group[], vh_fields_list_device[];
bool vh_fields_list_groups(const struct vh_subject *s, size_t *at, struct vh_subject *ret);
bool vh_fields_list_devices(const struct vh_subject *s, size_t *at, struct vh_subject *ret);

extern const struct vh_field vh_fields_show_device[], vh_fields_show_member[];
bool vh_fields_show_devices(const struct vh_subject *s, size_t *at, struct vh_subject *ret);

extern const struct vh_field vh_fields_status_claim[], vh_fields_status_record[];
extern const struct vh_field vh_fields_status_loan[];
bool vh_fields_status_loans(const struct vh_subject *s, size_t *at, struct vh_subject *ret);
extern const struct vh_field vh_fields_status_refusal[], vh_fields_status_unclaimed[];
bool vh_fields_status_claims(const struct vh_subject *s, size_t *at, struct vh_subject *ret);
bool vh_fields_status_records(const struct vh_subject *s, size_t *at, struct vh_subject *ret);
bool vh_fields_status_refusals(const struct vh_subject *s, size_t *at, struct vh_subject *ret);
bool vh_fields_status_others(const struct vh_subject *s, size_t *at, struct vh_subject *ret);
/* Every claim was seen: only then can it be told what is in none. */
bool vh_fields_status_is_whole(const struct vh_subject *s);

extern const struct vh_field vh_fields_check_domain[];

extern const struct vh_field vh_fields_config_section[], vh_fields_config_value[];
bool vh_fields_config_sections(const struct vh_subject *s, size_t *at, struct vh_subject *ret);
bool vh_fields_config_values(const struct vh_subject *s, size_t *at, struct vh_subject *ret);

extern const struct vh_field vh_fields_boot_all[], vh_fields_boot_image[], vh_fields_boot_device[];
bool vh_fields_boot_images(const struct vh_subject *s, size_t *at, struct vh_subject *ret);
bool vh_fields_boot_devices(const struct vh_subject *s, size_t *at, struct vh_subject *ret);

#endif
