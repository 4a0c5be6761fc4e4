/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fragment - see fragment.h. */
#include "cli/edit/fragment.h"

#include <stdarg.h>

#include "lib/base/printable.h"
#include "lib/domain/domain.h"

#include "lib/base/banned.h"

#define FIRST_SLOT 0x10 /* below it libvirt and virt-install put what they add by themselves */
#define LAST_SLOT 0x1e  /* 0x1f is the chipset of q35 */

static int by_addr(const void *a, const void *b)
{
	const struct vh_pci_dev *const *x = a, *const *y = b;

	return vh_pci_cmp(&(*x)->addr, &(*y)->addr);
}

static bool is_named(const struct vh_pci_dev *d, const struct vh_pci_addr *named, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!vh_pci_cmp(&d->addr, &named[i]))
			return true;
	return false;
}

/* Why a guest does not get it; NULL: it does. */
static char *why_not(const struct vh_pci_dev *d)
{
	if (vh_host_is_bridge(d))
		return vh_strdup("bridges stay with the host");
	if (d->dead)
		return vh_strdup("it does not answer");
	if (!vh_host_is_chipset(d))
		return NULL;
	if (vh_host_is_tolerated(d))
		return vh_strdup("part of the chipset; it stays with the host");
	return vh_printf("part of the chipset; while it is on '%s' the start is refused", d->driver);
}

static bool is_collected(const struct vh_fragment *f, const struct vh_pci_dev *d)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->devs[i] == d)
			return true;
	for (size_t i = 0; i < f->n_left; i++)
		if (f->left[i].dev == d)
			return true;
	return false;
}

static void collect(struct vh_fragment *f, const struct vh_pci_dev *d, bool named)
{
	char *why;

	if (is_collected(f, d))
		return;
	why = named ? NULL : why_not(d);
	if (why)
		*VH_APPEND(f->left, f->n_left) = (struct vh_left_out){ d, why };
	else
		*VH_APPEND(f->devs, f->count) = d;
}

void vh_fragment_collect(struct vh_fragment *ret, const struct vh_host *h,
			 const struct vh_pci_addr *named, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct vh_pci_dev *d = vh_host_dev(h, &named[i]);
		const struct vh_group *g = d ? vh_host_group(h, d->group) : NULL;

		if (d)
			collect(ret, d, true);
		for (size_t k = 0; g && k < g->count; k++)
			collect(ret, g->members[k], is_named(g->members[k], named, count));
	}
	if (ret->count)
		qsort(ret->devs, ret->count, sizeof(*ret->devs), by_addr);
}

void vh_fragment_without(struct vh_fragment *f, const struct vh_domain *d)
{
	size_t kept = 0;

	for (size_t i = 0; i < f->count; i++) {
		bool there = false;

		for (size_t k = 0; k < d->n_devices; k++)
			there |= !d->devices[k].problem &&
				 !vh_pci_cmp(&d->devices[k].addr, &f->devs[i]->addr);
		if (!there)
			f->devs[kept++] = f->devs[i];
	}
	f->count = kept;
}

void vh_fragment_clear(struct vh_fragment *f)
{
	for (size_t i = 0; i < f->n_left; i++)
		free(f->left[i].why);
	free(f->left);
	free(f->devs);
	memset(f, 0, sizeof(*f));
}

/* --- the guest's side ----------------------------------------------------------------------- */

/* Do its functions belong together? Virtual ones share a slot and nothing else, and so do those
 * of the chipset on a root bus. */
static bool is_of_card(const struct vh_pci_dev *d)
{
	return !d->root_bus && !d->is_vf;
}

/* The end of the run of functions that are one card and stand here together. */
static size_t card_end(const struct vh_fragment *f, size_t from)
{
	size_t i = from + 1;

	while (i < f->count && is_of_card(f->devs[from]) && is_of_card(f->devs[i]) &&
	       vh_pci_same_slot(&f->devs[i]->addr, &f->devs[from]->addr))
		i++;
	return i;
}

static struct vh_guest_card *card_of(const struct vh_guest_room *room, const struct vh_pci_dev *d)
{
	for (size_t i = 0; is_of_card(d) && i < room->n_cards; i++)
		if (vh_pci_same_slot(&room->cards[i].host, &d->addr))
			return &room->cards[i];
	return NULL;
}

static bool take_slot(struct vh_guest_room *room, unsigned int *ret)
{
	for (unsigned int i = 0; i < LAST_SLOT; i++) {
		unsigned int slot = (FIRST_SLOT - 1 + i) % LAST_SLOT + 1;

		if (room->taken[slot])
			continue;
		room->taken[slot] = true;
		*ret = slot;
		return true;
	}
	return false;
}

/* --- text ----------------------------------------------------------------------------------- */

struct writer {
	struct vh_strbuf *to;
	struct vh_pci_ids *names;
	const char *tab;
};

