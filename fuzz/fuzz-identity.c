/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz-identity - the record of a domain's devices: only what vfio-hook itself would write. */
#include "fuzz/fuzz.h"
#include "lib/state/identity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_auto_error_ struct vh_error err = { 0 };
	_auto_(vh_identity) struct vh_identity *i =
		vh_identity_parse((const char *)data, size, &err);
	_auto_free_ char *text = NULL;
	size_t count;

	FUZZ_ASSERT(!i == (err.what != NULL));
	if (!i)
		return 0;
	text = vh_identity_format(i);
	FUZZ_ASSERT(strlen(text) == size && !memcmp(text, data, size));
	count = i->count;
	for (size_t n = 0; n < count; n++) {
		FUZZ_ASSERT(vh_identity_find(i, &i->devs[n].addr) == &i->devs[n]);
		vh_identity_put(i, &i->devs[n]);
	}
	FUZZ_ASSERT(i->count == count && count <= VH_IDENTITY_MAX);
	return 0;
}
