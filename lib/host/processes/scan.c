/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scan - see scan.h. */
#include "lib/host/processes/scan.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "lib/base/banned.h"

#define LOOK_MS 3000 /* at the descriptors of all processes */
#define WORKERS_MAX 8
#define PROCESSES_EACH 128 /* fewer are not worth another worker */

/* Every node of every device; those with numbers stand before the others, sorted. */
struct place {
	const struct vh_devnode *node;
	size_t dev, number;
};

/* What the workers share. */
struct scan {
	const struct vh_root *root;
	const struct vh_host *host;
	const struct vh_names *pids;
	struct place *places;
	size_t n_places, n_numbered;
	int64_t deadline;
	int64_t self, parent;
	atomic_size_t next; /* of `pids`: nobody has looked at it yet */
};

struct worker {
	struct scan *scan;
	struct vh_hits hits;
	int64_t pid;
	pthread_t thread;
};

static int order(unsigned int a, unsigned int b)
{
	return (a > b) - (a < b);
}

static int node_order(const struct vh_devnode *a, const struct vh_devnode *b)
{
	int by = order(b->numbered, a->numbered);

	by = by ? by : order(a->block, b->block);
	by = by ? by : order(a->major, b->major);
	return by ? by : order(a->minor, b->minor);
}

static int by_numbers(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int by = node_order(x->node, y->node);

	by = by ? by : (x->dev > y->dev) - (x->dev < y->dev);
	return by ? by : (x->number > y->number) - (x->number < y->number);
}

static void find_places(struct scan *s)
{
	for (size_t i = 0; i < s->host->n_devs; i++) {
		const struct vh_pci_dev *d = s->host->devs[i];

		for (size_t k = 0; k < d->n_devnodes; k++) {
			*VH_APPEND(s->places, s->n_places) = (struct place){ &d->devnodes[k], i, k };
			s->n_numbered += d->devnodes[k].numbered;
		}
	}
	if (s->n_places)
		qsort(s->places, s->n_places, sizeof(*s->places), by_numbers);
}

