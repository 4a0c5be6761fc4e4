/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz-claim - a claim file: only what vfio-hook itself would write is one. */
#include "fuzz/fuzz.h"
#include "lib/state/claim.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char old[] = "vfio-hook-claim 1\n";
	_auto_error_ struct vh_error err = { 0 };
	_auto_(vh_claim) struct vh_claim *c = vh_claim_parse((const char *)data, size, &err);
	_auto_free_ char *text = NULL;

	FUZZ_ASSERT(!c == (err.what != NULL));
	if (!c)
		return 0;
	text = vh_claim_format(c);
	/* of version 1 it is the claim, and not the text, that stays the same */
	if (size > sizeof(old) - 1 && !memcmp(data, old, sizeof(old) - 1)) {
		_auto_(vh_claim) struct vh_claim *again = vh_claim_parse(text, strlen(text), &err);

		FUZZ_ASSERT(again && again->count == c->count && again->ran == c->ran);
	} else {
		FUZZ_ASSERT(strlen(text) == size && !memcmp(text, data, size));
	}
	for (size_t i = 0; i < c->count; i++)
		FUZZ_ASSERT(vh_claim_find(c, &c->records[i].addr) == &c->records[i]);
	while (c->count)
		vh_claim_remove(c, &c->records[c->count / 2].addr);
	return 0;
}
