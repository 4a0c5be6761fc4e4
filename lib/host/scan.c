/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scan - see scan.h. */
#include "lib/host/scan.h"

#include "lib/base/banned.h"

#define LOOK_MS 3000 /* at the descriptors of all processes */

struct scan {
	const struct vh_host *host;
	struct vh_hits *hits;
	int64_t pid;
};

static bool is_node(const struct vh_devnode *n, const struct vh_open *o)
{
	if (n->numbered && o->type)
		return o->type == (n->block ? 'b' : 'c') && o->major == n->major &&
		       o->minor == n->minor;
	return o->target && !strcmp(o->target, n->path);
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

/* Answers of a function whose nodes are asked for: one that has none is not worth a look. */
static const char *note(void *ctx, const struct vh_open *o)
{
	struct scan *s = ctx;
	const char *told = NULL;

	for (size_t i = 0; i < s->host->n_devs; i++) {
		const struct vh_pci_dev *d = s->host->devs[i];

		for (size_t k = 0; k < d->n_devnodes; k++)
			if (is_node(&d->devnodes[k], o))
				told = add(s, i, k, d->devnodes[k].path);
		if (d->n_devnodes && !o->type && o->target && is_own_file(d, o->target))
			told = add(s, i, d->n_devnodes, o->target);
	}
	return told;
}

void vh_scan(const struct vh_root *root, const struct vh_host *h, struct vh_hits *ret)
{
	int64_t deadline = vh_now_ms() + LOOK_MS;
	_auto_names_ struct vh_names pids = { 0 };
	struct scan s = { .host = h, .hits = ret };
	bool paths = false;
	uint64_t pid;

	for (size_t i = 0; i < h->n_devs; i++)
		for (size_t k = 0; k < h->devs[i]->n_devnodes; k++)
			paths |= !h->devs[i]->devnodes[k].numbered;
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
