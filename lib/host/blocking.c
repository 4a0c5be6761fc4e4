/* SPDX-License-Identifier: GPL-2.0-or-later */
/* blocking - see blocking.h. Answers cross the pipe as words, each ended by a NUL. */
#include "lib/host/blocking.h"

#include <errno.h>

#include "lib/base/child.h"
#include "lib/host/read.h"
#include "lib/host/scan.h"
#include "lib/host/uses/use.h"
#include "lib/host/uses/uses.h"

#include "lib/base/banned.h"

#define DEVICES "sys/bus/pci/devices"
#define TIMEOUT 15000 /* ms, for all devices of one call */

static void put(struct vh_strbuf *to, const char *word)
{
	vh_strbuf_add_mem(to, word, strlen(word) + 1);
}

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

	put(to, word ? word : "");
}

/* What the kernel prints for a null pointer means unset. */
static struct vh_override get_override(const char *word)
{
	struct vh_override o = { .known = *word == '+' };

	if (o.known && word[1] && strcmp(word + 1, "(null)"))
		o.value = vh_strdup(word + 1);
	return o;
}

struct override_question {
	const struct vh_root *root;
	const struct vh_pci_addr *addrs;
};

static void answer_override(void *ctx, size_t i, struct vh_strbuf *to)
{
	const struct override_question *q = ctx;

	put_override(q->root, &q->addrs[i], to);
}

void vh_blocking_read_overrides(const struct vh_root *root, const struct vh_pci_addr *addrs,
				size_t count, struct vh_override *ret)
{
	_auto_free_ struct vh_strbuf *answers = vh_alloc(count * sizeof(*answers));
	struct override_question q = { root, addrs };

	vh_child_ask(answer_override, &q, count, root->fd, TIMEOUT, answers);
	for (size_t i = 0; i < count; i++) {
		ret[i] = get_override(answers[i].data ? answers[i].data : "");
		vh_strbuf_clear(&answers[i]);
	}
}

/* --- all of them ------------------------------------------------------------------------------ */

struct question {
	const struct vh_root *root;
	struct vh_host *host;
	unsigned int flags;
	struct vh_usage *usage;
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
		put(to, "not checked");
		put(to, q->host->not_checked.name[before]);
	}
	for (size_t i = 0; i < d->unseen.count; i++) {
		put(to, "unseen");
		put(to, d->unseen.name[i]);
	}
	for (; uses < d->n_uses; uses++) {
		const struct vh_use *u = &d->uses[uses];
		_auto_free_ char *kind = vh_printf("%d", (int)u->kind);
		_auto_free_ char *input = vh_printf("%u", u->input);
		_auto_free_ char *rank = vh_printf("%u", u->rank);

		put(to, "use");
		put(to, kind);
		put(to, rank);
		put(to, u->vital ? "vital" : "");
		put(to, u->peer_only ? "peer" : "");
		put(to, u->weak ? "weak" : "");
		put(to, u->looked ? "looked" : "");
		put(to, input);
		put(to, u->text);
		put(to, u->fix ? u->fix : "");
		put(to, u->unexplained ? u->unexplained : "");
		put(to, u->by ? u->by : "");
	}
}

static void put_thing(const struct vh_thing *t, struct vh_strbuf *to)
{
	_auto_free_ char *kind = vh_printf("%u", (unsigned int)t->kind);
	_auto_free_ char *numbers = vh_printf("%u:%u %u:%u:%u", t->major, t->minor, t->vendor,
					      t->product, t->number);

	put(to, "thing");
	put(to, kind);
	put(to, t->name);
	put(to, t->numbered ? "numbered" : "");
	put(to, t->block ? "block" : "");
	put(to, numbers);
}

