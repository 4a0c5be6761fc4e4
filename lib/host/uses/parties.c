/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * parties - the uses that the open nodes of the devices are: those who have them open are told
 * apart by what ends their use (a guest, a service, a container, a desktop, a process), and each
 * is named once for each kind.
 */
#include "lib/host/uses/use.h"

#include <time.h>

#include "lib/host/processes/holder.h"
#include "lib/host/processes/scan.h"
#include "lib/host/uses/subsystem.h"

#include "lib/base/banned.h"

#define SHOWN_NODES 4
#define MOMENT_MS 200 /* the longest that a program needs which only asks a device something */

/* The files of the device itself: a part of it that is mapped, or its configuration space. */
static const struct vh_subsystem resource_files = { .name = "resource",
						    .kind = VH_USE_OTHER,
						    .what = "a part of its memory" };
static const struct vh_subsystem config_files = { .name = "config",
						  .kind = VH_USE_OTHER,
						  .measure = VH_MEASURE_WARNING,
						  .what = "its configuration space" };

struct party {
	const struct vh_holder *holder; /* the one of highest rank */
	enum vh_use_kind kind;
	enum vh_measure measure;
	bool above; /* it has what lies on a disk: that has to end before */
	const struct vh_subsystem *subsystem; /* of its first node; NULL: not in the table */
	const char *unknown;                  /* that one's name */
	bool mixed;                           /* other nodes of it are something else */
	struct vh_names by;                   /* of each of them the words of what ends it, once */
	bool endless;                         /* nothing ends one of them but itself */
	struct vh_names nodes;
	int64_t pids[2]; /* two are enough to tell that there are several */
};

struct parties {
	struct party *list;
	size_t count;
};

static void clear(struct parties *p)
{
	for (size_t i = 0; i < p->count; i++) {
		vh_names_clear(&p->list[i].nodes);
		vh_names_clear(&p->list[i].by);
	}
	free(p->list);
}

struct vh_parties {
	struct vh_hits hits;
	struct vh_holder *holders;
	size_t n_holders;
	struct vh_holder guest; /* one of those that cannot be looked at; `who` NULL: there is none */
	bool sure;              /* a second look was taken */
};

/* The lowest number, so that it is the same one each time. */
static void find_hidden_guest(const struct vh_root *root, struct vh_parties *p)
{
	for (size_t i = 0; i < p->hits.n_hidden; i++) {
		_auto_holder_ struct vh_holder h = { 0 };

		if (p->guest.who && p->guest.pid < p->hits.hidden[i])
			continue;
		vh_holder_read(root, p->hits.hidden[i], &h);
		if (h.rank != VH_HOLDER_GUEST)
			continue;
		vh_holder_clear(&p->guest);
		p->guest = h;
		h = (struct vh_holder){ 0 };
	}
}

static void read_holders(const struct vh_root *root, struct vh_parties *p)
{
	for (size_t i = 0; i < p->hits.count; i++) {
		bool known = false;

		for (size_t k = 0; k < p->n_holders; k++)
			known |= p->holders[k].pid == p->hits.list[i].pid;
		if (!known)
			vh_holder_read(root, p->hits.list[i].pid,
				       VH_APPEND(p->holders, p->n_holders));
	}
	find_hidden_guest(root, p);
}

struct vh_parties *vh_parties_read(const struct vh_root *root, const struct vh_host *h)
{
	struct vh_parties *p = vh_alloc(sizeof(*p));

	vh_scan(root, h, &p->hits);
	read_holders(root, p);
	return p;
}

void vh_parties_free(struct vh_parties *p)
{
	if (!p)
		return;
	vh_scan_clear(&p->hits);
	for (size_t i = 0; i < p->n_holders; i++)
		vh_holder_clear(&p->holders[i]);
	free(p->holders);
	vh_holder_clear(&p->guest);
	free(p);
}

static const struct vh_holder *holder_of(const struct vh_parties *p, int64_t pid)
{
	size_t i = 0;

	while (p->holders[i].pid != pid)
		i++;
	return &p->holders[i];
}

/* A program that asks a device something, once or every minute, has closed it the next moment; a
 * guest and a desktop keep it open. Is it one of those alone that has the device open? */
static bool may_be_brief(const struct vh_parties *p, size_t dev)
{
	bool any = false;

	for (size_t i = 0; i < p->hits.count; i++) {
		enum vh_holder_rank rank;

		if (p->hits.list[i].dev != dev)
			continue;
		rank = holder_of(p, p->hits.list[i].pid)->rank;
		if (rank > VH_HOLDER_PLAIN)
			return false;
		any |= rank == VH_HOLDER_PLAIN;
	}
	return any;
}

