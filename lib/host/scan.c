/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scan - see scan.h. */
#include "lib/host/scan.h"

#include "lib/base/banned.h"

#define LOOK_MS 3000 /* at the descriptors of all processes */

/* Every node of every device; those with numbers stand before the others, sorted. */
struct place {
	const struct vh_devnode *node;
	size_t dev, number;
};

struct scan {
	const struct vh_host *host;
	struct vh_hits *hits;
	struct place *places;
	size_t n_places, n_numbered;
	int64_t pid;
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

static const char *add(struct scan *s, size_t dev, size_t node, const char *path)
{
	struct vh_hits *to = s->hits;

	for (size_t i = to->count; i && to->list[i - 1].pid == s->pid; i--)
		if (to->list[i - 1].dev == dev && !strcmp(to->list[i - 1].path, path))
			return to->list[i - 1].path;
	*VH_APPEND(to->list, to->count) =
		(struct vh_hit){ .dev = dev, .node = node, .pid = s->pid, .path = vh_strdup(path) };
	return to->list[to->count - 1].path;
}

static bool has_numbers(const struct vh_devnode *n, const struct vh_open *o)
{
	return n->block == (o->type == 'b') && n->major == o->major && n->minor == o->minor;
}

static const char *note_node(struct scan *s, const struct vh_open *o)
{
	const char *told = NULL;

	for (size_t i = o->type ? first_place(s, o) : s->n_numbered; i < s->n_numbered; i++) {
		const struct place *p = &s->places[i];

		if (!has_numbers(p->node, o))
			break;
		told = add(s, p->dev, p->number, p->node->path);
	}
	/* by the path: what has no numbers of its own, or all where the open file tells none */
	for (size_t i = o->type ? s->n_numbered : 0; o->target && i < s->n_places; i++) {
		const struct place *p = &s->places[i];

		if (!strcmp(p->node->path, o->target))
			told = add(s, p->dev, p->number, p->node->path);
	}
	return told;
}

/* Answers of a function whose nodes are asked for: one that has none is not worth a look. */
static const char *note(void *ctx, const struct vh_open *o)
{
	struct scan *s = ctx;
	const char *told = NULL;

	if (o->type || (o->target && vh_has_prefix(o->target, "/dev/")))
		told = note_node(s, o);
	if (o->type || !o->target || *o->target != '/' || vh_has_prefix(o->target, "/dev/"))
		return told;
	for (size_t i = 0; i < s->host->n_devs; i++) {
		const struct vh_pci_dev *d = s->host->devs[i];

		if (d->n_devnodes && is_own_file(d, o->target))
			told = add(s, i, d->n_devnodes, o->target);
	}
	return told;
}

void vh_scan(const struct vh_root *root, const struct vh_host *h, struct vh_hits *ret)
{
	int64_t deadline = vh_now_ms() + LOOK_MS;
	_auto_names_ struct vh_names pids = { 0 };
	struct scan s = { .host = h, .hits = ret };
	_auto_free_ struct place *places = NULL;
	bool paths;
	uint64_t pid;

	find_places(&s);
	places = s.places;
	paths = s.n_numbered < s.n_places;
	*ret = (struct vh_hits){ 0 };
	if (vh_root_list(root, &pids, "proc") < 0)
		ret->unseen = "/proc cannot be read";
	for (size_t i = 0; i < pids.count; i++) {
		if (vh_parse_uint(pids.name[i], 10, INT32_MAX, &pid) < 0)
			continue;
		s.pid = (int64_t)pid;
		if (root->live && (s.pid == getpid() || s.pid == getppid()))
			continue; /* we ourselves */
		if (vh_now_ms() > deadline) {
			ret->unseen = "there are too many processes to look at";
			return;
		}
		if (vh_root_each_open(root, pids.name[i], paths, note, &s) == VH_UNKNOWN)
			ret->unseen = "not every process can be looked at";
	}
}

void vh_scan_clear(struct vh_hits *hits)
{
	for (size_t i = 0; i < hits->count; i++)
		free(hits->list[i].path);
	free(hits->list);
	*hits = (struct vh_hits){ 0 };
}
