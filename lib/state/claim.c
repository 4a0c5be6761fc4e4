/* SPDX-License-Identifier: GPL-2.0-or-later */
/* claim - see claim.h. The parser takes what the formatter writes, and nothing else. */
#include "lib/state/claim.h"

#include <ctype.h>

#include "lib/base/printable.h"
#include "lib/base/uuid.h"
#include "lib/state/lines.h"

#include "lib/base/banned.h"

#define MAGIC "vfio-hook-claim"
#define NAME_MAX_SHOWN 256
#define SLEEPS "power=auto"
#define DRIVER_MAX 255 /* a driver is a directory in sysfs */

static const char *const role_names[] = { [VH_NAMED] = "named", [VH_PEER] = "peer" };
static const char *const action_names[] = {
	[VH_KEEP] = "keep",
	[VH_LEAVE] = "leave",
	[VH_UNBIND] = "unbind",
	[VH_BIND] = "bind",
};
static const char *const state_names[] = {
	[VH_NOTED] = "noted",         [VH_TAKING] = "taking", [VH_TAKEN] = "taken",
	[VH_RETURNING] = "returning", [VH_STUCK] = "stuck",
};
/* Of a whole claim, in version 1. */
enum whole { PREPARED, STARTED, RELEASED };
static const char *const whole_names[] = {
	[PREPARED] = "prepared",
	[STARTED] = "started",
	[RELEASED] = "released",
};

const char *vh_claim_role_str(enum vh_role r)
{
	return role_names[r];
}

const char *vh_claim_state_str(enum vh_record_state s)
{
	return state_names[s];
}

struct vh_claim *vh_claim_new(const char *owner, const char *name)
{
	struct vh_claim *c = vh_alloc(sizeof(*c));

	c->owner = vh_strdup(owner);
	c->name = vh_printable(name, NAME_MAX_SHOWN);
	return c;
}

static void record_clear(struct vh_record *r)
{
	free(r->driver);
	free(r->override);
	free(r->onto);
}

void vh_claim_free(struct vh_claim *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->count; i++)
		record_clear(&c->records[i]);
	free(c->records);
	vh_loans_clear(&c->loans);
	free(c->owner);
	free(c->name);
	free(c);
}

/* --- records ---------------------------------------------------------------------------------- */

static int record_order(const void *a, const void *b)
{
	const struct vh_record *x = a, *y = b;

	return vh_pci_cmp(&x->addr, &y->addr);
}

struct vh_record *vh_claim_find(const struct vh_claim *c, const struct vh_pci_addr *addr)
{
	struct vh_record key = { .addr = *addr };

	if (!c->count)
		return NULL;
	return bsearch(&key, c->records, c->count, sizeof(*c->records), record_order);
}

struct vh_record *vh_claim_add(struct vh_claim *c, const struct vh_pci_addr *addr)
{
	struct vh_record *r = vh_claim_find(c, addr);
	size_t at = 0;

	if (r)
		return r;
	while (at < c->count && vh_pci_cmp(&c->records[at].addr, addr) < 0)
		at++;
	(void)VH_APPEND(c->records, c->count);
	memmove(&c->records[at + 1], &c->records[at], (c->count - 1 - at) * sizeof(*r));
	r = &c->records[at];
	memset(r, 0, sizeof(*r));
	r->addr = *addr;
	return r;
}

void vh_claim_remove(struct vh_claim *c, const struct vh_pci_addr *addr)
{
	struct vh_record *r = vh_claim_find(c, addr);

	if (!r)
		return;
	record_clear(r);
	memmove(r, r + 1, (size_t)(&c->records[c->count] - (r + 1)) * sizeof(*r));
	c->count--;
}

void vh_claim_copy_record(struct vh_record *to, const struct vh_record *from)
{
	struct vh_record old = *to;

	*to = *from;
	to->driver = vh_strdup(from->driver);
	to->override = vh_strdup(from->override);
	to->onto = vh_strdup(from->onto);
	record_clear(&old);
}

bool vh_claim_is_empty(const struct vh_claim *c)
{
	return !c->count && !c->loans.count;
}

bool vh_claim_is_same(const struct vh_claim *a, const struct vh_claim *b)
{
	return a->since == b->since && a->since_ns == b->since_ns;
}

void vh_claim_unstick(struct vh_claim *c)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->records[i].state == VH_STUCK)
			c->records[i].state = VH_RETURNING;
}

