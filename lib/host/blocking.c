/* SPDX-License-Identifier: GPL-2.0-or-later */
/* blocking - see blocking.h. Answers cross the pipe as words, each ended by a NUL. */
#include "lib/host/blocking.h"

#include <errno.h>

#include "lib/base/reader.h"
#include "lib/host/function.h"
#include "lib/host/read.h"
#include "lib/host/processes/scan.h"
#include "lib/host/uses/use.h"
#include "lib/host/uses/uses.h"

#include "lib/base/banned.h"

#define DEVICES "sys/bus/pci/devices"
#define TIMEOUT 15000 /* ms, for all devices of one call */

/* The next word; an empty one at the end. */
static const char *take(const struct vh_strbuf *from, size_t *at)
{
	const char *word = *at < from->len ? from->data + *at : "";

	*at += strlen(word) + 1;
	return word;
}

/* --- driver_override ------------------------------------------------------------------------- */

/* "+" and the text; nothing where it cannot be read. */
static void put_override(const struct vh_root *root, const struct vh_pci_addr *addr,
			 struct vh_strbuf *to)
{
	_auto_free_ char *text = vh_root_read(root, DEVICES "/%s/driver_override",
					      vh_pci_str(addr).s);
	_auto_free_ char *word = text ? vh_printf("+%s", text) : NULL;

	vh_strbuf_add_word(to, word ? word : "");
}

/* What the kernel prints for a null pointer means unset. */
static struct vh_override get_override(const char *word)
{
	struct vh_override o = { .known = *word == '+' };

	if (o.known && word[1] && strcmp(word + 1, "(null)"))
		o.value = vh_strdup(word + 1);
	return o;
}

/* `addrs` follow it: what a reader that stays has to know. */
struct override_question {
	const struct vh_root *root;
	struct vh_pci_addr addrs[];
};

static void answer_override(void *ctx, size_t i, struct vh_strbuf *to)
{
	const struct override_question *q = ctx;

	put_override(q->root, &q->addrs[i], to);
}

static void hear_override(void *hearer, size_t i, const struct vh_strbuf *said)
{
	struct vh_override *ret = hearer;

	ret[i] = get_override(said->data ? said->data : "");
}

void vh_blocking_read_overrides(const struct vh_root *root, const struct vh_pci_addr *addrs,
				size_t count, struct vh_override *ret)
{
	size_t size = sizeof(struct override_question) + count * sizeof(*addrs);
	_auto_free_ struct override_question *q = vh_alloc(size);
	struct vh_question all = {
		.answer = answer_override,
		.ctx = q,
		.flat = size,
		.count = count,
		.heard = hear_override,
		.hearer = ret,
	};

	q->root = root;
	for (size_t i = 0; i < count; i++)
		q->addrs[i] = addrs[i];
	vh_reader_put(root->reader, &all, root->fd, TIMEOUT);
}

/* --- all of them ------------------------------------------------------------------------------ */

struct question {
	const struct vh_root *root;
	struct vh_host *host;
	unsigned int flags;
	struct vh_usage *usage;
	struct vh_parties *parties; /* read when the first is asked for, for all */
	bool here;                  /* who answers and who hears are one process */
};

/* A VF's own id registers read 0xffff by specification (SR-IOV 1.1, 3.4.1.1). */
static bool is_dead(const struct vh_root *root, const struct vh_pci_dev *d)
{
	static const unsigned char nobody[4] = { 0xff, 0xff, 0xff, 0xff };
	unsigned char config[4];
	ssize_t n = vh_root_read_bytes(root, config, sizeof(config), "%s/config", d->path);

	return n == sizeof(config) && !d->is_vf && !memcmp(config, nobody, sizeof(config));
}

/* What was found since `uses` and `before`, of the uses and of what was not checked. */
static void put_found(const struct question *q, const struct vh_pci_dev *d, size_t uses,
		      size_t before, struct vh_strbuf *to)
{
	for (; before < q->host->not_checked.count; before++) {
		vh_strbuf_add_word(to, "not checked");
		vh_strbuf_add_word(to, q->host->not_checked.name[before]);
	}
	for (size_t i = 0; i < d->unseen.count; i++) {
		vh_strbuf_add_word(to, "unseen");
		vh_strbuf_add_word(to, d->unseen.name[i]);
	}
	for (; uses < d->n_uses; uses++) {
		const struct vh_use *u = &d->uses[uses];
		_auto_free_ char *kind = vh_printf("%d", (int)u->kind);
		_auto_free_ char *input = vh_printf("%u", u->input);
		_auto_free_ char *rank = vh_printf("%u", u->rank);

		vh_strbuf_add_word(to, "use");
		vh_strbuf_add_word(to, kind);
		vh_strbuf_add_word(to, rank);
		vh_strbuf_add_word(to, u->vital ? "vital" : "");
		vh_strbuf_add_word(to, u->guess ? "guess" : "");
		vh_strbuf_add_word(to, u->peer_only ? "peer" : "");
		vh_strbuf_add_word(to, u->weak ? "weak" : "");
		vh_strbuf_add_word(to, u->looked ? "looked" : "");
		vh_strbuf_add_word(to, input);
		vh_strbuf_add_word(to, u->text);
		vh_strbuf_add_word(to, u->fix ? u->fix : "");
		vh_strbuf_add_word(to, u->unexplained ? u->unexplained : "");
		vh_strbuf_add_word(to, u->by ? u->by : "");
	}
}