/* The first place with these numbers, or behind the last of them. */
static size_t first_place(const struct scan *s, const struct vh_open *o)
{
	const struct vh_devnode key = {
		.numbered = true, .block = o->type == 'b', .major = o->major, .minor = o->minor
	};
	size_t from = 0, to = s->n_numbered;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (node_order(s->places[middle].node, &key) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

/* "/sys/devices/.../resource0_wc", "/sys/devices/.../config": a part of the device, mapped or to be
 * read, or the same by /proc/bus/pci/01/00.0 (drivers/pci/proc.c). */
static bool is_own_file(const struct vh_pci_dev *d, const char *target)
{
	const struct vh_pci_addr *a = &d->addr;
	_auto_free_ char *by_bus = NULL, *by_domain = NULL;
	size_t n = strlen(d->path);

	if (vh_has_prefix(target, "/proc/bus/pci/")) {
		by_bus = vh_printf("/proc/bus/pci/%02x/%02x.%x", a->bus, a->slot, a->function);
		by_domain = vh_printf("/proc/bus/pci/%04x:%02x/%02x.%x", a->domain, a->bus, a->slot,
				      a->function);
		return (!a->domain && !strcmp(target, by_bus)) || !strcmp(target, by_domain);
	}
	if (*target != '/' || strncmp(target + 1, d->path, n) != 0 || target[n + 1] != '/')
		return false;
	return vh_has_prefix(target + n + 2, "resource") || !strcmp(target + n + 2, "config");
}

static const char *add(struct worker *w, size_t dev, size_t node, const char *path)
{
	struct vh_hits *to = &w->hits;

	for (size_t i = to->count; i && to->list[i - 1].pid == w->pid; i--)
		if (to->list[i - 1].dev == dev && !strcmp(to->list[i - 1].path, path))
			return to->list[i - 1].path;
	*VH_APPEND(to->list, to->count) =
		(struct vh_hit){ .dev = dev, .node = node, .pid = w->pid, .path = vh_strdup(path) };
	return to->list[to->count - 1].path;
}

static bool has_numbers(const struct vh_devnode *n, const struct vh_open *o)
{
	return n->block == (o->type == 'b') && n->major == o->major && n->minor == o->minor;
}

static const char *note_node(struct worker *w, const struct vh_open *o)
{
	const struct scan *s = w->scan;
	const char *told = NULL;

	for (size_t i = o->type ? first_place(s, o) : s->n_numbered; i < s->n_numbered; i++) {
		const struct place *p = &s->places[i];

		if (!has_numbers(p->node, o))
			break;
		told = add(w, p->dev, p->number, p->node->path);
	}
	/* by the path: what has no numbers of its own, or all where the open file tells none */
	for (size_t i = o->type ? s->n_numbered : 0; o->target && i < s->n_places; i++) {
		const struct place *p = &s->places[i];

		if (!strcmp(p->node->path, o->target))
			told = add(w, p->dev, p->number, p->node->path);
	}
	return told;
}

bool vh_scan_wants(const struct vh_pci_dev *d)
{
	if (d->n_devnodes)
		return true;
	return !d->on_vfio && !vh_host_is_bridge(d) && !vh_host_is_chipset(d) &&
	       VH_PCI_BASE_CLASS(d->class) != VH_PCI_BASE_CLASS_NETWORK;
}

static const char *note(void *ctx, const struct vh_open *o)
{
	struct worker *w = ctx;
	const struct vh_host *h = w->scan->host;
	const char *told = NULL;

	if (o->type || (o->target && vh_has_prefix(o->target, "/dev/")))
		told = note_node(w, o);
	if (o->type || !o->target || *o->target != '/' || vh_has_prefix(o->target, "/dev/"))
		return told;
	for (size_t i = 0; i < h->n_devs; i++) {
		const struct vh_pci_dev *d = h->devs[i];

		if (vh_scan_wants(d) && is_own_file(d, o->target))
			told = add(w, i, d->n_devnodes, o->target);
	}
	return told;
}

static void *look(void *ctx)
{
	struct worker *w = ctx;
	struct scan *s = w->scan;
	bool paths = s->n_numbered < s->n_places;
	uint64_t pid;
	size_t i;

	while ((i = atomic_fetch_add(&s->next, 1)) < s->pids->count) {
		if (vh_parse_uint(s->pids->name[i], 10, INT32_MAX, &pid) < 0)
			continue;
		w->pid = (int64_t)pid;
		if (s->root->live && (w->pid == s->self || w->pid == s->parent))
			continue; /* we ourselves */
		if (vh_now_ms() > s->deadline) {
			w->hits.unseen = "there are too many processes to look at";
			w->hits.cut = true;
			break;
		}
		if (vh_root_each_open(s->root, s->pids->name[i], paths, note, w) == VH_UNKNOWN) {
			w->hits.unseen = "not every process can be looked at";
			*VH_APPEND(w->hits.hidden, w->hits.n_hidden) = w->pid;
		}
	}
	return NULL;
}

/* Nearly all of the time is the kernel's, which makes an inode for each descriptor. A recorder is
 * not made for several at once. */
static size_t workers_for(const struct scan *s)
{
	size_t most = s->pids->count / PROCESSES_EACH + 1;
	cpu_set_t cpus;

	if (!s->root->live || s->root->watch || sched_getaffinity(0, sizeof(cpus), &cpus) < 0)
		return 1;
	if (most > (size_t)CPU_COUNT(&cpus))
		most = (size_t)CPU_COUNT(&cpus);
	return most < WORKERS_MAX ? most : WORKERS_MAX;
}

/* By their pids, so that the order tells nothing of who was first. */
static void take_over(struct vh_hits *to, struct vh_hits *from)
{
	for (size_t i = 0; i < from->count; i++) {
		size_t at = to->count;

		*VH_APPEND(to->list, to->count) = from->list[i];
		for (; at && to->list[at - 1].pid > from->list[i].pid; at--)
			to->list[at] = to->list[at - 1];
		to->list[at] = from->list[i];
	}
	for (size_t i = 0; i < from->n_hidden; i++)
		*VH_APPEND(to->hidden, to->n_hidden) = from->hidden[i];
	if (from->unseen)
		to->unseen = from->unseen;
	to->cut |= from->cut;
	free(from->list);
	free(from->hidden);
}

void vh_scan(const struct vh_root *root, const struct vh_host *h, struct vh_hits *ret)
{
	_auto_names_ struct vh_names pids = { 0 };
	struct scan s = {
		.root = root, .host = h, .pids = &pids, .self = getpid(), .parent = getppid()
	};
	struct worker w[WORKERS_MAX] = { 0 };
	size_t started = 1, most;

	s.deadline = vh_now_ms() + LOOK_MS;
	find_places(&s);
	*ret = (struct vh_hits){ 0 };
	if (vh_root_list(root, &pids, "proc") < 0)
		ret->unseen = "/proc cannot be read";
	most = workers_for(&s);
	for (size_t i = 0; i < WORKERS_MAX; i++)
		w[i].scan = &s;
	while (started < most && !pthread_create(&w[started].thread, NULL, look, &w[started]))
		started++;
	look(&w[0]);
	for (size_t i = 0; i < started; i++) {
		if (i)
			pthread_join(w[i].thread, NULL);
		take_over(ret, &w[i].hits);
	}
	free(s.places);
}

void vh_scan_clear(struct vh_hits *hits)
{
	for (size_t i = 0; i < hits->count; i++)
		free(hits->list[i].path);
	free(hits->list);
	free(hits->hidden);
	*hits = (struct vh_hits){ 0 };
}