/* --- writing ---------------------------------------------------------------------------------- */

/* Some drivers have a blank in their names ("Prestera DX"), and a driver_override may hold
 * anything: what is not one of these becomes %xx, so that no device is lost over its name. */
static bool is_plain(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("_.-", c));
}

static void add_driver(struct vh_strbuf *sb, const char *key, const char *driver)
{
	bool escape_all = vh_streq(driver, "-"); /* which stands for none */

	vh_strbuf_addf(sb, " %s=", key);
	if (!driver || !*driver)
		vh_strbuf_add(sb, "-");
	for (const char *c = driver; c && *c; c++) {
		if (is_plain(*c) && !escape_all)
			vh_strbuf_add_mem(sb, c, 1);
		else
			vh_strbuf_addf(sb, "%%%02x", (unsigned char)*c);
	}
}

static enum whole whole_state(const struct vh_claim *c)
{
	return c->released ? RELEASED : c->ran ? STARTED : PREPARED;
}

static char *format(const struct vh_claim *c, int version)
{
	struct vh_strbuf sb = { 0 };

	vh_strbuf_addf(&sb, MAGIC " %d\nowner %s\n", version, c->owner);
	vh_lines_add(&sb, "name", c->name); /* printable since vh_claim_new() */
	vh_strbuf_addf(&sb, "since %lld", (long long)c->since);
	if (version > 1)
		vh_strbuf_addf(&sb, ".%09lld", (long long)c->since_ns);
	vh_strbuf_addf(&sb, "\ndaemon %lld %lld\n", (long long)c->daemon_pid,
		       (long long)c->daemon_start);
	if (version == 1)
		vh_strbuf_addf(&sb, "state %s\n", whole_names[whole_state(c)]);
	else
		vh_strbuf_addf(&sb, "ran %s\n", c->ran ? "yes" : "no");
	for (size_t i = 0; i < c->count; i++) {
		const struct vh_record *r = &c->records[i];

		vh_strbuf_addf(&sb, "device %s %04x:%04x group=%d %s %s", vh_pci_str(&r->addr).s,
			       r->vendor, r->device, r->group, role_names[r->role],
			       action_names[r->action]);
		add_driver(&sb, "driver", r->driver);
		add_driver(&sb, "override", r->override);
		if (version > 1 || r->state == VH_STUCK)
			vh_strbuf_addf(&sb, " %s", state_names[r->state]);
		vh_strbuf_add(&sb, r->sleeps ? " " SLEEPS "\n" : "\n");
	}
	for (size_t i = 0; version > 1 && i < c->loans.count; i++) {
		vh_strbuf_add(&sb, "loan");
		vh_loan_format(&c->loans.list[i], &sb);
		vh_strbuf_add(&sb, "\n");
	}
	vh_strbuf_add(&sb, "end\n");
	return vh_strbuf_steal(&sb);
}

/* What older versions can read stays as they write it. */
char *vh_claim_format(const struct vh_claim *c)
{
	int version = 2;

	for (size_t i = 0; i < c->count; i++)
		if (c->records[i].sleeps)
			version = VH_CLAIM_VERSION;
	return format(c, version);
}

/* --- reading ---------------------------------------------------------------------------------- */

static int index_of(const char *const *names, size_t count, const char *word)
{
	for (size_t i = 0; word && i < count; i++)
		if (!strcmp(names[i], word))
			return (int)i;
	return -1;
}

static int number(const char *word, int base, uint64_t max, uint64_t *ret)
{
	return word ? vh_parse_uint(word, base, max, ret) : -1;
}

/* Undoes add_driver()'s %xx in place. */
static int unescape(char *s)
{
	char *to = s;

	for (; *s; s++) {
		uint64_t c = (unsigned char)*s;

		if (*s == '%') {
			char digits[3] = { s[1], s[1] ? s[2] : 0, 0 };

			if (number(digits, 16, 0xff, &c) < 0 || strlen(digits) != 2 || c == 0)
				return -1;
			s += 2;
		} else if (!is_plain(*s)) {
			return -1;
		}
		*to++ = (char)c;
	}
	*to = 0;
	return 0;
}

/* KEY=VALUE, where VALUE is what add_driver() writes. */
static int driver_word(char *word, const char *key, char **ret)
{
	size_t n = strlen(key);

	if (!word || strncmp(word, key, n) || word[n] != '=')
		return -1;
	word += n + 1;
	if (!strcmp(word, "-"))
		return 0;
	if (unescape(word) < 0 || !*word)
		return -1;
	*ret = vh_strdup(word);
	return 0;
}