static void put_thing(const struct vh_thing *t, struct vh_strbuf *to)
{
	_auto_free_ char *kind = vh_printf("%u", (unsigned int)t->kind);
	_auto_free_ char *numbers = vh_printf("%u:%u %u:%u:%u", t->major, t->minor, t->vendor,
					      t->product, t->number);

	vh_strbuf_add_word(to, "thing");
	vh_strbuf_add_word(to, kind);
	vh_strbuf_add_word(to, t->name);
	vh_strbuf_add_word(to, t->numbered ? "numbered" : "");
	vh_strbuf_add_word(to, t->block ? "block" : "");
	vh_strbuf_add_word(to, numbers);
}

static void put_uses(const struct question *q, struct vh_pci_dev *d, struct vh_strbuf *to)
{
	size_t before = q->host->not_checked.count;
	_auto_free_ char *kinds = NULL;

	vh_uses_read(q->root, q->usage, q->host, d);
	kinds = vh_printf("%u", d->unseen_kinds);
	vh_strbuf_add_word(to, d->uses_read == VH_YES ? "complete" : "");
	vh_strbuf_add_word(to, d->firmware_flash ? "flash" : "");
	vh_strbuf_add_word(to, kinds);
	for (size_t i = 0; i < d->carries.count; i++) {
		vh_strbuf_add_word(to, "carries");
		vh_strbuf_add_word(to, d->carries.name[i]);
	}
	for (size_t i = 0; i < d->n_devnodes; i++) {
		const struct vh_devnode *n = &d->devnodes[i];
		_auto_free_ char *numbers = n->numbered ? vh_printf("%u:%u", n->major, n->minor)
							: NULL;

		vh_strbuf_add_word(to, n->above ? "node above" : n->block ? "block node" : "node");
		vh_strbuf_add_word(to, n->path);
		vh_strbuf_add_word(to, n->subsystem);
		vh_strbuf_add_word(to, numbers ? numbers : "");
	}
	for (size_t i = 0; i < d->n_things; i++)
		put_thing(&d->things[i], to);
	put_found(q, d, 0, before, to);
}

static void get_node(const struct vh_strbuf *from, size_t *at, const char *word,
		     struct vh_pci_dev *d)
{
	struct vh_devnode *n = VH_APPEND(d->devnodes, d->n_devnodes);

	n->above = !strcmp(word, "node above");
	n->block = n->above || !strcmp(word, "block node");
	n->path = vh_strdup(take(from, at));
	n->subsystem = vh_strdup(take(from, at));
	n->numbered = sscanf(take(from, at), "%u:%u", &n->major, &n->minor) == 2;
}

static void get_thing(const struct vh_strbuf *from, size_t *at, struct vh_pci_dev *d)
{
	struct vh_thing *t = VH_APPEND(d->things, d->n_things);
	uint64_t kind;

	if (vh_parse_uint(take(from, at), 10, VH_THING_MEDIATED, &kind) == 0)
		t->kind = (enum vh_thing_kind)kind;
	t->name = vh_strdup(take(from, at));
	t->numbered = *take(from, at);
	t->block = *take(from, at);
	if (sscanf(take(from, at), "%u:%u %u:%u:%u", &t->major, &t->minor, &t->vendor, &t->product,
		   &t->number) != 5)
		t->numbered = false;
}

static void get_use(const struct vh_strbuf *from, size_t *at, struct vh_use *u)
{
	uint64_t kind, input, rank;
	const char *fix, *unexplained, *by;

	*u = (struct vh_use){ 0 };
	if (vh_parse_uint(take(from, at), 10, INT32_MAX, &kind) == 0)
		u->kind = (enum vh_use_kind)kind;
	if (vh_parse_uint(take(from, at), 10, UINT32_MAX, &rank) == 0)
		u->rank = (unsigned int)rank;
	u->vital = *take(from, at);
	u->guess = *take(from, at);
	u->peer_only = *take(from, at);
	u->weak = *take(from, at);
	u->looked = *take(from, at);
	if (vh_parse_uint(take(from, at), 10, INT32_MAX, &input) == 0)
		u->input = (unsigned int)input;
	u->text = vh_strdup(take(from, at));
	fix = take(from, at);
	u->fix = *fix ? vh_strdup(fix) : NULL;
	unexplained = take(from, at);
	u->unexplained = *unexplained ? vh_strdup(unexplained) : NULL;
	by = take(from, at);
	u->by = *by ? vh_strdup(by) : NULL;
}