/* No start is refused by chance: what counts is who has it open in a second look, whoever that is. */
static void look_again(struct vh_parties *p, const struct vh_uses_ctx *ctx, size_t dev)
{
	static const struct timespec moment = { 0, MOMENT_MS * 1000 * 1000 };
	const struct vh_root *root = ctx->root;
	struct vh_hits now = { 0 };

	if (p->sure || !root->live || !may_be_brief(p, dev))
		return;
	if (root->ops->step)
		root->ops->step(root, "wait for who may close it again");
	(void)nanosleep(&moment, NULL); /* a shorter one does no harm */
	p->sure = true;
	vh_scan(root, ctx->host, &now);
	if (now.cut) {
		vh_scan_clear(&now);
		return;
	}
	vh_scan_clear(&p->hits);
	p->hits = now;
	read_holders(root, p);
}

bool vh_parties_have_exclusively(const struct vh_parties *p, size_t dev, const char *node)
{
	for (size_t i = 0; i < p->hits.count; i++)
		if (p->hits.list[i].dev == dev && !strcmp(p->hits.list[i].path, node) &&
		    holder_of(p, p->hits.list[i].pid)->opens_exclusively)
			return true;
	return false;
}

/* --- who belongs together --------------------------------------------------------------------- */

/* Ending one ends the other: the processes of a guest, of a service, of a desktop. */
static bool is_same(const struct vh_holder *a, const struct vh_holder *b)
{
	bool session_a = a->rank == VH_HOLDER_DESKTOP || a->rank == VH_HOLDER_HANDS_OUT;
	bool session_b = b->rank == VH_HOLDER_DESKTOP || b->rank == VH_HOLDER_HANDS_OUT;

	if (a->pid == b->pid || (session_a && session_b))
		return true;
	return a->key && vh_streq(a->key, b->key);
}

/* How an accelerator's nodes are drm's too. */
static enum vh_use_kind kind_of(const struct vh_pci_dev *d, const struct vh_subsystem *s)
{
	if (!s)
		return VH_USE_OTHER;
	return s->kind == VH_USE_DISPLAY && !vh_pci_is_display(d->class) ? VH_USE_COMPUTE : s->kind;
}

static void join(struct party *party, const struct vh_holder *h, enum vh_measure measure,
		 const char *node)
{
	if (h->rank > party->holder->rank)
		party->holder = h;
	if (measure < party->measure)
		party->measure = measure;
	if (!vh_names_has(&party->nodes, node))
		*VH_APPEND(party->nodes.name, party->nodes.count) = vh_strdup(node);
	if (h->pid != party->pids[0])
		party->pids[1] = h->pid;
	/* logind lets go of what its sessions draw on when they end */
	if (h->rank == VH_HOLDER_HANDS_OUT)
		return;
	party->endless |= !h->by;
	if (h->by)
		vh_names_note(&party->by, "%s", h->by);
}

/* Do the words for the first node of the party fit those of this subsystem? */
static bool are_one_thing(const struct party *p, const struct vh_subsystem *s, const char *name)
{
	if (!s || !p->subsystem)
		return !s && !p->subsystem && vh_streq(p->unknown, name);
	return s == p->subsystem || vh_streq(s->what, p->subsystem->what);
}

static void sort_in(struct parties *to, const struct vh_pci_dev *d, const struct vh_hit *hit,
		    const struct vh_holder *h)
{
	bool own = hit->node == d->n_devnodes;
	const char *name = own ? NULL : d->devnodes[hit->node].subsystem;
	const struct vh_subsystem *s = vh_subsystem_find(name);
	enum vh_measure measure = s ? s->measure : VH_MEASURE_ERROR;
	struct party *party;
	bool above;

	if (own)
		s = strstr(hit->path, "/resource") ? &resource_files : &config_files;
	if (own)
		measure = s->measure;
	if (h->rank == VH_HOLDER_GUEST)
		measure = VH_MEASURE_ERROR;
	if (measure == VH_MEASURE_GUEST)
		return;
	above = !own && d->devnodes[hit->node].above;
	for (size_t i = 0; i < to->count; i++) {
		party = &to->list[i];
		if (party->kind == kind_of(d, s) && is_same(party->holder, h)) {
			join(party, h, measure, hit->path);
			party->above |= above;
			party->mixed |= !are_one_thing(party, s, name);
			return;
		}
	}
	party = VH_APPEND(to->list, to->count);
	*party = (struct party){ .holder = h,
				 .kind = kind_of(d, s),
				 .measure = measure,
				 .above = above,
				 .subsystem = s,
				 .unknown = name,
				 .pids = { h->pid } };
	join(party, h, measure, hit->path);
}