/* The driver's name becomes part of a path: it must be one component of it. An override is
 * only ever written back, and the administrator may have set it to anything. */
static bool is_component(const char *s)
{
	return !strchr(s, '/') && strcmp(s, ".") && strcmp(s, "..") && strlen(s) <= DRIVER_MAX;
}

/* The group of a device without one is -1. */
static int group_word(const char *word, int *ret)
{
	uint64_t v;

	if (!word || !vh_has_prefix(word, "group="))
		return -1;
	word += strlen("group=");
	*ret = -1;
	if (!strcmp(word, "-1"))
		return 0;
	if (number(word, 10, INT32_MAX, &v) < 0)
		return -1;
	*ret = (int)v;
	return 0;
}

static int read_ids(char *word, struct vh_record *ret)
{
	uint64_t vendor, device;
	char *colon = word ? strchr(word, ':') : NULL;

	if (!colon || strlen(word) != 9)
		return -1;
	*colon = 0;
	if (number(word, 16, 0xffff, &vendor) < 0 || number(colon + 1, 16, 0xffff, &device) < 0)
		return -1;
	ret->vendor = (uint16_t)vendor;
	ret->device = (uint16_t)device;
	return 0;
}

/* Version 1: prepared and started claims have devices that are taken, as far as can be told. */
static enum vh_record_state state_by_whole(const struct vh_claim *c, const struct vh_record *rec)
{
	if (c->released)
		return VH_RETURNING;
	return rec->action == VH_UNBIND || rec->action == VH_BIND ? VH_TAKEN : VH_NOTED;
}

static int read_state(struct vh_lines *r, const char *word, int version, const struct vh_claim *c,
		      struct vh_record *rec)
{
	int state = index_of(state_names, VH_COUNT(state_names), word);

	if (version == 1 && !word)
		state = state_by_whole(c, rec);
	else if (version == 1 && state != VH_STUCK)
		return vh_lines_bad(r, "unexpected words at the end");
	if (state < 0)
		return vh_lines_bad(r, "unknown state");
	rec->state = (enum vh_record_state)state;
	return 0;
}

static int read_record(struct vh_lines *r, char *text, int version, struct vh_claim *c)
{
	char *word = strsep(&text, " ");
	struct vh_pci_addr addr;
	struct vh_record *rec;
	int role, action;

	if (!word || vh_pci_parse(word, &addr) < 0)
		return vh_lines_bad(r, "no PCI address");
	if (c->count && vh_pci_cmp(&c->records[c->count - 1].addr, &addr) >= 0)
		return vh_lines_bad(r, "devices out of order");
	rec = vh_claim_add(c, &addr);
	if (read_ids(strsep(&text, " "), rec) < 0)
		return vh_lines_bad(r, "no vendor and device id");
	if (group_word(strsep(&text, " "), &rec->group) < 0)
		return vh_lines_bad(r, "no IOMMU group");
	role = index_of(role_names, VH_COUNT(role_names), strsep(&text, " "));
	action = index_of(action_names, VH_COUNT(action_names), strsep(&text, " "));
	if (role < 0 || action < 0)
		return vh_lines_bad(r, "unknown role or action");
	rec->role = (enum vh_role)role;
	rec->action = (enum vh_action)action;
	if (driver_word(strsep(&text, " "), "driver", &rec->driver) < 0 ||
	    driver_word(strsep(&text, " "), "override", &rec->override) < 0)
		return vh_lines_bad(r, "no driver or driver_override");
	if (rec->driver && !is_component(rec->driver))
		return vh_lines_bad(r, "the driver has no driver's name");
	if (read_state(r, strsep(&text, " "), version, c, rec) < 0)
		return -1;
	if (version > 2 && vh_streq(text, SLEEPS)) {
		rec->sleeps = true;
		return 0;
	}
	return text ? vh_lines_bad(r, "unexpected words at the end") : 0;
}

static int read_version(struct vh_lines *r, int *ret)
{
	uint64_t version;
	char *word = vh_lines_next(r, MAGIC);

	if (!word)
		return -1;
	if (number(word, 10, INT32_MAX, &version) < 0 || version == 0)
		return vh_lines_bad(r, "no version");
	if (version > VH_CLAIM_VERSION)
		return vh_fail(r->err, VH_E_INPUT, 0, "use that version of vfio-hook to end it",
			       "written by a newer vfio-hook (version %llu)",
			       (unsigned long long)version);
	*ret = (int)version;
	return 0;
}