/* A process has the node open exclusively: that is who, and it has a line of its own. */
static void drop_unexplained(struct vh_pci_dev *d, const char *node)
{
	size_t kept = 0;

	for (size_t i = 0; i < d->n_uses; i++) {
		if (vh_streq(d->uses[i].unexplained, node))
			vh_host_clear_use(&d->uses[i]);
		else
			d->uses[kept++] = d->uses[i];
	}
	d->n_uses = kept;
}

/* Those that count against a peer alone stay behind the others; what has to end first comes first. */
static void insert_use(struct vh_pci_dev *d, const struct vh_use *u)
{
	size_t i = d->n_uses;

	(void)VH_APPEND(d->uses, d->n_uses);
	for (; i; i--) {
		const struct vh_use *before = &d->uses[i - 1];

		if (before->rank >= u->rank && (!before->peer_only || u->peer_only))
			break;
		d->uses[i] = *before;
	}
	d->uses[i] = *u;
}

static void get_uses(const struct vh_strbuf *from, size_t *at, bool more, struct vh_host *h,
		     struct vh_pci_dev *d)
{
	while (*at < from->len) {
		const char *word = take(from, at);
		struct vh_use u;

		if (!strcmp(word, "not checked")) {
			vh_host_not_checked(h, "%s", take(from, at));
		} else if (!strcmp(word, "unseen")) {
			vh_names_note(&d->unseen, "%s", take(from, at));
		} else if (!strcmp(word, "carries")) {
			*VH_APPEND(d->carries.name, d->carries.count) = vh_strdup(take(from, at));
		} else if (!strcmp(word, "node") || !strcmp(word, "block node") ||
			   !strcmp(word, "node above")) {
			get_node(from, at, word, d);
		} else if (!strcmp(word, "thing")) {
			get_thing(from, at, d);
		} else if (!strcmp(word, "explained")) {
			drop_unexplained(d, take(from, at));
		} else {
			get_use(from, at, &u);
			if (more)
				insert_use(d, &u);
			else
				*VH_APPEND(d->uses, d->n_uses) = u;
		}
	}
}

static void get_kinds(const struct vh_strbuf *from, size_t *at, struct vh_pci_dev *d)
{
	uint64_t kinds;

	if (vh_parse_uint(take(from, at), 10, UINT32_MAX, &kinds) == 0)
		d->unseen_kinds |= (unsigned int)kinds;
}

/* The physical function of a VF was read for its driver only. */
static bool wants_uses(const struct question *q, const struct vh_pci_dev *d)
{
	return q->flags & VH_HOST_USES && (d->group < 0 || vh_host_group(q->host, d->group));
}

static void answer_device(const struct question *q, struct vh_pci_dev *d, struct vh_strbuf *to)
{
	if (d->hinted)
		return;
	if (q->flags & VH_HOST_USES)
		vh_strbuf_add_word(to, is_dead(q->root, d) ? "dead" : "");
	if (q->flags & VH_HOST_OVERRIDES)
		put_override(q->root, &d->addr, to);
	if (wants_uses(q, d))
		put_uses(q, d, to);
	if (q->here) /* it is heard again */
		vh_function_forget_uses(d);
}

static void understand(const struct question *q, struct vh_pci_dev *d, const struct vh_strbuf *said)
{
	size_t at = 0;

	if (!said->data) {
		vh_host_not_checked(q->host, "%s: its driver does not answer",
				    vh_pci_str(&d->addr).s);
		vh_names_note(&d->unseen, "its driver does not answer");
		d->unseen_kinds = VH_USE_ANY;
		d->uses_read = VH_NO;
		return;
	}
	if (q->flags & VH_HOST_USES)
		d->dead = *take(said, &at);
	if (q->flags & VH_HOST_OVERRIDES) {
		struct vh_override o = get_override(take(said, &at));

		d->override_read = o.known ? VH_YES : VH_UNKNOWN;
		d->override = o.value;
	}
	if (wants_uses(q, d)) {
		d->uses_read = *take(said, &at) ? VH_YES : VH_UNKNOWN;
		d->firmware_flash = *take(said, &at);
		get_kinds(said, &at, d);
		get_uses(said, &at, false, q->host, d);
	}
}

/* --- who has their nodes open ----------------------------------------------------------------- */