/* --- how it is worded ------------------------------------------------------------------------- */

static char *nodes_text(const struct party *p)
{
	_auto_strbuf_ struct vh_strbuf sb = { 0 };
	size_t n = p->nodes.count < SHOWN_NODES ? p->nodes.count : SHOWN_NODES;

	for (size_t i = 0; i < n; i++)
		vh_strbuf_addf(&sb, "%s%s",
			       !i                        ? ""
			       : i + 1 == p->nodes.count ? " and "
							 : ", ",
			       p->nodes.name[i]);
	if (p->nodes.count > n)
		vh_strbuf_addf(&sb, " and %zu more", p->nodes.count - n);
	if (p->mixed)
		return vh_strbuf_steal(&sb);
	if (!p->subsystem)
		vh_strbuf_addf(&sb, " (of subsystem '%s')", p->unknown);
	else if (p->subsystem->what)
		vh_strbuf_addf(&sb, " (%s)", p->subsystem->what);
	return vh_strbuf_steal(&sb);
}

/* A guest is one, however many processes it has. */
static bool are_several(const struct party *p)
{
	return p->pids[1] && p->holder->rank != VH_HOLDER_GUEST;
}

/* "process 812 (smartd) of smartd.service", "domain 'omv', process 77 (qemu-system-x86)," */
static char *who_text(const struct party *p)
{
	const struct vh_holder *h = p->holder;
	const char *more = are_several(p) ? " and others" : "";

	if (h->rank == VH_HOLDER_GUEST && h->of)
		return vh_printf("%s, %s,", h->of, h->who);
	if (h->rank == VH_HOLDER_GUEST)
		return vh_printf("a running guest, %s,", h->who);
	return vh_printf("%s%s%s%s", h->who, more, h->of ? " of " : "", h->of ? h->of : "");
}

static char *fix_of(const struct party *p)
{
	static const char desktop[] = ", or the desktop: systemctl stop display-manager";
	const struct vh_holder *h = p->holder;
	bool draws = false;

	/* who looks need not end, and udevd and libvirtd must not; process 1 cannot be ended */
	if (h->rank == VH_HOLDER_LOOKS || h->pid == 1)
		return NULL;
	if (h->fix)
		return vh_strdup(h->fix);
	/* who has a render node alone computes, or is a client of the one that draws */
	for (size_t i = 0; p->kind == VH_USE_DISPLAY && i < p->nodes.count; i++)
		draws |= vh_has_prefix(p->nodes.name[i], "/dev/dri/card") ||
			 vh_has_prefix(p->nodes.name[i], "/dev/fb");
	draws |= h->rank == VH_HOLDER_DESKTOP && p->kind == VH_USE_DISPLAY;
	return vh_printf("end %s%s", h->who, draws ? desktop : "");
}

/* NULL: it is not only units that have to stop. */
static char *by_of(const struct party *p)
{
	struct vh_strbuf sb = { 0 };

	if (p->endless || p->holder->rank == VH_HOLDER_GUEST)
		return NULL;
	for (size_t i = 0; i < p->by.count; i++)
		vh_strbuf_join(&sb, "\n", p->by.name[i]);
	return sb.len ? vh_strbuf_steal(&sb) : NULL;
}

static void add_use(struct vh_uses_ctx *ctx, const struct party *p)
{
	_auto_free_ char *nodes = nodes_text(p), *who = who_text(p);
	bool looks = p->holder->rank == VH_HOLDER_LOOKS;
	struct vh_use *u;

	u = vh_use_add(ctx, p->kind, "%s %s %s open%s", who, are_several(p) ? "have" : "has", nodes,
		       looks ? ", and is taken to look at it only" : "");
	u->weak = p->measure == VH_MEASURE_WARNING;
	u->peer_only = p->measure == VH_MEASURE_PEER;
	u->looked = looks;
	u->rank = p->above && !looks ? VH_USE_RANK_FIRST : 0;
	u->fix = fix_of(p);
	u->by = by_of(p);
}

/* A process that looks is not worth a word where others use the device. */
static bool is_drowned(const struct parties *all, const struct party *p)
{
	for (size_t i = 0; i < all->count; i++)
		if (p->holder->rank == VH_HOLDER_LOOKS && all->list[i].kind == p->kind &&
		    all->list[i].holder->rank > VH_HOLDER_LOOKS)
			return true;
	return false;
}

