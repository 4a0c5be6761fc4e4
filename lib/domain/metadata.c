/* SPDX-License-Identifier: GPL-2.0-or-later */
/* metadata - see metadata.h. */
#include "lib/domain/metadata.h"

#include "lib/base/printable.h"
#include "lib/xml/xml.h"

#include "lib/base/banned.h"

#define NAMESPACE "urn:vfio-hook:1"
#define ANY_VERSION "urn:vfio-hook:"
#define PINS_MAX 256 /* it bounds what is quadratic in hostile input */
#define SHOWN_MAX 80
#define FORM "write <vfio:policy xmlns:vfio='" NAMESPACE "' peers='require'>" \
	     "<vfio:device address='0000:03:00.0' id='8086:24f3'/></vfio:policy>"

static int bad(const xmlNode *node, struct vh_error *err, const char *what, const char *text)
{
	_auto_free_ char *shown = vh_printable(text, SHOWN_MAX);

	return vh_fail(err, VH_E_INPUT, 0, FORM, "line %d: in the metadata of vfio-hook: %s '%s'",
		       vh_xml_line(node), what, shown);
}

static bool is_ours(const xmlNode *node, const char *name)
{
	return vh_streq(vh_xml_namespace(node), NAMESPACE) && !strcmp(vh_xml_name(node), name);
}

/* Has it no other attributes than these (with or without a namespace)? */
static int only_attributes(const xmlNode *node, const char *one, const char *two,
			   struct vh_error *err)
{
	for (const xmlAttr *a = node->properties; a; a = a->next) {
		const char *name = (const char *)a->name;

		if (a->ns || (!vh_streq(name, one) && !vh_streq(name, two)))
			return bad(node, err, "unknown attribute", name);
	}
	return 0;
}

static int read_pin(struct vh_metadata *m, const xmlNode *node, struct vh_error *err)
{
	const char *address = vh_xml_attr(node, "address"), *id = vh_xml_attr(node, "id");
	struct vh_domain_pin pin = { .line = vh_xml_line(node) };

	if (only_attributes(node, "address", "id", err) < 0)
		return -1;
	if (vh_xml_first(node))
		return bad(node, err, "unknown element", vh_xml_name(vh_xml_first(node)));
	if (vh_pci_parse_loose(address ? address : "", &pin.addr) < 0)
		return bad(node, err, "no PCI address:", address ? address : "");
	if (vh_pci_id_parse(id ? id : "", &pin.id) < 0)
		return bad(node, err, "no vendor and device id:", id ? id : "");
	for (size_t i = 0; i < m->n_pins; i++)
		if (!vh_pci_cmp(&m->pins[i].addr, &pin.addr))
			return bad(node, err, "a second id for", address);
	if (m->n_pins == PINS_MAX)
		return bad(node, err, "too many devices, from", address);
	*VH_APPEND(m->pins, m->n_pins) = pin;
	return 0;
}

static int read_policy(struct vh_metadata *m, const xmlNode *policy, struct vh_error *err)
{
	const char *peers = vh_xml_attr(policy, "peers");

	if (only_attributes(policy, "peers", NULL, err) < 0)
		return -1;
	if (peers && strcmp(peers, "require")) /* "detach" would loosen */
		return bad(policy, err, "unknown value of 'peers':", peers);
	m->require_peers = peers != NULL;
	for (const xmlNode *n = vh_xml_first(policy); n; n = vh_xml_following(n)) {
		if (!is_ours(n, "device"))
			return bad(n, err, "unknown element", vh_xml_name(n));
		if (read_pin(m, n, err) < 0)
			return -1;
	}
	return 0;
}

int vh_metadata_read(struct vh_metadata *ret, const xmlNode *domain, struct vh_error *err)
{
	const xmlNode *metadata = vh_xml_child(domain, "metadata");
	bool seen = false;

	/* libvirt takes one <metadata>, with one element of a namespace */
	for (; metadata; metadata = vh_xml_next(metadata, "metadata")) {
		for (const xmlNode *n = vh_xml_first(metadata); n; n = vh_xml_following(n)) {
			const char *ns = vh_xml_namespace(n);

			if (!ns || !vh_has_prefix(ns, ANY_VERSION))
				continue;
			if (strcmp(ns, NAMESPACE))
				return bad(n, err, "unknown version", ns);
			if (!is_ours(n, "policy") || seen)
				return bad(n, err, seen ? "a second element" : "unknown element",
					   vh_xml_name(n));
			seen = true;
			if (read_policy(ret, n, err) < 0)
				return -1;
		}
	}
	return 0;
}

void vh_metadata_clear(struct vh_metadata *m)
{
	free(m->pins);
	memset(m, 0, sizeof(*m));
}
