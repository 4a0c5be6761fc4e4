/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fragment - the elements of a domain for some devices and the other members of their IOMMU
 * groups: which ones a guest can have, why the others stay, and where the functions of a card
 * go in the guest.
 */
#ifndef VH_FRAGMENT_H
#define VH_FRAGMENT_H

#include "cli/devices/pci-ids.h"
#include "lib/base/strbuf.h"
#include "lib/domain/domain.h"

/* A member that no guest gets. */
struct vh_left_out {
	const struct vh_pci_dev *dev;
	char *why;
};

struct vh_fragment {
	const struct vh_pci_dev **devs; /* by address; borrowed from the host */
	size_t count;
	struct vh_left_out *left;
	size_t n_left;
};

/* A function that the guest has already, at the same function of a slot as on the host. */
struct vh_guest_card {
	struct vh_pci_addr host;
	unsigned int bus, slot; /* in the guest */
	bool shared;            /* others were put beside it */
};

/* Where a card may go: beside those of its functions that are there, to a slot of bus 0 that
 * is free, or to slot 0 behind a new root port. */
struct vh_guest_room {
	struct vh_guest_card *cards;
	size_t n_cards;
	bool taken[32];   /* slots of bus 0 */
	unsigned int bus; /* of the next root port to be added; 0: bus 0 serves */
	bool guessed;     /* nobody said what is taken */
};

/* `named` are devices that a guest can have. */
void vh_fragment_collect(struct vh_fragment *ret, const struct vh_host *h,
			 const struct vh_pci_addr *named, size_t count);
void vh_fragment_clear(struct vh_fragment *f);

/* Takes out what a domain has already. */
void vh_fragment_without(struct vh_fragment *f, const struct vh_domain *d);

/* The text, in ASCII, indented by `tab` for each level. Caller frees. */
char *vh_fragment_text(const struct vh_fragment *f, struct vh_pci_ids *names, const char *tab,
		       struct vh_guest_room *room) VH_CHECK;

#endif
