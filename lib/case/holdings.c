/* SPDX-License-Identifier: GPL-2.0-or-later */
/* holdings - the PCI addresses in libvirt's status files (lib/host/libvirt/libvirt-files.h). */
#include "lib/case/holdings.h"

#include "lib/domain/address.h"
#include "lib/host/libvirt/libvirt-files.h"
#include "lib/xml/xml.h"

#include "lib/base/banned.h"

void vh_holdings_clear(struct vh_holdings *h)
{
	for (size_t i = 0; i < h->count; i++) {
		free(h->list[i].uuid);
		free(h->list[i].domain);
	}
	free(h->list);
	memset(h, 0, sizeof(*h));
}

static void add_domain(void *ctx, const xmlNode *domain, const char *uuid)
{
	const xmlNode *d = vh_xml_child(vh_xml_child(domain, "devices"), NULL);
	_auto_free_ char *name = vh_xml_text(vh_xml_child(domain, "name"));
	struct vh_holdings *to = ctx;

	for (; d; d = vh_xml_next(d, NULL)) {
		struct vh_pci_addr addr;

		if (!vh_address_of_running(d, &addr))
			continue;
		*VH_APPEND(to->list, to->count) = (struct vh_holding){
			.addr = addr,
			.interface = vh_xml_is(d, "interface"),
			.uuid = vh_strdup(uuid),
			.domain = vh_strdup(name ? name : uuid),
		};
	}
}

void vh_holdings_read(const struct vh_root *root, struct vh_holdings *ret)
{
	*ret = (struct vh_holdings){ 0 };
	VH_IGNORE(vh_libvirt_files_each(root, add_domain, ret)); /* what is not seen is not told */
}
