/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * demo DOMAIN - a start and a stop of a domain on the demonstration host: the real library, a
 * fake kernel, and what libvirt does in between.
 */
#include <stdio.h>

#include "lib/host/function.h"
#include "lib/host/read.h"
#include "tests/fake/stage.h"

#define COLUMNS 3

struct row {
	struct vh_pci_addr addr;
	int group;
	char *driver[COLUMNS]; /* before, while the VM runs, after */
};

static void look(const struct stage *st, struct row *rows, size_t n, int column)
{
	bool vfio;

	for (size_t i = 0; i < n; i++)
		VH_IGNORE(vh_function_driver(st->root, &rows[i].addr, &rows[i].driver[column],
					     &vfio));
}

/* The members of the groups concerned. */
static size_t find_rows(const struct stage *st, const struct vh_domain *d, struct row **ret)
{
	_auto_(vh_host) const struct vh_host *h = NULL;
	_auto_free_ struct vh_pci_addr *addrs = vh_alloc(d->n_devices * sizeof(*addrs));
	size_t n = 0;

	for (size_t i = 0; i < d->n_devices; i++)
		addrs[i] = d->devices[i].addr;
	h = vh_host_read(st->root, addrs, d->n_devices, 0, INT64_MAX);
	for (size_t i = 0; i < h->n_devs; i++) {
		struct row *r = VH_APPEND(*ret, n);

		r->addr = h->devs[i]->addr;
		r->group = h->devs[i]->group;
	}
	return n;
}

static const char *named(const struct vh_domain *d, const struct vh_pci_addr *addr)
{
	for (size_t i = 0; i < d->n_devices; i++)
		if (!vh_pci_cmp(&d->devices[i].addr, addr))
			return "in the domain";
	return "of the group";
}

static void print(const struct vh_domain *d, struct row *rows, size_t n)
{
	printf("  %-6s %-13s %-14s %-14s %-14s %s\n", "GROUP", "DEVICE", "BEFORE", "VM RUNS",
	       "AFTER", "WHAT");
	for (size_t i = 0; i < n; i++) {
		printf("  %-6d %-13s", rows[i].group, vh_pci_str(&rows[i].addr).s);
		for (int c = 0; c < COLUMNS; c++) {
			printf(" %-14s", rows[i].driver[c] ? rows[i].driver[c] : "-");
			free(rows[i].driver[c]);
		}
		printf(" %s\n", named(d, &rows[i].addr));
	}
	free(rows);
}

int main(int argc, char **argv)
{
	_auto_(stage) struct stage *st = stage_new("demo");
	_auto_(vh_domain) struct vh_domain *d = argc == 2 ? scratch_domain(argv[1]) : NULL;
	struct row *rows = NULL;
	size_t n;

	if (!d)
		return 2;
	n = find_rows(st, d, &rows);
	look(st, rows, n, 0);
	if (stage_run(st, d) != 0) {
		fprintf(stderr, "the start failed: %s\n", st->err.what ? st->err.what : "unknown");
		return 1;
	}
	look(st, rows, n, 1);
	if (stage_end(st, d) < 0 || !stage_is_home(st)) {
		fprintf(stderr, "the stop failed: %s\n", st->err.what ? st->err.what : "not home");
		return 1;
	}
	look(st, rows, n, 2);
	print(d, rows, n);
	return 0;
}
