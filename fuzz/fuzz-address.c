/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz-address - PCI addresses and UUIDs: what is accepted comes out the same again. */
#include "fuzz/fuzz.h"
#include "lib/base/pci.h"
#include "lib/base/uuid.h"
#include "lib/domain/domain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_auto_free_ char *text = vh_strndup((const char *)data, size);
	struct vh_pci_addr addr, again;
	char uuid[37], same[37];

	if (vh_pci_parse(text, &addr) == 0)
		FUZZ_ASSERT(!strcmp(vh_pci_str(&addr).s, text));
	if (vh_pci_parse_loose(text, &addr) == 0) {
		FUZZ_ASSERT(addr.slot < 32 && addr.function < 8);
		FUZZ_ASSERT(vh_pci_parse(vh_pci_str(&addr).s, &again) == 0);
		FUZZ_ASSERT(!vh_pci_cmp(&addr, &again));
	}
	if (vh_uuid_parse(text, uuid) == 0)
		FUZZ_ASSERT(strlen(uuid) == 36 && vh_uuid_parse(uuid, same) == 0 &&
			    !strcmp(uuid, same));
	return 0;
}