/* The nodes of a session that somebody else has open as well: it is kept for him, by whatever name
 * he goes, and let go when his session ends. A guest opens its nodes itself. */
static bool is_kept_for_others(const struct parties *all, const struct party *p)
{
	size_t kept = 0;

	if (p->holder->rank != VH_HOLDER_HANDS_OUT)
		return false;
	for (size_t i = 0; i < p->nodes.count; i++) {
		bool found = false;

		for (size_t k = 0; k < all->count; k++)
			found |= (all->list[k].holder->rank == VH_HOLDER_PLAIN ||
				  all->list[k].holder->rank == VH_HOLDER_DESKTOP) &&
				 vh_names_has(&all->list[k].nodes, p->nodes.name[i]);
		kept += found;
	}
	return kept == p->nodes.count;
}

/* All of them: each has a line of its own that ends it. */
static void add_uses(struct vh_uses_ctx *ctx, const struct parties *all)
{
	for (int rank = VH_HOLDER_GUEST; rank >= VH_HOLDER_LOOKS; rank--)
		for (size_t i = 0; i < all->count; i++)
			if ((int)all->list[i].holder->rank == rank &&
			    !is_drowned(all, &all->list[i]) &&
			    !is_kept_for_others(all, &all->list[i]))
				add_use(ctx, &all->list[i]);
}

/*
 * Does it matter for a named device that not every process could be looked at? AppArmor keeps the
 * hook, which libvirtd's profile confines, from some. Every disk, USB controller and network card
 * has a node, and mounts, exclusive openers and interfaces show most of their uses; of what has
 * no other witness the open nodes have to be seen.
 */
static bool matters(const struct vh_pci_dev *d)
{
	static const char *const told_otherwise[] = { "block",        "nvme", "nvme-generic", "bsg",
						      "scsi_generic", "usb",  "ptp" };

	for (size_t i = 0; i < d->n_devnodes; i++) {
		const struct vh_subsystem *s = vh_subsystem_find(d->devnodes[i].subsystem);
		bool told = s && s->measure >= VH_MEASURE_PEER;

		for (size_t k = 0; s && k < VH_COUNT(told_otherwise); k++)
			told |= !strcmp(s->name, told_otherwise[k]);
		if (!told)
			return true;
	}
	return false;
}

/* The node of a disk: a guest that has one raw says so to nobody, and there is no other witness. */
static const char *disk_node(const struct vh_pci_dev *d)
{
	for (size_t i = 0; i < d->n_devnodes; i++) {
		const struct vh_subsystem *s = vh_subsystem_find(d->devnodes[i].subsystem);

		if (s && s->kind == VH_USE_BLOCK)
			return d->devnodes[i].path;
	}
	return NULL;
}

/* Said once for all devices: whose processes they are a start, which is root's, will see. */
static void untold_to_ordinary(struct vh_uses_ctx *ctx, bool guest)
{
	static const char text[] =
		"what processes of other users have open: only root sees that, so run it as root";

	if (matters(ctx->dev) || (guest && disk_node(ctx->dev)))
		vh_use_unseen(ctx, VH_USE_ANY, text);
	else
		vh_host_not_checked(ctx->host, text);
}

void vh_parties_look(struct vh_parties *p, struct vh_uses_ctx *ctx, size_t dev)
{
	const struct vh_pci_dev *d = ctx->dev;
	struct parties all = { 0 };
	const char *disk;

	look_again(p, ctx, dev);
	for (size_t i = 0; i < p->hits.count; i++)
		if (p->hits.list[i].dev == dev)
			sort_in(&all, d, &p->hits.list[i], holder_of(p, p->hits.list[i].pid));
	add_uses(ctx, &all);
	clear(&all);
	if (!p->hits.unseen || !d->n_devnodes)
		return;
	if (ctx->host->ordinary) {
		untold_to_ordinary(ctx, p->guest.who != NULL);
		return;
	}
	if (matters(d))
		vh_use_unseen(ctx, VH_USE_ANY, "who has %s open: %s", d->devnodes[0].path,
			      p->hits.unseen);
	else if (p->guest.who && (disk = disk_node(d)))
		vh_use_unseen(ctx, VH_USE_BLOCK, "who has %s open: %s%s%s cannot be looked at",
			      disk, p->guest.who, p->guest.of ? " of " : "",
			      p->guest.of ? p->guest.of : "");
	else
		vh_host_not_checked(ctx->host, "who has %s open: %s", d->devnodes[0].path,
				    p->hits.unseen);
}
