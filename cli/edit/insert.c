/* SPDX-License-Identifier: GPL-2.0-or-later */
/* insert - see insert.h. */
#include "cli/edit/insert.h"

#include "lib/domain/domain.h"
#include "lib/xml/edit.h"

#include "lib/base/banned.h"

#define NO_BALLOON "<memballoon model='none'/>"

/* --- what is taken in the guest ------------------------------------------------------------- */

/* A part of an address or an index as libvirt reads it; 0 where it is absent or wrong. */
static unsigned int number(const xmlNode *node, const char *name)
{
	const char *text = vh_xml_attr(node, name);
	uint64_t v;

	return text && vh_parse_uint(text, 0, 0xff, &v) == 0 ? (unsigned int)v : 0;
}

/* Looks at one element of <devices>; returns the highest bus that it has to do with. */
static unsigned int look_at(const xmlNode *device, struct vh_guest_room *room)
{
	unsigned int bus = 0;

	if (vh_xml_is(device, "controller") && vh_xml_attr_is(device, "type", "pci"))
		bus = number(device, "index");
	for (const xmlNode *a = vh_xml_child(device, "address"); a; a = vh_xml_next(a, "address")) {
		if (!vh_xml_attr_is(a, "type", "pci"))
			continue;
		if (number(a, "bus") > bus)
			bus = number(a, "bus");
		if (number(a, "bus") == 0 && number(a, "slot") < VH_COUNT(room->taken))
			room->taken[number(a, "slot")] = true;
	}
	return bus;
}

/* Behind PCI Express every card gets a root port of its own, as libvirt does it. Elsewhere
 * bus 0 is always there. */
static struct vh_guest_room look_for_room(const xmlNode *domain)
{
	const xmlNode *type = vh_xml_child(vh_xml_child(domain, "os"), "type");
	const xmlNode *devices = vh_xml_child(domain, "devices");
	const char *machine = vh_xml_attr(type, "machine");
	struct vh_guest_room room = { 0 };
	unsigned int last = 0;

	for (const xmlNode *d = vh_xml_child(devices, NULL); d; d = vh_xml_next(d, NULL)) {
		unsigned int bus = look_at(d, &room);

		last = bus > last ? bus : last;
	}
	if (machine && strstr(machine, "q35") && last < 0xff)
		room.bus = last + 1;
	return room;
}

/* The guest's address of a device: not the one in its <source>. That of an nvme disk is of the
 * controller that the guest sees instead. */
static const xmlNode *guest_address(const struct vh_hostdev *h)
{
	const xmlNode *a = vh_xml_child(h->node, "address");

	if (h->problem || h->element == VH_DISK || !vh_xml_attr_is(a, "type", "pci"))
		return NULL;
	return a;
}

static void look_for_cards(const struct vh_domain *d, struct vh_guest_room *room)
{
	for (size_t i = 0; i < d->n_devices; i++) {
		const xmlNode *a = guest_address(&d->devices[i]);

		if (a && number(a, "function") == d->devices[i].addr.function)
			*VH_APPEND(room->cards, room->n_cards) = (struct vh_guest_card){
				.host = d->devices[i].addr,
				.bus = number(a, "bus"),
				.slot = number(a, "slot"),
			};
	}
}

/* What stands at function 0 must say that there are more. */
static void share(struct vh_edit *e, const struct vh_domain *d, const struct vh_guest_room *room)
{
	for (size_t i = 0; i < d->n_devices; i++) {
		const xmlNode *a = guest_address(&d->devices[i]);
		bool shared = false;

		for (size_t k = 0; a && k < room->n_cards; k++)
			shared |= room->cards[k].shared &&
				  vh_pci_same_slot(&room->cards[k].host, &d->devices[i].addr);
		if (shared && number(a, "function") == 0)
			vh_edit_set_attr(e, a, "multifunction", "on");
	}
}

/* --- what is changed ------------------------------------------------------------------------ */

static void put(struct vh_edit *e, const xmlNode *domain, const char *elements)
{
	const xmlNode *devices = vh_xml_child(domain, "devices");
	const xmlNode *balloon = vh_xml_child(devices, "memballoon");
	_auto_strbuf_ struct vh_strbuf sb = { 0 };

	vh_strbuf_add(&sb, elements);
	if (!balloon)
		vh_strbuf_add(&sb, NO_BALLOON "\n");
	else if (!vh_xml_attr_is(balloon, "model", "none"))
		vh_edit_replace(e, balloon, NO_BALLOON);
	if (!sb.len)
		return;
	sb.data[--sb.len] = 0; /* the newline at the end */
	if (devices) {
		vh_edit_append(e, devices, sb.data);
	} else {
		_auto_free_ char *all = vh_printf("<devices>%s</devices>", sb.data);

		vh_edit_append(e, domain, all);
	}
}

int vh_insert_into(struct vh_strbuf *ret, const struct vh_strbuf *xml, struct vh_fragment *f,
		   struct vh_pci_ids *names, struct vh_error *err)
{
	_auto_(vh_edit) struct vh_edit *e = vh_edit_open(xml->data, xml->len, err);
	_auto_(vh_domain) struct vh_domain *d = e ? vh_domain_read(vh_edit_doc(e), err) : NULL;
	_auto_free_ char *text = NULL;
	struct vh_guest_room room;
	const xmlNode *domain;

	if (!d)
		return -1;
	domain = vh_xml_root(vh_edit_doc(e));
	room = look_for_room(domain);
	look_for_cards(d, &room);
	vh_fragment_without(f, d);
	text = f->count ? vh_fragment_text(f, names, "\t", &room) : vh_strdup("");
	put(e, domain, text);
	share(e, d, &room);
	free(room.cards);
	return vh_edit_apply(e, ret, err);
}