static bool is_asked(const struct question *q, const struct vh_pci_dev *d)
{
	return !d->hinted && wants_uses(q, d) && vh_scan_wants(d);
}

static void answer_nodes(struct question *q, size_t i, struct vh_strbuf *to)
{
	struct vh_host *h = q->host;
	struct vh_uses_ctx uses = { .root = q->root, .host = h, .dev = h->devs[i], .complete = true };
	size_t before = h->devs[i]->n_uses, not_checked = h->not_checked.count;
	_auto_free_ char *kinds = NULL;

	if (!q->parties)
		q->parties = vh_parties_read(q->root, h);
	vh_parties_look(q->parties, &uses, i);
	kinds = vh_printf("%u", h->devs[i]->unseen_kinds);
	vh_strbuf_add_word(to, uses.complete ? "complete" : "");
	vh_strbuf_add_word(to, kinds);
	for (size_t k = 0; k < before; k++) {
		const char *node = h->devs[i]->uses[k].unexplained;

		if (!node || !vh_parties_have_exclusively(q->parties, i, node))
			continue;
		vh_strbuf_add_word(to, "explained");
		vh_strbuf_add_word(to, node);
	}
	put_found(q, h->devs[i], before, not_checked, to);
	while (q->here && h->devs[i]->n_uses > before) /* these are heard again */
		vh_host_clear_use(&h->devs[i]->uses[--h->devs[i]->n_uses]);
}

static void understand_nodes(const struct question *q, struct vh_pci_dev *d,
			     const struct vh_strbuf *said)
{
	struct vh_host *h = q->host;
	size_t at = 0;

	if (!said->data)
		vh_host_not_checked(h, "who has %s open: /proc does not answer",
				    d->n_devnodes ? d->devnodes[0].path : vh_pci_str(&d->addr).s);
	if (!said->data && d->n_devnodes) {
		vh_names_note(&d->unseen, "who has %s open: /proc does not answer",
			      d->devnodes[0].path);
		d->unseen_kinds = VH_USE_ANY;
	}
	if ((said->data ? !*take(said, &at) : d->n_devnodes > 0) && d->uses_read == VH_YES)
		d->uses_read = VH_UNKNOWN;
	if (said->data) {
		get_kinds(said, &at, d);
		get_uses(said, &at, true, h, d);
	}
}

/* --- both ------------------------------------------------------------------------------------- */

/*
 * Every device, and then once more every device for who has its nodes open, as one look at the
 * processes is for all of them, and the walk through the last device comes before it. A child that
 * begins in the middle has of the devices before what we have heard of them.
 */
static void answer(void *ctx, size_t i, struct vh_strbuf *to)
{
	struct question *q = ctx;
	size_t n = q->host->n_devs;

	if (i < n)
		answer_device(q, q->host->devs[i], to);
	else if (is_asked(q, q->host->devs[i - n]))
		answer_nodes(q, i - n, to);
}

static void hear(void *hearer, size_t i, const struct vh_strbuf *said)
{
	const struct question *q = hearer;
	size_t n = q->host->n_devs;

	if (i + 1 < n)
		vh_root_waits(q->root, "the driver of %s",
			      vh_pci_str(&q->host->devs[i + 1]->addr).s);
	else if (i + 1 == n)
		vh_root_waits(q->root, "/proc, which shows who has devices open");
	if (i < n && !q->host->devs[i]->hinted)
		understand(q, q->host->devs[i], said);
	else if (i >= n && is_asked(q, q->host->devs[i - n]))
		understand_nodes(q, q->host->devs[i - n], said);
}

void vh_blocking_read(const struct vh_root *root, struct vh_host *h, unsigned int flags,
		      int64_t deadline)
{
	_auto_(vh_usage) struct vh_usage *usage = flags & VH_HOST_USES ? vh_uses_read_usage(root)
								       : NULL;
	struct question q = {
		.root = root,
		.host = h,
		.flags = flags,
		.usage = usage,
		.here = root->reader && root->reader->here,
	};
	bool nodes = flags & VH_HOST_USES && !h->uses_untold;
	struct vh_question all = {
		.answer = answer,
		.ctx = &q,
		.count = nodes ? 2 * h->n_devs : h->n_devs,
		.heard = hear,
		.hearer = &q,
	};
	int64_t left = deadline - vh_now_ms(), most = nodes ? 2 * TIMEOUT : TIMEOUT;

	if (!(flags & (VH_HOST_USES | VH_HOST_OVERRIDES)))
		return;
	if (usage)
		vh_uses_tell_mounts(usage, h);
	if (h->n_devs)
		vh_root_waits(root, "the driver of %s", vh_pci_str(&h->devs[0]->addr).s);
	vh_reader_put(root->reader, &all, root->fd, (int)(left < most ? left : most));
	vh_parties_free(q.parties);
}