static void VH_PRINTF(3, 4) line(const struct writer *w, int level, const char *fmt, ...)
{
	_auto_free_ char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = vh_vprintf(fmt, ap);
	va_end(ap);
	while (level--)
		vh_strbuf_add(w->to, w->tab);
	vh_strbuf_add(w->to, text);
	vh_strbuf_add(w->to, "\n");
}

/* Names come from outside: two hyphens would end the comment, and the domain may be in any
 * encoding that extends ASCII. */
static void comment(const struct writer *w, const char *text)
{
	_auto_free_ char *safe = vh_printable_line(text);

	for (char *s = safe; *s; s++) {
		if (s[0] == '-' && (s[1] == '-' || !s[1]))
			*s = '_';
		else if (*s & 0x80)
			*s = '?';
	}
	line(w, 0, "<!-- %s -->", safe);
}

/* What is on a VFIO driver of its vendor's has to stay there. */
static void put_source(const struct writer *w, const struct vh_pci_dev *d)
{
	const struct vh_pci_addr *a = &d->addr;

	line(w, 0, "<hostdev mode='subsystem' type='pci' managed='%s'>",
	     vh_host_is_vendor_vfio(d) ? "no" : "yes");
	line(w, 1, "<source>");
	line(w, 2, "<address domain='0x%04x' bus='0x%02x' slot='0x%02x' function='0x%x'/>",
	     a->domain, a->bus, a->slot, a->function);
	line(w, 1, "</source>");
}

static void put_title(const struct writer *w, const struct vh_pci_dev *d)
{
	_auto_free_ char *class = vh_pci_ids_class(w->names, d);
	_auto_free_ char *name = vh_pci_ids_device(w->names, d);
	_auto_free_ char *group = d->group < 0 ? vh_strdup("no IOMMU group")
					       : vh_printf("IOMMU group %d", d->group);
	_auto_free_ char *text = vh_printf("%s, %s: %s, %s", vh_pci_str(&d->addr).s, group, class,
					   name);

	comment(w, text);
	for (size_t i = 0; i < d->n_uses; i++) {
		_auto_free_ char *use = NULL;

		use = vh_printf("the host uses it now: %s", d->uses[i].text);
		if (!d->uses[i].peer_only)
			comment(w, use);
	}
}

/* Functions of a card in the guest. Who looks for devices there looks at function 0 first, so
 * the lowest one becomes it where nothing else is there. */
static void put_functions(const struct writer *w, const struct vh_fragment *f, size_t from,
			  size_t to, const char *place, bool joins)
{
	for (size_t i = from; i < to; i++) {
		const struct vh_pci_addr *a = &f->devs[i]->addr;
		bool first = i == from && !joins;

		put_title(w, f->devs[i]);
		put_source(w, f->devs[i]);
		if (place)
			line(w, 1, "<address type='pci' domain='0x0000' %s function='0x%x'%s/>",
			     place, first ? 0 : a->function,
			     first || a->function == 0 ? " multifunction='on'" : "");
		line(w, 0, "</hostdev>");
	}
}

static void put_card(const struct writer *w, const struct vh_fragment *f, size_t from, size_t to,
		     struct vh_guest_room *room)
{
	struct vh_guest_card *there = card_of(room, f->devs[from]);
	unsigned int bus = room->bus, slot = 0;
	_auto_free_ char *place = NULL;

	if (there) {
		there->shared = true;
		bus = there->bus;
		slot = there->slot;
	} else if (to - from == 1 || bus > 0xff || (!bus && !take_slot(room, &slot))) {
		put_functions(w, f, from, to, NULL, false);
		return;
	} else if (bus) {
		line(w, 0, "<controller type='pci' index='%u' model='pcie-root-port'/>", bus);
		room->bus++;
	} else if (room->guessed) {
		_auto_free_ char *text = vh_printf(
			"one card: its functions share slot 0x%02x of the guest's bus 0; "
			"take another slot if the domain uses that one",
			slot);

		comment(w, text);
	}
	place = vh_printf("bus='0x%02x' slot='0x%02x'", bus, slot);
	put_functions(w, f, from, to, place, there != NULL);
}

static void put_left(const struct writer *w, const struct vh_left_out *l)
{
	_auto_free_ char *class = vh_pci_ids_class(w->names, l->dev);
	_auto_free_ char *text = vh_printf("left out: %s, %s: %s", vh_pci_str(&l->dev->addr).s,
					   class, l->why);

	comment(w, text);
}

char *vh_fragment_text(const struct vh_fragment *f, struct vh_pci_ids *names, const char *tab,
		       struct vh_guest_room *room)
{
	struct vh_strbuf sb = { 0 };
	struct writer w = { &sb, names, tab };

	for (size_t i = 0; i < f->count;) {
		size_t end = card_end(f, i);

		put_card(&w, f, i, end, room);
		i = end;
	}
	for (size_t i = 0; i < f->n_left; i++)
		put_left(&w, &f->left[i]);
	return vh_strbuf_steal(&sb);
}
