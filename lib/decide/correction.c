/* SPDX-License-Identifier: GPL-2.0-or-later */
/* correction - see correction.h. */
#include "lib/decide/correction.h"

#include <stdarg.h>

#include "lib/base/banned.h"

void vh_correction_say(struct vh_correction *k, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = vh_vprintf(fmt, ap);
	va_end(ap);
	*VH_APPEND(k->done->name, k->done->count) = text;
}

bool vh_correction_found(const struct vh_correction *k, const struct vh_rule *rule,
			 const struct vh_pci_addr *addr)
{
	for (size_t i = 0; i < k->found->count; i++) {
		const struct vh_finding *f = &k->found->list[i];

		if (f->rule == rule && (!addr || (f->has_addr && !vh_pci_cmp(&f->addr, addr))))
			return true;
	}
	return false;
}

const xmlNode *vh_correction_root(const struct vh_correction *k)
{
	return vh_xml_root(vh_edit_doc(k->e));
}

const xmlNode *vh_correction_devices(const struct vh_correction *k)
{
	return vh_xml_child(vh_correction_root(k), "devices");
}
