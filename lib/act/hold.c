/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hold - looks, then holds: what was mounted in between has the disk, and the hold fails. The
 * reader looks, which has no lock; the writer holds. */
#include "lib/act/hold.h"

#include <errno.h>
#include <time.h>

#include "lib/act/groups.h"
#include "lib/base/reader.h"
#include "lib/decide/plan.h"
#include "lib/host/function.h"
#include "lib/host/read.h"

#include "lib/base/banned.h"

/* --- the look --------------------------------------------------------------------------------- */

/* What the reader is asked: all that it has to know, and addresses of what does not change. */
struct look {
	const struct vh_root *root;
	const struct vh_config *config;
	int64_t deadline;
	bool together; /* of all at once, as one answer */
	size_t count;
	struct {
		struct vh_pci_addr addr;
		enum vh_role role;
	} of[];
};

/* What was allowed to stay unseen at the first look was judged then; nothing new may be unseen. */
static bool is_seen(const struct look *l, const struct vh_pci_dev *d)
{
	return vh_host_is_seen_enough(d, vh_config_device(l->config, &d->addr).allow_in_use);
}

/* A partition is held with its disk (block/bdev.c:bd_may_claim()), and so is what lies above it:
 * who has that has it. */
static bool is_disk(const struct vh_root *root, const struct vh_devnode *n)
{
	_auto_free_ char *name = NULL;

	if (!n->block || n->above || !vh_has_prefix(n->path, "/dev/"))
		return false;
	name = vh_strdup(n->path + strlen("/dev/"));
	for (char *c = name; *c; c++)
		if (*c == '/')
			*c = '!';
	return !vh_root_exists(root, "sys/class/block/%s/partition", name);
}

/* What the look at device `i` found, then its disks, each as a word, and an empty one. */
static void put_found(const struct look *l, const struct vh_host *h, size_t i, struct vh_strbuf *to)
{
	const struct vh_pci_dev *d = vh_host_dev(h, &l->of[i].addr);
	_auto_free_ char *rc = NULL;
	bool allowed;

	if (!d)
		rc = vh_printf("%d", h->failed ? VH_WRITE_UNSEEN : 0); /* gone: the write will say */
	else if (h->failed || !is_seen(l, d))
		rc = vh_printf("%d", VH_WRITE_UNSEEN);
	for (size_t k = 0; d && !rc && k < d->n_uses; k++)
		if (vh_plan_is_refused_by(l->config, d, &d->uses[k], l->of[i].role))
			rc = vh_printf("%d", VH_WRITE_USED);
	vh_strbuf_add_word(to, rc ? rc : "0");
	allowed = !d || rc || vh_config_device(l->config, &d->addr).allow_in_use & VH_USE_BLOCK;
	for (size_t k = 0; !allowed && k < d->n_devnodes; k++)
		if (is_disk(l->root, &d->devnodes[k]))
			vh_strbuf_add_word(to, d->devnodes[k].path + strlen("/dev/"));
	vh_strbuf_add_word(to, "");
}

/* All are looked at as one picture, for one look at the processes is for all. Where one of them
 * cannot be read it says nothing: each is asked for by itself then. */
static void answer(void *ctx, size_t i, struct vh_strbuf *to)
{
	const struct look *l = ctx;
	size_t from = l->together ? 0 : i, n = l->together ? l->count : 1;
	_auto_free_ struct vh_pci_addr *addrs = vh_alloc(n * sizeof(*addrs));
	const struct vh_host *h;

	for (size_t k = 0; k < n; k++)
		addrs[k] = l->of[from + k].addr;
	h = vh_host_read(l->root, addrs, n, VH_HOST_USES | VH_HOST_LONE, l->deadline);
	for (size_t k = 0; k < n && !(l->together && h->failed); k++)
		put_found(l, h, from + k, to);
	vh_host_free(h);
}

static void take_found(struct vh_write *w, const struct vh_strbuf *said, size_t *at)
{
	const char *word = said->data + *at;
	uint64_t rc;

	*at += strlen(word) + 1;
	w->result = vh_parse_uint(word, 10, VH_WRITE_USED, &rc) == 0 ? (int)rc : VH_WRITE_UNSEEN;
	while (*at < said->len && said->data[*at]) {
		word = said->data + *at;
		*VH_APPEND(w->disks.name, w->disks.count) = vh_strdup(word);
		*at += strlen(word) + 1;
	}
	*at += 1;
}

struct hearer {
	struct vh_write *const *writes;
	size_t count;
	bool together, any;
};

static void hear(void *hearer, size_t i, const struct vh_strbuf *said)
{
	struct hearer *h = hearer;
	size_t at = 0, n = h->together ? h->count : i + 1;

	for (i = h->together ? 0 : i; i < n && at < said->len; i++) {
		take_found(h->writes[i], said, &at);
		h->any = true;
	}
}

static bool ask(const struct vh_act *act, struct look *l, size_t size, struct hearer *to)
{
	struct vh_question q = {
		.answer = answer,
		.ctx = l,
		.flat = size,
		.count = l->together ? 1 : l->count,
		.heard = hear,
		.hearer = to,
	};
	int64_t left = act->deadline - vh_now_ms(), most = act->config->timeout_write;

	to->together = l->together;
	vh_reader_put(act->root->reader, &q, act->root->fd, (int)(left < most ? left : most));
	return to->any;
}

void vh_hold_look(const struct vh_act *act, struct vh_write *const *writes, size_t count)
{
	struct hearer to = { .writes = writes, .count = count };
	struct look *l = NULL;
	size_t size = sizeof(*l) + count * sizeof(l->of[0]);

	l = vh_alloc(size);
	l->root = act->root;
	l->config = act->config;
	l->deadline = act->deadline;
	l->together = count > 1;
	l->count = count;
	for (size_t i = 0; i < count; i++) {
		l->of[i].addr = writes[i]->addr;
		l->of[i].role = writes[i]->role;
		writes[i]->result = VH_WRITE_UNSEEN; /* until it is seen */
	}
	if (!ask(act, l, size, &to) && l->together) {
		l->together = false;
		VH_IGNORE(ask(act, l, size, &to)); /* what is not seen stays so */
	}
	free(l);
}

/* --- in the child that writes ----------------------------------------------------------------- */

/* Who has it by now has it exclusively. That a disk cannot be opened at all was judged before. */
int vh_hold_disk(struct vh_held *held, const struct vh_root *root, const char *name)
{
	int fd = vh_root_hold(root, name);

	if (fd == -EBUSY)
		return -1;
	if (fd >= 0)
		*VH_APPEND(held->fds, held->count) = fd;
	return 0;
}

void vh_hold_let_go(struct vh_held *held)
{
	for (size_t i = 0; i < held->count; i++)
		close(held->fds[i]);
	free(held->fds);
	*held = (struct vh_held){ 0 };
}

/* Members of one group are given back side by side, and each of them looks: who has it open for
 * that has let go of it the next moment. */
int vh_hold_see_closed(const struct vh_root *root, const struct vh_pci_addr *addr)
{
	static const struct timespec moment = { 0, 10 * 1000 * 1000 };
	int group = vh_function_group(root, addr);

	if (group < 0)
		return errno == ENOENT ? 0 : VH_WRITE_UNSEEN;
	for (int tries = 0; tries < 5; tries++) {
		if (vh_group_is_closed(root, group) == VH_YES)
			return 0;
		(void)nanosleep(&moment, NULL); /* a shorter one does no harm */
	}
	return VH_WRITE_OPEN;
}