static int read_owner(struct vh_lines *r, struct vh_claim *c)
{
	char uuid[37], *word = vh_lines_next(r, "owner"), *name;

	if (!word)
		return -1;
	if (strcmp(word, VH_MANUAL) && (vh_uuid_parse(word, uuid) < 0 || strcmp(word, uuid)))
		return vh_lines_bad(r, "the owner is not a UUID");
	c->owner = vh_strdup(word);
	name = vh_lines_next(r, "name");
	c->name = vh_strdup(name);
	return name ? 0 : -1;
}

/* Has the guest run? In version 1 the state of the whole claim says it, and more. */
static int read_ran(struct vh_lines *r, int version, struct vh_claim *c)
{
	static const char *const answers[] = { "no", "yes" };
	char *word = vh_lines_next(r, version == 1 ? "state" : "ran");
	int n = version == 1 ? index_of(whole_names, VH_COUNT(whole_names), word)
			     : index_of(answers, VH_COUNT(answers), word);

	if (n < 0)
		return word ? vh_lines_bad(r, version == 1 ? "unknown state" : "neither yes nor no")
			    : -1;
	c->ran = n == STARTED;
	c->released = n == RELEASED;
	return 0;
}

static int read_since(struct vh_lines *r, int version, struct vh_claim *c)
{
	char *rest = vh_lines_next(r, "since"), *word = rest ? strsep(&rest, ".") : NULL;
	uint64_t since, ns = 0;

	if (!word)
		return -1;
	if (number(word, 10, INT64_MAX, &since) < 0 || (version == 1) != !rest)
		return vh_lines_bad(r, "no time");
	if (rest && (strlen(rest) != 9 || strspn(rest, "0123456789") != 9))
		return vh_lines_bad(r, "no time");
	for (const char *digit = rest; digit && *digit; digit++)
		ns = ns * 10 + (uint64_t)(*digit - '0');
	c->since = (int64_t)since;
	c->since_ns = (int64_t)ns;
	return 0;
}

static int read_header(struct vh_lines *r, int *ret_version, struct vh_claim *c)
{
	uint64_t pid, start;
	char *word, *second;

	if (read_version(r, ret_version) < 0 || read_owner(r, c) < 0 ||
	    read_since(r, *ret_version, c) < 0)
		return -1;
	word = vh_lines_next(r, "daemon");
	second = word;
	word = strsep(&second, " ");
	if (!word || number(word, 10, INT64_MAX, &pid) < 0 ||
	    number(second, 10, INT64_MAX, &start) < 0)
		return word ? vh_lines_bad(r, "no process") : -1;
	c->daemon_pid = (int64_t)pid;
	c->daemon_start = (int64_t)start;
	return read_ran(r, *ret_version, c);
}

static int read_loan(struct vh_lines *r, char *text, struct vh_claim *c)
{
	struct vh_loan *l = VH_APPEND(c->loans.list, c->loans.count);

	return vh_loan_parse(l, text) < 0 ? vh_lines_bad(r, "no loan") : 0;
}

static int read_claim(struct vh_lines *r, int *ret_version, struct vh_claim *c)
{
	if (read_header(r, ret_version, c) < 0)
		return -1;
	while (vh_lines_has(r, "device")) {
		char *text = vh_lines_next(r, "device");

		if (!text || read_record(r, text, *ret_version, c) < 0)
			return -1;
	}
	while (*ret_version > 1 && vh_lines_has(r, "loan")) {
		char *text = vh_lines_next(r, "loan");

		if (!text || read_loan(r, text, c) < 0)
			return -1;
	}
	return vh_lines_end(r);
}

struct vh_claim *vh_claim_parse(const char *text, size_t len, struct vh_error *err)
{
	_auto_(vh_claim) struct vh_claim *c = vh_alloc(sizeof(*c));
	_auto_lines_ struct vh_lines lines = { 0 };
	_auto_free_ char *canonical = NULL;
	int version = 0;

	if (vh_lines_open(&lines, text, len, err) < 0 || read_claim(&lines, &version, c) < 0)
		return NULL;
	canonical = version == 1 ? format(c, version) : vh_claim_format(c);
	return vh_lines_compare(&lines, canonical) < 0 ? NULL : VH_STEAL(c);
}