static void put_uses(const struct question *q, struct vh_pci_dev *d, struct vh_strbuf *to)
{
	size_t before = q->host->not_checked.count;
	_auto_free_ char *kinds = NULL;

	vh_uses_read(q->root, q->usage, q->host, d);
	kinds = vh_printf("%u", d->unseen_kinds);
	put(to, d->uses_read == VH_YES ? "complete" : "");
	put(to, d->firmware_flash ? "flash" : "");
	put(to, kinds);
	for (size_t i = 0; i < d->carries.count; i++) {
		put(to, "carries");
		put(to, d->carries.name[i]);
	}
	for (size_t i = 0; i < d->n_devnodes; i++) {
		const struct vh_devnode *n = &d->devnodes[i];
		_auto_free_ char *numbers = n->numbered ? vh_printf("%u:%u", n->major, n->minor)
							: NULL;

		put(to, n->above ? "node above" : n->block ? "block node" : "node");
		put(to, n->path);
		put(to, n->subsystem);
		put(to, numbers ? numbers : "");
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

static void answer(void *ctx, size_t i, struct vh_strbuf *to)
{
	const struct question *q = ctx;
	struct vh_pci_dev *d = q->host->devs[i];

	if (d->hinted)
		return;
	if (q->flags & VH_HOST_USES)
		put(to, is_dead(q->root, d) ? "dead" : "");
	if (q->flags & VH_HOST_OVERRIDES)
		put_override(q->root, &d->addr, to);
	if (wants_uses(q, d))
		put_uses(q, d, to);
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

struct node_question {
	struct question of;
	struct vh_parties *parties; /* read when the first is asked for, for all */
};

static void answer_nodes(void *ctx, size_t i, struct vh_strbuf *to)
{
	struct node_question *q = ctx;
	struct vh_host *h = q->of.host;
	struct vh_uses_ctx uses = {
		.root = q->of.root, .host = h, .dev = h->devs[i], .complete = true
	};
	size_t before = h->devs[i]->n_uses, not_checked = h->not_checked.count;
	_auto_free_ char *kinds = NULL;

	if (!q->parties)
		q->parties = vh_parties_read(q->of.root, h);
	vh_parties_look(q->parties, &uses, i);
	kinds = vh_printf("%u", h->devs[i]->unseen_kinds);
	put(to, uses.complete ? "complete" : "");
	put(to, kinds);
	for (size_t k = 0; k < before; k++) {
		const char *node = h->devs[i]->uses[k].unexplained;

		if (!node || !vh_parties_have_exclusively(q->parties, i, node))
			continue;
		put(to, "explained");
		put(to, node);
	}
	put_found(&q->of, h->devs[i], before, not_checked, to);
}

static bool is_asked(const struct question *q, const struct vh_pci_dev *d)
{
	return !d->hinted && wants_uses(q, d) && vh_scan_wants(d);
}

/* After the walk through every device, as one look at the processes is for all of them. Also in a
 * child: a file of a server that is gone may hold up who asks what it is. */
static void read_nodes(const struct question *q, int64_t deadline)
{
	struct vh_host *h = q->host;
	_auto_free_ struct vh_strbuf *answers = vh_alloc(h->n_devs * sizeof(*answers));
	struct node_question nq = { .of = *q };
	int64_t left = deadline - vh_now_ms();
	bool any = false;

	for (size_t i = 0; i < h->n_devs; i++)
		any |= is_asked(q, h->devs[i]);
	if (!any || h->uses_untold)
		return;
	vh_child_ask(answer_nodes, &nq, h->n_devs, q->root->fd,
		     left < TIMEOUT ? (int)left : TIMEOUT, answers);
	for (size_t i = 0; i < h->n_devs; i++) {
		struct vh_pci_dev *d = h->devs[i];
		size_t at = 0;

		if (!is_asked(q, d))
			continue;
		if (!answers[i].data)
			vh_host_not_checked(h, "who has %s open: /proc does not answer",
					    d->n_devnodes ? d->devnodes[0].path
							  : vh_pci_str(&d->addr).s);
		if (!answers[i].data && d->n_devnodes) {
			vh_names_note(&d->unseen, "who has %s open: /proc does not answer",
				      d->devnodes[0].path);
			d->unseen_kinds = VH_USE_ANY;
		}
		if ((answers[i].data ? !*take(&answers[i], &at) : d->n_devnodes > 0) &&
		    d->uses_read == VH_YES)
			d->uses_read = VH_UNKNOWN;
		if (answers[i].data) {
			get_kinds(&answers[i], &at, d);
			get_uses(&answers[i], &at, true, h, d);
		}
	}
	for (size_t i = 0; i < h->n_devs; i++)
		vh_strbuf_clear(&answers[i]);
}

void vh_blocking_read(const struct vh_root *root, struct vh_host *h, unsigned int flags,
		      int64_t deadline)
{
	_auto_free_ struct vh_strbuf *answers = vh_alloc(h->n_devs * sizeof(*answers));
	_auto_(vh_usage) struct vh_usage *usage = flags & VH_HOST_USES ? vh_uses_read_usage(root)
								       : NULL;
	struct question q = { root, h, flags, usage };
	int64_t left = deadline - vh_now_ms();

	if (!(flags & (VH_HOST_USES | VH_HOST_OVERRIDES)))
		return;
	if (usage)
		vh_uses_tell_mounts(usage, h);
	vh_child_ask(answer, &q, h->n_devs, root->fd, left < TIMEOUT ? (int)left : TIMEOUT, answers);
	for (size_t i = 0; i < h->n_devs; i++) {
		if (!h->devs[i]->hinted)
			understand(&q, h->devs[i], &answers[i]);
		vh_strbuf_clear(&answers[i]);
	}
	if (flags & VH_HOST_USES)
		read_nodes(&q, deadline);
}
